"""What policies may see: the state, read-only."""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from models.arrays import Ints
from models.labels import LabelSelector
from models.node import Resources, Taint, volume_limit
from models.pod import PodSpec
from simulator.state.nodes import NodeTable
from simulator.state.objects import PodClass
from simulator.state.objects.affinity import AffinityTerm

if TYPE_CHECKING:
    from simulator.scheduling.counts import Carried, PodCount, PodCounts
    from simulator.scheduling.storage import StorageView


NATIVE = ("cpu", "memory", "ephemeral-storage")
"""The resources that every node has; all others are scalar ones."""

Column = Any
"""One entry a row: integers, or truth values where the name says so. Operators work entry by entry."""


class NodeView:
    """Columns of all nodes, or of some `rows` of the table, one entry a row; not to be written to."""

    def __init__(self, table: NodeTable, rows: Ints | None = None) -> None:
        self._table = table
        self._rows = rows

    def __len__(self) -> int:
        return len(self._table) if self._rows is None else len(self._rows)

    def take(self, column: np.ndarray) -> Column:
        """The entries of a column of the whole table that belong to these rows."""
        return column if self._rows is None else column.take(self._rows)

    @property
    def pods(self) -> Column:
        """How many pods each node may hold."""
        return self.take(self._table.pods)

    @property
    def used_pods(self) -> Column:
        """How many pods each node holds, terminating ones included."""
        return self.take(self._table.used_pods)

    @property
    def has_volume_limits(self) -> bool:
        """Whether any node says how many volumes of some driver it takes."""
        return any(resource.startswith(volume_limit("")) for resource in self._table.other)

    def allocatable(self, resource: str) -> Column:
        """What pods may request of a resource: millicores, bytes, or whole ones; zeros where there is none."""
        return self.take(self._table.columns["allocatable"][resource])

    def used(self, resource: str) -> Column:
        """What the pods of each node, terminating ones included, request of a resource, in its unit."""
        return self.take(self._table.columns["used"][resource])

    def scored(self, resource: str) -> Column:
        """What scores go by: as `used`, with a default of CPU and memory for containers that request none."""
        return self.take(self._table.columns["scored"][resource])

    def host_ports(self, port: int, protocol: str) -> Mapping[str, Column]:
        """By host IP, how many pods there take this port of the node; only IPs that any pod took."""
        return {ip: self.take(column) for ip, column in self._table.host_ports.get((port, protocol), {}).items()}

    @property
    def taint_set(self) -> Column:
        """The number of each node's set of taints, an index into `ClusterView.taint_sets`."""
        return self.take(self._table.taint_set)

    @property
    def unschedulable(self) -> Column:
        """Whether the node is cordoned."""
        return self.take(self._table.unschedulable)

    # What plugins compute with columns, beyond the operators

    def minimum(self, column: Column, other: Column) -> Column:
        """The smaller of the two, entry by entry; either may be one number for all."""
        return np.minimum(column, other)

    def sqrt(self, column: Column) -> Column:
        """The square roots."""
        return np.sqrt(column)

    def whole(self, column: Column) -> Column:
        """As integers, without the fractions."""
        return column.astype(np.int64)


class NodeInfo(NodeView):
    """The view of a single node. Its columns are plain numbers, which are much faster than arrays of one entry."""

    def __init__(self, table: NodeTable, row: int) -> None:
        self._table = table
        self._columns = table.columns
        self._row = row

    def __len__(self) -> int:
        return 1

    def take(self, column: np.ndarray) -> Column:
        return column.item(self._row)

    def minimum(self, column: Column, other: Column) -> Column:
        return column if column < other else other

    def sqrt(self, column: Column) -> Column:
        return math.sqrt(column)

    def whole(self, column: Column) -> Column:
        return int(column)

    # Spelled out once more, because these make up half the cost of scheduling a pod.

    def allocatable(self, resource: str) -> Column:
        return self._columns["allocatable"][resource].item(self._row)

    def used(self, resource: str) -> Column:
        return self._columns["used"][resource].item(self._row)

    def scored(self, resource: str) -> Column:
        return self._columns["scored"][resource].item(self._row)


