"""A degraded period, followed to its end under tilted clocks."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simulator.hazards import Clock
from simulator.rare.downtimes import Downtimes
from simulator.rare.sojourns import Sojourn, Sojourns
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
    untilted: float = 0.0
    """The share of the periods that are followed as they are.

    Weights are those of the mixture (defensive importance sampling: Hesterberg, Technometrics 37(2), 1995), at most 1
    over this share: what leads to a sojourn without a further failure, seldom under the tilt, is met often enough.
    """
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


FATAL_PER_SOJOURN = 0.5
"""So many failures that are an outage at once are to be expected in a sojourn in precarious states.

By memoryless laws the second moment of the weights is least then: with c of them it is 1 / (c (1 - c)) times the square
of the mean, and infinite from c = 1 on.
"""
FAILURES_PER_WEAKENED = 2.0
"""So many critical failures are to be expected while the state is weakened."""
_LEAST = 1e-250
"""Failures to be expected below which a clock is not tilted: it will not fire, and the factor would be infinite."""


class Follower:
    """Follows degraded periods of one Service, and the sojourns after them, one after the other."""

    def __init__(self, simulation: Simulation, watched: Watched, tilting: Tilting, sojourns: Sojourns) -> None:
        """`sojourns` are told of changes before."""
        self._kernel, self._hazards = simulation.kernel, simulation.hazards
        self._repairs = simulation.hazards.repairs
        self._watched, self._sojourns = watched, sojourns
        self._tilting = tilting
        self._window = 0.0, math.inf
        self._started = 0.0
        self._following = False
        self._modes: set[str] = set()
        self._struck: list[str] = []
        self._tilted: list[Clock] = []
        self._longest_scale, self._failures = 0.0, 0
        self._kinds: dict[Clock, str] = {}
        """What the clocks are that are tilted."""
        self._downtimes = Downtimes()
        watched.on_change.append(self._changed)
        self._hazards.before_fire.append(self._fires)

    def force(self, clock: Clock, window: tuple[float, float], *, as_it_is: bool = False) -> DegradedPeriod:
        """The clock fires now, and what begins with it is followed; nothing, if nothing begins.

        `window`: where downtime counts, from and to, in the simulation's time. `as_it_is`: it is one of those that are
        followed untilted.
        """
        self._begin(clock.mode, window, as_it_is)
        clock.force()
        self._struck.clear()
        while self._kernel.peek() <= self._kernel.now:
            self._kernel.step()
        return self._follow(self._repairs.longest_left({clock.mode}))

    def follow(self, window: tuple[float, float], *, as_it_is: bool = False) -> DegradedPeriod:
        """Follows the period that has begun just now, otherwise than by a clock."""
        self._begin("", window, as_it_is)
        self._changed()
        return self._follow(0.0)

    def _begin(self, mode: str, window: tuple[float, float], as_it_is: bool) -> None:
        self._hazards.only_weighs = self._repairs.only_weighs = as_it_is
        self._window = window
        self._started = self._kernel.now
        self._downtimes = Downtimes(window)
        self._modes, self._struck = {mode}, []
        self._longest_scale, self._failures = 0.0, 1
        self._hazards.log_likelihood_ratio = self._repairs.log_likelihood_ratio = 0.0
        self._bias(True)
        self._following = True

    def _follow(self, repair: float) -> DegradedPeriod:
        kernel, watched = self._kernel, self._watched
        last = min(self._window[1], kernel.end)
        while not watched.is_full and kernel.peek() <= last:
            kernel.step()
        now = last if not watched.is_full else kernel.now
        weight = self._stop(now)
        lasted = now - self._started
        repair = min(repair, last - self._started)
        return DegradedPeriod(
            tuple(self._downtimes.outages),
            self._downtimes.begun_within,
            lasted,
            repair,
            self._longest_scale * self._failures,
            tuple(self._struck),
            weight,
        )

    def stay(self) -> Sojourn | None:
        """Follows the sojourn that has begun with the end of the last period; None if none has. Weights go on."""
        kernel, watched, sojourns = self._kernel, self._watched, self._sojourns
        if not (sojourns.is_one and watched.is_full):
            return None
        started, layout, last = kernel.now, watched.layout, min(self._window[1], kernel.end)
        self._downtimes, self._following = Downtimes(self._window), True
        self._struck.clear()
        self._changed()
        while True:
            until = min(last, sojourns.ends) if watched.is_full else last
            if kernel.now >= until or kernel.peek() > until:
                break
            kernel.step()
        now = max(kernel.now, until)
        weight = self._stop(now)
        found = self._downtimes
        return Sojourn(layout, tuple(found.outages), found.begun_within, now - started, tuple(self._struck), weight)

    def _stop(self, now: float) -> float:
        """What was followed ends; its weight."""
        self._downtimes.close(now)
        self._following = False
        self._tilt()
        return _mixed(self._hazards.log_likelihood_ratio + self._repairs.log_likelihood_ratio, self._tilting.untilted)

    def _fires(self, clock: Clock) -> None:
        if self._following and self._watched.is_critical(clock):
            self._modes.add(clock.mode)
            self._failures += 1
            if not self._downtimes.any:
                self._struck.append(self._kinds.get(clock, clock.mode))

    @property
    def _scale(self) -> float:
        """Seconds: the longest time scale of what has fired since all answered holds."""
        modes = self._modes or {""}
        scales = [self._tilting.scales.get(mode, 0.0) for mode in modes - self._tilting.staying]
        return max([self._repairs.longest_left(modes & self._tilting.staying), *scales])

    def _bias(self, on: bool) -> None:
        self._repairs.biased = self._tilting.staying if on and self._tilting.failures_per_period > 0 else ()

    def _changed(self) -> None:
        if not self._following:
            return
        self._downtimes.tell(self._watched.is_up, self._kernel.now)
        if self._watched.is_full:
            self._modes.clear()
        self._tilt()

    def _tilt(self) -> None:
        """Clocks live as fast as is wanted now: up to the first outage of what is followed, and no longer."""
        self._bias(False)
        self._kinds.clear()
        wanted: dict[Clock, float] = {}
        if self._following and self._tilting.failures_per_period > 0:
            scale = 0.0 if self._watched.is_full else self._scale
            self._longest_scale = max(self._longest_scale, scale)
            if not self._downtimes.any:
                wanted = self._in_sojourn() if self._watched.is_full else self._degraded(scale)
        for clock in self._tilted:
            if clock not in wanted and clock in self._hazards.running:
                clock.tilt(1.0)
        for clock, theta in wanted.items():
            clock.tilt(theta)
        self._tilted = list(wanted)

    def _degraded(self, scale: float) -> dict[Clock, float]:
        """So many critical failures are to be expected within the time scale."""
        self._bias(True)
        return self._critical(self._tilting.failures_per_period, scale)

    def _in_sojourn(self) -> dict[Clock, float]:
        """So many within what is left of repairs, and so many fatal ones until replicas move or the window ends."""
        left = self._sojourns.ends - self._kernel.now
        if not self._sojourns.is_entered:
            return self._critical(FAILURES_PER_WEAKENED, left) if left > 0 else {}
        moving = self._watched.moving_rate
        scale = min(self._window[1] - self._kernel.now, 1 / moving if moving else math.inf)
        fatal = self._watched.fatal_clocks(self._sojourns.usual or ())
        return dict(_tilts(fatal, FATAL_PER_SOJOURN, scale))

    def _critical(self, failures: float, scale: float) -> dict[Clock, float]:
        """So many critical failures are to be expected within so many seconds, of each mode and clock its share.

        By the hazard over that time, not by its rate now: what began to live just now (a repaired node, a container
        that was restarted) and wears out later would else fail at once, and all that may happen otherwise be missed.
        """
        left = self._watched.answering
        critical = {f"{left}:{kind}": clocks for kind, clocks in self._watched.critical_clocks().items()}
        parts = shares(critical, self._tilting.modes)
        wanted: dict[Clock, float] = {}
        for kind, clocks in critical.items():
            self._kinds |= dict.fromkeys(clocks, kind)
            wanted |= _tilts(clocks, failures * parts[kind], scale)
        return wanted


def _mixed(log_ratio: float, untilted: float) -> float:
    """The weight of what was drawn untilted with this probability, and else tilted with this likelihood ratio."""
    if log_ratio < -_LARGEST:
        return 0.0
    if not untilted:
        return math.exp(log_ratio)
    return 1 / (untilted + (1 - untilted) * math.exp(-log_ratio))


_LARGEST = 700.0
"""Of the exponents that a float can hold."""


def _tilts(clocks: Sequence[Clock], failures: float, scale: float) -> Iterator[tuple[Clock, float]]:
    """By what each has to be tilted so that so many of them fire within so many seconds; none is slowed down."""
    for clock in clocks if scale > 0 else ():
        if _LEAST < (expected := clock.hazard_within(scale)) < failures / len(clocks):
            yield clock, failures / len(clocks) / expected
