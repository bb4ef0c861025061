"""What became of requests: the share that was answered, beside the share of time, and what the others were lost to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.findings.pairs import of_pair
from experiments.findings.requests import lost_to
from models.units import YEAR

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

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


def rows(findings: "Findings") -> Iterator[Row]:
    """One per Service with traffic and policy; none if there is no traffic."""
    for service in findings.services:
        for policy in findings.policies:
            found = findings.request_availability(service, policy)
            if found is None:
                continue
            mine = of_pair(findings.tables["requests"], service, policy)
            years = len(mine) * findings.manifest.duration / YEAR
            p99 = mine["latency_p99_s"].mean()
            reasons = lost_to(of_pair(findings.tables["lost_requests"], service, policy))
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


def _count(number: float) -> str:
    """Requests, to three digits: "0", "12.3", "45.6 k", "7.89 M"."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}"
