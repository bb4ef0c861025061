"""The runs whose transitions a result folder holds, and further metrics of them."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from experiments.design.goal import Predicate
from experiments.file.resolve import measured as goals_of
from experiments.findings.findings import Findings
from experiments.metrics.observation import Observation
from experiments.store import events
from experiments.store.folder import NotAResultFolder, ResultFolder
from simulator.run import Run

if TYPE_CHECKING:
    import pandas as pd


def kept(findings: Findings) -> list[tuple[str, int]]:
    """Policies and replications whose transitions the folder of the findings holds."""
    if findings.path is None:
        return []
    folder, most, files = ResultFolder(findings.path), findings.manifest.replications, findings.manifest.files
    return [(p, r) for p in findings.policies for r in range(most) if folder.name(folder.events(p, r)) in files]


def stored_run(findings: Findings, policy: str, replication: int) -> Run:
    """One replication as `simulate` left it, read from the folder.

    KeyError if its transitions were not kept, `NotAResultFolder` if they are not as they were written.
    """
    if (policy, replication) not in kept(findings):
        raise KeyError(
            f"the transitions of replication {replication} under {policy!r} were not kept; "
            f"run the experiment into a folder with --events sample:{replication + 1}"
        )
    assert findings.path is not None
    folder = ResultFolder(findings.path)
    path = folder.events(policy, replication)
    try:
        folder.check(findings.manifest, path)
    except ValueError as error:
        raise NotAResultFolder(f"{findings.path}: {error}; run the experiment again to resume it") from None
    return events.read(path)


def measured(
    findings: Findings, metric: Callable[[Observation], Any], available: Predicate | None = None
) -> "pd.DataFrame":
    """A metric of every Service in every stored run: a row per policy, replication and Service.

    The column of the metric is called as its function. `available`: another predicate than the experiment's.
    """
    goals = goals_of(findings.resolved)

    def rows(run: Run) -> Iterator[dict[str, Any]]:
        for goal in goals:
            history = run.services[goal.name]
            seen = Observation.of(history, available or goal.predicate, run.start, run.end, goal.slo)
            yield {"service": goal.name, metric.__name__: metric(seen)}

    return _frame(findings, rows, ["service", metric.__name__])


def measured_runs(findings: Findings, metric: Callable[[Run], Any]) -> "pd.DataFrame":
    """A metric of every stored run: a row per policy and replication; its column is called as the function."""
    return _frame(findings, lambda run: iter([{metric.__name__: metric(run)}]), [metric.__name__])


def _frame(findings: Findings, rows: Callable[[Run], Iterator[dict[str, Any]]], columns: list[str]) -> "pd.DataFrame":
    import pandas as pd

    records = [
        {"policy": policy, "replication": replication} | row
        for policy, replication in kept(findings)
        for row in rows(stored_run(findings, policy, replication))
    ]
    return pd.DataFrame(records, columns=["policy", "replication", *columns])
