"""What a run leaves behind: the transition log, and step functions of time."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


class Kind(IntEnum):
    """What changed. In brackets: the subject, and what `old` and `new` are."""

    NODE_POWER = 0  # node; 0 down, 1 up: the truth, known to nobody at once
    NODE_READY = 1  # node; the Ready condition: 0 False, 1 True, 2 Unknown
    NODE_TAINTS = 2  # node; number of taints
    POD_PHASE = 3  # pod; 0 absent, 1 Pending, 2 Running, 3 Succeeded, 4 Failed
    POD_NODE = 4  # pod; -1 unbound, else the node's index
    POD_DELETING = 5  # pod; 1 once it has a deletionTimestamp
    POD_CONTAINERS = 6  # pod; number of containers that run
    POD_ANSWERING = 7  # pod; 1 while it can answer requests: the truth, known to nobody at once
    POD_READY = 8  # pod; the Ready condition
    POD_AVAILABLE = 9  # pod with a controller; 1 once it was Ready for minReadySeconds
    REPLICASET_DESIRED = 10  # ReplicaSet; spec.replicas
    DEPLOYMENT_GENERATION = 11  # Deployment; metadata.generation, one more with each change of its spec
    DEPLOYMENT_COMPLETE = 12  # Deployment; 1 when its rollout is complete: nothing to do until its spec changes
    SERVICE_READY = 13  # Service; number of endpoints listed as ready
    SERVICE_ANSWERING = 14  # Service; number of ready endpoints that can answer
    NODE_UNSCHEDULABLE = 15  # node; 1 while it is cordoned
    POD_DISRUPTION_TARGET = 16  # pod; the DisruptionTarget condition: a `simulator.state.objects.pod.Disruption`
    STATEFULSET_GENERATION = 17  # StatefulSet; one more with each change of its spec
    DAEMONSET_GENERATION = 18  # DaemonSet; one more with each change of its spec
    BUDGET_ALLOWED = 19  # PodDisruptionBudget; status.disruptionsAllowed
    AUTOSCALER_DESIRED = 20  # HorizontalPodAutoscaler; status.desiredReplicas
    NODE_REPORTING = 21  # node; 1 while its kubelet renews its lease and posts status
    NODE_HEALTHY = 22  # node; 1 while its kubelet says that it is well
    POD_DELETION_COST = 23  # pod; controller.kubernetes.io/pod-deletion-cost
    SERVICE_GENERATION = 24  # Service; 1 once it exists
    BUDGET_GENERATION = 25  # PodDisruptionBudget; one more with each change of its spec
    AUTOSCALER_GENERATION = 26  # HorizontalPodAutoscaler; one more with each change of its spec
    DAEMONSET_DESIRED = 27  # DaemonSet; nodes that are meant to run its pods, be they well or not
    SERVICE_DESIRED = 28  # Service; replicas desired of the workloads behind it
    DEPLOYMENT_REVISION = 29  # Deployment; one more with each change of its pod template: a rollout begins
    POD_PULLING = 30  # pod; 1 while it waits for its images, and for nothing else
    NODE_EVICTING = 31  # node; 1 while a NoExecute taint says that it is unreachable or not ready
    DEPLOYMENT_PROGRESSING = 32  # Deployment; 0 while its Progressing condition is False: ProgressDeadlineExceeded


class TransitionLog:
    """Append-only columns of every state change: time, kind, subject, old, new, cause.

    `subject` is an index into the names of its kind, `cause` into `causes` (0: none, the workload's own doing).
    """

    def __init__(self) -> None:
        self._rows = array("d")
        self.append = self._rows.extend
        """append((time, kind, subject, old, new, cause))"""
        self.causes: list[str] = [""]
        self.names: dict[str, Sequence[str]] = {}
        """Names of the subjects, by the first word of the kinds (NODE, POD, DEPLOYMENT, ...)."""
        self.zones: Sequence[str] = ()
        """By node: its zone, "" without one."""
        self.selected_by: Sequence[tuple[int, ...]] = ()
        """By pod: the Services that select it."""
        self.publishing: frozenset[int] = frozenset()
        """The Services with publishNotReadyAddresses."""
        self.in_front_of: Sequence[tuple[int, ...]] = ()
        """By Deployment: the Services that select its pods."""

    @classmethod
    def of_columns(cls, rows: npt.NDArray[np.float64]) -> TransitionLog:
        """A log of these rows, shaped as those of `columns`; its names are to be filled in."""
        log = cls()
        log._rows.frombytes(np.ascontiguousarray(rows, dtype=np.float64).tobytes())
        return log

    def __len__(self) -> int:
        return len(self._rows) // 6

    def columns(self) -> npt.NDArray[np.float64]:
        """The rows as an array of shape (n, 6), in the order in which they happened."""
        return np.frombuffer(self._rows, dtype=np.float64).reshape(-1, 6)

    def of_kind(self, *kinds: Kind) -> npt.NDArray[np.float64]:
        """The rows of these kinds, in the order in which they happened."""
        rows = self.columns()
        return rows[np.isin(rows[:, 1], kinds)]

    def to_frame(self) -> pd.DataFrame:
        """A row per transition: time (s), kind, subject, old, new, cause, with names in place of numbers."""
        import pandas as pd

        rows = self.columns()
        codes = rows[:, 1:].astype(np.int64)
        kinds = [Kind(kind) for kind in codes[:, 0]]
        subjects = [
            self.names[kind.name.split("_")[0]][subject] for kind, subject in zip(kinds, codes[:, 1], strict=True)
        ]
        return pd.DataFrame(
            {
                "time": rows[:, 0],
                "kind": [kind.name for kind in kinds],
                "subject": subjects,
                "old": codes[:, 2],
                "new": codes[:, 3],
                "cause": [self.causes[cause] for cause in codes[:, 4]],
            }
        )


@dataclass(frozen=True)
class StepFunction:
    """A quantity that is constant between changes: `values[i]` on [times[i], times[i+1]), the last one until `end`.

    `times` is strictly increasing and not empty; the function is defined on [times[0], end].
    """

    times: Floats
    values: Floats
    end: float

    def __post_init__(self) -> None:
        if len(self.times) == 0 or len(self.times) != len(self.values):
            raise ValueError("times and values must have the same length, at least 1")
        if np.any(np.diff(self.times) <= 0) or self.end < self.times[-1]:
            raise ValueError("times must increase strictly and not lie beyond end")

    @classmethod
    def of_changes(cls, start: float, initial: float, changes: Floats, values: Floats, end: float) -> StepFunction:
        """From changes in order of time, which may repeat a time (the last counts) or a value (dropped).

        Changes at or before `start` give the initial value; those at or after `end` are left out.
        """
        inside = (changes > start) & (changes < end)
        before = values[changes <= start]
        first = float(before[-1]) if len(before) else initial
        times = np.concatenate(([start], changes[inside]))
        levels = np.concatenate(([first], values[inside]))
        last_of_time = np.append(np.diff(times) > 0, True)
        times, levels = times[last_of_time], levels[last_of_time]
        changed = np.concatenate(([True], np.diff(levels) != 0))
        return cls(times[changed], levels[changed], end)

    @property
    def start(self) -> float:
        """The left end of the domain."""
        return float(self.times[0])

    @property
    def duration(self) -> float:
        """Length of the domain, in seconds."""
        return self.end - self.start

    @property
    def widths(self) -> Floats:
        """Length of each constant piece, in seconds."""
        return np.diff(np.append(self.times, self.end))

    def mean(self) -> float:
        """Time-weighted mean."""
        return float(self.widths @ self.values / self.duration)

    def time_below(self, level: float) -> float:
        """Seconds during which the value is less than `level`."""
        return float(self.widths[self.values < level].sum())

    def fraction_at_least(self, level: float) -> float:
        """Share of the time during which the value is `level` or more."""
        return 1.0 - self.time_below(level) / self.duration

    def intervals_below(self, level: float) -> Floats:
        """The maximal intervals during which the value is less than `level`: shape (n, 2), start and end."""
        below = np.concatenate(([False], self.values < level, [False]))
        edges = np.flatnonzero(np.diff(below.astype(np.int8)))
        bounds = np.append(self.times, self.end)
        return bounds[edges].reshape(-1, 2)

    def at(self, times: Floats) -> Floats:
        """The values at the given times, all within [start, end]."""
        return self.values[np.searchsorted(self.times, times, side="right") - 1]

    def clip(self, start: float, end: float) -> StepFunction:
        """A step function equal to this one on [start, end], in seconds, which must lie within its domain."""
        return StepFunction.of_changes(start, float(self.at(np.array([start]))[0]), self.times, self.values, end)

    def __add__(self, other: StepFunction) -> StepFunction:
        """The sum, of two functions with the same domain."""
        if (self.start, self.end) != (other.start, other.end):
            raise ValueError("only step functions with the same domain can be added")
        times = np.union1d(self.times, other.times)
        return StepFunction.of_changes(self.start, 0.0, times, self.at(times) + other.at(times), self.end)
