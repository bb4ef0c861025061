"""What policies may see: the state, read-only."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from models.labels import LabelSelector
from models.node import Taint
from models.pod import PodSpec
from simulator.nodes import Bools, Ints, NodeTable
from simulator.objects import PodClass

if TYPE_CHECKING:
    from simulator.scheduling.counts import PodCount, PodCounts


class NodeView:
    """Columns of all nodes, or of some `rows` of the table; every array has one entry a row. Not to be written to."""

    def __init__(self, table: NodeTable, rows: Ints | None = None) -> None:
        self._table = table
        self._rows = rows

    def __len__(self) -> int:
        return len(self._table) if self._rows is None else len(self._rows)

    def take(self, column: np.ndarray) -> np.ndarray:
        """The entries of a column of the whole table that belong to these rows."""
        return column if self._rows is None else column[self._rows]

    @property
    def cpu(self) -> Ints:
        """Allocatable millicores."""
        return self.take(self._table.cpu)

    @property
    def memory(self) -> Ints:
        """Allocatable bytes."""
        return self.take(self._table.memory)

    @property
    def pods(self) -> Ints:
        """How many pods fit."""
        return self.take(self._table.pods)

    @property
    def used_cpu(self) -> Ints:
        """Requested millicores of the pods there (terminating ones included)."""
        return self.take(self._table.used_cpu)

    @property
    def used_memory(self) -> Ints:
        """Requested bytes of the pods there."""
        return self.take(self._table.used_memory)

    @property
    def scored_cpu(self) -> Ints:
        """Requested millicores, with a default for containers that request none."""
        return self.take(self._table.scored_cpu)

    @property
    def scored_memory(self) -> Ints:
        """Requested bytes, with a default for containers that request none."""
        return self.take(self._table.scored_memory)

    @property
    def used_pods(self) -> Ints:
        """Number of pods there."""
        return self.take(self._table.used_pods)

    def other(self, resource: str) -> tuple[Ints, Ints]:
        """(allocatable, used) of another resource; zeros where no node has it."""
        if resource not in self._table.other:
            nothing = np.zeros(len(self), dtype=np.int64)
            return nothing, nothing
        return self.take(self._table.other[resource]), self.take(self._table.used_other[resource])

    @property
    def taint_set(self) -> Ints:
        """The number of each node's set of taints, an index into `ClusterView.taint_sets`."""
        return self.take(self._table.taint_set)

    @property
    def unschedulable(self) -> Bools:
        """Whether the node is cordoned."""
        return self.take(self._table.unschedulable)


class PodView:
    """What a policy may know of the pod that is to be placed; equal for all pods of a template."""

    def __init__(self, pod_class: PodClass) -> None:
        self.spec: PodSpec = pod_class.spec
        self.labels: Mapping[str, str] = pod_class.labels
        self.namespace = pod_class.namespace
        self.requests = pod_class.requests
        self.scored_requests = pod_class.scored_requests
        self.default_selector = _default_selector(pod_class)
        """Selects the pod's kin for the scheduler's default spreading; None if nothing does."""


def _default_selector(pod_class: PodClass) -> LabelSelector | None:
    """Selectors of the Services and of the owner, merged; a ReplicaSet's asks for the labels of this revision.

    DaemonSets do not count. A StatefulSet's selector is taken to be its template's labels.

    Source: pkg/scheduler/framework/plugins/helper/spread.go (DefaultSelector).
    """
    wanted: dict[str, str] = {}
    for service in pod_class.services:
        wanted.update(service.spec.selector or {})
    match pod_class.workload.kind:
        case "Deployment" | "ReplicaSet":
            wanted.update(pod_class.labels)
        case "StatefulSet":
            wanted.update(pod_class.template.labels)
    return LabelSelector.of(wanted) if wanted else None


class ClusterView:
    """What a policy may know of the cluster besides the columns."""

    def __init__(self, table: NodeTable, counts: "PodCounts") -> None:
        self._table = table
        self._counts = counts
        self.nodes = NodeView(table)
        """All nodes."""
        self.names = table.names
        self.labels = table.labels

    @property
    def taint_sets(self) -> "list[frozenset[Taint]]":
        """The sets of taints that nodes carry; new ones are appended as they appear."""
        return self._table.taint_sets

    def count(self, namespace: str, selector: LabelSelector, topology_key: str) -> "PodCount":
        """The running count of matching pods by domain of `topology_key`."""
        return self._counts.of(namespace, selector, topology_key)
