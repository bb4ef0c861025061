"""Excursions: degraded periods begun on purpose, from what was seen of a run."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from simulator.log import TransitionLog
from simulator.rare.degraded import DegradedPeriod, Tilting, shares
from simulator.rare.runs import Model, OtherStarts
from simulator.rare.settled import Settled, restore
from simulator.rare.sojourns import Sojourn
from simulator.rare.stage import Stage
from simulator.rare.watched import Up
from simulator.simulation import Simulation
from simulator.streams import Streams


@dataclass(frozen=True)
class Excursion:
    """A degraded period that was begun on purpose."""

    mode: str
    """The `watched.kind` of the clock that was made to fire; "" if it began otherwise."""
    rate: float
    """How often, per second, clocks like it begin one, over how likely it was chosen; 1 if it began otherwise."""
    period: DegradedPeriod
    sojourn: Sojourn | None = None
    """What came of the state that it left behind, if that is no usual one."""
    fatal: tuple[str, ...] = ()
    """The failure modes that would have been an outage at once when it was begun; () if it began otherwise."""
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
        usually_fatal: Collection[str] | None = None,
    ) -> None:
        """`modes`: how likely a `watched.kind` of clocks is to begin one, in proportion; 1 if it is not given.

        `usually_fatal` as of `Sojourns`.
        """
        self._model, self._service, self._up = model, service, up
        self._tilting = tilting
        self._modes = modes
        self._keep_log, self._usually_fatal = keep_log, usually_fatal
        self._stage: Stage | None = None
        """Where the last one from a settled state was begun."""

    def from_settled(self, state: Settled, luck: str, is_precarious: bool = False) -> Excursion | None:
        """From this state, with other luck of this name; None if the state cannot be brought about.

        `is_precarious`: what `Sojourns` said of it.
        """
        stationary = self._model.is_stationary
        stage, before = self._stage, self._stage.transitions if self._stage else 0
        rng = Streams(self._model.seed, luck).stream("rare/wait")
        if stage is None or not (stationary and stage.bring(state, rng)):
            end = math.inf if stationary else None
            simulation = self._model.begun(luck, state.nodes, state.time, self._keep_log, end)
            stage, before = self._staged(simulation), 0
            if not restore(simulation, state):
                return None
            self._stage = stage
        stage.sojourns.begin(is_precarious)
        return self._force(stage, luck, stage.now - state.time, before)

    def from_run(self, replication: int | str, time: float, luck: str) -> Excursion:
        """From a replication as it stands at this time, at which all endpoints answer."""
        stage = self._run(replication)
        stage.simulation.kernel.run_until(time)
        return self._force(stage, luck, 0.0, 0)

    def from_other_start(self, replication: int | str, number: int) -> Excursion:
        """From the degraded period of this number (from 0) of a replication that begins otherwise than by a clock."""
        stage = self._run(replication)
        others = OtherStarts(stage.simulation, stage.watched, stage.sojourns)
        while others.count <= number:
            stage.simulation.kernel.step()
        rng = Streams(self._model.seed, f"{replication}/{self._service}/{number}").stream("rare/other")
        period = stage.follower.follow(self._window(0.0), as_it_is=self._as_it_is(rng))
        return self._excursion("", 1.0, period, stage, 0)

    def _as_it_is(self, rng: np.random.Generator) -> bool:
        return bool(rng.random() < self._tilting.untilted)

    def _run(self, replication: int | str) -> Stage:
        simulation = self._model.begun(replication, keep_log=self._keep_log)
        return self._staged(simulation)

    def _staged(self, simulation: Simulation) -> Stage:
        return Stage(simulation, self._service, self._up, self._tilting, self._usually_fatal)

    def _window(self, began: float) -> tuple[float, float]:
        """What is measured, in the time of a simulation in which failures began at this time."""
        return self._model.warmup + began, self._model.end + began

    def _force(self, stage: Stage, luck: str, began: float, before: int) -> Excursion:
        """One of the clocks that would begin a period, or a sojourn, fires.

        First its mode is chosen, then which of the mode.
        """
        critical = stage.watched.critical_clocks()
        if self._usually_fatal is not None:
            critical |= stage.watched.weakening_clocks()
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
        fatal = tuple(sorted({clock.mode for clock in stage.watched.fatal_clocks(())}))
        period = stage.follower.force(clock, self._window(began), as_it_is=self._as_it_is(rng))
        rate *= len(clocks) / float(parts[chosen])
        return self._excursion(kind, rate, period, stage, before, fatal)

    @staticmethod
    def _excursion(
        mode: str,
        rate: float,
        period: DegradedPeriod,
        stage: Stage,
        before: int,
        fatal: tuple[str, ...] = (),
    ) -> Excursion:
        """The period, with the sojourn that follows, if one does."""
        sojourn = stage.follower.stay()
        has_outage = bool(period.outages or (sojourn and sojourn.outages))
        log = stage.simulation.completed_log() if has_outage else None
        return Excursion(mode, rate, period, sojourn, fatal, stage.transitions - before, log)
