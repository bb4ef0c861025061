"""The nodes, in columns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.node import Node, Taint

if TYPE_CHECKING:
    from simulator.state.objects import PodClass, PodState

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


FALSE, TRUE, UNKNOWN = 0, 1, 2
"""The Ready condition of a node."""


class NodeTable:
    """One row a node; a column per quantity. Only `ClusterState` changes it.

    `journal` lists the rows of which a column changed, in order, `taint_journal` those whose taints did, so that what
    was computed from the columns can be brought up to date at the cost of what changed.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.names = tuple(node.name for node in nodes)
        self.index = {name: i for i, name in enumerate(self.names)}
        self.labels = tuple(dict(node.labels) for node in nodes)
        self.regions_and_zones = tuple((node.region, node.zone) for node in nodes)
        self.cpu = np.array([node.allocatable.cpu for node in nodes], dtype=np.int64)
        self.memory = np.array([node.allocatable.memory for node in nodes], dtype=np.int64)
        self.pods = np.array([node.pods for node in nodes], dtype=np.int64)
        self.used_cpu = np.zeros(len(nodes), dtype=np.int64)
        self.used_memory = np.zeros(len(nodes), dtype=np.int64)
        self.used_pods = np.zeros(len(nodes), dtype=np.int64)
        # The same with a default for every container that requests none: what the scheduler scores by.
        self.scored_cpu = np.zeros(len(nodes), dtype=np.int64)
        self.scored_memory = np.zeros(len(nodes), dtype=np.int64)
        others = sorted({name for node in nodes for name in node.allocatable.other})
        self.other = {
            name: np.array([node.allocatable.other.get(name, 0) for node in nodes], dtype=np.int64) for name in others
        }
        self.used_other = {name: np.zeros(len(nodes), dtype=np.int64) for name in others}
        nothing = np.zeros(len(nodes), dtype=np.int64)
        self.columns = {
            "allocatable": defaultdict(lambda: nothing, {"cpu": self.cpu, "memory": self.memory, **self.other}),
            "used": defaultdict(lambda: nothing, {"cpu": self.used_cpu, "memory": self.used_memory, **self.used_other}),
            "scored": defaultdict(
                lambda: nothing, {"cpu": self.scored_cpu, "memory": self.scored_memory, **self.used_other}
            ),
        }
        """By kind, "allocatable", "used" or "scored", and by resource; zeros if no node has it."""
        self.taint_sets: list[frozenset[Taint]] = []
        self._taint_set_ids: dict[frozenset[Taint], int] = {}
        self.taint_set = np.array([self.taint_set_id(node.taints) for node in nodes], dtype=np.int64)
        self.unschedulable = np.array([node.unschedulable for node in nodes], dtype=np.bool_)
        self.images = tuple(node.images for node in nodes)
        self.host_ports: dict[tuple[int, str], dict[str, Ints]] = {}
        """By port and protocol, and by host IP, on how many pods of a node it is taken; only what any pod took."""
        self.powered = [True] * len(nodes)
        self.down_causes: list[dict[object, int]] = [{} for _ in nodes]
        self.silent_causes: list[dict[object, int]] = [{} for _ in nodes]
        """Why a kubelet that has power is cut off from the API server."""
        self.reporting = [True] * len(nodes)
        self.healthy = [True] * len(nodes)
        self.ready = [1] * len(nodes)
        self.running: list[dict[int, PodState]] = [{} for _ in nodes]
        self.journal: list[int] = []
        self.taint_journal: list[int] = []

    def __len__(self) -> int:
        return len(self.names)

    def taint_set_id(self, taints: Iterable[Taint]) -> int:
        """The number of this set of taints; equal sets have equal numbers."""
        key = frozenset(taints)
        known = self._taint_set_ids.get(key)
        if known is None:
            known = self._taint_set_ids[key] = len(self.taint_sets)
            self.taint_sets.append(key)
        return known

    def use(self, node: int, pod_class: "PodClass", sign: int) -> None:
        """The node holds one pod of this template more (sign 1) or fewer (-1)."""
        requests, scored = pod_class.requests, pod_class.scored_requests
        self.used_cpu[node] += sign * requests.cpu
        self.used_memory[node] += sign * requests.memory
        self.used_pods[node] += sign
        self.scored_cpu[node] += sign * scored.cpu
        self.scored_memory[node] += sign * scored.memory
        for name, amount in requests.other.items():
            if name in self.used_other:
                self.used_other[name][node] += sign * amount
        for port, protocol, ip in pod_class.host_ports:
            by_ip = self.host_ports.setdefault((port, protocol), {})
            if ip not in by_ip:
                by_ip[ip] = np.zeros(len(self), dtype=np.int64)
            by_ip[ip][node] += sign
        self.journal.append(node)

    def taints_of(self, node: int) -> frozenset[Taint]:
        """The taints that a node carries now."""
        return self.taint_sets[int(self.taint_set[node])]
