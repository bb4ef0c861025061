"""Disruptions over all replications: times to recovery, objectives about them, and how they are shown."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from experiments.cli import main
from experiments.experiment import Experiment
from experiments.file.explain import explain
from experiments.findings.disruptions import Spread, meant, recoveries, recovery
from experiments.report import disruptions, plain, text
from experiments.results import Results
from models.input.problems import InputError

SHOP = Path(__file__).parents[3] / "experiments" / "manifests" / "shop.yaml"
CRASH = {
    "name": "crash",
    "type": "nodeCrash",
    "timeToFailure": {"kind": "exponential", "mean": "8d"},
    "timeToRepair": {"kind": "fixed", "value": "1h"},
}
CONTAINER = {"name": "exit", "type": "containerCrash", "timeToFailure": {"kind": "exponential", "mean": "8d"}}
BURST = CRASH | {"name": "burst", "type": "nodeBurst"}
POOL = {"name": "general", "count": 3, "zones": ["a"], "allocatable": {"cpu": "4", "memory": "16Gi"}}
WITHIN = {"service": "frontend", "disruption": "nodeCrash", "recoversWithin": "7m"}


def experiment(folder: Path, *objectives: dict[str, Any], **other: Any) -> Experiment:
    spec = {
        "duration": "100d",
        "replications": 10,
        "cluster": {
            "pools": [{"name": "general", "count": 3, "zones": ["a"], "allocatable": {"cpu": "4", "memory": "16Gi"}}]
        },
        "manifests": [str(SHOP)],
        "failures": [CRASH, CONTAINER, BURST],
        "services": [{"name": "frontend"}],
        "objectives": list(objectives),
        **other,
    }
    value = {"apiVersion": "kubenines/v1", "kind": "Experiment", "metadata": {"name": "e"}, "spec": spec}
    (folder / "e.yaml").write_text(yaml.safe_dump(value))
    return Experiment.from_yaml(folder / "e.yaml")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Results:
    objectives = [WITHIN | {"disruption": of, "recoversWithin": limit} for of, limit in OBJECTIVES]
    return experiment(tmp_path_factory.mktemp("disruptions"), *objectives).run(workers=1)


OBJECTIVES = [("nodeCrash", "7m"), ("crash", "1m"), ("node", "390s"), ("container", "5m")]


def rows(*lengths: list[float], before: int = 0) -> pd.DataFrame:
    return pd.DataFrame([(json.dumps(of), before) for of in lengths], columns=["lengths_s", "begun_before"])


def test_half_and_95_percent_of_the_amounts_are_within_their_quantiles() -> None:
    assert Spread.of(np.arange(1.0, 101.0)) == Spread(50.0, 95.0, 100.0)
    assert Spread.of(np.array([3.0])) == Spread(3.0, 3.0, 3.0)
    assert Spread.of(np.empty(0)) is None


def test_what_was_under_way_when_the_window_began_has_no_time_to_recovery() -> None:
    assert recoveries(rows([5.0, 1.0], [7.0, 2.0], before=1)).tolist() == [1.0, 2.0]


def test_the_time_within_which_most_recover_has_an_interval_of_order_statistics() -> None:
    of = recovery(rows([float(i) for i in range(1, 501)], [float(i) for i in range(501, 1001)]), 2, 0.95)
    assert (of.value, of.n, of.method) == (950.0, 2, "order statistics, 1000 disruptions")
    # The binomial count of those within has a standard deviation of 6.9.
    assert 950 - 2.1 * 6.9 < of.low < 950 - 1.8 * 6.9
    assert 950 + 1.8 * 6.9 < of.high < 950 + 2.2 * 6.9


def test_of_no_disruption_nothing_is_known() -> None:
    of = recovery(rows(), 10, 0.95)
    assert of.is_bound
    assert (of.low, of.high) == (0.0, np.inf)


def test_a_disruption_is_meant_by_its_name_or_its_type() -> None:
    spec = {"failures": [CRASH, BURST], "policies": [{"name": "p", "failures": [CRASH | {"name": "further"}]}]}
    assert meant({"spec": spec}, "p", "nodeCrash") == {"crash", "further"}
    assert meant({"spec": spec}, "other", "nodeCrash") == {"crash"}
    assert meant({"spec": spec}, "p", "burst") == {"burst"}
    assert meant({"spec": spec}, "p", "node") == set()  # that is a kind


def test_objectives_of_recovery_are_met_or_missed_by_their_whole_interval(found: Results) -> None:
    verdicts = {of.disruption: of.verdict for of in found.objectives}
    assert verdicts == {"nodeCrash": "met", "crash": "missed", "node": "missed", "container": "met"}
    assert found.verdict() == 1
    line = "frontend after nodeCrash: 95% of disruptions recovered within 7m:  ✓ as-shipped"
    assert line in text.objective_lines(found)


def test_too_few_disruptions_ask_for_more_replications(tmp_path: Path) -> None:
    few = experiment(tmp_path, WITHIN, duration="20d", replications=2).run(workers=1)
    [of] = few.objectives
    assert (of.verdict, of.found.high, of.more) == ("inconclusive", np.inf, 6)


def test_each_cause_has_a_row_and_a_kind_of_several_causes_one_more(found: Results) -> None:
    kinds = [(of.kind, of.cause) for of in disruptions.found(found)]
    assert kinds == [("container", "exit"), ("node", "burst"), ("node", "crash"), ("node", None)]
    exits, burst, crash, both = disruptions.found(found)
    assert both.times == burst.times + crash.times > 0
    assert both.strikes == burst.strikes + crash.strikes > both.times
    assert exits.recovery is not None
    assert crash.recovery is not None
    assert exits.recovery.worst < 120 < crash.recovery.half <= crash.recovery.most <= crash.recovery.worst


def test_what_is_lost_sums_to_what_why_says(found: Results) -> None:
    losses = found.tables["losses"].groupby("cause")["lost_s"].sum()
    for cause, mine in found.tables["disruptions"].groupby("cause"):
        lost = sum(sum(json.loads(text)) for text in mine["downtimes_s"])
        assert lost == pytest.approx(losses[cause])


def test_they_are_shown_as_a_table_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "results"
    experiment(tmp_path, WITHIN, replications=2).run(workers=1, out=folder)
    assert main(["show", "--disruptions", str(folder)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].startswith("  frontend after nodeCrash: 95% of disruptions recovered within 7m:")
    assert shown[2].split()[:7] == ["SERVICE", "KIND", "CAUSE", "POLICY", "STRIKES", "DISRUPTED", "RECOVERY"]
    assert shown[3].split()[:4] == ["frontend", "container", "exit", "as-shipped"]
    assert main(["show", "--disruptions", "--format", "json", str(folder)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["cause"] for row in printed["rows"]] == ["exit", "burst", "crash", None]
    assert set(printed["rows"][0]["recovery"]) == {"median", "of95Percent", "worst"}
    assert printed["objectives"][0]["disruption"] == "nodeCrash"
    assert "#disruptions" in (folder / "report.html").read_text()
    assert main(["show", "--disruptions", str(tmp_path / "e.yaml")]) == 2


def test_a_run_without_strikes_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = experiment(tmp_path, failures=[]).run(workers=1)
    text.show_disruptions(quiet)
    assert "nothing took a replica away" in capsys.readouterr().out
    assert plain.disruptions(quiet)["rows"] == []


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (
            WITHIN | {"disruption": "nodecrash"},
            "].disruption: nothing is called 'nodecrash', or is of that type or kind",
        ),
        ({"service": "frontend", "recoversWithin": "5m"}, "]: 'disruption' is required here"),
        ({"service": "frontend", "disruption": "crash"}, "]: 'recoversWithin' is required here"),
        (WITHIN | {"atMost": "5m"}, "]: the limit is 'recoversWithin'"),
        (WITHIN | {"metric": "availability"}, "]: 'recoversWithin' is a limit of its own, without a metric"),
        (WITHIN | {"recoversWithin": "5"}, "].recoversWithin: "),
    ],
)
def test_what_is_wrong_with_an_objective_is_told(tmp_path: Path, objective: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        experiment(tmp_path, objective)
    assert f"spec.objectives[0{message}" in str(error.value)


def test_it_is_explained() -> None:
    assert "recoversWithin: recoversWithin, with disruption" in explain("metrics")
    assert "recoversWithin: duration" in explain("objectives")
