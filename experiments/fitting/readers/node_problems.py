"""What node-problem-detector tells: Events of its monitors, and conditions of Nodes.

A problem that passes is an Event with a reason (OOMKilling, TaskHung); one that stays is a condition of the Node
(KernelDeadlock, ReadonlyFilesystem), with an Event when it changes. Conditions also tell since when a node is Ready.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.fitting.observations import NODE_DOWN, NODE_UP, Change, Observations, Spell, problem
from experiments.fitting.readers.events import is_event, series_of
from experiments.fitting.readers.reader import Record, reads
from experiments.fitting.shapes import instant

_CONDITION = re.compile(r"Node condition (\w+) is now: (True|False|Unknown)")
_OF_NODES = {"NodeReady", "NodeNotReady"}
_QUIET = {"MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"}
"""Conditions of the kubelet: told of only where they are true."""


def _is_problem(value: Mapping[str, Any]) -> bool:
    if not is_event(value):
        return False
    by = value.get("source") or value.get("deprecatedSource") or {}
    source = by.get("component") or value.get("reportingComponent") or value.get("reportingController") or ""
    return bool(source.endswith("-monitor") or source == "node-problem-detector")


@reads("node-problem-detector events", _is_problem)
def read_problem_events(records: Sequence[Record], found: Observations) -> None:
    """Problems that came, and conditions that changed."""
    changes: dict[tuple[str, str], list[Change]] = defaultdict(list)
    unknown: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for one in series_of(records):
        node = one.concerns[2]
        if one.reason in _OF_NODES:
            continue
        condition = _CONDITION.search(one.message)
        key = node, condition[1] if condition else one.reason
        if condition:
            changes[key] += [Change((time, time), condition[2] == "True") for time in one.times]
        else:
            changes[key] += [Change((time, time), True) for time in one.times]
        unknown[key] += one.unknown
    for (node, name), of in sorted(changes.items()):
        if all(change.down for change in of):
            _recurring(node, name, sorted(change.at[0] for change in of), found)
        else:
            found.add_changes(problem(name), problem(name, repair=True), node, of, unknown[node, name])


def _recurring(node: str, name: str, times: Sequence[float], found: Observations) -> None:
    """A problem without an end: from one to the next."""
    found.saw(*times)
    for before, after in zip([None, *times], [*times, None], strict=True):
        began = None if before is None else (before, before)
        found.spells.append(Spell(problem(name), node, began, None if after is None else (after, after)))


@reads("nodes", lambda value: value.get("kind") == "Node")
def read_conditions(records: Sequence[Record], found: Observations) -> None:
    """Since when each node is Ready or not, and has a problem or not."""
    for record in records:
        name = (record.value.get("metadata") or {}).get("name") or ""
        for condition in (record.value.get("status") or {}).get("conditions") or ():
            kind, true = str(condition.get("type")), condition.get("status") == "True"
            since, seen = instant(condition.get("lastTransitionTime")), instant(condition.get("lastHeartbeatTime"))
            if since is None or (kind in _QUIET and not true):
                continue
            found.saw(since, *([seen] if seen is not None else []))
            down = not true if kind == "Ready" else true
            up, repair = (NODE_UP, NODE_DOWN) if kind == "Ready" else (problem(kind), problem(kind, repair=True))
            found.spells.append(Spell(repair if down else up, name, (since, since)))
