"""What is said at the end of a run: the table, the objectives, and what to know before believing them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from experiments import estimate, request_table
from experiments.estimate import STATED_OUTAGE, Estimate, show_seconds
from experiments.intervals import FEW_OUTAGES
from experiments.results import INCONCLUSIVE, MET, MISSED, Objective, Results

if TYPE_CHECKING:
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


def rows(results: Results) -> Iterator[Row]:
    """The rows of the table, Service by Service."""
    for service in results.services:
        for policy in results.policies:
            found = results.availability(service, policy)
            comparison = results.comparison(service, policy)
            yield Row(
                service,
                policy,
                _value(found),
                found.show_interval(),
                _value(estimate.nines(found)),
                _value(estimate.downtime_per_year(found)),
                _value(results.outage_rate(service, policy)),
                "-" if comparison is None else str(comparison),
            )


def _value(found: Estimate) -> str:
    return found.show_value() if found.n else "no run"


def heading(results: Results) -> str:
    """One line: what ran, how much of it."""
    m = results.manifest
    done = int((results.cells["status"] == "done").sum())
    return (
        f"{m.name}   {len(m.policies)} policies x {m.replications} replications of {show_seconds(m.duration)}   "
        f"{done}/{len(m.policies) * m.replications} runs   {m.confidence:.0%} intervals"
    )


def objective_lines(results: Results) -> list[str]:
    """One line per objective: under which policies it is met, missed or open."""
    lines = []
    wanted = list(dict.fromkeys((o.service, o.at_least) for o in results.objectives))
    for service, at_least in wanted:
        about = [o for o in results.objectives if (o.service, o.at_least) == (service, at_least)]
        parts = []
        for verdict, mark in MARKS.items():
            under = [(o.policy, remark(o)) for o in about if o.verdict == verdict]
            policies = [f"{policy} ({open_})" if open_ else policy for policy, open_ in under]
            if policies:
                parts.append(f"{mark} {', '.join(policies)}")
        lines.append(f"{service} availability >= {_percent(at_least)}:  {'   '.join(parts)}")
    return lines


def chance_lines(results: Results) -> list[str]:
    """One line per objective: in how many single periods (a year, or the shorter length of a run) each policy meets it.

    The long run is not any one year: what is met in the long run may be missed in most years, or the other way round.
    """
    lines: dict[tuple[str, float], list[str]] = {}
    for of in results.objectives:
        lines.setdefault((of.service, of.at_least), []).append(f"{of.policy} in {chance(results, of)}")
    long = results.manifest.duration >= estimate.YEAR
    single = "single years" if long else f"single periods of {show_seconds(results.manifest.duration)}"
    return [
        f"{service} availability >= {_percent(at_least)} in {single}:  {', '.join(chances)} of them"
        for (service, at_least), chances in lines.items()
    ]


def chance(results: Results, objective: Objective) -> str:
    """How often a single period meets it: "40.5% [33.4, 47.8]"."""
    found = results.chance_of_meeting(objective.service, objective.policy, objective.at_least)
    return f"{found.show_value()} {found.show_interval()}" if found.n else "unknown"


def remark(objective: Objective) -> str:
    """What would settle an open objective; empty if it is settled."""
    if objective.verdict != INCONCLUSIVE:
        return ""
    if objective.more is None:
        return "inconclusive; no number of replications in reach would tell"
    return f"inconclusive; about {objective.more} more replications would tell"


def _percent(share: float) -> str:
    return f"{share * 100:.10g}%"


def legend(results: Results, baseline: str | None = None) -> str:
    """What stars and p-values mean; empty when nothing is compared."""
    count = len(results.policies) - 1
    if count < 1:
        return ""
    adjusted = f"adjusted for the {count} comparisons at each Service" if count > 1 else "of the only comparison"
    return (
        f"vs {baseline or results.policies[0]}, paired by replication: * p < 0.05, ** p < 0.01, *** p < 0.001, "
        f"{adjusted}; no star unless the interval excludes 0 and {FEW_OUTAGES} outages were seen"
    )


def notes(results: Results) -> list[str]:
    """What to know before believing the table; nothing is skipped in silence."""
    m, found = results.manifest, []
    errors = results.failed.groupby("error", sort=False)
    for error, alike in list(errors)[:5]:
        first = alike.iloc[0]
        where = f"policy {first['policy']}, replication {first['replication']}, seed {first['seed']}"
        found.append(f"failed: {where}{f' and {len(alike) - 1} more' if len(alike) > 1 else ''}: {error}")
    if len(errors) > 5:
        found.append(f"failed: of {len(errors) - 5} more kinds, see cells.parquet")
    if m.status == "interrupted":
        found.append("interrupted: the table rests on what was finished")
    for policy, reasons in results.pending().items():
        for reason, (pods, replications) in reasons.items():
            found.append(f"not placed under {policy}: up to {pods} pods in {replications} replications: {reason}")
    strikes = results.strikes()
    names = list(dict.fromkeys(name for counts in strikes.values() for name in counts))
    for name in names:
        quiet = [policy for policy, counts in strikes.items() if counts.get(name) == 0]
        if quiet:
            under = "" if len(quiet) == len(m.policies) else f" under {', '.join(quiet)}"
            found.append(f"{name} never struck{under}: the table says nothing about it")
    if few := [f"{service} under {policy} ({count})" for service, policy, count in results.few_outages()]:
        found.append(
            f"few outages, fewer than {FEW_OUTAGES}: {', '.join(few)}: the interval is wide, as it must be; it holds "
            "the truth as often as it says, unless rare outages many times longer than those seen have not happened yet"
        )
    found += [
        f"half of the downtime of {service} under {policy} is from {half} of {count} outages: "
        "its availability rests on those few"
        for service, policy, count, half in results.uneven()
    ]
    if bounds := results.bounds():
        rows = len(m.services) * len(m.policies)
        found.append(
            f"no outage seen in {len(bounds)} of {rows} rows: their bounds (>=, <=) are the rule of three on how many "
            f"there may be, times {show_seconds(STATED_OUTAGE)} each (or the longest mean length seen, if longer)"
        )
    found += [
        f"{service} under {policy} was down when measuring began, in {count} replications: not settled; "
        "its downtime is partly start-up (a warm-up leaves that out)"
        for service, policy, count in results.down_at_start()
    ]
    if m.imprecise and m.precision:
        asked = f"+-{m.precision['relative']:.0%} after {m.replications} replications"
        open_ = results.imprecise(m.precision["relative"], m.precision["confidence"])
        found.append(f"precision not reached ({asked}): {', '.join(would_take(results, *row) for row in open_)}")
    if m.not_modelled:
        found.append(f"not modelled: {', '.join(m.not_modelled)}")
    return found + list(m.warnings)


def would_take(results: Results, service: str, policy: str) -> str:
    """What the asked precision would take for one row of the table, in words."""
    asked = results.manifest.precision or {}
    name = f"{service} under {policy}"
    replications = results.would_take(service, policy, asked["relative"], asked["confidence"])
    if replications is None:
        return name
    years = _about(replications * results.manifest.duration / estimate.YEAR)
    if results.availability(service, policy).is_bound:
        return f"{name} (no outage seen: more than {_about(replications)} replications, {years} years)"
    return f"{name} (about {_about(replications)} replications in all, {years} years)"


def _about(number: float) -> str:
    """To two digits: what something would cost, not a promise."""
    return f"{float(f'{number:.2g}'):.10g}"


def table(results: Results) -> "Table":
    """The table of `rows`, whose texts fold rather than vanish where the terminal is narrow."""
    return _built(results, HEADINGS, rows(results))


def _built(results: Results, headings: Sequence[str], lines: Iterable[Row | request_table.Row]) -> "Table":
    from rich.table import Table

    built = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(headings):
        heading = f"{results.manifest.confidence:.0%} CI" if name == "CI" else name
        built.add_column(heading, justify="left" if number < 4 or number == 7 else "right", overflow="fold")
    service = ""
    for row in lines:
        cells = row.cells()
        built.add_row("" if row.service == service else row.service, *cells[1:])
        service = row.service
    return built


def show(results: Results, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print everything to `file` (stdout); colours only on a terminal, full width where there is none."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, width=width, highlight=False)
    if width is None and not console.is_terminal:
        console = Console(file=file, width=200, highlight=False)
    console.print(Text(heading(results), style="bold"), soft_wrap=True)
    console.print(table(results))
    if requests := list(request_table.rows(results)):
        console.print(_built(results, request_table.HEADINGS, requests))
    for line in [*objective_lines(results), *chance_lines(results)]:
        console.print(Text("  " + line), soft_wrap=True)
    for line in [*filter(None, [legend(results)]), *notes(results)]:
        console.print(Text("  note: " + line), soft_wrap=True)
    if results.path is not None:
        page = results.path / "report.html"
        console.print(
            Text(f"  results: {results.path}" + (f"   report: {page}" if page.exists() else "")), soft_wrap=True
        )


def summary_html(results: Results) -> str:
    """The same for notebooks, as an HTML fragment."""
    from html import escape

    def html(headings: Sequence[str], lines: Iterable[Row | request_table.Row]) -> str:
        heads = "".join(f"<th>{escape(name)}</th>" for name in headings)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells()) + "</tr>" for row in lines)
        return f"<table><tr>{heads}</tr>{body}</table>"

    requests = list(request_table.rows(results))
    tables = html(HEADINGS, rows(results)) + (html(request_table.HEADINGS, requests) if requests else "")
    said = filter(None, [legend(results)])
    remarks = [*objective_lines(results), *chance_lines(results), *said, *notes(results)]
    lines = "".join(f"<li>{escape(line)}</li>" for line in remarks)
    return f"<p>{escape(heading(results))}</p>{tables}<ul>{lines}</ul>"
