"""The downtime of one Service under one policy, by cause and stage, over all replications."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.attribution.stages import Stage
from experiments.inference import estimate, rare_events
from experiments.inference.estimate import Estimate
from experiments.inference.sample import Sample
from models.arrays import Floats
from models.units import YEAR

if TYPE_CHECKING:
    import pandas as pd

NOTHING_BROKE = "none (the workload's own doing)"
"""How the empty cause reads."""


@dataclass(frozen=True)
class Part(ABC):
    """What one cause in one stage took of the downtime."""

    cause: str
    """Failure mode or operation; "" if nothing broke."""
    stage: Stage
    lengths: Floats
    """Seconds of every outage that lost some to it; of rare outages, by degraded period begun on purpose."""

    @property
    def reason(self) -> str:
        """The cause in words."""
        return self.cause or NOTHING_BROKE

    @property
    @abstractmethod
    def per_year(self) -> float:
        """Seconds a year."""

    @abstractmethod
    def estimate(self, confidence: float) -> Estimate:
        """Seconds a year with an interval, as if there were no other downtime."""

    @abstractmethod
    def in_a_year(self, seconds: Floats) -> float:
        """Seconds a year, if so many of each of `lengths` are meant."""


@dataclass(frozen=True)
class SeenPart(Part):
    """A part of the downtime, of outages as they came."""

    downtimes: Floats
    """Seconds, by replication."""
    windows: Floats
    """Seconds measured, by replication."""

    @property
    def per_year(self) -> float:
        return math.fsum(self.downtimes) / math.fsum(self.windows) * YEAR

    def estimate(self, confidence: float) -> Estimate:
        share = estimate.availability(self.downtimes, self.windows, self.lengths, confidence)
        return estimate.downtime_per_year(share)

    def in_a_year(self, seconds: Floats) -> float:
        return math.fsum(seconds) / math.fsum(self.windows) * YEAR


@dataclass(frozen=True)
class RarePart(Part):
    """A part of the downtime, of outages that were begun on purpose and weighed."""

    shares: Floats
    """Expected share of the window, by replication."""
    weights: Floats
    """What a second of each of the lengths counts for as a share of the window, in the mean of the replications."""

    @property
    def per_year(self) -> float:
        return math.fsum(self.shares) / len(self.shares) * YEAR

    def estimate(self, confidence: float) -> Estimate:
        of = rare_events.estimate(self.shares * YEAR, confidence)
        method = f"rare outages: t, {of.replications} replications"
        return Estimate(of.value, of.low, of.high, confidence, of.replications, method, "downtime")

    def in_a_year(self, seconds: Floats) -> float:
        return math.fsum(seconds * self.weights) * YEAR


def breakdown(losses: "pd.DataFrame", sample: Sample) -> list[Part]:
    """The parts of the downtime of `sample`, from its rows of the table of losses: the costliest cause first.

    They sum to the downtime. Within a cause they come in the order of stages.
    """
    place = {int(replication): i for i, replication in enumerate(sample.replications)}
    parts: list[Part] = []
    for cause, stage in losses[["cause", "stage"]].drop_duplicates().itertuples(index=False):
        rows = losses.loc[(losses["cause"] == cause) & (losses["stage"] == stage)]  # one part in memory at a time
        downtimes = np.zeros(len(place))
        downtimes[[place[number] for number in rows["replication"]]] = rows["lost_s"]
        parts.append(SeenPart(str(cause), Stage(str(stage)), _numbers(rows["lengths_s"]), downtimes, sample.windows))
    return _in_order(parts)


def rare_breakdown(losses: "pd.DataFrame", replications: Sequence[int]) -> list[Part]:
    """Rare downtime by cause and stage, from the rows of the table of its losses and the replications made."""
    place = {int(replication): i for i, replication in enumerate(replications)}
    parts: list[Part] = []
    for (cause, stage), rows in losses.groupby(["cause", "stage"], sort=False):
        shares = np.zeros(len(place))
        shares[[place[number] for number in rows["replication"]]] = rows["lost"]
        weights = _numbers(rows["weights_per_s"]) / len(place)
        parts.append(RarePart(str(cause), Stage(str(stage)), _numbers(rows["lengths_s"]), shares, weights))
    return _in_order(parts)


def _numbers(texts: Iterable[str]) -> Floats:
    """Those of several JSON lists, one after the other."""
    return np.fromiter((number for text in texts for number in json.loads(text)), np.float64)


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """The costliest cause first, within a cause in the order of stages."""
    cost = {part.cause: 0.0 for part in parts}
    for part in parts:
        cost[part.cause] += part.per_year
    order = list(Stage)
    return sorted(parts, key=lambda part: (-cost[part.cause], part.cause, order.index(part.stage)))


def by_stage(parts: Sequence[Part]) -> Mapping[Stage, float]:
    """Seconds a year by stage, in their order, those without any left out."""
    return {
        stage: math.fsum(part.per_year for part in parts if part.stage is stage)
        for stage in Stage
        if any(part.stage is stage for part in parts)
    }


def frame(parts: Sequence[Part], confidence: float) -> "pd.DataFrame":
    """A row per part: cause, stage, seconds a year with their interval, share of the downtime, outages concerned."""
    import pandas as pd

    total = math.fsum(part.per_year for part in parts)
    rows = []
    for part in parts:
        yearly = part.estimate(confidence)
        share = part.per_year / total
        rows.append((part.cause, str(part.stage), part.per_year, yearly.low, yearly.high, share, len(part.lengths)))
    columns = ["cause", "stage", "lost_s_per_year", "lost_low", "lost_high", "share", "outages"]
    return pd.DataFrame(rows, columns=columns)
