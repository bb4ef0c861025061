"""Precision: whether an unavailability is known well enough, and what it would take.

Known to +-10 % needs a relative standard error of 5.1 %, and that 384 effective outages: as many outages of one fixed
length, or 768 of exponential ones; and never fewer than 100 outages, because fewer do not show how unequal they are.
"""

import math
from typing import TYPE_CHECKING

from experiments.inference import intervals
from experiments.inference.estimate import Estimate
from experiments.inference.intervals import MANY_OUTAGES
from experiments.inference.sample import Sample

if TYPE_CHECKING:
    from experiments.findings.findings import Findings


def is_reached(sample: Sample, availability: Estimate, relative: float) -> bool:
    """Whether half the interval is at most `relative` of the unavailability, and rests on at least 100 outages."""
    if availability.lost is not None:
        value, low, high = availability.lost
        return (high - low) / 2 <= relative * value
    if availability.is_bound or len(sample.lengths) < MANY_OUTAGES:
        never_available = availability.value == 0 and availability.low == availability.high
        return availability.n > 0 and never_available  # then nothing is left to know
    return (availability.high - availability.low) / 2 <= relative * (1 - availability.value)


def imprecise_rows(findings: "Findings", relative: float, confidence: float) -> list[tuple[str, str]]:
    """Service and policy for which it is not reached."""
    return [
        (service, policy)
        for service in findings.services
        for policy in findings.policies
        if not is_reached(
            findings.sample(service, policy), findings.availability(service, policy, confidence), relative
        )
    ]


def would_take(sample: Sample, availability: Estimate, relative: float) -> int | None:
    """Replications, in all, until it would be reached; None without any replication.

    About so many: half the interval shrinks like 1 / sqrt(replications). Where no outage was seen: more than so many.
    Of rare outages: of the replications that are made for them.
    """
    from scipy.special import ndtri

    if not availability.n:
        return None
    if availability.lost is not None:
        value, low, high = availability.lost
        return math.ceil(availability.n * max(((high - low) / 2 / relative / value) ** 2, 1.0)) if value else None
    if availability.is_bound:
        return math.ceil(availability.n * MANY_OUTAGES / -math.log1p(-availability.confidence))
    wanted = (float(ndtri((1 + availability.confidence) / 2)) / relative) ** 2
    by_outages = wanted / intervals.effective_outages(sample.lengths, sample.downtimes)
    by_interval = ((availability.high - availability.low) / 2 / relative / (1 - availability.value)) ** 2
    return math.ceil(availability.n * max(min(by_outages, by_interval), MANY_OUTAGES / len(sample.lengths), 1.0))
