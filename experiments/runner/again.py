"""A replication of a result folder, simulated again: the tables keep what was measured, not all that happened."""

from pathlib import Path

import numpy as np

from experiments.design.scenario import Scenario
from experiments.metrics.observation import Observation
from experiments.results import Results
from experiments.runner.replication import arguments
from models.input.problems import Refusal
from simulator.run import Run, simulate


class NotTheSame(Refusal):
    """What came out of a replication that was simulated again is not what its folder says of it."""


def run_again(folder: Path, policy: str, replication: int) -> Run:
    """One replication of a result folder with its transition log: read, if it was kept there, or simulated again.

    It is simulated from the experiment as resolved and the copies of its inputs in the folder; the same seed gives the
    same transitions. Raises `NotAResultFolder`; KeyError for an unknown policy; `Refusal` for a replication that the
    folder does not hold, or that failed; `NotTheSame` if the outcome differs from the tables in its transitions or in
    the outages of a Service, as it does after a change of the inputs or with another version of kubenines.
    """
    return rerun(Results.open(folder), policy, replication)


def rerun(results: Results, policy: str, replication: int) -> Run:
    """What `run_again` returns, of results that are open already; a `Refusal` if they were kept in no folder."""
    if results.path is None:
        raise Refusal("these results were kept in no folder, so nothing of them can be simulated again")
    if (policy, replication) in results.stored():
        return results.stored_run(policy, replication)
    transitions = _transitions(results, policy, replication)
    scenario = results.scenarios.of(policy)
    run = simulate(
        **arguments(scenario),
        replication=replication,
        duration=scenario.duration,
        warmup=scenario.warmup,
        keep_log=True,
    )
    _check(results, scenario, run, transitions)
    return run


def _transitions(results: Results, policy: str, replication: int) -> int:
    """How many the folder says that there were in a replication."""
    if policy not in results.manifest.policies:
        raise KeyError(f"unknown policy {policy!r}; there are {', '.join(results.manifest.policies)}")
    cells = results.tables["cells"]
    rows = cells.loc[(cells["policy"] == policy) & (cells["replication"] == replication)]
    if rows.empty:
        raise Refusal(f"{results.path} holds no replication {replication} of {policy!r}")
    if rows["status"].iloc[0] != "done":
        raise Refusal(f"replication {replication} of {policy!r} failed: {rows['error'].iloc[0]}")
    return int(rows["transitions"].iloc[0])


def _check(results: Results, scenario: Scenario, run: Run, transitions: int) -> None:
    """Raises `NotTheSame` if the folder says something else of this run."""
    differ = []
    if run.transitions != transitions:
        differ.append(f"{run.transitions:,} transitions instead of {transitions:,}")
    table = results.tables["outages"]
    table = table.loc[(table["policy"] == scenario.policy) & (table["replication"] == run.replication)]
    for goal in scenario.services:
        seen = Observation.of(run.services[goal.name], goal.predicate, run.start, run.end)
        kept = table.loc[table["service"] == goal.name, ["start_s", "end_s"]].to_numpy()
        if not np.array_equal(seen.outages - seen.start, kept):
            differ.append(f"other outages of {goal.name} ({len(seen.outages)}, and {len(kept)} in the tables)")
    if differ:
        raise NotTheSame(
            f"{results.path}: replication {run.replication} of {scenario.policy!r} comes out otherwise than it was "
            f"kept: {'; '.join(differ)}. The folder's inputs were changed, or it was written by another version of "
            f"kubenines ({results.manifest.versions.get('kubenines', 'unknown')}): run the experiment anew"
        )
