"""What a shorter stage, or one cause less, would save: to first order.

A lever shortens one stage of every outage that was seen and leaves the rest as it was. That is exact where stages
follow one another and nothing else depends on them: one replica, a node that stays away. It promises too much where
something else ended the outage (a node that is back before the toleration runs out needs no new pod, but a shorter
toleration makes one, which has to start), and too little with several replicas, whose shorter absences also meet less
often. A promising lever is to be simulated: as a policy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.attribution.stages import Stage
from experiments.findings.breakdown import Part

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Lever:
    """Something that could be done: its name, what it acts on (None: all), and what it leaves of the seconds.

    Of every outage it leaves `times` the seconds of the stage, `at_most` so many.
    """

    name: str
    stage: Stage | None = None
    cause: str | None = None
    times: float = 1.0
    at_most: float = math.inf

    def saved(self, parts: Sequence[Part]) -> float:
        """Seconds a year."""
        acted_on = [p for p in parts if self.stage in (None, p.stage) and self.cause in (None, p.cause)]
        return math.fsum(
            part.in_a_year(part.lengths - np.minimum(self.times * part.lengths, self.at_most)) for part in acted_on
        )


LEVERS = (
    Lever("detection at 20 s", Stage.UNDETECTED, at_most=20.0),
    Lever("detection at once", Stage.UNDETECTED, times=0.0),
    Lever("no rate limit of evictions", Stage.WAITING, times=0.0),
    Lever("toleration of 30 s", Stage.TOLERATED, at_most=30.0),
    Lever("old pods gone at once", Stage.TERMINATING, times=0.0),
    Lever("replacements made at once", Stage.NOT_CREATED, times=0.0),
    Lever("no scaling down", Stage.SCALED_DOWN, times=0.0),
    Lever("room in every quota", Stage.OVER_QUOTA, times=0.0),
    Lever("no pod forbidden", Stage.FORBIDDEN, times=0.0),
    Lever("room for every pod", Stage.QUEUED, times=0.0),
    Lever("volumes that every node reaches", Stage.VOLUME_ZONE, times=0.0),
    Lever("no wait for a volume", Stage.VOLUME, times=0.0),
    Lever("no attaching", Stage.ATTACHING, times=0.0),
    Lever("spare nodes for every pod", Stage.NO_ROOM, times=0.0),
    Lever("no image pull", Stage.IMAGE_PULL, times=0.0),
    Lever("configuration always to be had", Stage.CONFIGURATION, times=0.0),
    Lever("no bad configuration", Stage.BAD_CONFIGURATION, times=0.0),
    Lever("no bad releases", Stage.BAD_RELEASE, times=0.0),
    Lever("Secrets renewed in time", Stage.EXPIRED_SECRET, times=0.0),
    Lever("restarts at once", Stage.RESTART, times=0.0),
    Lever("starts twice as fast", Stage.START, times=0.5),
    Lever("ready at once", Stage.NOT_READY, times=0.0),
    Lever("replacements without a delay", Stage.DELAYED, times=0.0),
    Lever("predecessors gone at once", Stage.PREDECESSOR, times=0.0),
    Lever("heartbeats every 2 s", Stage.NOT_DOWN, times=0.4),
    Lever("a task in every slot", Stage.NO_TASK, times=0.0),
    Lever("room for every task", Stage.PENDING, times=0.0),
    Lever("no restart delay", Stage.RESTART_DELAY, times=0.0),
    Lever("old tasks gone at once", Stage.OLD_TASK, times=0.0),
    Lever("failures known at once", Stage.FAILED, times=0.0),
    Lever("healthy at once", Stage.NOT_HEALTHY, times=0.0),
    Lever("hosts repaired within an hour", Stage.HOST_DOWN, at_most=3600.0),
    Lever("failed units reset within a minute", Stage.UNIT_FAILED, at_most=60.0),
    Lever("checks that pass at once", Stage.NOT_UP, times=0.0),
    Lever("a unit in every place", Stage.NO_UNIT, times=0.0),
)
"""What may be done about each stage."""


@dataclass(frozen=True)
class Saving:
    """What a lever would save: seconds a year, and their share of the downtime."""

    lever: Lever
    per_year: float
    share: float


def savings(parts: Sequence[Part], levers: Sequence[Lever] | None = None) -> list[Saving]:
    """What each lever would save, the most first, those that save nothing left out.

    Without `levers`: `LEVERS`, and for each cause a life without it.
    """
    if levers is None:
        causes = dict.fromkeys(part.cause for part in parts if part.cause)
        levers = (*LEVERS, *(Lever(f"no {cause}", cause=cause, times=0.0) for cause in causes))
    total = math.fsum(part.per_year for part in parts)
    saved_by = [(lever, lever.saved(parts)) for lever in levers]
    kept = [Saving(lever, saved, saved / total) for lever, saved in saved_by if saved > 0]
    return sorted(kept, key=lambda saving: -saving.per_year)


def frame(savings: Sequence[Saving]) -> "pd.DataFrame":
    """A row per lever: its name, the stage that it acts on, seconds a year that it would save, and their share."""
    import pandas as pd

    rows = [(saving.lever.name, str(saving.lever.stage or "all"), saving.per_year, saving.share) for saving in savings]
    return pd.DataFrame(rows, columns=["lever", "stage", "saved_s_per_year", "share"])
