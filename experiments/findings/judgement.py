"""Judging objectives: met or missed only if the whole interval lies on one side."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from experiments.design.objective import METRICS, Direction, Estimates, MetricName, Subject
from experiments.inference import estimate
from experiments.inference.estimate import Estimate

MET, MISSED, INCONCLUSIVE = "met", "missed", "inconclusive"


@dataclass(frozen=True)
class Judgement:
    """One objective under one policy, judged; `more` replications would settle an open one (None: no telling)."""

    service: str
    """The Service, or the Job or CronJob as Kind/name."""
    policy: str
    metric: MetricName
    limit: float
    """The least or the most that is good, as the metric is."""
    found: Estimate
    verdict: str
    more: int | None = None
    disruption: str | None = None
    """By what the Service is disrupted, if it is about that."""

    @property
    def objective(self) -> str:
        """What was asked for: "cart outages <= 4 a year"."""
        return f"{Subject(self.service, self.disruption)} {METRICS[self.metric].objective(self.limit)}"


def judged(
    objectives: Sequence[Mapping[str, Any]], policies: Sequence[str], known: Estimates, confidence: float
) -> list[Judgement]:
    """Every objective (as `Manifest.objectives` has it) under every policy that it is about, by what is known.

    A Service that was never up misses whatever is asked of it, also few outages: its one has no end.
    """
    judgements = []
    for wanted in objectives:
        service, metric = wanted["service"], METRICS[wanted["metric"]]
        for policy in [wanted["policy"]] if wanted.get("policy") else policies:
            about = Subject(service, wanted.get("disruption"))
            found = metric.estimate(known, about, policy) or Estimate(math.nan, 0.0, 1.0, confidence, 0, "no request")
            limit = wanted[metric.good]
            verdict, more = _verdict(found, limit, metric.good)
            if not metric.of_jobs:
                up = known.availability(service, policy)
                if up.n and up.high == 0:
                    verdict, more = MISSED, None
            judgements.append(
                Judgement(service, policy, wanted["metric"], limit, found, verdict, more, about.disruption)
            )
    return judgements


def verdict(judgements: Iterable[Judgement], failed: int) -> int:
    """The exit code: 3 with `failed` cells, 1 with an objective missed, 4 with one inconclusive, 0 else."""
    verdicts = {judgement.verdict for judgement in judgements}
    if failed:
        return 3
    return 1 if MISSED in verdicts else 4 if INCONCLUSIVE in verdicts else 0


def _verdict(estimated: Estimate, limit: float, good: Direction) -> tuple[str, int | None]:
    """The verdict, and how many more replications would settle an open one."""
    of, bound = estimated, limit
    if estimated.lost is not None:  # then it is known better than any availability can say
        of, bound, good = estimate.unavailability(estimated), _lost(limit), "at_most"
    worst, best = (of.low, of.high) if good == "at_least" else (-of.high, -of.low)
    asked = bound if good == "at_least" else -bound
    if of.n and worst >= asked:
        return MET, None
    if best < asked:
        return MISSED, None
    return INCONCLUSIVE, _more_replications(of, bound, good)


def _lost(share: float) -> float:
    """What a share leaves, exactly as it is written: 1e-12 of 99.9999999999 %."""
    return float(1 - Decimal(repr(share)))


def _more_replications(estimated: Estimate, limit: float, good: Direction) -> int | None:
    """Replications to add until the interval, shrinking as 1/sqrt(n), would leave the limit outside.

    Where only a bound is known, it shrinks as 1/n.
    """
    if estimated.n == 0:
        return None
    if estimated.is_bound:
        reach, room = (1 - estimated.low, 1 - limit) if good == "at_least" else (estimated.high, limit)
        factor = reach / room if room > 0 else math.inf
    else:
        distance = abs(estimated.value - limit)
        half = estimated.value - estimated.low if estimated.value >= limit else estimated.high - estimated.value
        if math.isinf(half):  # too few for an end: four times as many may be enough
            return 3 * estimated.n
        factor = (half / distance) ** 2 if distance > 0 else math.inf
    return max(math.ceil(estimated.n * (factor - 1)), 1) if factor < 1e6 else None
