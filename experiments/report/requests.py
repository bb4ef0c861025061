"""What became of requests: the share that was answered, beside the share of time, and what the others were lost to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.findings.pairs import of_pair
from experiments.findings.requests import lost_to
from experiments.report.table import POLICY, Column, Row, Table
from models.units import YEAR

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

COLUMNS = (
    Column("REQUESTS TO", "name of the Service", "name"),
    POLICY,
    Column("ANSWERED", "share of the requests that is answered in the long run, retries included", "share"),
    Column("CI", "its interval", "share", gives_way=2),
    Column("LOST/Y", "requests lost in a year"),
    Column("RETRIES/Y", "further attempts in a year", gives_way=4),
    Column("P99", "99th percentile of the latency, in seconds, mean over the runs", gives_way=3),
    Column("LOST MOSTLY TO", "the three reasons to which most were lost, with their shares", "words", gives_way=1),
)


def table(findings: "Findings") -> Table:
    """What became of the requests: a row per Service with traffic and policy; none if there is no traffic."""
    return Table(COLUMNS, tuple(_rows(findings)), findings.manifest.confidence, grouped=True)


def _rows(findings: "Findings") -> Iterator[Row]:
    for service in findings.services:
        for policy in findings.policies:
            answered = findings.request_availability(service, policy)
            if answered is None:
                continue
            mine = of_pair(findings.tables["requests"], service, policy)
            years = len(mine) * findings.manifest.duration / YEAR
            p99 = mine["latency_p99_s"].mean()
            reasons = lost_to(of_pair(findings.tables["lost_requests"], service, policy))
            yield (
                service,
                policy,
                answered.show_value(),
                answered.show_interval(),
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
