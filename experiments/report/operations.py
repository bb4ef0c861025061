"""How operations went: how often they were asked for and begun, what was given up, how long it took, what refused."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.findings.operations import Operated, operated
from experiments.inference.estimate import show_seconds
from experiments.report.table import POLICY, Column, Row, Table

if TYPE_CHECKING:
    from experiments.findings.findings import Findings

COLUMNS = (
    Column("OPERATION", "name of the operation", "name"),
    POLICY,
    Column("ASKED", "times that it was asked for, each node or workload counted, in all runs", gives_way=1),
    Column("BEGUN", "how many of those were begun: what is busy with an earlier one does not begin", gives_way=2),
    Column("DONE", "how many were done: a node back in use, a rollout complete"),
    Column("GIVEN UP", "drains of nodes that were not empty in time, or never could be; changes that were refused"),
    Column("NOT OVER", "begun, and not over at the end of the run"),
    Column("MEDIAN", "time within which half of those done were done, work on the node included", gives_way=5),
    Column("95% WITHIN", "time within which 95 % of those done were done", gives_way=3),
    Column("EMPTY AFTER", "time within which 95 % of the nodes that a drain emptied were empty", gives_way=6),
    Column("EVICTED", "evictions that were allowed", gives_way=8),
    Column("REFUSED", "evictions that were refused, each try counted", gives_way=4),
    Column("LAST REFUSAL", "why the last of them was, in Kubernetes' words", "words", gives_way=7),
)


def table(findings: "Findings") -> Table:
    """How operations went: a row per operation and policy; false without any."""
    return Table(COLUMNS, tuple(_rows(findings)), grouped=True)


def _rows(findings: "Findings") -> Iterator[Row]:
    found = list(operated(findings.operations, findings.policies))
    for operation in dict.fromkeys(of.operation for of in found):
        for of in found:
            if of.operation == operation:
                yield (
                    of.operation,
                    of.policy,
                    str(of.asked),
                    str(of.begun),
                    str(of.done),
                    str(of.given_up),
                    str(of.unfinished),
                    show_seconds(of.took[0]) if of.took else "-",
                    show_seconds(of.took[1]) if of.took else "-",
                    show_seconds(of.emptied[1]) if of.emptied else "-",
                    str(of.evicted),
                    str(of.refused),
                    of.last_refusal or "-",
                )


def remarks(findings: "Findings") -> list[str]:
    """A sentence for each operation and policy that did less than was asked: its values are of a cluster left alone.

    And one for each that brought what was no good.
    """
    found = list(operated(findings.operations, findings.policies))
    return [text for of in found for text in (_remark(of), _rolled_back(of)) if text]


def _rolled_back(of: Operated) -> str:
    if not of.rolled_back:
        return ""
    return f"{of.operation} was rolled back {of.rolled_back} of {of.begun} times under {of.policy}: it was no good"


def _remark(of: Operated) -> str:
    parts = []
    if of.given_up:
        parts.append(f"{of.given_up} of {of.begun} begun were given up")
    if of.held_up:
        parts.append(f"{of.held_up} of {of.begun} begun were held up by refused evictions until the end")
    if of.not_begun:
        parts.append(f"begun {of.begun} of {of.asked} times asked for, as the one before was not over")
    if of.replaced:
        parts.append(f"{of.replaced} of {of.begun} begun were not done when the next one took over")
    if of.unfinished > of.held_up and not of.done:
        parts.append(f"{of.unfinished - of.held_up} of {of.begun} begun were not done by the end")
    if not parts:
        return ""
    why = f"; {of.refused} evictions were refused, the last" if of.refused else "; refused"
    why = f"{why}: {of.last_refusal.rstrip('.')}" if of.last_refusal else ""
    return (
        f"{of.operation} did less than was asked for under {of.policy}: {'; '.join(parts)}{why}. "
        "What was not done took nothing away from the availability"
    )
