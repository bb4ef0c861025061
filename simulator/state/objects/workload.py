"""Workloads: what makes pods, and the luck that goes with each replica."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush, nsmallest

import numpy as np

from models.distributions import Distribution, Fixed


class Slot:
    """The place of one replica in its workload: who fills it inherits its luck.

    Streams are named by slot, not by pod, so that the n-th replica meets the same luck under every policy.
    """

    __slots__ = ("_make_stream", "_streams", "index", "name")

    def __init__(self, workload: str, index: int, make_stream: Callable[[str], np.random.Generator]) -> None:
        self.name = f"{workload}/{index}"
        self.index = index
        self._make_stream = make_stream
        self._streams: dict[str, np.random.Generator] = {}

    def stream(self, purpose: str) -> np.random.Generator:
        """The slot's stream for one purpose ("startup", "failure/oom/server", ...)."""
        stream = self._streams.get(purpose)
        if stream is None:
            stream = self._streams[purpose] = self._make_stream(f"{purpose}/{self.name}")
        return stream

    def draw(self, purpose: str, law: Distribution) -> float:
        """One sample of `law` from the slot's stream for this purpose (a constant needs none)."""
        return law.value if isinstance(law, Fixed) else law.sample(self.stream(purpose))


class Workload:
    """Whatever makes pods: a Deployment, a ReplicaSet of its own, a pod of its own."""

    __slots__ = ("_free", "_make_stream", "_path", "_slots", "index", "kind", "name", "namespace")

    def __init__(
        self, index: int, kind: str, namespace: str, name: str, make_stream: Callable[[str], np.random.Generator]
    ) -> None:
        self.index = index
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self._path = f"{kind}/{namespace}/{name}"
        self._make_stream = make_stream
        self._slots: list[Slot] = []
        self._free: list[int] = []

    def __str__(self) -> str:
        return self._path

    def take_slot(self) -> Slot:
        """The free slot with the lowest number."""
        return self._slots[heappop(self._free)] if self._free else self._new_slot()

    def take_slot_number(self, number: int) -> Slot:
        """The slot with this number, which must be free (ordinals of StatefulSets, nodes of DaemonSets)."""
        while len(self._slots) < number:
            self.free_slot(self._new_slot())
        if number == len(self._slots):
            return self._new_slot()
        self._free.remove(number)
        heapify(self._free)
        return self._slots[number]

    def has_free(self, number: int) -> bool:
        """Whether nobody has the slot with this number."""
        return number >= len(self._slots) or number in self._free

    def next_slots(self, number: int) -> list[str]:
        """The names of the slots that the next replicas take."""
        free = nsmallest(number, self._free)
        new = range(len(self._slots), len(self._slots) + number - len(free))
        return [f"{self._path}/{index}" for index in (*free, *new)]

    def _new_slot(self) -> Slot:
        slot = Slot(self._path, len(self._slots), self._make_stream)
        self._slots.append(slot)
        return slot

    def free_slot(self, slot: Slot) -> None:
        """Gives a slot back; each is given back once."""
        heappush(self._free, slot.index)
