"""What logs of a live cluster say of how long things last: spells, some begun before the log or not over at its end."""

import math
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from experiments.fitting.lifetimes import Sample

Moment = tuple[float, float]
"""Something happened between these two instants, in seconds since 1970; both equal: just then."""
SAME = 60.0
"""Seconds: a spell that is not over, of an entity of which another begins within this time, is that one."""
SECOND = 1.0
"""What times in whole seconds may differ by."""
RESTART = 11.0
"""Seconds: so much later than it ended a container may start again, from which one source takes its end."""


class Quantity(NamedTuple):
    """Something that lasts, and where an experiment file says how long."""

    key: str
    name: str
    """For people, in the plural: "up-times of nodes"."""
    field: str
    """The field that takes its law."""
    of: str
    """What the field belongs to."""
    source: str
    """Where it can be read."""


NODE_UP = Quantity(
    *("nodes.timeToFailure", "up-times of nodes", "timeToFailure", "nodeCrash"),
    "NodeReady and NodeNotReady events, or the metric kube_node_status_condition",
)
NODE_DOWN = Quantity(
    *("nodes.timeToRepair", "repair times of nodes", "timeToRepair", "nodeCrash"),
    "NodeNotReady and NodeReady events, or the metric kube_node_status_condition",
)
CONTAINER_UP = Quantity(
    *("containers.timeToFailure", "times to crashes of containers", "timeToFailure", "containerCrash"),
    "Started events, `kubectl get pods`, or the metric kube_pod_container_status_restarts_total",
)
STARTUP = Quantity(
    *("startup", "start-up times, from Started to Ready", "startup", "behaviour"),
    "`kubectl get pods`, Unhealthy events after Started, or the metric kube_pod_status_ready",
)
PULL = Quantity(
    *("imagePull", "image pulls", "imagePull", "behaviour"),
    "Pulling and Pulled events",
)
QUANTITIES = (NODE_UP, NODE_DOWN, CONTAINER_UP, STARTUP, PULL)
"""Those that an experiment asks for."""


def problem(name: str, *, repair: bool = False) -> Quantity:
    """How long until a problem comes that node-problem-detector tells of, or how long it stays."""
    what, key = (
        (f"how long {name} lasts", "timeToRepair") if repair else (f"times to {name} of a node", "timeToFailure")
    )
    return Quantity(f"problems.{name}.{key}", what, key, name, "node-problem-detector")


def literal(text: str) -> str:
    """A text as it stands in a remark, where braces are for the number."""
    return text.replace("{", "{{").replace("}", "}}")


class Spell(NamedTuple):
    """Something of an entity that lasts."""

    quantity: Quantity
    entity: str
    began: Moment | None
    """None: before the log."""
    ended: Moment | None = None
    """None: not over when it was last seen."""
    seen_until: float | None = None
    """When it was last seen, if it was not over; None: at the end of the log."""
    completed: bool = False
    """It ended well, by nothing that its law is of: as far as that knows it was not over then."""


class Change(NamedTuple):
    """An entity goes down, or comes up again."""

    at: Moment
    down: bool


