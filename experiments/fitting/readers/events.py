"""Events of Kubernetes (`kubectl get events -A -o json`): nodes, containers, pulls of images.

An Event counts what happened again, and gives the first and the last time only. Several dumps of the same Event, as
exporters keep them, tell more: times whose counts follow each other are all known. An API server keeps Events for an
hour (kube-apiserver --event-ttl), so a log has to be collected.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.fitting.observations import (
    CONTAINER_UP,
    NODE_DOWN,
    NODE_UP,
    PULL,
    STARTUP,
    Change,
    Moment,
    Observations,
    Spell,
)
from experiments.fitting.readers.reader import Record, reads
from experiments.fitting.shapes import instant
from models.input.problems import InputError

LONGEST_BACK_OFF = 300.0
"""Seconds that a kubelet waits at most before it starts a container again (pkg/kubelet, MaxContainerBackOff)."""
SOON = 2.0
"""Seconds in which it does without a back-off."""
PERIOD = 10.0
"""Seconds between probes, by default."""
LONGEST_START = 1800.0
"""Seconds: a probe that fails later is taken to be of a container that had started."""
_CONTAINER = re.compile(r"\{([^}]+)\}")
_CREATED = re.compile(r"^Created pod: (\S+)")
_PULLED = re.compile(r"\bin ((?:[0-9.]+(?:h|ms|m|s|us|µs))+)")
_UNIT = re.compile(r"([0-9.]+)(h|ms|m|us|µs|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}


@dataclass
class Series:
    """Something that happened, perhaps several times, to one object."""

    reason: str
    concerns: tuple[str, str, str, str]
    """Kind, namespace, name and uid of the object."""
    container: str
    message: str
    points: dict[int, float] = field(default_factory=dict)
    """How many times it had happened -> when the last of them was."""

    @property
    def times(self) -> list[float]:
        """When it is known to have happened."""
        return [self.points[count] for count in sorted(self.points)]

    @property
    def logged(self) -> float:
        """Since when it surely is in a log: an Event that counts has its first time still when that is long past."""
        return self.times[min(1, len(self.times) - 1)]

    @property
    def unknown(self) -> list[tuple[float, float]]:
        """Between which times it happened again, nobody knows when."""
        counts = sorted(self.points)
        return [(self.points[a], self.points[b]) for a, b in itertools.pairwise(counts) if b > a + 1]


def is_event(value: Mapping[str, Any]) -> bool:
    """Whether it is an Event, of either API."""
    return value.get("kind") == "Event" and ("involvedObject" in value or "regarding" in value)


@reads("events", is_event)
def read_events(records: Sequence[Record], found: Observations) -> None:
    """Nodes that were not Ready, containers that ended and started, pulls."""
    every = series_of(records)
    for one in every:
        found.saw(*one.times)
        found.events_from = min(found.events_from, one.logged)
    _nodes([one for one in every if one.reason in ("NodeReady", "NodeNotReady")], found)
    for one in every:
        if one.concerns[0] == "Job" and (created := _CREATED.search(one.message)):
            found.to_end.add(f"{one.concerns[1]}/{created[1]}")
    of_pods: dict[tuple[str, str, str, str], list[Series]] = defaultdict(list)
    for one in every:
        if one.concerns[0] == "Pod" and one.container:
            of_pods[(*one.concerns[1:], one.container)].append(one)
    probed = {key[0] + key[3] for key, of in of_pods.items() if any(_is_probe(one) for one in of)}
    for key, of in of_pods.items():
        entity = "/".join((key[0], key[1], key[3]))
        by_reason: dict[str, list[Series]] = defaultdict(list)
        for one in of:
            by_reason[one.reason].append(one)
        _lives(entity, by_reason, found)
        _start(entity, by_reason, key[0] + key[3] in probed, found)
        _pulls(entity, by_reason, found)


def series_of(records: Sequence[Record]) -> list[Series]:
    """The Events, those of one uid in several dumps together; raises InputError for those without a time."""
    made: dict[str, Series] = {}
    problems = []
    for record in records:
        value, metadata = record.value, record.value.get("metadata") or {}
        of = value.get("involvedObject") or value.get("regarding") or {}
        repeated = value.get("series") or {}
        last = instant(repeated.get("lastObservedTime")) or _time(value, "lastTimestamp", "deprecatedLastTimestamp")
        first = _time(value, "firstTimestamp", "deprecatedFirstTimestamp")
        happened = _time(value, "eventTime")
        first = first if first is not None else happened if happened is not None else last
        if first is None:
            problems.append(record.problem("expected a time: firstTimestamp, lastTimestamp or eventTime"))
            continue
        key = metadata.get("uid") or f"{metadata.get('namespace')}/{metadata.get('name')}/{first}"
        container = _CONTAINER.search(of.get("fieldPath") or "")
        concerns = tuple(of.get(name) or "" for name in ("kind", "namespace", "name", "uid"))
        one = made.setdefault(
            key,
            Series(
                value.get("reason") or "",
                (concerns[0], concerns[1], concerns[2], concerns[3]),
                container[1] if container else "",
                value.get("message") or value.get("note") or "",
            ),
        )
        count = max(repeated.get("count") or value.get("count") or value.get("deprecatedCount") or 1, 1)
        one.points.setdefault(1, first)
        if count > 1:
            one.points.setdefault(count, first if last is None else last)
    if problems:
        raise InputError(problems)
    return sorted(made.values(), key=lambda one: (one.times[0], one.concerns, one.reason, one.container))


def _time(value: Mapping[str, Any], *names: str) -> float | None:
    return next((found for name in names if (found := instant(value.get(name))) is not None), None)


def _nodes(every: Sequence[Series], found: Observations) -> None:
    changes: dict[str, list[Change]] = defaultdict(list)
    unknown: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in every:
        node = one.concerns[2]
        changes[node] += [Change((time, time), one.reason == "NodeNotReady") for time in one.times]
        unknown[node] += one.unknown
    for node in sorted(changes):
        found.add_changes(NODE_UP, NODE_DOWN, node, changes[node], unknown[node])


def _lives(entity: str, by_reason: Mapping[str, Sequence[Series]], found: Observations) -> None:
    """From each start of a container to its end."""
    starts = sorted(time for one in by_reason["Started"] for time in one.times)
    unknown = [pair for one in by_reason["Started"] for pair in one.unknown]
    killed = sorted((time, _is_failure(one)) for one in by_reason["Killing"] for time in one.times)
    held = LONGEST_BACK_OFF if by_reason["BackOff"] else SOON
    for start, after in itertools.zip_longest(starts, starts[1:]):
        if after is not None and any(a < after and b > start for a, b in unknown):
            found.remarks["{} lives of containers left out: events in between give their first and last time only"] += 1
            continue
        kill = next(((time, failed) for time, failed in killed if time >= start and time <= (after or time)), None)
        ended: Moment | None = None
        if kill is not None and kill[1]:
            ended = kill[0], kill[0]
        elif after is not None:
            ended = max(start, after - held), after
        last = kill[0] if kill is not None else None
        found.spells.append(Spell(CONTAINER_UP, entity, (start, start), ended, last))


def _is_failure(one: Series) -> bool:
    """Whether a container was killed since it failed; else somebody wanted its pod away."""
    return "failed liveness probe" in one.message or "failed startup probe" in one.message


def _is_probe(one: Series) -> bool:
    return one.reason == "Unhealthy" and one.message.startswith(("Readiness probe", "Startup probe"))


def _start(entity: str, by_reason: Mapping[str, Sequence[Series]], probed: bool, found: Observations) -> None:
    """From the first start to the first probe that did not fail: between the last that did and the next."""
    if not probed or not by_reason["Started"]:
        return
    start = by_reason["Started"][0].times[0]
    failed = [time - start for one in by_reason["Unhealthy"] if _is_probe(one) for time in one.times]
    if late := [after for after in failed if after > LONGEST_START]:
        found.remarks["{} failed probes are not of a start"] += len(late)
    last = max((after for after in failed if 0 <= after <= LONGEST_START), default=0.0)
    found.spells.append(Spell(STARTUP, entity, (start, start), (start + last, start + last + PERIOD)))
    found.remarks["start-up of {} containers is known to a probe's period, taken to be 10 s"] += 1


def _pulls(entity: str, by_reason: Mapping[str, Sequence[Series]], found: Observations) -> None:
    pulled = [one for one in by_reason["Pulled"] if "already present" not in one.message]
    found.remarks["{} images were on the node already, which is no pull"] += len(by_reason["Pulled"]) - len(pulled)
    failed = [one for one in by_reason["Failed"] if one.message.startswith("Failed to pull image")]
    found.remarks["{} pulls failed, which is told of no law: registryOutage, or images.missing"] += len(failed)
    for one in pulled:
        end = one.times[0]
        began = max((s.times[0] for s in by_reason["Pulling"] if s.times[0] <= end), default=None)
        if said := _PULLED.search(one.message):
            seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in _UNIT.findall(said[1]))
            found.spells.append(Spell(PULL, f"{entity} {end:.0f}", (end - seconds, end - seconds), (end, end)))
        elif began is not None:
            around = max(began, end - 1), end + 1  # both are in whole seconds
            found.spells.append(Spell(PULL, f"{entity} {end:.0f}", (began, began), around))
    if by_reason["Pulling"] and not by_reason["Pulled"] and not failed:
        began = by_reason["Pulling"][0].times[0]
        found.spells.append(Spell(PULL, entity, (began, began)))
