"""A degraded period, followed to its end under tilted clocks."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.hazards import Clock
from simulator.rare.watched import Watched, is_fatal
from simulator.simulation import Simulation


@dataclass(frozen=True)
class Tilting:
    """How much faster things break while a Service is degraded."""

    failures_per_period: float
    """So many critical failures are to be expected while a replica is missing (c in the literature); 0: no tilt."""
    scales: Mapping[str, float]
    """Failure mode -> seconds for which the Service may be degraded after it; "" for what begins otherwise.

    A high quantile, not the mean: the second moment of a weight is finite only while few tilted failures are to be
    expected in the longest periods.
    """
    staying: frozenset[str] = frozenset()
    """Failure modes of which a replica stays missing until the repair. Those repairs are drawn length-biased, and what
    is left of the longest of them is the time scale."""
    modes: Mapping[str, float] = field(default_factory=dict)
    """Failure mode -> its part of the critical failures to be expected, in proportion; 1 if it is not given.

    Clocks that would do alike have a part together, by their `watched.kind`, and in front of it is how many endpoints
    answer still: "2:node-crash", "1:node-crash!".
    """


@dataclass(frozen=True)
class DegradedPeriod:
    """What came of it; times in seconds."""

    outages: tuple[tuple[float, float], ...]
    """Stretches without availability within the measured window, from and to, in the simulation's time."""
    begun_within: int
    """How many of these began within it."""
    lasted: float
    repair: float
    """Seconds from its beginning to the end of the last repair that was under way then, as far as the period could be
    followed; 0 if none was."""
    scale: float
    """Seconds that it may be taken to last: the longest of the time scales of what struck in it, after the first outage
    too, as often as something did; 0 without a tilt."""
    struck: tuple[str, ...]
    """What struck until the first outage, in its order, what began it left out; as in `Tilting.modes`."""
    weight: float
    """The likelihood ratio of what happened up to the first outage, or to the end if there was none."""

    @property
    def downtime(self) -> float:
        """Seconds without availability, within the measured window."""
        return sum(end - start for start, end in self.outages)


def shares(kinds: Iterable[str], given: Mapping[str, float]) -> dict[str, float]:
    """How a tilt is shared by these kinds of clocks: in proportion to what is given, 1 if it is not.

    Where some would be an outage at once and others not, each of the two sorts gets half: what is a single step away
    may matter most where it is rare, and then no pilot has met it (failure distance: Carrasco, 1992).
    """
    sorts: dict[bool, dict[str, float]] = {}
    for kind in kinds:
        sorts.setdefault(is_fatal(kind), {})[kind] = given.get(kind, 1.0)
    return {kind: of / sum(parts.values()) / len(sorts) for parts in sorts.values() for kind, of in parts.items()}


_LEAST = 1e-250
"""Failures to be expected below which a clock is not tilted: it will not fire, and the factor would be infinite."""


