"""Registration of metrics, and what holds for every registered one."""

from collections.abc import Callable

import pytest

from experiments.metrics import metric as registry
from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.column import Column, columns
from experiments.metrics.metric import Group, Metric, Unit, metric, metrics
from experiments.metrics.observation import Observation
from experiments.store.tables import COLUMNS

OF_A_SERVICE = [
    *("window_s", "availability", "downtime_s"),
    *("outages", "mttr_s", "mtbf_s", "mttd_s", "undetected", "longest_s", "first_outage_s"),
    *("available_one", "available_50", "available_90", "available_all"),
    *("mean_answering", "mean_desired", "mean_missing", "min_answering", "degraded_s", "stale_s"),
    *("budget_spent", "worst_budget_spent", "alerts", "alert_delay_s"),
]
OF_A_RUN = [
    *("pending_pod_s", "longest_pending_s", "waiting_pods"),
    *("reschedules", "reschedules_per_node_failure", "pod_hours", "node_hours", "node_cost"),
]
ALL: list[Metric[Observation] | Metric[ClusterObservation]] = [
    *metrics(Observation).values(),
    *metrics(ClusterObservation).values(),
]


def test_columns_come_in_the_order_of_groups_files_and_functions() -> None:
    assert list(metrics(Observation)) == OF_A_SERVICE
    assert list(metrics(ClusterObservation)) == OF_A_RUN
    assert list(COLUMNS["runs"]) == ["policy", "replication", "service", *OF_A_SERVICE]
    assert list(COLUMNS["cells"])[-len(OF_A_RUN) :] == OF_A_RUN


@pytest.mark.parametrize("registered", ALL, ids=lambda registered: registered.column.name)
def test_every_metric_says_what_it_is(registered: Metric[Observation] | Metric[ClusterObservation]) -> None:
    column = registered.column
    assert column.meaning.endswith(".")
    assert registered.heading == registered.heading.strip() != ""
    suffixes = {"_s": Unit.SECONDS, "_hours": Unit.HOURS}
    unit = next((unit for suffix, unit in suffixes.items() if column.name.endswith(suffix)), None)
    assert unit in (None, registered.unit)
    assert (registered.unit in (Unit.SECONDS, Unit.HOURS)) == (unit is not None)


def test_headings_are_unlike() -> None:
    assert len({registered.heading for registered in ALL}) == len(ALL)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Registration that is forgotten after the test."""
    monkeypatch.setattr(registry, "_REGISTERED", {kind: dict(known) for kind, known in registry._REGISTERED.items()})
    return metric(Group.OUTAGES, "quiet", Unit.SHARE)


def test_a_function_is_all_that_a_metric_takes(fresh: Callable[..., object]) -> None:
    def quiet(seen: Observation) -> int:
        """Seconds without a sound."""
        return 3

    assert fresh(quiet) is quiet
    found = metrics(Observation)
    assert found["quiet"].column == Column("quiet", int, "Seconds without a sound.")
    order = list(found)
    assert order.index("first_outage_s") < order.index("quiet") < order.index("available_one")


def test_what_is_no_metric_is_refused(fresh: Callable[..., object]) -> None:
    def silent(seen: Observation) -> float:
        return 0.0

    def text(seen: Observation) -> str:
        """A text."""
        return ""

    def counted(seen: ClusterObservation) -> int:
        """A count that a failed run lacks."""
        return 0

    for function in (silent, text, counted):
        with pytest.raises(TypeError, match=f"metric {function.__name__}: expected a docstring, and annotations"):
            fresh(function)


def test_a_name_can_be_taken(fresh: Callable[..., object]) -> None:
    def outages(seen: Observation) -> int:
        """Others."""
        return 0

    with pytest.raises(
        ValueError, match=r"metric outages is registered twice: experiments\.metrics\.outages and tests"
    ):
        fresh(outages)


def test_a_column_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice: a, b, a"):
        columns(Column("a", int, "One."), Column("b", int, "Two."), Column("a", str, "Three."))


def test_a_column_has_its_own_type_in_every_table() -> None:
    types = {(table, name): column.type for table, declared in COLUMNS.items() for name, column in declared.items()}
    integers = {
        "replication",
        "times",
        "outages",
        "undetected",
        "min_answering",
        "transitions",
        "seed",
        "evicted",
        "refused",
        *("looks", "full", "running", "otherwise", "begun_before", "sojourn_outages"),
        *("due", "complete", "failed", "missed", "replaced", "unfinished", "failed_pods"),
    }
    texts = {
        *("policy", "service", "scenario", "status", "error", "strikes", "pending"),
        *("alert", "workload", "cause", "outcome", "stage", "lengths_s", "why"),
        *("operation", "subject", "last_refusal", "job", "reasons"),
        *("kind", "not_over", "replica_s", "downtimes_s", "beside"),
        *("phase", "begun", "mode", "struck", "layout", "fatal", "sojourn_layout", "weights_per_s"),
    }
    for (_, name), type_ in types.items():
        assert type_ is (int if name in integers else str if name in texts else float)
