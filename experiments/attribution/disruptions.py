"""Disruptions: what a strike took away from a Service, and how long it took until all of that was back.

A disruption of a Service is a longest stretch of time in which replicas that are desired do not answer because of one
cause: a failure mode or operation at one subject (a node, a zone, a workload). It begins when the first of them is
missing and is over when none is missing for that cause any more: then it has recovered. A strike at what is still
disrupted by the same belongs to it. Disruptions by different causes are told apart also while they overlap, and each of
them says with which others it did.
"""

import json
import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.attribution.losses import Loss, mode_of
from experiments.attribution.stages import Spell, Stage
from experiments.metrics.column import Column, columns
from models.arrays import Floats
from simulator.stories.disruption_kind import DisruptionKind

COLUMNS = columns(
    Column("cause", str, "Failure mode or operation."),
    Column("kind", str, f"What it strikes: {', '.join(DisruptionKind)}."),
    Column("times", int, "Disruptions: how often it took replicas of the Service away, outage or not."),
    Column(
        "missing_s",
        float,
        "Seconds that the disruptions lasted in all, from the first replica that went to the last one back.",
    ),
    Column("lengths_s", str, "The same of each, in the order of their beginnings, as a JSON list of seconds."),
    Column("begun_before", int, "So many of them, the first ones, were under way when the measured window began."),
    Column("not_over", str, "Which of them were under way when it ended: their numbers, from 0, as a JSON list."),
    Column("replica_s", str, "Replica-seconds missing due to each, as a JSON list."),
    Column("downtimes_s", str, "Seconds without availability due to each, as in `losses`, as a JSON list."),
    Column("beside", str, "With how many of them one by another cause overlapped, by that cause, as a JSON object."),
)
"""Columns of `disruptions`, beside policy, replication and Service: a row for each cause."""


@dataclass(slots=True)
class Disruption:
    """What one cause ("mode/subject") took away, from the first replica that went to the last one back."""

    cause: str
    start: float
    end: float
    replica_s: float = 0.0
    lost_s: float = 0.0
    beside: set[str] = field(default_factory=set)
    """The failure modes and operations of other disruptions that overlap with it."""


def disruptions(
    spells: Iterable[Spell], losses: Iterable[Loss], outages: Floats, start: float, end: float
) -> list[Disruption]:
    """The disruptions of one Service in [start, end), in the order of their beginnings, by the replicas that it lacks.

    Those that were under way at `start` have the beginning that they had; what was missing before does not count.
    `losses` are those of its `outages`, start and end. What is lost to a cause in an outage that several of its
    disruptions overlap with is shared by the overlap.
    """
    by_cause: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    scaled_down = Stage.SCALED_DOWN
    for begin, over, cause, stage in spells:
        if cause and begin < end and stage is not scaled_down:
            by_cause[cause].append((begin, min(over, end)))
    found = {
        cause: [one for one in _joined(cause, sorted(stretches), start) if one.end > start]
        for cause, stretches in by_cause.items()
    }
    for loss in losses:
        if loss.stage is not scaled_down:
            _lose(loss.seconds, found.get(loss.cause, ()), *outages[loss.outage].tolist())
    ordered = sorted((one for ones in found.values() for one in ones), key=lambda one: one.start)
    _meet(ordered)
    return ordered


def _joined(cause: str, stretches: Sequence[tuple[float, float]], since: float) -> Iterator[Disruption]:
    """A disruption for each group of stretches, in the order of their starts, that overlap or touch."""
    current = Disruption(cause, *stretches[0])
    for start, end in stretches:
        if start > current.end:
            yield current
            current = Disruption(cause, start, end)
        elif end > current.end:
            current.end = end
        if end > since:
            current.replica_s += end - max(start, since)
    yield current


def _lose(seconds: float, ones: Sequence[Disruption], start: float, end: float) -> None:
    """Shares the seconds of an outage by the disruptions of one cause, in their order, that overlap with it."""
    first, last = bisect_right(ones, start, key=lambda one: one.end), bisect_left(ones, end, key=lambda one: one.start)
    overlaps = {i: min(ones[i].end, end) - max(ones[i].start, start) for i in range(first, last)}
    whole = math.fsum(overlaps.values())
    for i, overlap in overlaps.items():
        ones[i].lost_s += seconds * overlap / whole


def _meet(ordered: Sequence[Disruption]) -> None:
    """Has each know the others that it overlaps with; those that follow each other at a moment do not."""
    under_way: list[Disruption] = []
    for one in ordered:
        under_way = [other for other in under_way if other.end > one.start]
        for other in under_way:
            one.beside.add(mode_of(other.cause))
            other.beside.add(mode_of(one.cause))
        under_way.append(one)


def table(
    found: Mapping[str, Sequence[Disruption]], kinds: Mapping[str, DisruptionKind], start: float, end: float
) -> list[dict[str, Any]]:
    """The disruptions of each Service in [start, end), as rows of a table; what came before and after is cut off."""
    rows = []
    for service, ones in found.items():
        by_mode: defaultdict[str, list[Disruption]] = defaultdict(list)
        for one in ones:
            by_mode[mode_of(one.cause)].append(one)
        for mode in sorted(by_mode):
            mine = by_mode[mode]
            lengths = [min(one.end, end) - max(one.start, start) for one in mine]
            beside = Counter(other for one in mine for other in one.beside)
            row = {
                "service": service,
                "cause": mode,
                "kind": str(kinds.get(mode, DisruptionKind.OTHER)),
                "times": len(mine),
                "missing_s": math.fsum(lengths),
                "lengths_s": json.dumps(lengths),
                "begun_before": sum(one.start < start for one in mine),
                "not_over": json.dumps([i for i, one in enumerate(mine) if one.end >= end]),
                "replica_s": json.dumps([one.replica_s for one in mine]),
                "downtimes_s": json.dumps([one.lost_s for one in mine]),
                "beside": json.dumps(dict(sorted(beside.items()))),
            }
            rows.append(row)
    return rows