@dataclass
class Observations:
    """What readers have found so far."""

    spells: list[Spell] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)
    """Of nodes: when, and which; perhaps twice, by two sources."""
    to_end: set[str] = field(default_factory=set)
    """Pods that run to their end, namespace/name, as those of Jobs do: ends of their containers are no crashes."""
    remarks: Counter[str] = field(default_factory=Counter)
    """What is odd, or was left out -> how often. A sentence with {} where the number stands."""
    start: float = math.inf
    end: float = -math.inf
    events_from: float = math.inf
    """Since when there are Events: of these alone comes what began before they tell of it (`Spell.began` is None)."""
    failures_from: float = math.inf
    """Since when failures of nodes would have been told of: the first Event, or sample of a node."""
    resolution: float = 1.0
    """Seconds within which times are known."""

    def saw(self, *times: float) -> None:
        """The log tells of these instants: it is at least so long."""
        self.start, self.end = min(self.start, *times), max(self.end, *times)

    def add_changes(
        self,
        up: Quantity,
        down: Quantity,
        entity: str,
        changes: Iterable[Change],
        unknown: Iterable[tuple[float, float]] = (),
        seen: tuple[float, float] | None = None,
    ) -> None:
        """The spells between the changes of an entity; those in part within `unknown` times are left out.

        `seen`: from when to when it was watched, where that is not all of the log.
        """
        ordered = sorted(changes)
        blind = list(unknown)
        last = None if seen is None else seen[1]
        if up is NODE_UP:
            self.failures_from = min(self.failures_from, self.events_from if seen is None else seen[0])
        before: Change | None = None
        for change in ordered:
            self.saw(*change.at)
            quantity = up if change.down else down
            if before is not None and before.down == change.down:
                self.remarks["{} changes of state follow one of the same kind: what was between them is not known"] += 1
            elif before is not None and any(a < change.at[1] and b > before.at[0] for a, b in blind):
                self.remarks["{} spells left out: events in between give their first and last time only"] += 1
            elif before is not None or change.down:
                began = before.at if before else (seen[0], seen[0]) if seen else None
                self.spells.append(Spell(quantity, entity, began, change.at))
            else:
                self.remarks["{} repairs left out: they began before the log"] += 1
            if change.down and up is NODE_UP:
                self.failures.append((sum(change.at) / 2, entity))
            before = change
        if before is not None:
            self.spells.append(Spell(down if before.down else up, entity, before.at, None, last))

    def failures_once(self) -> list[tuple[float, str]]:
        """The failures of nodes in order of time; those of a node that follow each other at once are one."""
        found, last = list[tuple[float, str]](), dict[str, float]()
        for time, entity in sorted(self.failures):
            if time - last.get(entity, -math.inf) > max(SAME, self.resolution):
                found.append((time, entity))
                last[entity] = time
        return found

    def sample(self, quantity: Quantity, since: float | None, until: float) -> Sample:
        """The times of a quantity. What began before the log counts from `since`, as if it were new then; None: not.

        What was not over at `until` is censored there.
        """
        return Sample.of(self._times(quantity, since, until))

    def _times(self, quantity: Quantity, since: float | None, until: float) -> Iterator[tuple[float, float]]:
        for spell in _once(self._of(quantity)):
            began = spell.began or (None if since is None else (since, since))
            if began is None or began[0] > until or (spell.ended is not None and spell.ended[1] < began[0]):
                continue
            if spell.ended is not None and spell.ended[0] <= until and not spell.completed:
                yield max(0.0, spell.ended[0] - began[1]), max(0.0, spell.ended[1] - began[0])
                continue
            seen = spell.seen_until if spell.ended is None else spell.ended[0]
            yield max(0.0, (until if seen is None else min(until, seen)) - began[1]), math.inf

    def _of(self, quantity: Quantity) -> Iterator[Spell]:
        for spell in self.spells:
            if spell.quantity == quantity and not (
                quantity == CONTAINER_UP and spell.entity.rpartition("/")[0] in self.to_end
            ):
                yield spell

    def quantities(self) -> list[Quantity]:
        """Those that an experiment asks for, and the problems of nodes that were told of."""
        others = {spell.quantity for spell in self.spells} - set(QUANTITIES)
        return [*QUANTITIES, *sorted(others)]

    def entities(self, quantity: Quantity) -> int:
        """How many things it tells of."""
        return len({spell.entity for spell in self._of(quantity)})


def _once(spells: Iterable[Spell]) -> Iterator[Spell]:
    """Of spells that two sources tell of, or the same source twice, the one that is known best."""
    by_entity: dict[str, list[Spell]] = defaultdict(list)
    for spell in spells:
        by_entity[spell.entity].append(spell)
    for found in by_entity.values():
        kept: list[Spell] = []
        exact: list[Spell] = []  # those of them that are over, and known to the second in their beginning
        for spell in sorted(found, key=_exactness):
            if spell.ended is None:
                again = any(_same(spell.began, one.began) and not _is_over_before(one, spell) for one in kept)
            else:
                again = _is_told(spell, exact, kept)
            if not again:
                kept.append(spell)
                if spell.ended is not None and spell.began is not None and _is_exact(spell.began):
                    insort(exact, spell, key=lambda one: _began(one)[0])
        yield from kept


def _is_over_before(one: Spell, spell: Spell) -> bool:
    """Whether it ended before the other began: what crashes right after its start is started again, and lives on."""
    return one.ended is not None and spell.began is not None and one.ended[1] <= spell.began[0]


def _exactness(spell: Spell) -> tuple[bool, bool, bool, float, bool, Moment]:
    """What is known best comes first. An end that was watched says more than an exit code: who is killed may exit 0."""
    began, ended = _began(spell), spell.ended or (0.0, 0.0)
    vague = spell.ended is None, spell.began is None, not _is_exact(began)
    return *vague, ended[1] - ended[0], spell.completed, began


def _is_told(spell: Spell, exact: list[Spell], kept: list[Spell]) -> bool:
    """Whether it may be one of those that are kept: it begins and ends as that does, or ends so if it began before all.

    `exact`: those of them that it may begin like, in the order of their beginnings.
    """
    if spell.began is None:
        return any(_end_alike(spell, one) for one in kept)
    began = spell.began
    for one in exact[bisect_left(exact, began[0] - SECOND, key=lambda one: _began(one)[0]) :]:
        if _began(one)[0] > began[1] + SECOND:
            return False
        if _end_alike(spell, one):
            return True
    return False


def _end_alike(spell: Spell, other: Spell) -> bool:
    a, b = spell.ended, other.ended
    return a is not None and b is not None and a[0] <= b[1] + RESTART and b[0] <= a[1] + RESTART


def _began(spell: Spell) -> Moment:
    return spell.began or (-math.inf, -math.inf)


def _is_exact(moment: Moment) -> bool:
    return moment[0] == moment[1]


def _same(one: Moment | None, other: Moment | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one[0] - other[0]) <= SAME
