"""Rare outages: for which rows of the main table they were looked for, what came of it, and how far to trust it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.findings.rare import RareOutages
from experiments.inference import estimate
from experiments.report.table import POLICY, Column, Row, Table
from models.units import counted

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

COLUMNS = (
    Column("SERVICE", "name of the Service", "name"),
    POLICY,
    Column("UNAVAILABILITY", "share of the time that the Service is not available in the long run", "share"),
    Column("CI", "its interval", "share", gives_way=2),
    Column("IF INDEPENDENT", "the same if replicas were missing independently of each other", "share"),
    Column("ITS CI", "interval of that, for what is missing was measured", "share", gives_way=3),
    Column("REPLICATIONS", "replications that were made for it", gives_way=5),
    Column("DEGRADED PERIODS", "that were begun on purpose and weighed", gives_way=4),
    Column("WITH OUTAGE", "how many of them came to an outage", gives_way=6),
    Column("BEGUN LATE", "share of it that began while something was under way", gives_way=7),
    Column("BEGUN OTHERWISE", "share of it that no failure clock began", gives_way=8),
    Column("LESS WORK", "times as much work plain replications would take for the same precision", gives_way=1),
)
INDEPENDENT = (
    "rare outages are begun on purpose, and weighed by how likely they are; if independent: the exact answer if "
    "replicas were missing independently, each for the share of the time that was measured, with its interval; that "
    "leaves out common causes, replicas on one node, and that what is missing already changes how soon the next is"
)


def table(findings: "Findings") -> Table:
    """The rows of the main table that are estimated by rare outages; false without any."""
    return Table(COLUMNS, tuple(_rows(findings)), findings.manifest.confidence, grouped=True)


def _found(findings: "Findings") -> Iterator[tuple[str, str, RareOutages]]:
    for service in findings.services:
        for policy in findings.policies:
            if (rare := findings.rare.of(service, policy)) is not None:
                yield service, policy, rare


def _rows(findings: "Findings") -> Iterator[Row]:
    for service, policy, rare in _found(findings):
        of, choice = (
            estimate.unavailability(findings.availability(service, policy)),
            findings.rare.choice(service, policy),
        )
        gain = choice and choice.gain
        yield (
            service,
            policy,
            of.show_value(),
            of.show_interval(),
            *_independent(rare),
            str(len(rare.replications)),
            f"{rare.excursions:,}",
            f"{rare.hits:,}",
            f"{rare.begun['running']:.1%}",
            f"{rare.begun['otherwise']:.1%}",
            f"{times(gain)} times" if gain else "-",
        )


def _independent(rare: RareOutages) -> tuple[str, str]:
    if rare.independent is None:
        return "-", ""
    value, low, high = rare.independent
    return f"{value:.1e}", f"[{low:.1e}, {high:.1e}]"


def times(number: float) -> str:
    """A factor to two digits: "12", "5,900", "6.5e5"."""
    if number < 1e5:
        return f"{float(f'{number:.2g}'):,.10g}"
    digits, exponent = f"{number:.1e}".split("e")
    return f"{digits}e{int(exponent)}"


def remarks(findings: "Findings") -> list[str]:
    """What to know of them: what the table says, which are not to be relied on, and where plain ones did."""
    found = list(_found(findings))
    sentences = [INDEPENDENT] if found else []
    for service, policy, rare in found:
        if complaints := rare.diagnostics.complaints:
            sentences.append(f"the rare outages of {service} under {policy} may mislead: {'; '.join(complaints)}")
    plain: dict[str, list[str]] = {}
    for service in findings.services:
        for policy in findings.policies:
            if (choice := findings.rare.choice(service, policy)) is not None and choice.method == "plain":
                plain.setdefault(choice.why, []).append(f"{service} under {policy}")
    for why, rows in plain.items():
        listed = ", ".join(rows[:_MOST]) + (f" and {counted(len(rows) - _MOST, 'more row')}" * (len(rows) > _MOST))
        sentences.append(f"rare outages were looked for and not used: {listed}: {why}")
    return sentences


_MOST = 5
"""Rows that are named."""
