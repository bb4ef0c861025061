"""Rollout health: how long rollouts took, and what they cost the Services in front of them.

A rollout begins when the pod template of a Deployment, StatefulSet or DaemonSet changes (scaling alone is none). It is
complete when a Deployment's controller has nothing left to do, and the others' pods are of the template and ready, as
`kubectl rollout status` judges them. It is stuck while the Deployment's Progressing condition is False, as the
controller says once the rollout did not get on for progressDeadlineSeconds (ProgressDeadlineExceeded). That condition
takes itself back: a rollout that gets on after all is not stuck any more. StatefulSets and DaemonSets have no such
condition.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.metrics.capacity import answering_and_desired
from experiments.metrics.column import Column, columns
from experiments.metrics.observation import Observation
from simulator.log import Kind, TransitionLog
from simulator.step_function import lengths

COLUMNS = columns(
    Column("workload", str, "The Deployment, StatefulSet, DaemonSet or Rollout, as Kind/name."),
    Column("cause", str, "Who changed its template."),
    Column("start_s", float, "Beginning, in seconds since the start of the measured window."),
    Column("end_s", float, "When it was complete or replaced by the next; the window's length if neither came."),
    Column(
        "outcome",
        str,
        "complete, even if late; else stuck (Progressing was False then: ProgressDeadlineExceeded), "
        "replaced or unfinished.",
    ),
    Column("min_answering", int, "Fewest endpoints of the Service that could answer meanwhile."),
    Column(
        "lost_pod_s", float, "Pod-seconds by which the endpoints that could answer fell short of the desired replicas."
    ),
)
"""Columns of `rollouts`, beside policy, replication and Service: a row for each Service in front of the workload."""

_KINDS = {
    "Deployment": (Kind.DEPLOYMENT_REVISION, Kind.DEPLOYMENT_COMPLETE, Kind.DEPLOYMENT_PROGRESSING),
    "StatefulSet": (Kind.STATEFULSET_REVISION, Kind.STATEFULSET_COMPLETE, None),
    "DaemonSet": (Kind.DAEMONSET_REVISION, Kind.DAEMONSET_COMPLETE, None),
}
"""What is rolled out, and the transitions that tell of a beginning, of the end, and of the Progressing condition."""


def rollouts(log: TransitionLog, services: Mapping[str, Observation]) -> list[dict[str, Any]]:
    """The rollouts that began in the window, a row for each of these Services, in order of Service and time."""
    numbers = {name: number for number, name in enumerate(log.names["SERVICE"])}
    rows = {kind: log.of_kind(*filter(None, kinds)) for kind, kinds in _KINDS.items()}
    found = []
    for name, seen in services.items():
        for kind, kinds in _KINDS.items():
            for number, behind in enumerate(log.in_front_of.get(kind.upper(), ())):
                if numbers[name] in behind:
                    mine = rows[kind][rows[kind][:, 2] == number]
                    called = log.names[kind.upper()][number]
                    workload = called if "/" in called else f"{kind}/{called}"  # an Argo Rollout says that it is one
                    found += [
                        {"service": name, "workload": workload, "cause": log.causes[cause]}
                        | _judged(seen, begin, end, outcome)
                        for begin, end, outcome, cause in _stretches(mine, kinds, seen.start, seen.up.end)
                    ]
    return found


def _stretches(
    rows: np.ndarray, kinds: tuple[Kind, Kind, Kind | None], start: float, end: float
) -> list[tuple[float, float, str, int]]:
    """The rollouts of one workload that began within (start, end): beginning, end, how they ended, cause."""
    found: list[tuple[float, float, str, int]] = []
    begun: tuple[float, int] | None = None
    stuck = False
    revision, complete, progressing = kinds
    for time, kind, _, _, new, cause in [*rows.tolist(), (end, complete, 0, 0, -1, 0)]:
        if kind == progressing:
            stuck = new == 0
        elif kind == revision or new != 0:
            over = min(time, end)
            if begun is not None and start < begun[0] < end:
                whole = kind == complete and new == 1 and time <= end
                outcome = "complete" if whole else "stuck" if stuck else "unfinished" if over == end else "replaced"
                found.append((begun[0], over, outcome, begun[1]))
            begun = (time, int(cause)) if kind == revision else None
    return found


def _judged(seen: Observation, begin: float, end: float, outcome: str) -> dict[str, Any]:
    times, answering, desired = answering_and_desired(seen)
    first = int(np.searchsorted(times, begin, side="right")) - 1
    pieces = slice(first, max(int(np.searchsorted(times, end)), first + 1))
    within = lengths(np.maximum(times[pieces], begin), end)
    return {
        "start_s": begin - seen.start,
        "end_s": end - seen.start,
        "outcome": outcome,
        "min_answering": int(answering[pieces].min()),
        "lost_pod_s": float((within * np.maximum(desired[pieces] - answering[pieces], 0.0)).sum()),
    }
