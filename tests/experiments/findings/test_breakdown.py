"""The attribution of an experiment's results: frames, pictures, the command and the report."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from experiments import Experiment, Results, cli
from experiments.attribution.stages import Stage
from experiments.plots import Plots
from experiments.plots.attribution import STYLES
from experiments.report import downtime, remarks
from experiments.runner import run as runner
from models.distributions import Exponential
from models.units import YEAR
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.operations.rollout import Rollout
from tests.experiments import fakes

mpl.use("Agg")

SHOP = Path(__file__).resolve().parents[3] / "experiments" / "manifests" / "shop.yaml"
DAY = 86_400.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "shop"
    experiment = (
        Experiment.from_manifests(SHOP)
        .cluster(nodes=4, zones=2, cpu="4", memory="16Gi")
        .failures(
            NodeCrash("node-crash", Exponential(20 * DAY), Exponential(3600.0)),
            ContainerCrash("oom", Exponential(10 * DAY)),
        )
        .operations(Rollout("release", "Deployment/cart", every=7 * DAY))
        .policy("two", replicas=2)
        .set("duration", "60d")
        .set("replications", 3)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})
        experiment.run(out=path, workers=1)
    return path


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return Results.open(folder)


@pytest.fixture(scope="module")
def nothing_kept() -> Results:
    """Results of runs without a log."""
    return runner.run(fakes.two_policies(), replications=3, simulate=fakes.simulate)


@pytest.fixture
def kubenines(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        code = cli.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


def test_the_seconds_sum_to_the_downtime_of_the_summary(results: Results) -> None:
    summary = results.summary().set_index(["service", "policy"])
    seen = 0
    for service in results.services:
        for policy in results.policies:
            found = results.attribution(service, policy)
            sample = results.sample(service, policy)
            downtime = sample.downtimes.sum() / sample.windows.sum() * YEAR
            assert math.isclose(found["lost_s_per_year"].sum(), downtime, rel_tol=1e-9)
            if len(found):
                assert downtime == pytest.approx(summary.loc[(service, policy), "downtime_s_per_year"], rel=1e-9)
                assert found["share"].sum() == pytest.approx(1.0)
                seen += 1
            assert set(found["cause"]) <= {"node-crash", "oom", "release"}
            assert set(found["stage"]) <= set(Stage)
    assert seen >= len(results.services)


def test_what_if_lists_the_levers_that_save_something(results: Results) -> None:
    found = results.what_if("frontend", "as-shipped")
    assert {"no node-crash", "toleration of 30 s", "starts twice as fast"} <= set(found["lever"])
    assert ((found["share"] > 0) & (found["share"] <= 1 + 1e-9)).all()
    assert found["saved_s_per_year"].is_monotonic_decreasing


def test_runs_without_a_log_are_not_taken_apart(nothing_kept: Results) -> None:
    assert list(nothing_kept.attribution("cart", "better").columns)[:2] == ["cause", "stage"]
    assert nothing_kept.what_if("cart", "better").empty
    assert downtime.heat(nothing_kept, "cart") is None
    figure = Figure()
    nothing_kept.plot.losses(ax=figure.add_subplot(2, 2, 1))
    nothing_kept.plot.loss_shares(ax=figure.add_subplot(2, 2, 2))
    nothing_kept.plot.what_if(ax=figure.add_subplot(2, 2, 3))
    figure.canvas.draw()
    assert "attribution-cart" not in nothing_kept.plot.drawings


def test_the_bars_are_as_long_as_the_downtime(results: Results) -> None:
    ax = Figure().add_subplot()
    assert results.plot.losses("frontend", ax=ax) is ax
    for place, policy in enumerate(results.policies):
        bars = [bar for bar in ax.patches if bar.get_y() < place < bar.get_y() + bar.get_height()]  # type: ignore[attr-defined]
        lost = results.attribution("frontend", policy)["lost_s_per_year"].sum()
        assert sum(bar.get_width() for bar in bars) == pytest.approx(lost)  # type: ignore[attr-defined]


def test_shares_fill_the_axis(results: Results) -> None:
    ax = results.plot.loss_shares("frontend", ax=Figure().add_subplot())
    first = [bar for bar in ax.patches if bar.get_y() < 0]  # type: ignore[attr-defined]
    assert sum(bar.get_width() for bar in first) == pytest.approx(100.0)  # type: ignore[attr-defined]
    assert "a year" in ax.texts[0].get_text()


def test_the_legend_of_the_shares_is_beside_what_stands_at_their_ends(results: Results) -> None:
    ax = results.plot.loss_shares("frontend")
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    assert legend is not None
    ends = ax.texts[: len(results.policies)]
    assert not any(text.get_window_extent().overlaps(legend.get_window_extent()) for text in ends)


def test_both_pictures_are_drawn_together_and_the_levers_alone(results: Results) -> None:
    figure = results.plot.attribution("frontend", Figure())
    assert len(figure.axes) == 2
    figure.canvas.draw()
    ax = results.plot.what_if("frontend", "two", Figure().add_subplot())
    assert ax.get_title(loc="left") == "What if: frontend under two"


def test_every_stage_looks_different() -> None:
    assert set(STYLES) == set(Stage)
    assert len({(to_hex(colour), hatch) for colour, hatch in STYLES.values()}) == len(Stage)


def test_why_prints_causes_and_stages(kubenines: Any, folder: Path) -> None:
    code, out, _ = kubenines("why", folder, "--service", "frontend", "--policy", "as-shipped")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("frontend under as-shipped: ")
    assert lines[1].split()[:2] == ["CAUSE", "undetected"]
    assert [line.split()[0] for line in lines[2:-1]] == ["node-crash", "oom", "total", "share"]
    assert lines[-1].startswith("  to first order: ")
    assert "cart" in kubenines("why", folder)[1]


def test_why_knows_its_names(kubenines: Any, folder: Path) -> None:
    code, _, err = kubenines("why", folder, "--policy", "as-shiped")
    assert code == 2
    assert "did you mean 'as-shipped'?" in err


def test_intervals_go_by_the_causes_of_the_outages_and_by_those_that_made_none(results: Results) -> None:
    for (service, policy), outages in results.outages.groupby(["service", "policy"]):
        seen, unseen = set(outages["cause"]), set(results.unseen(service, policy))
        assert not seen & unseen
        assert seen | unseen >= {"node-crash", "oom"}
        assert service == "cart" or "release" not in unseen
        method = results.availability(service, policy).method
        assert ("by cause" in method) is (len(seen) > 1 or len(unseen) > 0)


def test_causes_that_are_not_known_leave_the_interval_of_the_lengths(nothing_kept: Results) -> None:
    assert set(nothing_kept.outages["cause"]) == {""}
    assert nothing_kept.unseen("frontend", "better") == {}
    assert "by cause" not in nothing_kept.availability("frontend", "better").method


def test_a_row_whose_interval_is_mostly_for_the_unseen_is_named(
    nothing_kept: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remarks.mostly_unseen(nothing_kept) == []
    monkeypatch.setattr(Results, "unseen", lambda self, service, policy: {"zone": 1e6, "crash": 10.0})
    named = "the interval of cart under better is mostly for what was not seen: zone caused none of its outages yet"
    assert any(note.startswith(named) for note in remarks.notes(nothing_kept))
    assert ("cart", "better", "zone", 1e6) in remarks.mostly_unseen(nothing_kept)


@pytest.mark.usefixtures("without_plots")
def test_the_report_shows_a_heat_table(results: Results, tmp_path: Path) -> None:
    page = results.to_html(tmp_path / "report.html").read_text()
    assert "Where the downtime comes from" in page
    assert "--share: " in page
    assert "to first order" in page
