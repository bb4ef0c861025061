"""What a search found, for people: the answer in a sentence, and a table of the candidates."""

from collections.abc import Iterator, Sequence
from typing import IO

from experiments.inference.estimate import Estimate
from experiments.report.table import Column, Row, Table
from experiments.report.terminal import Terminal
from experiments.search.outcome import Outcome, Standing
from models.units import counted, format_percent

MEANINGS = {
    "cheapest": "the answer",
    "meets": "meets all objectives",
    "misses": "misses an objective",
    "beaten": "costs no less than one that meets all, so nobody asked further",
    "open": "not known yet",
    "failed": "a replication failed",
}
COLUMNS = (
    Column("CANDIDATE", "policy, and point of the sweep", "name"),
    Column("COST/Y", "what it costs in a year"),
    Column("ITS CI", "interval of the cost, by itself", "share", gives_way=3),
    Column("STATE", "what is known of it", "words"),
    Column("RUNS", "replications that were looked at"),
    Column("FOUND", "what the objectives are about, with intervals that hold all at once", "words", gives_way=1),
)


def table(outcome: Outcome) -> Table:
    """A row for each candidate, the cheapest first."""
    return Table(COLUMNS, tuple(map(_row, outcome.standings)), outcome.confidence)


def _row(of: Standing) -> Row:
    known = of.cost.low < of.cost.high < float("inf")
    interval = f"[{of.cost.low:,.0f}, {of.cost.high:,.0f}]" if known else ""
    about = "about " if of.cost.high == float("inf") else ""
    found = "; ".join(_shown(one.found) for one in of.judgements) or of.error or "-"
    return of.name, f"{about}{of.cost.value:,.0f}", interval, of.state, str(of.replications), found


def _shown(of: Estimate) -> str:
    return f"{of.show_value()} {of.show_interval()}".rstrip()


def sentences(outcome: Outcome) -> Iterator[str]:
    """The answer, and how sure it is."""
    sure, best = format_percent(outcome.confidence), outcome.cheapest
    if best is not None:
        yield f"{best.name} is the cheapest that meets all objectives: {_cost(best, outcome)}"
    elif outcome.verdict == "none":
        yield "none meets all objectives"
    else:
        yield from _undecided(outcome)
    if failed := outcome.of_state("failed"):
        yield f"a replication failed of {_names(failed)}: whether all objectives are met is not known there"
    used = counted(outcome.replications, "replication")
    share = f" ({format_percent(round(outcome.replications / outcome.grid, 3))} of the {outcome.grid:,} of a run)"
    yield f"by {used}{share if outcome.grid else ''}; true with {sure} confidence, all that is said together"


def _undecided(outcome: Outcome) -> Iterator[str]:
    """What is known, and what is not."""
    unknown, meeting = outcome.of_state("open"), outcome.of_state("meets")
    limit = f"within {counted(outcome.at_most, 'replication')}"
    if unknown:
        yield f"it cannot be told {limit} whether all objectives are met by {_names(unknown)}"
    elif meeting:
        told = f"all of these meet all objectives, and {limit} it cannot be told which of them costs least"
        yield f"{told}: {_names(meeting)}"
    else:
        yield "it is not known whether all objectives are met anywhere"
    if meeting and unknown:
        yield f"{meeting[0].name} meets them all: {_cost(meeting[0], outcome)}"


def _names(standings: Sequence[Standing]) -> str:
    return ", ".join(of.name for of in standings)


def _cost(of: Standing, outcome: Outcome) -> str:
    return f"{of.cost.value:,.0f} {outcome.cost.words} a year"


def show(outcome: Outcome, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print it to `file` (stdout)."""
    terminal = Terminal(file, width)
    answer, *others = sentences(outcome)
    terminal.title(f"{outcome.experiment}: {answer}")
    terminal.table(table(outcome))
    for line in others:
        terminal.say(line)
    states = dict.fromkeys(of.state for of in outcome.standings)
    terminal.say("; ".join(f"{state}: {MEANINGS[state]}" for state in states))
