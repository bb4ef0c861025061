"""Operations in results: what was asked for, begun, given up and refused is said, never only a better availability."""

from pathlib import Path

import pytest

from experiments.experiment import Experiment
from experiments.findings.operations import Operated, operated
from experiments.report import operations, remarks, text
from experiments.report.html import report_html
from experiments.results import Results

CASES = Path(__file__).parents[2] / "data/cases"
SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


def results(case: str, tmp_path: Path, duration: str) -> Results:
    """Two replications of a case, over a shorter time."""
    written = (CASES / case / "e.yaml").read_text().replace("duration: 60d", f"duration: {duration}")
    (tmp_path / "e.yaml").write_text(written.replace("replications: 4", "replications: 2"))
    (tmp_path / "m.yaml").write_text((CASES / case / "m.yaml").read_text())
    return Experiment.from_yaml(tmp_path / "e.yaml").run(workers=1)


def only(found: Results) -> Operated:
    (of,) = operated(found.operations, found.policies)
    return of


def test_a_drain_that_its_budget_never_allows_is_said_to_have_been_held_up(tmp_path: Path) -> None:
    found = results("blocked", tmp_path, "21d")
    of = only(found)
    assert (of.asked, of.given_up, of.evicted) == (24, 0, 0)  # six nodes, two rounds, two replications
    assert of.begun == of.done + 2  # one node a replication is drained to the end of the run
    assert of.held_up == of.unfinished == 2
    assert of.not_begun == 24 - of.begun > 0
    assert of.last_refusal.endswith("The disruption budget a needs 3 healthy pods and has 3 currently.")
    assert set(found.operations["outcome"]) >= {"unfinished", "not begun"}
    (note,) = (note for note in remarks.notes(found) if note.startswith("drain did less"))
    assert f"begun {of.begun} of 24 times asked for, as the one before was not over" in note
    assert f"{of.refused} evictions were refused, the last: Cannot evict pod as it would violate" in note


def test_a_drain_of_pods_with_two_budgets_is_given_up_at_once_and_says_why(tmp_path: Path) -> None:
    found = results("twopdb", tmp_path, "21d")
    of = only(found)
    assert (of.asked, of.begun, of.not_begun, of.unfinished) == (24, 24, 0, 0)
    assert of.given_up == of.refused == 12  # three of six nodes have a pod: each is refused once and for all
    assert of.done == 12
    assert of.took == (600.0, 600.0)
    assert of.emptied == (0.0, 0.0)
    assert of.last_refusal == SEVERAL
    given_up = found.operations.loc[found.operations["outcome"] == "given up"]
    assert (given_up["end_s"] == given_up["start_s"]).all()
    assert given_up["emptied_s"].isna().all()


def test_rollouts_that_are_never_done_are_said_to_be_so() -> None:
    on_delete = {"target": {"kind": "DaemonSet"}, "set": {"spec.updateStrategy.type": "OnDelete"}}
    experiment = Experiment.from_yaml(CASES / "ds-rollout" / "e.yaml").policy("on-delete", patches=[on_delete])
    found = experiment.only("on-delete").run(workers=1)
    of = only(found)
    assert (of.begun, of.done) == (of.asked, 0)
    assert of.replaced > 0
    assert of.unfinished == of.begun - of.replaced > 0
    (note,) = (note for note in remarks.notes(found) if note.startswith("r did less"))
    assert f"{of.replaced} of {of.begun} begun were not done when the next one took over" in note
    assert f"{of.unfinished} of {of.begun} begun were not done by the end" in note


def test_the_operations_are_a_table_on_the_terminal_and_on_the_page(tmp_path: Path) -> None:
    found = results("twopdb", tmp_path, "21d")
    (row,) = operations.table(found).rows
    assert row[:7] == ("drain", "as-shipped", "24", "24", "12", "12", "0")
    assert row[-3:] == ("0", "12", SEVERAL)
    page = report_html(found, found.plot.drawings)
    assert '<h2 id="operations">' in page
    assert SEVERAL in page
    assert "GIVEN UP" in "".join(operations.table(found).lines())
    assert SEVERAL in text.summary_html(found)


@pytest.mark.parametrize("target", ["DaemonSet/ag", "DaemonSet/default/ag"])
def test_a_daemon_set_is_rolled_out_and_in_the_table_of_rollouts(target: str, tmp_path: Path) -> None:
    written = (CASES / "ds-rollout/e.yaml").read_text().replace("DaemonSet/ag", target)
    (tmp_path / "e.yaml").write_text(written.replace("replications: 4", "replications: 1"))
    (tmp_path / "m.yaml").write_text((CASES / "ds-rollout/m.yaml").read_text())
    found = Experiment.from_yaml(tmp_path / "e.yaml").run(workers=1)
    assert set(found.rollouts["workload"]) == {"DaemonSet/ag"}
    assert set(found.rollouts["outcome"]) == {"complete"}
    assert len(found.rollouts) == only(found).done == 8
    took = found.rollouts["end_s"] - found.rollouts["start_s"]
    assert took.min() > 15.0  # three nodes, one after the other, with a readiness probe every 5 s


def test_a_workload_that_is_not_there_is_named_with_its_kind(tmp_path: Path) -> None:
    written = (CASES / "ds-rollout/e.yaml").read_text().replace("DaemonSet/ag", "StatefulSet/ag")
    (tmp_path / "e.yaml").write_text(written)
    (tmp_path / "m.yaml").write_text((CASES / "ds-rollout/m.yaml").read_text())
    with pytest.raises(Exception, match=r"there is no StatefulSet/ag; did you mean .*DaemonSet/ag"):
        Experiment.from_yaml(tmp_path / "e.yaml")


def test_changes_that_are_rolled_back_are_told_and_counted() -> None:
    change = {
        "name": "settings",
        "type": "configChange",
        "target": "ConfigMap/settings",
        "every": "5d",
        "badProbability": 1,
        "detection": {"kind": "fixed", "value": "10m"},
    }
    shipped = Experiment.from_yaml("experiments/configs/configuration.yaml", ("duration=12d", "replications=2"))
    found = shipped.set("policies", [{"name": "bad", "operations": [change]}]).run(workers=1)
    of = only(found)
    assert (of.begun, of.done, of.rolled_back) == (4, 0, 4)
    assert "settings was rolled back 4 of 4 times under bad: it was no good" in remarks.notes(found)
