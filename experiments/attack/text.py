"""What an attack found, for people: a table of verdicts, each way step by step, and what it looks like in time."""

from collections.abc import Iterator
from typing import IO

from experiments.attack.outage import Outage
from experiments.attack.verdict import Attack, Break, Verdict
from experiments.attack.way import Taken, Way
from experiments.report import timeline_text
from experiments.report.table import Column, Table
from experiments.report.terminal import Terminal
from models.units import counted, format_duration

MOST_TIMELINES = 3
"""Services of which the timeline is printed at once."""
_ALIKE = 4
"""Subjects that are named of those that are alike."""
COLUMNS = (
    Column("SERVICE", "name of the Service", "name"),
    Column("N+1", "whether it survives any single failure or operation", "words"),
    Column("N+2", "whether it survives any two", "words"),
    Column("N+3", "whether it survives any three", "words"),
    Column("SHORTEST WAY", "steps of the shortest way to break it", "words"),
    Column("DOWN", "for how long it is down then", "words"),
)


def table(of: Attack) -> Table:
    """A row for each Service; a column for each number of steps that was asked for."""
    most = of.question.at_most
    columns = (COLUMNS[0], *COLUMNS[1 : most + 1], *COLUMNS[4:])
    return Table(columns, tuple(_row(verdict, most) for verdict in of.verdicts))


def _row(of: Verdict, most: int) -> tuple[str, ...]:
    survives = ({True: "holds", False: "no", None: "not known"}[of.survives(steps)] for steps in range(1, most + 1))
    way, down = "none found", "-"
    if of.breaks:
        way, down = _in_short(of.breaks[0].way), _lasting(of.breaks[0].outage)
    return of.service, *survives, way, down


def _in_short(way: Way) -> str:
    return ", then ".join(str(step.action) for step in way.steps) or "nothing: it is down as it stands"


def _lasting(outage: Outage) -> str:
    if outage.for_ever:
        return "for ever"
    return f"{'' if outage.ends else 'more than '}{format_duration(outage.length)}"


def sentences(of: Attack) -> Iterator[str]:
    """What was tried, and what was not."""
    most = counted(of.question.at_most, "failure or operation", "failures or operations")
    so_said = "; what is not known for that is said to be so" if of.leaves_open else ""
    yield f"tried: at most {most}, in {counted(of.simulations, 'simulation')}; what is alike, once"
    for size, ways in of.not_tried.items():
        of_size = counted(size, "step")
        yield (
            f"not all tried: {counted(ways, f'way of {of_size}', f'ways of {of_size}')} "
            f"beyond --simulations {of.question.simulations}{so_said}"
        )
    if of.moments_left_out and (of.leaves_open or of.question.all_ways):  # else nothing is less known for it
        yield (
            f"not all moments tried: {of.moments_left_out} of those between two changes, beyond --moments "
            f"{of.question.moments} after a step{so_said}"
        )
    for name in of.left_out:
        yield f"not tried: {name}, which comes at given times, follows from what else happens, or selects nothing"
    if of.question.scenario.calls:
        yield "not attacked: chains of calls; each Service by itself"


def steps(way: Way, service: str) -> Iterator[str]:
    """A line for each step."""
    for number, taken in enumerate(way.taken, 1):
        yield f"{number}. {_when(taken, number)}{taken.step.action}{_alike(taken)}{_standing(taken, service)}"


def _when(taken: Taken, number: int) -> str:
    if number == 1:
        return ""
    return f"{format_duration(taken.after)} later: " if taken.after else "at once: "


def _alike(taken: Taken) -> str:
    if not taken.alike:
        return ""
    more = len(taken.alike) - _ALIKE
    return f" (or {', '.join(taken.alike[:_ALIKE])}{f' or {more} more' if more > 0 else ''}, which are alike)"


def _standing(taken: Taken, service: str) -> str:
    answering, desired = taken.counts[service]
    return f", when {answering} of {desired} answer"


def _about(of: Verdict) -> Iterator[str]:
    """The verdict of one Service in words, without its timeline."""
    if not of.breaks:
        return
    first = of.breaks[0]
    if of.size == 0:
        yield f"{of.service} is down as it stands, {_lasting(first.outage)}"
    elif of.size == 1:
        yield f"{of.service}: {counted(len(of.breaks), 'single point')} of failure"
        for one in of.breaks:
            yield f"  {_single(one)}"
    else:
        for one in of.breaks:
            yield f"{of.service}: {counted(len(one.way), 'step')}, down {_lasting(one.outage)}"
            yield from (f"  {line}" for line in steps(one.way, of.service))


def _single(one: Break) -> str:
    (taken,) = one.way.taken
    return f"{taken.step.action}{_alike(taken)}: down {_lasting(one.outage)}"


def heading(of: Attack) -> str:
    """One line: the answer."""
    broken = [verdict for verdict in of.verdicts if verdict.breaks]
    said = f"{of.experiment} under {of.question.scenario.policy}: "
    if broken:
        return f"{said}{len(broken)} of {counted(len(of.verdicts), 'Service')} can be broken"
    within = counted(of.question.at_most, "failure or operation", "failures or operations")
    unsure = ", not all tried" if of.exit_code else ""
    return f"{said}no way found to break any of {counted(len(of.verdicts), 'Service')} by at most {within}{unsure}"


def show(of: Attack, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print it to `file` (stdout), with the timelines of few Services."""
    terminal = Terminal(file, width)
    terminal.title(heading(of))
    terminal.table(table(of))
    for verdict in of.verdicts:
        for line in _about(verdict):
            terminal.say(line.strip(), indent="    " if line.startswith(" ") else "  ")
    for line in sentences(of):
        terminal.say(line)
    broken = [verdict for verdict in of.verdicts if verdict.breaks]
    if len(broken) > MOST_TIMELINES:
        terminal.say("--service NAME prints the timeline of one, too")
        return
    for verdict in broken:
        told = verdict.breaks[0].timeline
        if told is not None:
            terminal.say("", indent="")
            timeline_text.show(told, file, width)
