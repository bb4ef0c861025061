"""The objects with a spec: workloads, and what goes with them (budgets, autoscalers); and ReplicaSets."""

from collections import defaultdict
from typing import Any, TypeVar

from simulator.log import Kind
from simulator.state.objects import ReplicaSetState
from simulator.state.objects.record import Record
from simulator.state.transitions import Transitions

R = TypeVar("R", bound=Record)


class Workloads:
    """What controllers look after; it changes by the verbs below, whatever the kind."""

    def __init__(self, transitions: Transitions) -> None:
        self._emit = transitions.emit
        self._records: defaultdict[type[Record], list[Any]] = defaultdict(list)
        self._names: defaultdict[type[Record], list[str]] = defaultdict(list)
        self.replica_sets: list[ReplicaSetState] = []
        """Those that exist, of Deployments and alone."""
        self.replica_set_names: list[str] = []
        """By index, also of those that are gone."""

    def of(self, kind: type[R]) -> list[R]:
        """All records of this class, in order of creation."""
        return self._records[kind]

    def names_of(self, kind: type[Record]) -> list[str]:
        """The names of all records of this class that ever were, by index."""
        return self._names[kind]

    def add(self, record: Record) -> None:
        """A new object, of which its controller knows nothing yet."""
        self._records[type(record)].append(record)
        self._names[type(record)].append(record.spec.name)
        self._emit(record.GENERATION, record, record.index, 0, 1, 0)

    def remove(self, record: Record) -> None:
        """The object is gone: its generation is 0 from now on. Pods of it are for its controller to take away."""
        self._records[type(record)].remove(record)
        self._emit(record.GENERATION, record, record.index, record.generation, 0, 0)

    def update(self, record: Record, spec: object, cause: int) -> None:
        """The object gets another spec, whatever part of it changed."""
        for kind, old, new in record.renew(spec, cause):
            self._emit(kind, record, record.index, old, new, cause)
        record.generation += 1
        self._emit(record.GENERATION, record, record.index, record.generation - 1, record.generation, cause)

    def set_status(self, record: Record, kind: Kind, new: int, cause: int) -> None:
        """Sets what transitions of this kind tell of; the record says which attribute that is."""
        attribute = record.STATUS[kind]
        old = getattr(record, attribute)
        if old != new:
            setattr(record, attribute, new)
            self._emit(kind, record, record.index, old, new, cause)

    def scale(self, replica_set: ReplicaSetState, replicas: int, cause: int) -> None:
        """Sets spec.replicas of a ReplicaSet."""
        old = replica_set.desired
        if old != replicas:
            replica_set.desired = replicas
            self._emit(Kind.REPLICASET_DESIRED, replica_set, replica_set.index, old, replicas, cause)

    def add_replica_set(self, replica_set: ReplicaSetState) -> None:
        """A new ReplicaSet, with no pods yet."""
        self.replica_sets.append(replica_set)
        self.replica_set_names.append(replica_set.name)

    def remove_replica_set(self, replica_set: ReplicaSetState) -> None:
        """An empty ReplicaSet goes."""
        self.replica_sets.remove(replica_set)
