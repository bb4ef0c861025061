"""The runs whose transitions a result folder holds, and further metrics of them."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from experiments.design.goal import Predicate
from experiments.file.resolve import measured as goals_of
from experiments.metrics.observation import Observation
from experiments.store import events
from experiments.store.folder import ResultFolder
from simulator.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from experiments.results import Results


def kept(results: "Results") -> list[tuple[str, int]]:
    """See `Results.stored`."""
    if results.path is None:
        return []
    folder, most = ResultFolder(results.path), results.manifest.replications
    return [(p, r) for p in results.policies for r in range(most) if folder.events(p, r).exists()]


def one(results: "Results", policy: str, replication: int) -> Run:
    """See `Results.stored_run`."""
    if (policy, replication) not in kept(results):
        raise KeyError(
            f"the transitions of replication {replication} under {policy!r} were not kept; "
            f"run the experiment into a folder with --events sample:{replication + 1}"
        )
    assert results.path is not None
    return events.read(ResultFolder(results.path).events(policy, replication))


def measured(
    results: "Results", metric: Callable[[Observation], Any], available: Predicate | None = None
) -> "pd.DataFrame":
    """See `Results.measure`."""
    goals = goals_of(results.resolved)

    def rows(run: Run) -> Iterator[dict[str, Any]]:
        for goal in goals:
            history = run.services[goal.name]
            seen = Observation.of(history, available or goal.predicate, run.start, run.end, goal.slo)
            yield {"service": goal.name, metric.__name__: metric(seen)}

    return _frame(results, rows, ["service", metric.__name__])


def measured_runs(results: "Results", metric: Callable[[Run], Any]) -> "pd.DataFrame":
    """See `Results.measure_runs`."""
    return _frame(results, lambda run: iter([{metric.__name__: metric(run)}]), [metric.__name__])


def _frame(results: "Results", rows: Callable[[Run], Iterator[dict[str, Any]]], columns: list[str]) -> "pd.DataFrame":
    import pandas as pd

    found = [
        {"policy": policy, "replication": replication} | row
        for policy, replication in kept(results)
        for row in rows(one(results, policy, replication))
    ]
    return pd.DataFrame(found, columns=["policy", "replication", *columns])
