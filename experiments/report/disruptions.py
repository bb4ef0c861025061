"""Disruptions: how long until what a strike took away was back, and what was lost meanwhile, by kind and cause."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.findings.disruptions import Disrupted, Spread, disrupted
from experiments.inference.estimate import show_seconds
from experiments.report.remarks import strikes
from experiments.report.table import POLICY, Column, Row, Table

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

COLUMNS = (
    Column("SERVICE", "name of the Service", "name"),
    Column("KIND", "what is struck", "name"),
    Column("CAUSE", "failure mode or operation; of several of a kind, all of them in a last row", "name"),
    POLICY,
    Column("STRIKES", "how often it struck in all runs, whatever it hit", gives_way=3),
    Column("DISRUPTED", "how often that took replicas of the Service away"),
    Column("RECOVERY", "time within which half of the disruptions had recovered: nothing that they took is missing"),
    Column("95% WITHIN", "time within which 95 % had recovered"),
    Column("WORST", "the longest time to recovery; of what was not over, until the end of the run"),
    Column("LOST 95%", "seconds without availability due to it, of all but the worst 5 %", gives_way=4),
    Column("LOST WORST", "seconds without availability due to the worst", gives_way=2),
    Column("REPLICA-S", "replica-seconds missing, of half of the disruptions", gives_way=5),
    Column("NOT OVER", "how many were not over at the end of a run", gives_way=6),
    Column("BESIDE", "with how many of them another overlapped, by its cause", "words", gives_way=1),
)


def found(findings: "Findings") -> list[Disrupted]:
    """All that was disrupted."""
    return list(disrupted(findings.tables["disruptions"], strikes(findings), findings.services, findings.policies))


def table(findings: "Findings") -> Table:
    """A row per Service, kind, cause and policy; false if nothing was disrupted."""
    return Table(COLUMNS, tuple(_rows(findings)), grouped=True)


def _rows(findings: "Findings") -> Iterator[Row]:
    for of in found(findings):
        yield (
            of.service,
            of.kind,
            of.cause or "all",
            of.policy,
            str(of.strikes),
            str(of.times),
            _half(of.recovery),
            show_seconds(of.recovery.most) if of.recovery else "-",
            show_seconds(of.recovery.worst) if of.recovery else "-",
            show_seconds(of.lost.most) if of.lost else "-",
            show_seconds(of.lost.worst) if of.lost else "-",
            _half(of.replica_seconds),
            str(of.not_over),
            ", ".join(f"{name} {times}" for name, times in of.beside.items()) or "-",
        )


def _half(spread: Spread | None) -> str:
    return show_seconds(spread.half) if spread else "-"
