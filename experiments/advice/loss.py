"""What is to be saved, by replication: downtime; of a Service with traffic, its failed requests as time.

A Service with traffic that loses one request of a thousand loses as much as one that is down for a thousandth of the
time: its requests count, each for the time that it takes to send one. So mends that only clients feel, such as retries
or a preStop hook, are measured by the same yardstick as those that bring replicas back. Rare outages are weighed in
time only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from experiments.design.goal import entry_of
from experiments.design.scenario import Scenario
from experiments.findings.findings import Findings
from experiments.findings.pairs import of_pair
from experiments.inference.sample import Sample

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Yardstick:
    """What is to be saved."""

    weights: Mapping[str, float]
    """Service -> its part in the sum that mends are ranked by; the parts add up to 1."""
    by_requests: frozenset[str]
    """The Services whose requests count, not their time."""
    duration: float
    """Seconds that a replication measures."""

    @classmethod
    def of(cls, findings: Findings, scenario: Scenario, service: str | None = None) -> "Yardstick":
        """One Service counts, or all but chains: weighed by their requests if all have traffic, else all alike."""
        services = [service] if service is not None else [name for name in findings.services if name == entry_of(name)]
        rare = {name for name in services if findings.rare.of(name, scenario.policy) is not None}
        with_traffic = {traffic.service for traffic in scenario.traffic}
        by_requests = frozenset(name for name in services if name in with_traffic and name not in rare)
        rates = {one.service: _mean_rate(findings, one.service, scenario.policy) for one in scenario.traffic}
        parts = [rates.get(name, 0.0) for name in services]
        if not all(parts):
            parts = [1.0] * len(services)
        return cls(
            {name: part / sum(parts) for name, part in zip(services, parts, strict=True)},
            by_requests,
            scenario.duration,
        )

    @property
    def services(self) -> list[str]:
        """What is asked about."""
        return list(self.weights)

    def sample(self, findings: Findings, service: str, policy: str) -> Sample:
        """What the Service loses under a policy: times in seconds."""
        sample = findings.sample(service, policy)
        if service not in self.by_requests:
            return sample
        asked, lost = (of_pair(findings.tables[table], service, policy) for table in ("requests", "lost_requests"))
        return _as_time(sample, asked, lost, self.duration)

    def together(self, findings: Findings, policy: str) -> Sample:
        """What all of them lose under a policy, weighed: outages of a Service last a part of their time.

        They lie side by side, each Service in a stretch of time of its own, so that those of several Services at once
        are several; that they come together shows in the sums of replications.
        """
        samples = [self.sample(findings, service, policy) for service in self.services]
        weights, first = list(self.weights.values()), samples[0]
        if len(samples) == 1:
            return first
        apart = 2 * float(first.windows.max(initial=0.0))
        return replace(
            first,
            downtimes=np.sum([weight * of.downtimes for weight, of in zip(weights, samples, strict=True)], axis=0),
            counts=np.sum([of.counts for of in samples], axis=0),
            owners=np.concatenate([of.owners for of in samples]),
            spans=np.concatenate(
                [weight * of.spans + apart * i for i, (weight, of) in enumerate(zip(weights, samples, strict=True))]
            ),
            causes=np.empty(0, dtype=object),
        )

    def is_rare(self, findings: Findings, policy: str) -> bool:
        """Whether any of them is estimated by rare outages."""
        return any(findings.rare.of(service, policy) is not None for service in self.services)


def _mean_rate(findings: Findings, service: str, policy: str) -> float:
    asked = of_pair(findings.requests, service, policy)
    return float(asked["offered"].sum()) if len(asked) else 0.0


def _as_time(sample: Sample, asked: "pd.DataFrame", lost: "pd.DataFrame", duration: float) -> Sample:
    """The sample with the requests that failed in place of the outages.

    Each stretch of time in which some failed is an outage as long as it takes to send so many, from its beginning on,
    or from the end of the one before it.
    """
    place = {int(number): i for i, number in enumerate(sample.replications)}
    offered, failed = np.zeros(len(place)), np.zeros(len(place))
    rows = [place[int(number)] for number in asked["replication"]]
    offered[rows], failed[rows] = asked["offered"], asked["lost"]
    each = len(place) * duration / offered.sum() if offered.sum() > 0 else 0.0
    stretches = lost.groupby(["replication", "start_s"], sort=True)["lost"].sum()
    owners, spans, before = [], [], (-1, 0.0)
    for (number, start), count in zip(stretches.index.tolist(), stretches.to_numpy().tolist(), strict=True):
        begin = max(float(start), before[1]) if before[0] == number else float(start)
        before = number, begin + count * each
        if count > 0:
            owners.append(int(number))
            spans.append((begin, before[1]))
    numbers = np.array(owners, dtype=np.int64)
    counts = np.bincount([place[number] for number in owners], minlength=len(place)).astype(float)
    return replace(
        sample,
        downtimes=failed * each,
        counts=counts,
        owners=numbers,
        spans=np.array(spans, dtype=float).reshape(-1, 2),
        causes=np.empty(0, dtype=object),
    )