class PodView:
    """What a policy may know of the pod that is to be placed; equal for all pods of a template."""

    def __init__(self, pod_class: PodClass) -> None:
        self.spec: PodSpec = pod_class.spec
        self.labels: Mapping[str, str] = pod_class.labels
        self.namespace = pod_class.namespace
        self.priority = pod_class.spec.priority
        self.requests = pod_class.requests
        self.scored_requests = pod_class.scored_requests
        self.host_ports = pod_class.host_ports
        """(port, protocol, host IP)."""
        self.claims = pod_class.claims
        """(namespace, name) of the claims that all pods of the template use."""
        self.affinity = pod_class.affinity
        """Terms about other pods, namespaces and matchLabelKeys worked out."""
        self._pod_class = pod_class

    @cached_property
    def default_selector(self) -> LabelSelector | None:
        """Selects the pods, this one among them, that are spread by default; None if nothing does."""
        return _default_selector(self._pod_class)

    @property
    def allowed_nodes(self) -> Hashable:
        """Equal for pods whose nodeSelector and required node affinity are, which allow the same nodes."""
        return tuple(sorted(self.spec.node_selector.items())), self.spec.affinity.node_required

    @staticmethod
    def amounts(requests: Resources) -> list[tuple[str, int]]:
        """Requests by the name of the resource."""
        return [("cpu", requests.cpu), ("memory", requests.memory), *requests.other.items()]

    def scores_by(self, resource: str) -> bool:
        """Whether the pod is scored by a resource: by a scalar one (extended, hugepages) only if it asks for it.

        Source: pkg/scheduler/framework/plugins/noderesources/resource_allocation.go.
        """
        return resource in NATIVE or self.requests.amount(resource) > 0


def _default_selector(pod_class: PodClass) -> LabelSelector | None:
    """Selectors of the Services and of the owner, merged; a ReplicaSet's asks for the labels of this revision.

    DaemonSets do not count. The selector of StatefulSets and ReplicationControllers is taken to be their template's
    labels.

    Source: pkg/scheduler/framework/plugins/helper/spread.go (DefaultSelector).
    """
    wanted: dict[str, str] = {}
    for service in pod_class.services:
        wanted.update(service.spec.selector or {})
    match pod_class.workload.kind:
        case "Deployment" | "Rollout" | "ReplicaSet":
            wanted.update(pod_class.labels)
        case "StatefulSet" | "ReplicationController":
            wanted.update(pod_class.template.labels)
    return LabelSelector.of(wanted) if wanted else None


class RunningPod(NamedTuple):
    """A pod on a node, as preemption sees it."""

    uid: int
    priority: int
    start_time: float
    budgets: tuple[str, ...]
    """The budgets that its disruption would come out of."""


class DryRun(Protocol):
    """What a post-filter plugin may ask about a pod that fits nowhere. Nothing is changed by asking."""

    @property
    def disruptions_allowed(self) -> Mapping[str, int]:
        """By budget, how many disruptions it allows."""
        ...

    def potential_nodes(self) -> Sequence[int]:
        """The nodes where fewer pods may help, in the order in which to try them."""
        ...

    def pods_on(self, node: int) -> Sequence[RunningPod]:
        """The pods on `node`, in order of arrival."""
        ...

    def fits_without(self, node: int, uids: Collection[int]) -> bool:
        """Whether the pod would pass all filters on `node` if the pods `uids` were gone."""
        ...


class ClusterView:
    """What a policy may know of the cluster besides the columns."""

    def __init__(self, table: NodeTable, counts: "PodCounts", storage: "StorageView") -> None:
        self._table = table
        self._counts = counts
        self.storage = storage
        """Claims and volumes."""
        self.nodes = NodeView(table)
        """All nodes."""
        self.names = table.names
        self.labels = table.labels
        self.number_of_nodes = sum(table.exists)
        self.images = table.images
        """Per node, the images that it had at the start, by name, with their sizes in bytes."""

    @property
    def taint_sets(self) -> "list[frozenset[Taint]]":
        """The sets of taints that nodes carry; new ones are appended as they appear."""
        return self._table.taint_sets

    def count(self, namespace: str, selector: LabelSelector, topology_key: str) -> "PodCount":
        """The running count of matching pods that are not being deleted, by domain of `topology_key`."""
        return self._counts.of(namespace, selector, topology_key)

    def matching(self, terms: tuple[AffinityTerm, ...], topology_key: str) -> "PodCount":
        """The running count of pods that match all of the terms, those being deleted included."""
        return self._counts.matching(terms, topology_key)

    @property
    def carried(self) -> "Sequence[Carried]":
        """The affinity terms of pods that were ever bound; new ones are appended as they appear."""
        return self._counts.carried

    def carrying(self, carried: "Carried") -> "PodCount":
        """The running count of pods that carry an affinity term, by domain of its topology key."""
        return self._counts.carrying(carried)
