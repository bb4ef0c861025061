"""Judging objectives: met or missed only if the whole interval lies on one side."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.design.objective import METRICS, Direction, Estimates, MetricName
from experiments.inference.estimate import Estimate

MET, MISSED, INCONCLUSIVE = "met", "missed", "inconclusive"


@dataclass(frozen=True)
class Judgement:
    """One objective under one policy, judged; `more` replications would settle an open one (None: no telling)."""

    service: str
    policy: str
    metric: MetricName
    limit: float
    """The least or the most that is good, as the metric is."""
    found: Estimate
    verdict: str
    more: int | None = None

    @property
    def objective(self) -> str:
        """What was asked for: "cart outages <= 4 a year"."""
        return f"{self.service} {METRICS[self.metric].objective(self.limit)}"


def judged(
    objectives: Sequence[Mapping[str, Any]], policies: Sequence[str], known: Estimates, confidence: float
) -> list[Judgement]:
    """Every objective (as `Manifest.objectives` has it) under every policy that it is about, by what is known."""
    judgements = []
    for wanted in objectives:
        service, metric = wanted["service"], METRICS[wanted["metric"]]
        for policy in [wanted["policy"]] if wanted.get("policy") else policies:
            found = metric.estimate(known, service, policy) or Estimate(math.nan, 0.0, 1.0, confidence, 0, "no request")
            judgements.append(_judge(service, policy, wanted["metric"], wanted[metric.good], found))
    return judgements


def _judge(service: str, policy: str, name: MetricName, limit: float, found: Estimate) -> Judgement:
    good = METRICS[name].good
    worst, best = (found.low, found.high) if good == "at_least" else (-found.high, -found.low)
    asked = limit if good == "at_least" else -limit
    if found.n and worst >= asked:
        return Judgement(service, policy, name, limit, found, MET)
    if best < asked:
        return Judgement(service, policy, name, limit, found, MISSED)
    return Judgement(service, policy, name, limit, found, INCONCLUSIVE, _more_replications(found, limit, good))


def _more_replications(found: Estimate, limit: float, good: Direction) -> int | None:
    """Replications to add until the interval, shrinking as 1/sqrt(n), would leave the limit outside.

    Where only a bound is known, it shrinks as 1/n.
    """
    if found.n == 0:
        return None
    if found.is_bound:
        reach, room = (1 - found.low, 1 - limit) if good == "at_least" else (found.high, limit)
        factor = reach / room if room > 0 else math.inf
    else:
        distance = abs(found.value - limit)
        half = found.value - found.low if found.value >= limit else found.high - found.value
        factor = (half / distance) ** 2 if distance > 0 else math.inf
    return max(math.ceil(found.n * (factor - 1)), 1) if factor < 1e6 else None
