"""The nodes, in columns."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.node import Node, Taint

if TYPE_CHECKING:
    from simulator.objects import PodState

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


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
        self.taint_sets: list[frozenset[Taint]] = []
        self._taint_set_ids: dict[frozenset[Taint], int] = {}
        self.taint_set = np.array([self.taint_set_id(node.taints) for node in nodes], dtype=np.int64)
        self.unschedulable = np.array([node.unschedulable for node in nodes], dtype=np.bool_)
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

    def taints_of(self, node: int) -> frozenset[Taint]:
        """The taints that a node carries now."""
        return self.taint_sets[int(self.taint_set[node])]
