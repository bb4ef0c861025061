"""`kubenines fit`, and the published fits that it must find again."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.cli import main
from experiments.file.outages import Format, read_outages
from experiments.file.schema import SpecFile
from experiments.fitting import page
from experiments.fitting.laws import Fit
from models.distributions import Distribution, Exponential, Gamma, LogNormal, Weibull

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "failures"
LANL = DATA / "lanl" / "LA-UR-05-7318-failure-data-1996-2005.csv.xz"
FORMAT = Format("Prob Started", "Prob Fixed", ("System", "nodenum"), "%m/%d/%Y %H:%M")
PUBLISHED = DATA / "fta-fits" / "fta_fits.csv"

LOG = "node,start,end\n" + "".join(
    f"n{node},{start},{start + lasting}\n"
    for node in range(4)
    for start, lasting in ((500 * node + 100 * i**2, 5 + (7 * i + node) % 11) for i in range(1, 12))
)


@pytest.fixture
def fit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    def run(*arguments: str, text: str = LOG) -> tuple[int, str, str]:
        (tmp_path / "log.csv").write_text(text)
        capsys.readouterr()
        code = main(["fit", str(tmp_path / "log.csv"), *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def parameters(law: Distribution) -> tuple[float, ...]:
    """As the published table writes them, in hours."""
    match law:
        case Exponential(mean):
            return (mean / 3600,)
        case Weibull(shape, scale) | Gamma(shape, scale):
            return shape, scale / 3600
        case LogNormal(median, sigma):
            return math.log(median / 3600), sigma
    raise AssertionError(law)


@pytest.mark.skipif(not (LANL.exists() and PUBLISHED.exists()), reason="the log of Los Alamos is not here")
def test_the_published_fits_of_the_log_of_los_alamos_are_found_again() -> None:
    """Javadi et al. 2013, trace Lanl05: all systems, outages of a node united, nothing censored."""
    found = page.fit(read_outages(LANL, FORMAT), None, None)
    assert (len(found.log.outages), found.times.united, found.times.repair.zeros) == (23_739, 286, 122)
    names = {"exponential": Exponential, "weibull": Weibull, "lognormal": LogNormal, "gamma": Gamma}
    fields = {"uptime_hours": "timeToFailure", "downtime_hours": "timeToRepair"}
    checked = 0
    with PUBLISHED.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["trace"] == "Lanl05":
                fits: tuple[Fit, ...] = found.laws[fields[row["quantity"]]]
                (one,) = [each.law for each in fits if type(each.law) is names[row["distribution"]]]
                for text, ours in zip([row[p] for p in ("p1", "p2") if row[p]], parameters(one), strict=True):
                    assert ours == pytest.approx(float(text), rel=2e-4, abs=0.0051)
                    checked += 1
    assert checked == 14


@pytest.mark.skipif(not LANL.exists(), reason="the log of Los Alamos is not here")
def test_the_two_digits_that_everybody_quotes() -> None:
    found = page.fit(read_outages(LANL, FORMAT), None, None)
    up = next(fit.law for fit in found.laws["timeToFailure"] if isinstance(fit.law, Weibull))
    repairs = {type(fit.law): parameters(fit.law) for fit in found.laws["timeToRepair"]}
    assert (f"{up.shape:.2f}", f"{up.scale / 3600:.1f}") == ("0.48", "816.6")
    assert [f"{p:.2f}" for p in repairs[Weibull]] == ["0.58", "2.18"]
    assert [f"{p:.2f}" for p in repairs[LogNormal]] == ["0.05", "1.42"]


def test_fit_prints_tables_and_lines_for_an_experiment(fit: Any) -> None:
    code, out, err = fit()
    assert (code, err) == (0, "")
    for said in ("44 outages of 4 entities", "up-times: 40 observed", "3 censored", "LAW", "weibull", "note: "):
        assert said in out
    snippet = yaml.safe_load("\n".join(out.splitlines()[-2:]))
    assert set(snippet) == {"timeToFailure", "timeToRepair"}
    spec = {
        "duration": "1d",
        "cluster": {"nodes": ["x"]},
        "manifests": ["y"],
        "failures": [{"name": "fitted", "type": "nodeCrash", **snippet}],
    }
    best = json.loads(fit("--format", "json")[1])["laws"]["timeToFailure"]["fits"][0]
    mode = SpecFile.model_validate(spec).failures[0].value()
    assert mode.time_to_failure.mean == pytest.approx(best["mean"], rel=1e-3)


def test_fit_without_censoring_says_what_that_means(fit: Any) -> None:
    _, out, _ = fit("--observed-until", "none")
    assert "0 censored" in out
    assert "the time after each entity's last outage is left out" in out


def test_fit_observes_until_a_given_time(fit: Any) -> None:
    assert fit("--observed-until", "1000000")[1].count("4 censored") == 1
    assert "40 observed" not in fit("--observed-from", "0")[1]


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (("--start", "begin"), LOG, "there is no column 'begin'"),
        (("--observed-until", "soon"), LOG, "expected a time like"),
        (("--observed-until", "7"), LOG, "not over at the end of the observation"),
        (("--delimiter", ";;"), LOG, "expected one character"),
        ((), "node,start,end\na,1,x\n", "log.csv:2:5: end: expected a time"),
        ((), "node,start,end\na,1,2\n", "up-times: expected at least two different times (got 0 observed)"),
    ],
)
def test_bad_input_is_exit_code_two_with_its_place(fit: Any, arguments: tuple[str, ...], text: str, said: str) -> None:
    code, out, err = fit(*arguments, text=text)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_units_follow_the_times_and_amounts_keep_four_digits(fit: Any) -> None:
    hours = "node,start,end\n" + "".join(f"a,{t * 3600},{t * 3600 + 60 * (t % 7 + 1)}\n" for t in (1, 4, 9, 20, 50, 90))
    _, out, _ = fit(text=hours)
    up, repair = (line for line in out.splitlines() if " observed (mean " in line)
    assert "mean 17.74h, median 10.95h" in up
    assert "mean 4.333m, median 4.000m" in repair
