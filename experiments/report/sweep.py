"""A sweep as people read it: a row per point, policy and Service, what was promised, and what failed."""

from collections.abc import Iterable
from typing import IO

from experiments.design.sweep import value_text
from experiments.findings.judgement import INCONCLUSIVE, MET, MISSED
from experiments.findings.sweep import SweepFindings, SweepRow
from experiments.inference.estimate import Estimate, show_seconds
from experiments.report.table import POLICY, Column, Row, Table
from experiments.report.terminal import Terminal
from models.input.problems import printable
from models.units import counted

ESTIMATES = (
    Column("AVAILABILITY", "share of the time that the Service is available in the long run", "share"),
    Column("CI", "its interval", "share", gives_way=1),
    Column("NINES", "the availability as -log10 of the rest", gives_way=4),
    Column("DOWNTIME/Y", "downtime in a year", gives_way=2),
    Column("OUTAGES/Y", "outages in a year", gives_way=3),
)
MOST_ROWS = 200
"""Of a table on a terminal; all are in the folder."""
MOST_NAMED = 5
"""So many points are named where several are alike."""


def table(findings: SweepFindings, rows: Iterable[SweepRow]) -> Table:
    """Availability and downtime at every point."""
    axes = tuple(Column(axis, "value of the axis", "name") for axis in findings.axes)
    service = Column("SERVICE", "name of the Service", "name")
    return Table((*axes, service, POLICY, *ESTIMATES), tuple(map(_row, rows)), findings.manifest.confidence)


def _row(row: SweepRow) -> Row:
    of = row.estimates
    shown = ("nines", "downtime_s_per_year", "outages_per_year")
    return (
        *(printable(value_text(value)) for value in row.values),
        *(row.service, row.policy, _value(of["availability"]), of["availability"].show_interval()),
        *(_value(of[name]) for name in shown),
    )


def _value(estimated: Estimate) -> str:
    return estimated.show_value() if estimated.n else "no run"


def heading(findings: SweepFindings) -> str:
    """One line: what ran, how much of it."""
    m = findings.manifest
    times, policies = counted(m.replications, "replication"), counted(len(m.policies), "policy", "policies")
    points = counted(len(findings.points), "point")
    return f"{m.name}   {points} x {policies} x {times} of {show_seconds(m.duration)}   {m.confidence:.0%} intervals"


def remarks(findings: SweepFindings) -> list[str]:
    """What to know before believing it: objectives, points that failed or are missing, and how points compare."""
    lines = []
    by_objective: dict[tuple[str, str], dict[str, list[str]]] = {}
    for label, judgement in findings.objectives:
        of = by_objective.setdefault((judgement.objective, judgement.policy), {})
        of.setdefault(judgement.verdict, []).append(label)
    for (wanted, policy), of in by_objective.items():
        marks = ((MET, "✓"), (INCONCLUSIVE, "?"), (MISSED, "✗"))
        told = [f"{mark} at {_points(of[verdict])}" for verdict, mark in marks if verdict in of]
        lines.append(f"{wanted} under {policy}:  {'   '.join(told)}")
    points = findings.points
    for error, rows in points.loc[points["status"] == "failed"].groupby("error", sort=False):
        lines.append(f"failed at {_points(rows['label'].tolist())}: {error}")
    missing = points.loc[points["status"] == "missing", "label"].tolist()
    if missing:
        lines.append(f"not done yet: {_points(missing)}")
    lines.append("the same replication has the same luck at every point and under every policy")
    return [printable(line) for line in lines]


def show(
    findings: SweepFindings,
    service: str | None = None,
    policy: str | None = None,
    file: IO[str] | None = None,
    width: int | None = None,
) -> None:
    """Print everything to `file` (stdout), fitted to the terminal or `width`; of a long table the beginning."""
    terminal = Terminal(file, width)
    terminal.title(heading(findings))
    terminal.table(table(findings, findings.rows(service, policy, MOST_ROWS)))
    if (further := findings.count(service, policy) - MOST_ROWS) > 0:
        terminal.say(f"and {further} rows more, in {findings.path / 'summary.csv'}")
    for line in remarks(findings):
        terminal.say("note: " + line)
    beside = {"report": findings.path / "report.html"}
    done = findings.manifest.status == "done"  # else they are of what ran there before
    there = [f"{what}: {path}" for what, path in beside.items() if done and path.exists()]
    terminal.say("   ".join((f"results: {findings.path}", *there)))


def summary_html(findings: SweepFindings) -> str:
    """The table and what is said below it as an HTML fragment for notebooks."""
    from html import escape

    lines = "".join(f"<li>{escape(line)}</li>" for line in remarks(findings))
    shown = table(findings, findings.rows(most=MOST_ROWS)).html()
    return f"<p>{escape(heading(findings))}</p>{shown}<ul>{lines}</ul>"


def _points(labels: list[str]) -> str:
    first = ", ".join(f"[{label}]" for label in labels[:MOST_NAMED])
    return first if len(labels) <= MOST_NAMED else f"{first} and {len(labels) - MOST_NAMED} points more"
