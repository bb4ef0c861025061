"""Which run a picture of a single run is of, and which stretch of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.design.goal import entry_of
from experiments.findings import stored_runs
from experiments.findings.moments import Moment, first_rollout, worst_outage
from experiments.findings.pairs import of_pair
from experiments.inference.estimate import show_seconds
from experiments.plots import run_frame
from experiments.plots.pods import stretches
from models.arrays import Floats
from models.input.problems import Refusal
from models.units import DAY
from simulator.log import Kind
from simulator.run import Run

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

Source = Callable[[str, int], Run]
"""Policy and replication -> run."""


@dataclass(frozen=True)
class Look:
    """A run, and from when until when it is drawn, in seconds since failures began."""

    service: str
    policy: str
    run: Run
    start: float
    end: float
    basis: str
    """Which run it is, in words."""
    down: Floats
    """The outages of the Service in the run, shape (n, 2), in the same seconds."""


@dataclass(frozen=True)
class Chooser:
    """How a run and a stretch of it are chosen where they are not given."""

    moment: "Callable[[Findings, str, str, set[int] | None], Moment | None]"
    otherwise: "Callable[[Run], tuple[float, float]] | None"
    """The stretch where there is no such moment; None: then there is nothing to draw."""


def _first_failure(run: Run) -> tuple[float, float]:
    """Around the first time that a node was down; the first day, if none ever was."""
    if run.log is not None:
        spans = stretches(run.log, Kind.NODE_POWER, {0}, run.start, run.end).values()
        for start, end in sorted(tuple(span) for of in spans for span in of.tolist())[:1]:
            return Moment(run.replication, start, end).surroundings
    return run.start, run.start + DAY


at_an_outage = Chooser(worst_outage, _first_failure)
at_a_rollout = Chooser(first_rollout, None)
at_all = Chooser(lambda *of: None, lambda run: (run.start, run.end))


def look(
    findings: "Findings",
    runs: Source | None,
    at: Chooser,
    service: str,
    policy: str | None,
    replication: int | None,
    start: float | None,
    end: float | None,
) -> Look:
    """The run of a policy and replication from `start` to `end`; what is None is chosen.

    An end that is None is that of the chosen moment's surroundings; where the other end leaves nothing of these, it is
    that of the run.

    Without `runs` only runs whose transitions were kept can be drawn: `Refusal` for others.
    """
    kept = None if runs is not None else _kept(findings)
    policies = findings.policies if policy is None else [policy]
    chosen, moment = policies[0], None
    for each in policies:
        allowed = {replication} if replication is not None else None if kept is None else kept.get(each, set())
        if (moment := at.moment(findings, entry_of(service), each, allowed)) is not None:
            chosen = each
            break
    if at.otherwise is None and (start is None or end is None) and moment is None:
        under = f"under {policy}" if policy else "under any policy"
        where = "" if replication is None else f" in replication {replication}"
        raise Refusal(f"no rollout of what is behind {service} began {under}{where}")
    if replication is None:
        others = [0] if kept is None else sorted(kept.get(chosen, {0}))
        replication = others[0] if moment is None else moment.replication
    run = _stored(findings, chosen, replication) if runs is None else runs(chosen, replication)
    if start is None or end is None:
        first, last = moment.surroundings if moment else at.otherwise(run) if at.otherwise else (run.start, run.end)
        if start is None:
            start = first if end is None or first < end else run.start
        if end is None:
            end = last if start < last else run.end
    end = min(end, run.end)
    if not start < end:
        raise Refusal(
            f"nothing is between {show_seconds(start)} and {show_seconds(end)} since failures began: the run lasts "
            f"until {show_seconds(run.end)}"
        )
    down = _outages(findings, entry_of(service), chosen, replication)
    return Look(entry_of(service), chosen, run, start, end, run_frame.basis(findings, chosen, run), down)


def _kept(findings: "Findings") -> dict[str, set[int]]:
    """Policy -> replications whose transitions the folder holds."""
    found: dict[str, set[int]] = {}
    for policy, number in stored_runs.kept(findings):
        found.setdefault(policy, set()).add(number)
    return found


def _stored(findings: "Findings", policy: str, replication: int) -> Run:
    try:
        return stored_runs.stored_run(findings, policy, replication)
    except KeyError as error:
        raise Refusal(error.args[0]) from None


def _outages(findings: "Findings", service: str, policy: str, replication: int) -> Floats:
    rows = of_pair(findings.outages, service, policy)
    rows = rows.loc[rows["replication"] == replication, ["start_s", "end_s"]]
    return np.asarray(rows.to_numpy(), dtype=np.float64) + findings.manifest.warmup
