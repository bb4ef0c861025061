"""Releases that may be bad: how one shows, who notices, and who brings the old one back."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np

from models.distributions import Distribution
from models.release import Defect, Shows
from simulator.kernel import Event
from simulator.stories.alerts import PAGE, Alert
from simulator.stories.configurations import Rollback


class DetectedBy(StrEnum):
    """Who or what notices that a release is bad."""

    PEOPLE = "people"
    """Somebody, after a time (`detection`)."""
    DEADLINE = "deadline"
    """A pipeline that runs `kubectl rollout status`: progressDeadlineSeconds after the last progress (Deployments and
    Rollouts only). It never notices what probes do not see."""
    ALERT = "alert"
    """A burn-rate alert on the Services in front of it (`alert`)."""
    NOBODY = "nobody"
    """It stays until the next release."""


@dataclass(frozen=True)
class BadRelease:
    """How likely a release is to be bad, how that shows, who notices, and how it is rolled back.

    The expected loss of a release is probability x exposed share x (time to detection + time to rollback). How much is
    exposed is a matter of the strategy: a rolling update stops at the first pods that are not ready, so crash and
    neverReady expose maxUnavailable; errors and slow, which probes do not see, come to expose all replicas.

    To a Service that counts ready endpoints, a pod whose requests all fail (share: 100%, the default) does not answer,
    as for crash and neverReady. With a smaller share it is an endpoint that answers: what its users lose is seen in the
    requests, so it needs `traffic`.

    Source: about 70 % of outages follow a change (Site Reliability Engineering, chapter 1); of 597 outages of 32
    services 16 % were due to upgrades, the largest share (Gunawi et al., SoCC 2016). How likely one of your releases is
    to be bad only you can know: there is no default.
    """

    probability: float
    """How likely a release is to be bad, from 0 to 100 %."""
    shows: Shows = Shows.CRASH
    """How: crash (containers exit once they have started up), neverReady (they run, and the readiness probe says that
    they are not ready), errors (they fail requests, and probes do not see it) or slow (the same, but the client waits
    in vain for its whole time-out)."""
    share: float = 1.0
    """Of the requests to a pod of it, how many meet it (errors and slow)."""
    detected_by: DetectedBy = DetectedBy.PEOPLE
    """Who notices: people (after `detection`), deadline (`kubectl rollout status` fails: progressDeadlineSeconds, 600 s
    by default, without progress), alert (a burn-rate alert) or nobody (until the next release)."""
    detection: Distribution | None = None
    """From the release to people's noticing."""
    alert: Alert = PAGE
    """Which alert, on each of the Services in front of it."""
    rollback: Rollback = Rollback.AUTOMATIC
    """Who brings the old one back (`kubectl rollout undo`): automatic (at once), manual (people, after `reaction`) or
    none (it stays until the next release)."""
    reaction: Distribution | None = None
    """From detection to a manual rollback."""

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be from 0 to 1 (got {self.probability!r})")
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be more than 0, and 1 at most (got {self.share!r})")
        if self.share < 1 and self.shows not in (Shows.ERRORS, Shows.SLOW):
            raise ValueError("`share` is for errors and slow: what crashes or is never ready answers nobody")
        if (self.detected_by is DetectedBy.PEOPLE) is not (self.detection is not None):
            raise ValueError("`detectedBy: people`, which is the default, and `detection` go together")
        if (self.rollback is Rollback.MANUAL) is not (self.reaction is not None):
            raise ValueError("`rollback: manual` and `reaction` go together")

    @property
    def stays(self) -> bool:
        """Whether it stays until the next release."""
        return self.detected_by is DetectedBy.NOBODY or self.rollback is Rollback.NONE

    def defect(self, cause: str) -> Defect:
        """What is wrong with a bad one."""
        return Defect(self.shows, cause, self.share)

    def luck(self, rng: np.random.Generator) -> "Luck":
        """How it goes with one release, from a stream of its own: so policies meet the same, whatever their laws."""
        is_bad = bool(rng.random() < self.probability)
        detection, reaction = (0.0 if law is None else law.sample(rng) for law in (self.detection, self.reaction))
        return Luck(is_bad, detection, reaction)


class Luck(NamedTuple):
    """How it goes with one release."""

    is_bad: bool
    detection: float
    """Seconds after which people notice, if it is bad."""
    reaction: float
    """Seconds from then to a manual rollback."""


def any_of(events: Sequence[Event]) -> Event:
    """An event to yield: succeeds with the first of these, of which there must be one."""
    return reduce(or_, events)
