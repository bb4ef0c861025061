"""What is said at the end of a run: the table, the objectives, and what to know before believing them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from experiments.design.objective import METRICS
from experiments.findings.findings import Findings
from experiments.findings.judgement import INCONCLUSIVE, MET, MISSED, Judgement
from experiments.inference import estimate
from experiments.inference.estimate import Estimate, show_seconds
from experiments.inference.intervals import FEW_OUTAGES
from experiments.report import budgets as slo_table
from experiments.report import requests as request_table
from experiments.report import rollouts as rollout_table
from experiments.report.remarks import notes
from models.manifests.account import in_words
from models.units import YEAR

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

HEADINGS = ("SERVICE", "POLICY", "AVAILABILITY", "CI", "NINES", "DOWNTIME/Y", "OUTAGES/Y", "vs baseline")
MARKS = {MET: "✓", INCONCLUSIVE: "?", MISSED: "✗"}


@dataclass(frozen=True)
class Row:
    """One Service under one policy, as text in the order of `HEADINGS`."""

    service: str
    policy: str
    availability: str
    interval: str
    nines: str
    downtime: str
    outages: str
    difference: str

    def cells(self) -> tuple[str, ...]:
        """The texts in the order of `HEADINGS`."""
        return tuple(vars(self).values())


def rows(findings: Findings) -> Iterator[Row]:
    """The rows of the table, Service by Service."""
    for service in findings.services:
        for policy in findings.policies:
            found = findings.availability(service, policy)
            comparison = findings.comparison(service, policy)
            yield Row(
                service,
                policy,
                _value(found),
                found.show_interval(),
                _value(estimate.nines(found)),
                _value(estimate.downtime_per_year(found)),
                _value(findings.outage_rate(service, policy)),
                "-" if comparison is None else str(comparison),
            )


def _value(found: Estimate) -> str:
    return found.show_value() if found.n else "no run"


def heading(findings: Findings) -> str:
    """One line: what ran, how much of it."""
    m = findings.manifest
    done = int((findings.cells["status"] == "done").sum())
    return (
        f"{m.name}   {len(m.policies)} policies x {m.replications} replications of {show_seconds(m.duration)}   "
        f"{done}/{len(m.policies) * m.replications} runs   {m.confidence:.0%} intervals"
    )


def objective_lines(findings: Findings) -> list[str]:
    """One line per objective: under which policies it is met, missed or open."""
    lines = []
    for wanted, about in by_objective(findings).items():
        parts = []
        for verdict, mark in MARKS.items():
            under = [(o.policy, remark(o)) for o in about if o.verdict == verdict]
            policies = [f"{policy} ({open_})" if open_ else policy for policy, open_ in under]
            if policies:
                parts.append(f"{mark} {', '.join(policies)}")
        lines.append(f"{wanted}:  {'   '.join(parts)}")
    return lines


def chance_lines(findings: Findings) -> list[str]:
    """One line per objective: in how many single periods (a year, or the shorter length of a run) each policy meets it.

    The long run is not any one year: what is met in the long run may be missed in most years, or the other way round.
    None for objectives that are not about time alone.
    """
    long = findings.manifest.duration >= YEAR
    single = "single years" if long else f"single periods of {show_seconds(findings.manifest.duration)}"
    lines = []
    for wanted, about in by_objective(findings).items():
        if chances := [f"{of.policy} in {often}" for of in about if (often := chance(findings, of))]:
            lines.append(f"{wanted} in {single}:  {', '.join(chances)} of them")
    return lines


def service_lines(findings: Findings) -> list[str]:
    """At most one line per Service: its error budget and alerts, and its rollouts."""
    lines = {
        service: filter(None, (slo_table.said(findings, service), rollout_table.said(findings, service)))
        for service in findings.services
    }
    return [f"{service}: {text}" for service, parts in lines.items() if (text := "; ".join(parts))]


def by_objective(findings: Findings) -> dict[str, list[Judgement]]:
    """Each objective in words, and how it was judged under each policy that it is about."""
    found: dict[str, list[Judgement]] = {}
    for one in findings.objectives:
        found.setdefault(one.objective, []).append(one)
    return found


def chance(findings: Findings, objective: Judgement) -> str:
    """How often a single period meets it: "40.5% [33.4, 47.8]"; empty if it is not about time alone."""
    share = METRICS[objective.metric].share
    if share is None:
        return ""
    found = findings.chance_of_meeting(objective.service, objective.policy, share(objective.limit))
    return f"{found.show_value()} {found.show_interval()}" if found.n else "unknown"


def remark(objective: Judgement) -> str:
    """What would settle an open objective; empty if it is settled."""
    if objective.verdict != INCONCLUSIVE:
        return ""
    if objective.more is None:
        return "inconclusive; no number of replications in reach would tell"
    return f"inconclusive; about {objective.more} more replications would tell"


def legend(findings: Findings, baseline: str | None = None) -> str:
    """What stars and p-values mean; empty when nothing is compared."""
    count = len(findings.policies) - 1
    if count < 1:
        return ""
    adjusted = f"adjusted for the {count} comparisons at each Service" if count > 1 else "of the only comparison"
    return (
        f"vs {baseline or findings.policies[0]}, paired by replication: * p < 0.05, ** p < 0.01, *** p < 0.001, "
        f"{adjusted}; no star unless the interval excludes 0 and {FEW_OUTAGES} outages were seen"
    )


def table(findings: Findings) -> "Table":
    """The table of `rows`, whose texts fold rather than vanish where the terminal is narrow."""
    return _built(findings, HEADINGS, rows(findings))


def _built(findings: Findings, headings: Sequence[str], lines: Iterable[Row | request_table.Row]) -> "Table":
    from rich.table import Table

    built = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(headings):
        heading = f"{findings.manifest.confidence:.0%} CI" if name == "CI" else name
        built.add_column(heading, justify="left" if number < 4 or number == 7 else "right", overflow="fold")
    service = ""
    for row in lines:
        cells = row.cells()
        built.add_row("" if row.service == service else row.service, *cells[1:])
        service = row.service
    return built


def console_for(file: IO[str] | None = None, width: int | None = None) -> "Console":
    """What prints to `file` (stdout): colours only on a terminal, full width where there is none."""
    from rich.console import Console

    console = Console(file=file, width=width, highlight=False)
    if width is None and not console.is_terminal:
        console = Console(file=file, width=200, highlight=False)
    return console


def show(findings: Findings, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print everything to `file` (stdout); colours only on a terminal, full width where there is none."""
    from rich.text import Text

    console = console_for(file, width)
    console.print(Text(heading(findings), style="bold"), soft_wrap=True)
    console.print(table(findings))
    if requests := list(request_table.rows(findings)):
        console.print(_built(findings, request_table.HEADINGS, requests))
    for line in [*objective_lines(findings), *chance_lines(findings), *service_lines(findings)]:
        console.print(Text("  " + line), soft_wrap=True)
    for line in [*filter(None, [legend(findings)]), *notes(findings), *in_words(findings.named)]:
        console.print(Text("  note: " + line), soft_wrap=True)
    if findings.path is not None:
        page = findings.path / "report.html"
        console.print(
            Text(f"  results: {findings.path}" + (f"   report: {page}" if page.exists() else "")), soft_wrap=True
        )


def summary_html(findings: Findings) -> str:
    """The same for notebooks, as an HTML fragment."""
    from html import escape

    def html(headings: Sequence[str], lines: Iterable[Row | request_table.Row]) -> str:
        heads = "".join(f"<th>{escape(name)}</th>" for name in headings)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells()) + "</tr>" for row in lines)
        return f"<table><tr>{heads}</tr>{body}</table>"

    requests = list(request_table.rows(findings))
    tables = html(HEADINGS, rows(findings)) + (html(request_table.HEADINGS, requests) if requests else "")
    said = filter(None, [legend(findings)])
    judged = [*objective_lines(findings), *chance_lines(findings), *service_lines(findings)]
    remarks = [*judged, *said, *notes(findings), *in_words(findings.named)]
    lines = "".join(f"<li>{escape(line)}</li>" for line in remarks)
    return f"<p>{escape(heading(findings))}</p>{tables}<ul>{lines}</ul>"
