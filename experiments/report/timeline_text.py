"""The timeline of an outage as text, in the style of `kubectl get events`; and the list of outages to choose from."""

from collections.abc import Iterable, Sequence
from typing import IO

from experiments.design.goal import entry_of
from experiments.findings.findings import Findings
from experiments.findings.outages import Outage, longest_first
from experiments.report.table import POLICY, Column, Table
from experiments.report.terminal import Terminal
from experiments.timeline.timeline import Event, Timeline
from models.units import DAY, counted, format_duration, format_to_the_second

NARROWEST = 36
"""Columns that a message takes at least beside what stands before it; else it stands on a line of its own."""
OUTAGES = (
    Column("NUMBER", "what --outage asks for"),
    Column("SERVICE", "name of the Service", "name"),
    POLICY,
    Column("REPLICATION", "number of the replication", gives_way=2),
    Column("START", "days since measuring began", gives_way=3),
    Column("LENGTH", "how long it lasted"),
    Column("CAUSE", "failure mode or operation that most of it is due to", "name", gives_way=1),
)
COLUMNS = ("TIME", "UP", "TYPE", "REASON", "OBJECT", "MESSAGE")
LEGEND = (
    "TIME counts from the beginning of the outage. UP: endpoints that answer / are listed as ready / replicas desired. "
    "Normal and Warning: what the control plane knows. Fact: what happens, which nobody knows at once."
)


def show(timeline: Timeline, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print a timeline to `file` (stdout), fitted to the terminal or `width`."""
    terminal = Terminal(file, width)
    terminal.title(heading(timeline))
    rows = [_row(timeline, event) for event in timeline.events]
    widths = [max(map(len, texts)) for texts in zip(COLUMNS, *rows, strict=True)]
    before = sum(widths[:-1]) + 2 * len(widths[:-1])
    beside = terminal.width is None or terminal.width - before >= NARROWEST
    terminal.title(_columns(COLUMNS if beside else COLUMNS[:-1], widths))
    for row in rows:
        columns = _columns(row[:-1], widths)
        if beside:
            terminal.item(columns, row[-1], before)
        else:
            terminal.say(columns.rstrip(), indent="")
            terminal.say(row[-1], indent=" " * (widths[0] + 2))
    for remark in timeline.remarks:
        terminal.say(f"note: {remark}")
    terminal.say(LEGEND)


def _columns(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(texts, widths, strict=False))


def heading(timeline: Timeline) -> str:
    """One line: which outage of what."""
    due = f", most of it due to {timeline.cause}" if timeline.cause else ""
    return (
        f"{timeline.service} under {timeline.policy}: down for {format_duration(timeline.length)} on day "
        f"{timeline.start / DAY:.1f} of replication {timeline.replication}{due}"
    )


def _row(timeline: Timeline, event: Event) -> tuple[str, str, str, str, str, str]:
    up = timeline.endpoints_at(event.time)
    often = "" if event.until is None else f" (x{event.count} over {format_duration(event.until - event.time)})"
    return (
        since(event.time),
        f"{up.answering}/{up.listed}/{up.desired}",
        event.type,
        event.reason,
        event.object,
        event.message + often,
    )


def since(time: float) -> str:
    """A time relative to the beginning of the outage, to the second: "-12.3s", "0s", "+6m57s", "+2h38m06s"."""
    if abs(time) < 0.05:
        return "0s"
    sign, time = "-" if time < 0 else "+", abs(time)
    if time < 59.95:
        return f"{sign}{time:.1f}s"
    return sign + format_to_the_second(time)


def outage_table(among: Iterable[Outage]) -> Table:
    """The outages to choose from, the longest first."""
    return Table(
        OUTAGES,
        tuple(
            (
                str(outage.number),
                outage.service,
                outage.policy,
                str(outage.replication),
                f"day {outage.start / DAY:.1f}",
                format_duration(outage.length),
                outage.cause or "nothing broke",
            )
            for outage in longest_first(list(among))
        ),
    )


def show_outages(
    findings: Findings, among: Iterable[Outage], file: IO[str] | None = None, width: int | None = None
) -> None:
    """Print the outages to choose from, or why there is none, of what the findings are told of."""
    terminal = Terminal(file, width)
    table = outage_table(among)
    terminal.table(table)
    if not table:
        terminal.say(none_to_replay(findings), indent="")


def none_to_replay(findings: Findings) -> str:
    """Why there is no outage to replay, of the Services and policies that the findings are told of."""
    names = [service for service in findings.services if entry_of(service) == service]
    if not names:
        chain = findings.services[0]
        return f"{chain} is a chain of calls: give one of the Services in it, such as {entry_of(chain)}"
    services, policies = " or ".join(names), " or ".join(findings.policies)
    sentence = f"no replication saw {services} down under {policies}, so there is no outage to replay"
    rare = [findings.rare.of(service, policy) for service in names for policy in findings.policies]
    if hits := sum(of.hits for of in rare if of is not None):
        periods = counted(hits, "degraded period")
        sentence += (
            f"; outages were met only in {periods} begun on purpose to estimate how rare they are, and of these no run "
            f"is there to simulate again (kubenines why has their causes and stages)"
        )
    return sentence
