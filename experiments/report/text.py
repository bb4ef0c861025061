"""What is said at the end of a run: the table, the objectives, and what to know before believing them."""

from collections.abc import Iterator
from typing import IO

from experiments.design.objective import METRICS
from experiments.findings.findings import Findings
from experiments.findings.judgement import INCONCLUSIVE, MET, MISSED, Judgement
from experiments.inference import estimate
from experiments.inference.estimate import Estimate, show_seconds
from experiments.report import budgets, difference, disruptions, jobs, operations, rare, requests, rollouts
from experiments.report.remarks import above, below
from experiments.report.table import POLICY, Column, Row, Table, heading, legend
from experiments.report.terminal import Terminal
from models.manifests.account import in_words
from models.units import YEAR, counted

COLUMNS = (
    Column("SERVICE", "name of the Service", "name"),
    POLICY,
    Column("AVAILABILITY", "share of the time that the Service is available in the long run", "share"),
    Column("CI", "its interval", "share", gives_way=3),
    Column("NINES", "the availability as -log10 of the rest, with its interval", gives_way=5),
    Column("DOWNTIME/Y", "downtime in a year", gives_way=2),
    Column("OUTAGES/Y", "outages in a year", gives_way=4),
    Column("vs baseline", "difference of yearly downtime from the first policy's, paired", "name", 1, retold=True),
)
MARKS = {MET: "✓", INCONCLUSIVE: "?", MISSED: "✗"}


def table(findings: Findings) -> Table:
    """Availability and downtime: a row per Service and policy, Service by Service."""
    return Table(COLUMNS, tuple(_rows(findings)), findings.manifest.confidence, grouped=True)


def _rows(findings: Findings) -> Iterator[Row]:
    for service in findings.services:
        for policy in findings.policies:
            availability = findings.availability(service, policy)
            yield (
                service,
                policy,
                _value(availability),
                availability.show_interval(),
                _value(estimate.nines(availability)),
                _value(estimate.downtime_per_year(availability)),
                _value(findings.outage_rate(service, policy)),
                difference.shown(findings, service, policy),
            )


def _value(estimated: Estimate) -> str:
    return estimated.show_value() if estimated.n else "no run"


def objective_lines(findings: Findings, of_disruptions: bool = False) -> list[str]:
    """One line per objective, or per one about disruptions: under which policies it is met, missed or open."""
    lines = []
    for wanted, about in by_objective(findings).items():
        if of_disruptions and about[0].disruption is None:
            continue
        parts = []
        for verdict, mark in MARKS.items():
            under = [(o.policy, remark(findings, o)) for o in about if o.verdict == verdict]
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
        service: filter(None, (budgets.sentence(findings, service), rollouts.sentence(findings, service)))
        for service in findings.services
    }
    return [f"{service}: {text}" for service, parts in lines.items() if (text := "; ".join(parts))]


def by_objective(findings: Findings) -> dict[str, list[Judgement]]:
    """Each objective in words, and how it was judged under each policy that it is about."""
    by_words: dict[str, list[Judgement]] = {}
    for judgement in findings.objectives:
        by_words.setdefault(judgement.objective, []).append(judgement)
    return by_words


def chance(findings: Findings, objective: Judgement) -> str:
    """How often a single period meets it: "40.5% [33.4, 47.8]"; empty if it is not about time alone."""
    share = METRICS[objective.metric].share
    if share is None:
        return ""
    met = findings.chance_of_meeting(objective.service, objective.policy, share(objective.limit))
    return f"{met.show_value()} {met.show_interval()}" if met.n else "unknown"


def remark(findings: Findings, objective: Judgement) -> str:
    """What would settle an open objective; empty if it is settled."""
    if objective.verdict != INCONCLUSIVE:
        return ""
    if objective.more is None:
        return "inconclusive; no number of replications in reach would tell"
    rare = " for rare outages" if rests_on_rare(findings, objective) else ""
    return f"inconclusive; about {objective.more} more replications{rare} would tell"


def rests_on_rare(findings: Findings, objective: Judgement) -> bool:
    """Whether what an objective is about is estimated by rare outages."""
    if objective.metric not in ("availability", "downtimePerYear", "outagesPerYear"):
        return False
    return findings.rare.of(objective.service, objective.policy) is not None


def unread(findings: Findings) -> list[str]:
    """What of the manifests is not read; of one Service among several only that there is some, as it may not be its."""
    lines = in_words(findings.named)
    if not lines or len(findings.services) == len(findings.manifest.services):
        return lines
    sorts = counted(len(lines), "sort of field", "sorts of field")
    return [f"{sorts} not read, of whichever Service: named where all Services are shown"]


def show(findings: Findings, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print everything to `file` (stdout), fitted to the terminal or `width`, at full length where there is neither."""
    terminal = Terminal(file, width)
    terminal.title(heading(findings))
    for line in above(findings):
        terminal.say(line)
    for line in objective_lines(findings):
        terminal.say(line)
    for each in (table(findings), *_further(findings)):
        terminal.table(each)
    for line in [*chance_lines(findings), *service_lines(findings)]:
        terminal.say(line)
    for line in [*filter(None, [legend(findings)]), *below(findings), *unread(findings)]:
        terminal.say("note: " + line)
    if findings.path is not None:
        beside = {"report": findings.path / "report.html", "plot": findings.path / "plots" / "comparison.svg"}
        done = findings.manifest.status == "done"  # else they are of what ran there before
        there = [f"{what}: {path}" for what, path in beside.items() if done and path.exists()]
        terminal.say("   ".join((f"results: {findings.path}", *there)))


def show_disruptions(findings: Findings, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print what was disrupted, and the objectives about that."""
    terminal = Terminal(file, width)
    terminal.title(heading(findings))
    for line in objective_lines(findings, of_disruptions=True):
        terminal.say(line)
    shown = disruptions.table(findings)
    terminal.table(shown)
    if not shown:
        terminal.say("note: nothing took a replica away")


def _further(findings: Findings) -> tuple[Table, ...]:
    """The tables below the main one, some of which may be empty."""
    return tuple(of.table(findings) for of in (rare, requests, jobs, operations))


def summary_html(findings: Findings) -> str:
    """The tables and all that is said below them as an HTML fragment for notebooks."""
    from html import escape

    tables = "".join(each.html() for each in (table(findings), *filter(None, _further(findings))))
    judged = [*objective_lines(findings), *chance_lines(findings), *service_lines(findings)]
    remarks = [*judged, *filter(None, [legend(findings)]), *below(findings), *unread(findings)]
    first, lines = ("".join(f"<li>{escape(line)}</li>" for line in said) for said in (above(findings), remarks))
    first = f"<ul>{first}</ul>" if first else ""
    return f"<p>{escape(heading(findings))}</p>{first}{tables}<ul>{lines}</ul>"
