"""Every random failure clock, in one place.

A clock is an Exp(1) threshold against the cumulative hazard of its law at its age: it fires when the hazard it has
lived through reaches the threshold. What it was exposed to is added up per failure mode, fired or not; the expected
number of firings equals the expected exposure (the clocks are compensated point processes), which checks any law, and
is what likelihood ratios need.

A clock that is tilted by theta lives through theta times its hazard. What then happens is as likely as it was times a
factor that the registry keeps: its logarithm changes by (theta - 1) dH for the hazard lived through, and by -ln theta
when the clock fires. Only clocks of failures are ever tilted, never the control plane's timers, which need no
correction: given the failures they are functions of the path.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from models.distributions import Distribution
from models.hazard_rate import hazard_rate
from simulator.kernel import Kernel, Order, Timer
from simulator.repairs import Repairs


@dataclass(slots=True)
class Exposure:
    """What the clocks of one failure mode went through."""

    fired: int = 0
    hazard: float = 0.0
    """Cumulative hazard lived through, summed over the clocks; its expectation is that of `fired`."""
    seconds: float = 0.0


class Clock:
    """Runs from `start` until it fires or is stopped; each start draws anew."""

    __slots__ = (
        "_exposure",
        "_hazards",
        "_kernel",
        "_law",
        "_on_fire",
        "_rng",
        "_settled",
        "_started",
        "_theta",
        "_threshold",
        "_timer",
        "mode",
        "nodes",
        "subject",
    )

    def __init__(
        self,
        kernel: Kernel,
        hazards: "Hazards",
        mode: str,
        law: Distribution,
        rng: np.random.Generator,
        on_fire: Callable[[], object],
        subject: str,
        nodes: Collection[int],
    ) -> None:
        self.mode = mode
        self.subject = subject
        """What breaks, by name: a node, a zone, a replica's place and its container."""
        self.nodes = nodes
        """The nodes that lose power at once when it fires; the collection may change as nodes join and go."""
        self._kernel = kernel
        self._hazards = hazards
        self._exposure = hazards.exposure.setdefault(mode, Exposure())
        self._law = law
        self._rng = rng
        self._on_fire = on_fire
        self._started: float | None = None
        self._threshold = 0.0
        self._settled = 0.0
        self._theta = 1.0
        self._timer: Timer | None = None

    def start(self, age: float = 0.0) -> None:
        """Starts at this age, in seconds. A clock that would fire after the end of the run costs no timer."""
        self._started = self._kernel.now - age
        self._hazards.running[self] = None
        self._threshold = self._rng.standard_exponential()
        self._theta = 1.0
        if age:
            self._settled = self._law.cumulative_hazard(age)
            self._schedule()
            return
        self._settled = 0.0
        if self._hazards.by_hand:
            return
        delay = self._law.age_at(self._threshold)
        if self._kernel.now + delay <= self._kernel.end:
            self._timer = self._kernel.timer(delay, self._fire, Order.FAILURE)

    def _schedule(self) -> None:
        """Its firing, by what is left of the threshold."""
        assert self._started is not None
        if self._hazards.by_hand:
            return
        fires = self._started + self._law.age_at(self._settled + self._threshold / self._pace)
        if fires <= self._kernel.end:
            delay = max(0.0, fires - self._kernel.now)
            self._timer = self._kernel.timer(delay, self._fire, Order.FAILURE)

    def stop(self) -> None:
        """Stops a running clock; does nothing to one that is not running."""
        if self._started is None:
            return
        self._settle()
        self._exposure.seconds += self._kernel.now - self._started
        self._started = None
        del self._hazards.running[self]
        self._drop_timer()

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _settle(self) -> None:
        """Accounts for the hazard that it lived through since this was last done."""
        assert self._started is not None
        hazard = self._law.cumulative_hazard(self._kernel.now - self._started)
        # Not more than the threshold: at the very end a rounded age must not count as hazard that was not there.
        lived = min((hazard - self._settled) * self._pace, self._threshold)
        self._account(lived)
        self._threshold -= lived
        self._settled = hazard

    def _account(self, lived: float) -> None:
        """It lived through so much of its threshold."""
        hazard = lived / self._pace
        self._exposure.hazard += hazard
        if self._theta != 1.0:
            self._hazards.log_likelihood_ratio += (self._theta - 1.0) * hazard

    @property
    def _pace(self) -> float:
        return 1.0 if self._hazards.only_weighs else self._theta

    def _fire(self) -> None:
        assert self._started is not None
        self._account(self._threshold)
        if self._theta != 1.0:
            self._hazards.log_likelihood_ratio -= math.log(self._theta)
        self._go_off()

    def _go_off(self) -> None:
        assert self._started is not None
        for listener in self._hazards.before_fire:
            listener(self)
        self._exposure.fired += 1
        self._exposure.seconds += self._kernel.now - self._started
        self._started = self._timer = None
        del self._hazards.running[self]
        self._on_fire()

    # What rare events need

    @property
    def timer(self) -> Timer | None:
        """What makes it fire; None if it is not running, or would fire after the end."""
        return self._timer

    @property
    def age(self) -> float:
        """Seconds that it has been running, its age at the start included."""
        assert self._started is not None
        return self._kernel.now - self._started

    @property
    def rate(self) -> float | None:
        """Its hazard rate now, untilted, per second; None if its law has none."""
        return hazard_rate(self._law, self.age)

    def hazard_within(self, seconds: float) -> float:
        """The cumulative hazard, untilted, that it lives through in so many seconds from now."""
        return self._law.cumulative_hazard(self.age + seconds) - self._law.cumulative_hazard(self.age)

    @property
    def theta(self) -> float:
        """How much faster it lives than its law says."""
        return self._theta

    def tilt(self, theta: float) -> None:
        """From now on a running clock lives through its hazard `theta` (> 0) times as fast."""
        if theta == self._theta:
            return
        self._settle()
        self._theta = theta
        self._drop_timer()
        self._schedule()

    def force(self) -> None:
        """A running clock fires now. What that costs in likelihood is up to who does it."""
        self._settle()
        self._drop_timer()
        self._go_off()


class Hazards:
    """The registry of all clocks of a run."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.running: dict[Clock, None] = {}
        """The clocks that run, in the order of their starts."""
        self.exposure: dict[str, Exposure] = {}
        self.repairs = Repairs(kernel)
        self.log_likelihood_ratio = 0.0
        """Ln of how much less (or more) likely what happened was without the tilts."""
        self.only_weighs = False
        """Whether all lives as its law says, and tilts tell only how likely that would be under them."""
        self.by_hand = False
        """Whether clocks that start from now on never fire by themselves, only when they are forced."""
        self.before_fire: list[Callable[[Clock], object]] = []
        """Told of a clock that has run out, before what it breaks breaks."""

    def clock(
        self,
        mode: str,
        law: Distribution,
        rng: np.random.Generator,
        on_fire: Callable[[], object],
        subject: str = "",
        nodes: Collection[int] = (),
    ) -> Clock:
        """A clock of the failure mode `mode`, not yet started."""
        return Clock(self._kernel, self, mode, law, rng, on_fire, subject, nodes)

    def close(self) -> None:
        """Stops all clocks, so that the exposure of those still running is counted."""
        for clock in list(self.running):
            clock.stop()
