"""Releases that are no good: how it shows, and to how many users."""

from dataclasses import dataclass
from enum import StrEnum

from models.configuration import Fails, Fault, Origin


class Shows(StrEnum):
    """How a bad release shows."""

    CRASH = "crash"
    """Its containers exit as soon as they have started up, over and over (CrashLoopBackOff)."""
    NEVER_READY = "neverReady"
    """They run, fail every request and say so: their readiness probe never succeeds. Without such a probe nobody is
    told, and they get requests."""
    ERRORS = "errors"
    """They start and are ready, and fail requests: probes do not see that."""
    SLOW = "slow"
    """As errors, but the answer comes later than anybody waits for it: the client loses its whole time-out."""


_FAILS = {
    Shows.CRASH: Fails.START,
    Shows.NEVER_READY: Fails.READINESS,
    Shows.ERRORS: Fails.REQUESTS,
    Shows.SLOW: Fails.REQUESTS,
}


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong with a release: with every pod that is made of its template."""

    shows: Shows
    cause: str
    """By what name that goes: "operation/workload"."""
    share: float = 1.0
    """Of the requests to a pod of it, how many meet it (errors, slow); 1: all, so that the pod does not answer."""

    @property
    def is_partial(self) -> bool:
        """Whether its pods do answer, but not everybody."""
        return self.shows in (Shows.ERRORS, Shows.SLOW) and self.share < 1

    @property
    def failing(self) -> int:
        """How many of a million requests to a pod of it fail though it answers; negative if it is too late."""
        return round((-1e6 if self.shows is Shows.SLOW else 1e6) * self.share) if self.is_partial else 0

    @property
    def fault(self) -> Fault | None:
        """What is wrong with its containers; None if they are as well as probes and endpoints can tell."""
        return None if self.is_partial else Fault(_FAILS[self.shows], Origin.RELEASE, self.cause)
