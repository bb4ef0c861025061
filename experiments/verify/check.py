"""A check, and a study that makes checks."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

QUICK = 0.1
"""The effort of a quick look."""
LIMIT = 4.0
"""Standard errors: a false alarm once in 16,000 checks."""
ROUNDING = 1e-6
"""Share, or seconds, by which an answer without chance may be off."""
ENOUGH = 30
"""Events of a kind below which a count is too skew for standard errors to bound it."""
SETTLED = 5.0
"""Relaxation times after which nothing is left of how a system began."""
BAND = 0.05
"""Share by which a published measurement may be missed: it comes without a variance."""


class Basis(StrEnum):
    """What the margin of a check rests on."""

    KNOWN = "known"
    """Four standard errors, from the system's known variance."""
    SAMPLED = "sampled"
    """Four standard errors, from 30 or more independent replications: no constant is known."""
    CERTAIN = "certain"
    """Nothing is left to chance: equal but for rounding."""
    PUBLISHED = "published"
    """A measurement of others, to be met within 5 %."""


@dataclass(frozen=True)
class Check:
    """An estimate held against the exact, or published, answer."""

    id: str
    """The id of the case in the list of answers."""
    quantity: str
    exact: float
    estimate: float
    standard_error: float = 0.0
    """Standard error of the estimate; 0 where the basis is not statistical."""
    basis: Basis = Basis.KNOWN

    @property
    def z(self) -> float | None:
        """(estimate - exact) in standard errors; None where there are none."""
        if self.basis in (Basis.CERTAIN, Basis.PUBLISHED):
            return None
        return (self.estimate - self.exact) / self.standard_error

    @property
    def margin(self) -> float:
        """How far the estimate may be from the answer."""
        match self.basis:
            case Basis.CERTAIN:
                return ROUNDING * max(1.0, abs(self.exact))
            case Basis.PUBLISHED:
                return BAND * abs(self.exact)
        return LIMIT * self.standard_error

    @property
    def holds(self) -> bool:
        """Within the margin."""
        return bool(abs(self.estimate - self.exact) <= self.margin)


@dataclass(frozen=True)
class Study:
    """Some simulated time of one system, and the checks that it serves."""

    name: str
    run: Callable[[int, float], list[Check]]
    """(seed, effort) -> checks; effort 1 is the full study, less is that share of its simulated time."""
    seconds: float = 1.0
    """Roughly what the full study takes; the longest are started first."""
    least: float = 0.0
    """Effort below which it is left out: what it needs would take too long for a quick look."""
    events: float = math.inf
    """Events that the full study expects of the rarest kind that a check counts; infinite if nothing rare is counted,
    or if checks of what was hardly seen are left out (`pool.precise`)."""
    beginning: float = math.inf
    """Relaxation times of its slowest system that the full study lets go by before it measures; infinite if it knows
    what the beginning does to the answer."""

    @property
    def need(self) -> float:
        """The effort below which its checks would not be valid: too few events, or a beginning that is not over."""
        return max(ENOUGH / self.events, SETTLED / self.beginning)

    def effort(self, asked: float) -> float:
        """The effort to make when so much is asked for: never less than it needs."""
        return max(asked, self.need)