class Follower:
    """Follows degraded periods of one Service, one after the other."""

    def __init__(self, simulation: Simulation, watched: Watched, tilting: Tilting) -> None:
        self._kernel, self._hazards = simulation.kernel, simulation.hazards
        self._repairs = simulation.hazards.repairs
        self._watched = watched
        self._tilting = tilting
        self._start, self._end = 0.0, math.inf
        self._started = 0.0
        self._following = False
        self._modes: set[str] = set()
        self._struck: list[str] = []
        self._tilted: list[Clock] = []
        self._longest_scale, self._failures = 0.0, 0
        self._kinds: dict[Clock, str] = {}
        """What the clocks are that are tilted."""
        self._down_since: float | None = None
        self._hit = False
        self._outages: list[tuple[float, float]] = []
        self._begun_within = 0
        watched.on_change.append(self._changed)
        self._hazards.before_fire.append(self._fires)

    def force(self, clock: Clock, window: tuple[float, float]) -> DegradedPeriod:
        """The clock fires now, and what begins with it is followed; nothing, if nothing begins.

        `window`: where downtime counts, from and to, in the simulation's time.
        """
        self._begin(clock.mode, window)
        clock.force()
        self._struck.clear()
        while self._kernel.peek() <= self._kernel.now:
            self._kernel.step()
        return self._follow(self._repairs.longest_left({clock.mode}))

    def follow(self, window: tuple[float, float]) -> DegradedPeriod:
        """Follows the period that has begun just now, otherwise than by a clock."""
        self._begin("", window)
        self._changed()
        return self._follow(0.0)

    def _begin(self, mode: str, window: tuple[float, float]) -> None:
        self._start, self._end = window
        self._started = self._kernel.now
        self._down_since, self._hit = None, False
        self._outages, self._begun_within = [], 0
        self._modes, self._struck = {mode}, []
        self._longest_scale, self._failures = 0.0, 1
        self._hazards.log_likelihood_ratio = self._repairs.log_likelihood_ratio = 0.0
        self._bias(True)
        self._following = True

    def _follow(self, repair: float) -> DegradedPeriod:
        kernel, watched = self._kernel, self._watched
        last = min(self._end, kernel.end)
        while not watched.is_full and kernel.peek() <= last:
            kernel.step()
        now = last if not watched.is_full else kernel.now
        self._close(now)
        self._tilt(False)
        self._following = False
        weight = math.exp(self._hazards.log_likelihood_ratio + self._repairs.log_likelihood_ratio)
        lasted = now - self._started
        repair = min(repair, last - self._started)
        return DegradedPeriod(
            tuple(self._outages),
            self._begun_within,
            lasted,
            repair,
            self._longest_scale * self._failures,
            tuple(self._struck),
            weight,
        )

    def _fires(self, clock: Clock) -> None:
        if self._following and self._watched.is_critical(clock):
            self._modes.add(clock.mode)
            self._failures += 1
            if not self._hit:
                self._struck.append(self._kinds.get(clock, clock.mode))

    @property
    def _scale(self) -> float:
        """Seconds: the longest time scale of what has fired since all answered holds."""
        scales = [self._tilting.scales.get(mode, 0.0) for mode in self._modes - self._tilting.staying]
        return max([self._repairs.longest_left(self._modes & self._tilting.staying), *scales])

    def _bias(self, on: bool) -> None:
        self._repairs.biased = self._tilting.staying if on and self._tilting.failures_per_period > 0 else ()

    def _changed(self) -> None:
        if not self._following:
            return
        now = self._kernel.now
        if self._watched.is_up:
            self._close(now)
        elif self._down_since is None:
            self._down_since, self._hit = now, True
        self._tilt(not self._hit and not self._watched.is_full)

    def _close(self, now: float) -> None:
        """An outage, if there is one, ends; one that took no time was none."""
        if self._down_since is not None and now > (since := max(self._down_since, self._start)):
            self._outages.append((since, now))
            self._begun_within += self._down_since > self._start
        self._down_since = None

    def _tilt(self, on: bool) -> None:
        """So many critical failures are to be expected within the time scale, of each mode and clock its share.

        By the hazard over that time, not by its rate now: what began to live just now (a repaired node, a container
        that was restarted) and wears out later would else fail at once, and all that may happen otherwise be missed.
        """
        wanted: dict[Clock, float] = {}
        self._kinds.clear()
        self._bias(on)
        scale = self._scale if self._following and self._tilting.failures_per_period > 0 else 0.0
        self._longest_scale = max(self._longest_scale, scale)
        if on and scale > 0:
            left = self._watched.answering
            critical = {f"{left}:{kind}": clocks for kind, clocks in self._watched.critical_clocks().items()}
            parts = shares(critical, self._tilting.modes)
            for kind, clocks in critical.items():
                part = parts[kind]
                each = self._tilting.failures_per_period * part / len(clocks)
                for clock in clocks:
                    self._kinds[clock] = kind
                    if _LEAST < (expected := clock.hazard_within(scale)) < each:
                        wanted[clock] = each / expected
        for clock in self._tilted:
            if clock not in wanted and clock in self._hazards.running:
                clock.tilt(1.0)
        for clock, theta in wanted.items():
            clock.tilt(theta)
        self._tilted = list(wanted)
