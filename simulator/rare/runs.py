"""Runs as they are, looked at now and then: where degraded periods can be begun."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.hazards import Clock
from simulator.rare.settled import Settled, settled
from simulator.rare.sojourns import Sojourns
from simulator.rare.watched import Up, Watched
from simulator.simulation import Simulation
from simulator.state.history import ServiceHistory
from simulator.step_function import lengths, together
from simulator.stories.protocols import FailureMode, Operation
from simulator.streams import Streams


@dataclass(frozen=True)
class Model:
    """What is simulated: the arguments of `simulator.run.simulate`, without replication and log."""

    simulated: Mapping[str, Any]
    """Arguments of `Simulation` by name: cluster, behaviour, loads, traffic, profile, node_autoscaler."""
    failures: Sequence[FailureMode]
    operations: Sequence[Operation]
    seed: int
    warmup: float
    duration: float

    @property
    def end(self) -> float:
        """The end of the measured window, in seconds since failures began."""
        return self.warmup + self.duration

    @property
    def repeats(self) -> bool:
        """Whether a later time is like time 0 but for what breaks, and for operations.

        Not if there are Jobs, or traffic changes: what either has left behind is no settled state, even when it is
        over, for in a new simulation it would come again.
        """
        cluster, traffic = self.simulated["cluster"], self.simulated.get("traffic", ())
        return not (cluster.jobs or cluster.cron_jobs) and all(len(of.rate.steps) == 1 for of in traffic)

    @property
    def is_stationary(self) -> bool:
        """Whether what happens from a settled state on does not depend on the time at which it is taken up."""
        return self.repeats and not self.operations and self.simulated.get("node_autoscaler") is None

    def begun(
        self,
        replication: int | str,
        places: Mapping[str, str] = {},
        began: float = 0.0,
        keep_log: bool = False,
        end: float | None = None,
    ) -> Simulation:
        """A simulation of this replication at its time 0, its failure clocks begun.

        Its time 0 is so many seconds after failures began, and its replicas are on these nodes: slot -> node. Nothing
        need happen in it after `end`, by default that of the measured window.
        """
        streams = Streams(self.seed, replication)
        if end is None:
            end = self.end - began
        simulation = Simulation(
            streams=streams, end=end, keep_log=keep_log, places=places, began=began, **self.simulated
        )
        simulation.deploy()
        simulation.begin(self.failures, self.operations)
        return simulation


class OtherStarts:
    """Counts the degraded periods of a Service that begin otherwise than by a clock that could have been forced.

    And adds up how long it is degraded, by whatever. Sojourns are left out of both.
    """

    def __init__(self, simulation: Simulation, watched: Watched, sojourns: Sojourns) -> None:
        """`sojourns` were told of changes before."""
        self._kernel, self._watched, self._sojourns = simulation.kernel, watched, sojourns
        self._was_full = watched.is_full
        self._fired_at: float | None = None
        self._left_out = False
        """Whether what is degraded now is in a sojourn."""
        self.count = int(not self._was_full)
        self._since, self._degraded = self._kernel.now, 0.0
        watched.on_change.append(self._changed)
        simulation.hazards.before_fire.append(self._fires)

    def _fires(self, clock: Clock) -> None:
        if self._watched.is_full and self._watched.is_critical(clock):
            self._fired_at = self._kernel.now

    def _changed(self) -> None:
        is_full = self._watched.is_full
        self._degraded = self.degraded
        if self._was_full and not is_full:
            self._left_out = self._sojourns.is_one
            if self._fired_at != self._kernel.now and not self._left_out:
                self.count += 1
        self._since, self._was_full = self._kernel.now, is_full

    @property
    def degraded(self) -> float:
        """Seconds until now for which it was degraded."""
        return self._degraded + (0.0 if self._was_full or self._left_out else self._kernel.now - self._since)


@dataclass(frozen=True)
class Look:
    """What was seen at a moment of a run."""

    time: float
    layouts: Mapping[str, str]
    """The Services of which all endpoints answered, and how these lay together (`Watched.layout`)."""
    settled: Settled | None
    """The state, if nothing was under way."""
    precarious: Mapping[str, bool]
    """Of those Services, what `Sojourns.is_precarious` said."""
    in_sojourn: Collection[str]
    """Those of them that were in a sojourn."""


@dataclass(frozen=True)
class NaturalRun:
    """A replication as it is, looked at now and then."""

    looks: Sequence[Look]
    other_starts: Mapping[str, int]
    """Service -> degraded periods out of sojourns that began otherwise than by a clock that could have been forced."""
    degraded: Mapping[str, float]
    """Service -> seconds out of sojourns for which not all its endpoints answered, or too few."""
    missing: Mapping[str, float]
    """Service -> the share of the replicas that answer when all is well that was missing on average."""
    desired: Mapping[str, int | None]
    """Service -> the replicas that are desired; None if their number changed."""
    never_there: Mapping[str, int]
    """Service -> how many of them do not answer though all is well."""
    transitions: int
    """State changes in all."""


@dataclass(frozen=True)
class Seen:
    """How a Service is looked at."""

    up: Up
    usually_fatal: Collection[str] | None = None
    """As of `Sojourns`."""


def natural(model: Model, replication: int | str, times: Sequence[float], services: Mapping[str, Seen]) -> NaturalRun:
    """Runs a replication to the end of its window, and looks at these moments, in order of time."""
    simulation = model.begun(replication)
    watched = {name: Watched(simulation, name, seen.up) for name, seen in services.items()}
    sojourns = {name: Sojourns(simulation, one, services[name].usually_fatal) for name, one in watched.items()}
    others = {name: OtherStarts(simulation, one, sojourns[name]) for name, one in watched.items()}
    looks = []
    for time in times:
        simulation.kernel.run_until(time)
        layouts = {name: one.layout for name, one in watched.items() if one.is_full}
        precarious = {name: sojourns[name].is_precarious for name in layouts}
        in_sojourn = {name for name in layouts if sojourns[name].is_one}
        state = settled(simulation) if layouts and model.repeats else None
        looks.append(Look(time, layouts, state, precarious, in_sojourn))
    simulation.kernel.run_until(model.end)
    counts = {name: other.count for name, other in others.items()}
    degraded = {name: other.degraded for name, other in others.items()}
    histories = simulation.recorder.histories(0.0, model.end)
    missing = {name: _missing(histories[name], one.never_there) for name, one in watched.items()}
    desired = {name: _desired(histories[name]) for name in watched}
    never_there = {name: one.never_there for name, one in watched.items()}
    return NaturalRun(looks, counts, degraded, missing, desired, never_there, simulation.state.transitions.count)


def _desired(history: ServiceHistory) -> int | None:
    numbers = set(history.desired.values.tolist())
    return int(numbers.pop()) if len(numbers) == 1 else None


def _missing(history: ServiceHistory, never_there: int) -> float:
    times, answering, desired = together(history.answering, history.desired)
    meant, widths = np.maximum(desired - never_there, 0.0), lengths(times, history.answering.end)
    total = float((meant * widths).sum())
    return float((np.maximum(meant - answering, 0.0) * widths).sum()) / total if total else 0.0
