"""Transitions: what the parts of the state tell of every change."""

from collections.abc import Callable
from typing import Any

from simulator.kernel import Kernel
from simulator.log import Kind, TransitionLog, packed

Listener = Callable[[Any, int, int], None]
"""(the record or node index that changed, its new value, the cause)."""


class _Listeners(dict[type, list[Listener]]):
    """Those who listen to one kind, in the order of listening: by the class of what owns the pod that changed."""

    def __init__(self) -> None:
        self._all: list[tuple[Listener, type]] = []

    def add(self, listener: Listener, owner: type) -> None:
        self._all.append((listener, owner))
        for owner_class, listeners in self.items():
            if issubclass(owner_class, owner):
                listeners.append(listener)

    def __missing__(self, owner_class: type) -> list[Listener]:
        listeners = self[owner_class] = [each for each, owner in self._all if issubclass(owner_class, owner)]
        return listeners


class Transitions:
    """Appends each transition to the log, if there is one, and tells those who listen to its kind."""

    def __init__(self, kernel: Kernel, log: TransitionLog | None) -> None:
        self._kernel = kernel
        self._add = log.add if log is not None else None
        self._causes: list[str] = [""] if log is None else log.causes
        self._cause_ids = {"": 0}
        self._listeners = [_Listeners() for _ in Kind]
        self.count = 0
        """How many there were."""

    def listen(self, kind: Kind, listener: Listener, owner: type = object) -> None:
        """Calls `listener` after each transition of this kind, in the order of listening.

        Of pods it may ask for those alone that have an owner of one class (None has one, too).
        """
        self._listeners[kind].add(listener, owner)

    def cause(self, name: str) -> int:
        """The number of the cause with this name."""
        known = self._cause_ids.get(name)
        if known is None:
            known = self._cause_ids[name] = len(self._causes)
            self._causes.append(name)
        return known

    def emit(
        self, kind: Kind, subject: object, number: int, old: int, new: int, cause: int, owner_class: type = object
    ) -> None:
        """To be called right after a change: of whom (the listeners get the subject, the log its number), and why.

        Of a pod also the class of its owner.
        """
        self.count += 1
        if self._add is not None:
            self._add(packed(self._kernel.now, old, new, number, cause, kind))
        for listener in self._listeners[kind][owner_class]:
            listener(subject, new, cause)
