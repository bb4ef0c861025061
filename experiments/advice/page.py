"""Advice for people: the answer in a sentence, a table of what was tried, and what to paste."""

import math
from collections.abc import Iterator
from typing import IO

from experiments.advice.advice import Advice
from experiments.advice.candidate import Pair
from experiments.advice.pasting import as_manifests, as_policies
from experiments.advice.standing import Standing
from experiments.inference.estimate import show_seconds
from experiments.report.table import Column, Row, Table
from experiments.report.terminal import Terminal
from models.units import counted, format_percent

COLUMNS = (
    Column("MEND", "what its policy is called", "name"),
    Column("SAVES/Y", "what it saves in a year"),
    Column("ITS CI", "interval of that; those of all mends hold together", "share", gives_way=1),
    Column("SHARE", "share of what is lost as it is", gives_way=2),
    Column("COST/Y", "further hours of nodes or pods in a year", "words"),
    Column("STATE", "what is known of it", "words"),
    Column("CHANGE", "what is changed", "words", gives_way=3),
)
_STATES = {"helps": "helps", "open": "no gain seen", "worse": "makes it worse", "failed": "a replication failed"}
_RARE = "precision: {relative: 10%}"


def table(advice: Advice) -> Table:
    """A row for each mend that was tried, the best first."""
    return Table(COLUMNS, tuple(map(_row, advice.standings)), advice.findings.manifest.confidence)


def _row(of: Standing) -> Row:
    known = math.isfinite(of.saved.value)
    interval = f"[{_ends(of.saved.low)}, {_ends(of.saved.high)}]" if known else ""
    return (
        of.name,
        show_seconds(of.saved.value) if known else "-",
        interval,
        f"{of.share:.0%}" if math.isfinite(of.share) else "-",
        cost(of),
        _STATES[of.state],
        of.tried.words if of.state != "failed" else of.error,
    )


def _ends(seconds: float) -> str:
    return show_seconds(seconds) if math.isfinite(seconds) else str(seconds)


def cost(of: Standing) -> str:
    """What it costs in a year, in words."""
    hours = {"node-hours": of.node_hours, "pod-hours": of.pod_hours}
    return ", ".join(f"{more:,.0f} {name}" for name, more in hours.items() if more) or "nothing"


def sentences(advice: Advice) -> Iterator[str]:
    """The answer, and how sure it is."""
    lost, helping = show_seconds(advice.lost), advice.helping
    if helping:
        best = helping[0]
        saved, lost = show_seconds(best.saved.value), show_seconds(best.lost)
        yield f"{best.name} saves {saved} of {lost} a year, for {cost(best)}"
    elif advice.standings:
        yield f"{lost} is lost in a year, and of no mend can it be told that it helps"
    else:
        yield f"{lost} is lost in a year, and there is no mend to try"
    yield from _what_counts(advice)
    if advice.standings:
        yield _tried(advice)
    for of in advice.standings:
        yield from _told(of)
    for one in advice.refused:
        yield f"{one.name}: not tried ({one.words}): {one.why}"
    if advice.lost == 0:
        yield from _unseen(advice)


def _tried(advice: Advice) -> str:
    m, pairs = advice.findings.manifest, sum(isinstance(of.tried, Pair) for of in advice.standings)
    tried = (
        f"{counted(len(advice.standings) - pairs, 'mend')} tried on the same luck, "
        f"{counted(m.replications, 'replication')} each"
    )
    if advice.of_pairs is not None:
        times = counted(advice.of_pairs.manifest.replications, "replication")
        tried += f", and {counted(pairs, 'pair')} of the best on other luck than they were chosen by, {times} each"
    return f"{tried}; the intervals of all of them hold together at {format_percent(m.confidence)}"


def _what_counts(advice: Advice) -> Iterator[str]:
    by_requests = [name for name in advice.yardstick.services if name in advice.yardstick.by_requests]
    if by_requests:
        yield f"of {', '.join(by_requests)} requests that fail count, each for the time that it takes to send one"
    if len(advice.yardstick.weights) > 1:
        weighed = ", ".join(f"{name} {format_percent(round(of, 3))}" for name, of in advice.yardstick.weights.items())
        yield f"weighed: {weighed}; --service NAME asks about one alone"


def _told(of: Standing) -> Iterator[str]:
    if of.state == "open":
        most = max(of.saved.high, 0.0)
        yield f"{of.name}: tried, no gain seen: at most {_ends(most)} a year ({of.tried.because})"
    elif of.state == "worse":
        yield f"{of.name}: tried, and it loses {show_seconds(-of.saved.value)} more a year ({of.tried.because})"
    elif of.state == "helps":
        yield f"{of.name}: {of.tried.because}"


def _unseen(advice: Advice) -> Iterator[str]:
    """What it means that nothing was lost, and how to see more."""
    scenario = advice.experiment.scenarios()[0]
    if not scenario.failures and not scenario.operations:
        yield (
            "nothing was lost, since nothing breaks and nothing is done in the experiment: spec.failures and "
            "spec.operations are empty, so no mend can be seen to help"
        )
        return
    precision = (advice.findings.resolved or {}).get("spec", {}).get("precision")
    if precision is not None:
        yield "nothing was lost: outages are rarer than spec.precision could find, so no mend can be seen to help"
        return
    yield (
        "nothing was lost in any replication: then no mend can be seen to help, and the intervals say only how much "
        "any could. Outages that are so rare are begun on purpose and weighed with spec.precision in place of "
        f"spec.replications: `{_RARE}` (method: auto)"
    )


def show(advice: Advice, policies: str, patches: str, file: IO[str] | None = None, width: int | None = None) -> None:
    """Print it to `file` (stdout); `policies` and `patches`: where those of all mends are."""
    terminal = Terminal(file, width)
    services = ", ".join(advice.yardstick.services)
    answer, *others = sentences(advice)
    terminal.title(f"{services} under {advice.policy}: {answer}")
    terminal.table(table(advice))
    for line in others:
        terminal.say(line)
    for of in advice.helping:
        _paste(terminal, advice, of)
    if advice.standings:
        terminal.say(f"policies of all that was tried, to be run: {policies}; patches: {patches}", indent="")


def _paste(terminal: Terminal, advice: Advice, of: Standing) -> None:
    terminal.title(f"{of.name}, under spec.policies of the experiment:")
    terminal.verbatim(as_policies(advice, of.tried))
    if manifests := as_manifests(of.tried, advice.control_plane):
        terminal.title("and for the manifests:")
        terminal.verbatim(manifests)
    if of.tried.elsewhere:
        terminal.say(of.tried.elsewhere, indent="")
