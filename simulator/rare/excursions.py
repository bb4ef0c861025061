"""Excursions: degraded periods begun on purpose, from what was seen of a run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulator.log import TransitionLog
from simulator.rare.degraded import DegradedPeriod, Tilting, shares
from simulator.rare.runs import Model, OtherStarts
from simulator.rare.settled import Settled, restore
from simulator.rare.stage import Stage
from simulator.rare.watched import Up
from simulator.streams import Streams


@dataclass(frozen=True)
class Excursion:
    """A degraded period that was begun on purpose."""

    mode: str
    """The `watched.kind` of the clock that was made to fire; "" if it began otherwise."""
    rate: float
    """How often, per second, clocks like it begin one, over how likely it was chosen; 1 if it began otherwise."""
    period: DegradedPeriod
    transitions: int = 0
    """State changes that it took, those before it included."""
    log: TransitionLog | None = None
    """What happened up to its end; kept only if that was asked for, and if it has an outage."""


class Beginner:
    """Begins degraded periods of one Service."""

    def __init__(
        self,
        model: Model,
        service: str,
        up: Up,
        tilting: Tilting,
        modes: Mapping[str, float] = {},
        keep_log: bool = False,
    ) -> None:
        """`modes`: how likely a `watched.kind` of clocks is to begin one, in proportion; 1 if it is not given."""
        self._model, self._service, self._up = model, service, up
        self._tilting = tilting
        self._modes = modes
        self._keep_log = keep_log
        self._stage: Stage | None = None
        """Where the last one from a settled state was begun."""

    def from_settled(self, state: Settled, luck: str) -> Excursion | None:
        """From this state, with other luck of this name; None if the state cannot be brought about."""
        stationary = self._model.is_stationary
        stage, before = self._stage, self._stage.transitions if self._stage else 0
        rng = Streams(self._model.seed, luck).stream("rare/wait")
        if stage is None or not (stationary and stage.bring(state, rng)):
            end = math.inf if stationary else None
            simulation = self._model.begun(luck, state.nodes, state.time, self._keep_log, end)
            stage, before = Stage(simulation, self._service, self._up, self._tilting), 0
            if not restore(simulation, state):
                return None
            self._stage = stage
        return self._force(stage, luck, stage.now - state.time, before)

    def from_run(self, replication: int | str, time: float, luck: str) -> Excursion:
        """From a replication as it stands at this time, at which all endpoints answer."""
        stage = self._run(replication)
        stage.simulation.kernel.run_until(time)
        return self._force(stage, luck, 0.0, 0)

    def from_other_start(self, replication: int | str, number: int) -> Excursion:
        """From the degraded period of this number (from 0) of a replication that begins otherwise than by a clock."""
        stage = self._run(replication)
        others = OtherStarts(stage.simulation, stage.watched)
        while others.count <= number:
            stage.simulation.kernel.step()
        return self._excursion("", 1.0, stage.follower.follow(self._window(0.0)), stage, 0)

    def _run(self, replication: int | str) -> Stage:
        simulation = self._model.begun(replication, keep_log=self._keep_log)
        return Stage(simulation, self._service, self._up, self._tilting)

    def _window(self, began: float) -> tuple[float, float]:
        """What is measured, in the time of a simulation in which failures began at this time."""
        return self._model.warmup + began, self._model.end + began

    def _force(self, stage: Stage, luck: str, began: float, before: int) -> Excursion:
        """One of the clocks that would begin a period fires: first its mode is chosen, then which of the mode."""
        critical = stage.watched.critical_clocks()
        if not critical:
            return Excursion("", 0.0, DegradedPeriod((), 0, 0.0, 0.0, 0.0, (), 1.0))
        rng = Streams(self._model.seed, luck).stream("rare/first")
        by_kind = shares(critical, self._modes)
        parts = np.array([by_kind[kind] for kind in critical])
        parts /= parts.sum()
        chosen = int(rng.choice(len(critical), p=parts))
        kind, clocks = list(critical.items())[chosen]
        clock = clocks[int(rng.integers(len(clocks)))]
        rate = clock.rate or 0.0
        period = stage.follower.force(clock, self._window(began))
        return self._excursion(kind, rate * len(clocks) / float(parts[chosen]), period, stage, before)

    @staticmethod
    def _excursion(mode: str, rate: float, period: DegradedPeriod, stage: Stage, before: int) -> Excursion:
        log = stage.simulation.completed_log() if period.outages else None
        return Excursion(mode, rate, period, stage.transitions - before, log)
