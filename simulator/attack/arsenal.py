"""What may be done to a simulation: the failures that could strike in it now, and the operations."""

import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.hazards import Clock
from simulator.simulation import Simulation
from simulator.stories.protocols import FailureMode, Operation

REPAIRS = 0.95
"""The quantile of its law that every repair takes: as long as 19 of 20 do."""


@dataclass(frozen=True, order=True)
class Action:
    """One failure or operation, at what it strikes."""

    name: str
    """The user's name for the failure mode or operation."""
    subject: str
    """A node, a zone, a replica's place and its container, a workload; as causes name it."""
    bad: bool = False
    """Whether the release or the change that it brings is no good."""

    def __str__(self) -> str:
        bad = " (no good)" if self.bad else ""
        return f"{self.name} of {self.subject}{bad}" if self.subject else f"{self.name}{bad}"


class Arsenal:
    """The failure modes and operations of a simulation, in which nothing strikes unless it is told to."""

    def __init__(
        self, simulation: Simulation, failures: Sequence[FailureMode], operations: Sequence[Operation]
    ) -> None:
        """Begins them. The simulation stands at its time 0.

        Operations that have no time of their own, since they follow from what happens, do so here, too.
        """
        self._simulation = simulation
        simulation.hazards.by_hand = True
        simulation.hazards.repairs.quantile = REPAIRS
        self._operations = {one.name: one for one in operations if _has_time(one)}
        simulation.begin(failures, [one for one in operations if not _has_time(one)])

    @property
    def failures(self) -> set[str]:
        """The names of the failure modes that could strike something."""
        return {clock.mode for clock in self._simulation.hazards.running}

    @property
    def operations(self) -> set[str]:
        """The names of the operations that could be begun."""
        return set(self._operations)

    def subjects_of_operations(self) -> dict[str, list[str]]:
        """By operation: all that it could be begun at. To be asked once, in a simulation that is not used further."""
        found: dict[str, list[str]] = {name: [] for name in self._operations}

        def note(mode: str, subject: str) -> bool:
            found[mode].append(subject)
            return False

        for operation in self._operations.values():
            self._install(operation, note)
        return found

    def possible(self, of_operations: Mapping[str, Sequence[str]]) -> list[Action]:
        """All that could be done now, in a fixed order."""
        failures = sorted((Action(mode, subject) for mode, subject in self._clocks()), key=_order)
        nodes = self._simulation.state.nodes
        operations = (
            Action(name, subject, bad)
            for name, operation in self._operations.items()
            for subject in of_operations.get(name, ())
            if subject not in nodes.index or nodes.exists[nodes.index[subject]]
            for bad in _outcomes(operation)
        )
        return [*failures, *operations]

    def do(self, action: Action) -> bool:
        """Does it now; False if that is not possible any more."""
        if action.name in self._operations:
            told: list[str] = []

            def only(mode: str, subject: str) -> bool:
                told.extend([subject] if subject == action.subject else [])
                return subject == action.subject

            self._install(_as(self._operations[action.name], action.bad), only)
            return bool(told)
        clock = self._clocks().get((action.name, action.subject))
        if clock is None:
            return False
        clock.force()
        return True

    def _clocks(self) -> dict[tuple[str, str], Clock]:
        """Those that run, by what they strike: the first of several."""
        found: dict[tuple[str, str], Clock] = {}
        for clock in self._simulation.hazards.running:
            found.setdefault((clock.mode, clock.subject), clock)
        return found

    def _install(self, operation: Operation, tells: Any) -> None:
        """Has it begin now, at the subjects that `tells` wants."""
        world = self._simulation.world
        times = {"at": world.elapsed, "every": None, "calendar": None}
        usual, world.tells = world.tells, tells
        try:
            dataclasses.replace(operation, **_known(operation, times)).install(world)  # type: ignore[type-var]
        finally:
            world.tells = usual


@functools.cache
def _fields(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(kind))


def _known(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that the operation has a field for."""
    return {name: value for name, value in values.items() if name in _fields(type(operation))}


def _has_time(operation: Operation) -> bool:
    """Whether it is begun at times that people choose."""
    return "at" in _fields(type(operation))


def _chance(operation: Any) -> float:
    """How likely what the operation brings is to be no good."""
    bad = getattr(operation, "bad", None)
    return float(getattr(operation, "bad_probability", 0.0) if bad is None else bad.probability)


def _outcomes(operation: Operation) -> Iterator[bool]:
    """Whether what it brings may be good, and whether it may be no good."""
    chance = _chance(operation)
    if chance < 1:
        yield False
    if chance > 0:
        yield True


def _as(operation: Any, bad: bool) -> Any:
    """The operation, what it brings being no good for certain, or good."""
    chance = 1.0 if bad else 0.0
    if getattr(operation, "bad", None) is not None:
        return dataclasses.replace(operation, bad=dataclasses.replace(operation.bad, probability=chance))
    return dataclasses.replace(operation, **_known(operation, {"bad_probability": chance}))


def _order(action: Action) -> tuple[str, list[tuple[bool, int, str]]]:
    """By name, then by subject, numbers in it by their value."""
    parts: Iterable[str] = re.findall(r"\d+|\D+", action.subject)
    return action.name, [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
