"""What became of the error budgets of Services with an SLO, and the burn-rate alerts on them."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.findings.budgets import alert_delay, alert_rate, slo, spent
from experiments.inference.estimate import show_seconds
from experiments.inference.yearly import order_statistics
from experiments.report.table import POLICY, Column, Row, Table
from models.arrays import Floats

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

COLUMNS = (
    POLICY,
    Column("LAST PERIOD, MEDIAN", "share of the budget within which half of the runs stayed in their last period"),
    Column("LAST PERIOD, 95%", "share within which 95 % of the runs stayed in their last period"),
    Column("WORST PERIOD, MEDIAN", "share within which half of the runs stayed in their worst period"),
    Column("WORST PERIOD, 95%", "share within which 95 % of the runs stayed in their worst period"),
    Column("OVERSPENT IN", "runs whose worst period spent more than the budget"),
    Column("ALERTS/Y", "burn-rate alerts that fire in a year, with their interval"),
    Column("ALERT AFTER", "mean time from the start of an outage to its first alert"),
)


def table(findings: "Findings", service: str) -> Table:
    """What became of the error budget of a Service: a row per policy; none if nothing was promised of it."""
    return Table(COLUMNS, tuple(_rows(findings, service)))


def _rows(findings: "Findings", service: str) -> Iterator[Row]:
    confidence = findings.manifest.confidence
    for policy in findings.policies:
        last, worst = (spent(findings, f"{of}budget_spent", service, policy) for of in ("", "worst_"))
        if len(worst) == 0:
            continue
        alerts = alert_rate(findings, service, policy)
        yield (
            policy,
            _quantile(last, 0.5, confidence),
            _quantile(last, 0.95, confidence),
            _quantile(worst, 0.5, confidence),
            _quantile(worst, 0.95, confidence),
            f"{(worst > 1).sum()} of {len(worst)} runs",
            f"{alerts.show_value()} {alerts.show_interval()}".rstrip(),
            _delay(findings, service, policy) or "-",
        )


def sentence(findings: "Findings", service: str) -> str:
    """What became of the error budget of a Service, in a line; empty if nothing was promised of it."""
    spending, sparing = [], []
    for policy in findings.policies:
        worst = spent(findings, "worst_budget_spent", service, policy)
        if len(worst) and worst.max() > 0:
            half, most = (_share(order_statistics(worst, share, 0.95)[0]) for share in (0.5, 0.95))
            alerts, delay = alert_rate(findings, service, policy).show_value(), _delay(findings, service, policy)
            spending.append(f"{policy} {half} and {most} ({alerts} alerts a year{f', after {delay}' if delay else ''})")
        elif len(worst):
            sparing.append(policy)
    if not spending:
        return f"nothing of the error budget{_promise(findings, service)} was spent" if sparing else ""
    line = f"error budget{_promise(findings, service)} spent in the worst period of a run, median and 95%: "
    return line + ", ".join(spending) + (f"; nothing under {', '.join(sparing)}" if sparing else "")


def _promise(findings: "Findings", service: str) -> str:
    promised = slo(findings, service)
    return f" ({promised['objective']} of {promised['period']})" if promised else ""


def _delay(findings: "Findings", service: str, policy: str) -> str:
    """Mean time to the first alert of an outage that has one; empty if there was none."""
    delay = alert_delay(findings, service, policy)
    return "" if math.isnan(delay) else show_seconds(delay)


def _quantile(spent: Floats, share: float, confidence: float) -> str:
    value, low, high = map(_share, order_statistics(spent, share, confidence))
    return f"{value} [{low.removesuffix('%')}, {high.removesuffix('%')}]"


def _share(number: float) -> str:
    if math.isinf(number):
        return "inf"
    return f"{100 * number:.0f}%" if number >= 0.1 else f"{100 * number:.2g}%"
