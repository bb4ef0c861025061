"""What became of requests: the share that was answered, beside the share of time, and what the others were lost to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from experiments.inference import estimate
from experiments.inference.estimate import STATED_OUTAGE, Estimate
from experiments.inference.sample import of_pair

if TYPE_CHECKING:
    from experiments.results import Results

HEADINGS = ("REQUESTS TO", "POLICY", "ANSWERED", "CI", "LOST/Y", "RETRIES/Y", "P99", "LOST MOSTLY TO")


@dataclass(frozen=True)
class Row:
    """The requests to one Service under one policy, as text in the order of `HEADINGS`."""

    service: str
    policy: str
    answered: str
    interval: str
    lost: str
    retries: str
    p99: str
    reasons: str

    def cells(self) -> tuple[str, ...]:
        """The texts in the order of `HEADINGS`."""
        return tuple(vars(self).values())


def rows(results: "Results") -> Iterator[Row]:
    """One per Service with traffic and policy; none if there is no traffic."""
    for service in results.services:
        for policy in results.policies:
            found = answered(results, service, policy)
            if found is None:
                continue
            mine = of_pair(results.tables["requests"], service, policy)
            years = len(mine) * results.manifest.duration / estimate.YEAR
            p99, reasons = mine["latency_p99_s"].mean(), lost_to(results, service, policy)
            yield Row(
                service,
                policy,
                found.show_value(),
                found.show_interval(),
                _count(mine["lost"].sum() / years),
                _count(mine["retries"].sum() / years) if mine["retries"].sum() else "-",
                f"{p99:.3g}s" if p99 == p99 else "-",
                ", ".join(f"{100 * share:.0f}% {why}" for why, share in reasons[:3] if share >= 0.005),
            )


def answered(results: "Results", service: str, policy: str) -> Estimate | None:
    """The share of the requests to a Service that is answered, in the long run; None without any request.

    A ratio of sums over replications, with the interval of `estimate.availability`: losses come in stretches of time as
    downtime comes in outages, so each stretch counts with its requests, in the time that it takes to send so many.
    """
    mine = of_pair(results.tables["requests"], service, policy)
    if len(mine) == 0 or not mine["offered"].sum() > 0:
        return None
    offered, lost = mine["offered"].to_numpy(), mine["lost"].to_numpy()
    seconds_each = len(mine) * results.manifest.duration / offered.sum()
    stretches = (
        of_pair(results.tables["lost_requests"], service, policy).groupby(["replication", "start_s"])["lost"].sum()
    )
    found = estimate.availability(
        lost * seconds_each,
        offered * seconds_each,
        np.sort(stretches.to_numpy()) * seconds_each,
        results.manifest.confidence,
        STATED_OUTAGE,
    )
    return replace(found, method=found.method.replace("no outage seen", "no request lost").replace("outages", "losses"))


def lost_to(results: "Results", service: str, policy: str) -> list[tuple[str, float]]:
    """Why requests were lost, and the share of the lost: "dead endpoint (node-crash)", the greatest first."""
    lost = of_pair(results.tables["lost_requests"], service, policy)
    if len(lost) == 0:
        return []
    causes = lost["cause"].where(lost["why"] == "call", lost["cause"].str.split("/").str[0])
    named = [f"{why} ({cause})" if cause else why for why, cause in zip(lost["why"], causes, strict=True)]
    sums = lost["lost"].groupby(np.array(named)).sum()
    return sorted(
        ((str(name), float(n / sums.sum())) for name, n in sums.items()), key=lambda item: (-item[1], item[0])
    )


def _count(number: float) -> str:
    """Requests, to three digits: "0", "12.3", "45.6 k", "7.89 M"."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}"
