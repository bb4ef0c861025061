"""Judging objectives: met or missed only if the whole interval lies on one side."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.design.objective import METRICS, Direction, MetricName
from experiments.inference.estimate import Estimate

if TYPE_CHECKING:
    from experiments.results import Results

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


def judged(results: "Results") -> list[Judgement]:
    """Every objective under every policy that it is about."""
    found = []
    for wanted in results.manifest.objectives:
        policies = [wanted["policy"]] if wanted.get("policy") else results.policies
        limit = wanted[METRICS[wanted["metric"]].good]
        found += [_judge(results, wanted["service"], policy, wanted["metric"], limit) for policy in policies]
    return found


def _judge(results: "Results", service: str, policy: str, name: MetricName, limit: float) -> Judgement:
    metric = METRICS[name]
    found = metric.estimate(results, service, policy)
    worst, best = (found.low, found.high) if metric.good == "at_least" else (-found.high, -found.low)
    asked = limit if metric.good == "at_least" else -limit
    if found.n and worst >= asked:
        return Judgement(service, policy, name, limit, found, MET)
    if best < asked:
        return Judgement(service, policy, name, limit, found, MISSED)
    more = _more_replications(found, limit, metric.good)
    return Judgement(service, policy, name, limit, found, INCONCLUSIVE, more)


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
