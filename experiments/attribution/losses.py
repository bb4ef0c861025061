"""Every lost second by cause and stage.

A second of an outage is shared evenly by the replicas that are missing then. With a single replica that is the obvious
answer. With several, any one of them back would have helped as much as any other, and nobody can say which of them was
"the" reason; so the cause that had more of them down bears more. An outage in which no replica is missing is one of a
predicate that asks for more than is desired: whoever scaled down last is the cause, or nobody, if more never were.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.attribution.stages import Spell, Stage
from experiments.metrics.column import Column, columns
from models.arrays import Floats

_Why = tuple[str, Stage]
_NEVER_ENOUGH: Counter[_Why] = Counter({("", Stage.NOT_CREATED): 1})
_ORDER = {stage: number for number, stage in enumerate(Stage)}


class Loss(NamedTuple):
    """Seconds of one outage that are due to one cause in one stage."""

    outage: int
    """Its number within the Service, from 0."""
    cause: str
    """Failure mode or operation and what it struck, as "mode/subject"; "" if nothing broke."""
    stage: Stage
    seconds: float


def mode_of(cause: str) -> str:
    """The failure mode or operation of a cause "mode/subject"; "" if nothing broke."""
    return cause.partition("/")[0]


def attribute(missing: Sequence[Spell], outages: Floats) -> list[Loss]:
    """The losses of one Service: of its `missing` replicas in its outages, shape (n, 2), start and end.

    The losses of one outage sum to its length exactly (`math.fsum`). They come in the order of outages, and within one
    in the order of stages and causes.
    """
    found: list[Loss] = []
    for number, spells in enumerate(_by_outage(missing, outages) if len(outages) else ()):
        shares = _share(float(outages[number, 0]), float(outages[number, 1]), spells)
        found += [Loss(number, cause, stage, seconds) for (cause, stage), seconds in shares]
    return found


def _by_outage(spells: Sequence[Spell], outages: Floats) -> list[list[Spell]]:
    """The spells that overlap each outage."""
    bounds = np.array([spell[:2] for spell in spells]).reshape(-1, 2)
    first = np.searchsorted(outages[:, 1], bounds[:, 0], side="right").tolist()
    last = np.searchsorted(outages[:, 0], bounds[:, 1], side="left").tolist()
    found: list[list[Spell]] = [[] for _ in outages]
    for spell, begin, end in zip(spells, first, last, strict=True):
        for number in range(begin, end):
            found[number].append(spell)
    return found


def _share(start: float, end: float, spells: Iterable[Spell]) -> list[tuple[_Why, float]]:
    """The seconds of one outage by reason.

    That fewer replicas are desired is a reason only while none of those desired is missing, and as long as there were
    enough before: an outage that was there with more of them is not of who took some away.
    """
    edges = [(end, "", Stage.NOT_CREATED, 0)]
    for spell in spells:
        edges.append((max(spell.start, start), spell.cause, spell.stage, 1))
        edges.append((min(spell.end, end), spell.cause, spell.stage, -1))
    edges.sort(key=lambda edge: edge[0])
    parts: defaultdict[_Why, list[float]] = defaultdict(list)
    missing: Counter[_Why] = Counter()
    cut: Counter[_Why] = Counter()
    was_enough = True
    now = start
    for time, cause, stage, change in edges:
        if time > now:
            was_enough = was_enough and bool(missing or cut)
            counted = missing or (cut if was_enough else _NEVER_ENOUGH)
            total = counted.total()
            for why, count in counted.items():
                parts[why].append((time - now) * (count / total))
            now = time
        held = cut if stage is Stage.SCALED_DOWN else missing
        held[cause, stage] += change
        if not held[cause, stage]:
            del held[cause, stage]
    return _exact(end - start, {why: math.fsum(found) for why, found in parts.items()})


def _exact(length: float, seconds: dict[_Why, float]) -> list[tuple[_Why, float]]:
    """The seconds by reason, in the order of stages and causes, mended to sum to `length` exactly (`math.fsum`).

    The largest takes the rounding, and the smallest what is finer than the largest can take.
    """
    ordered = sorted(seconds, key=lambda why: (seconds[why], why))
    for why in (ordered[-1], ordered[0]):
        seconds[why] += math.fsum([length, *(-part for part in seconds.values())])
    return sorted(seconds.items(), key=lambda item: (_ORDER[item[0][1]], item[0][0]))


COLUMNS = columns(
    Column(
        "cause", str, "Failure mode or operation; empty if nothing broke: the workload's own doing, as at its start."
    ),
    Column("stage", str, f"What the missing replicas waited for: {', '.join(Stage)}."),
    Column("lost_s", float, "Seconds of downtime due to this cause in this stage; they sum to downtime_s of the runs."),
    Column("lengths_s", str, "The same by outage, those without any left out, as a JSON list of seconds."),
)
"""Columns of `losses`, beside policy, replication and Service: a row for each cause and stage."""


def table(losses: Mapping[str, Sequence[Loss]]) -> list[dict[str, Any]]:
    """What `attribute` found, as rows of a table: a row for each Service, cause (what it struck left out) and stage."""
    rows = []
    for service, lost in losses.items():
        by_outage: defaultdict[_Why, defaultdict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        for one in lost:
            by_outage[mode_of(one.cause), one.stage][one.outage].append(one.seconds)
        for cause, stage in sorted(by_outage, key=lambda why: (why[0], _ORDER[why[1]])):
            lengths = [math.fsum(parts) for parts in by_outage[cause, stage].values()]
            row = {"service": service, "cause": cause, "stage": str(stage)}
            rows.append(row | {"lost_s": math.fsum(lengths), "lengths_s": json.dumps(lengths)})
    return rows
