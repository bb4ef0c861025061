"""The nodes, in columns, and all that can happen to one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from models.arrays import Ints
from models.node import NOT_READY, UNREACHABLE, UNSCHEDULABLE, Node, Resources, Taint, TaintEffect
from simulator.log import Kind
from simulator.state.transitions import Transitions

if TYPE_CHECKING:
    from simulator.state.objects import PodClass, PodState


FALSE, TRUE, UNKNOWN = 0, 1, 2
"""The Ready condition of a node."""
_NOTHING = np.zeros(0, dtype=np.int64)


class NodeTable:
    """One row a node; a column per quantity. Only the state changes it.

    `journal` lists the rows of which a column changed, in order, `taint_journal` those whose taints did, so that what
    was computed from the columns can be brought up to date at the cost of what changed.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.names: list[str] = []
        self.index: dict[str, int] = {}
        self.labels: list[Mapping[str, str]] = []
        """Empty for a node that is gone, so that it belongs to no domain."""
        self.regions_and_zones: list[tuple[str, str]] = []
        self.images: list[Mapping[str, int]] = []
        self.exists: list[bool] = []
        """False once the node's object is deleted; its row stays, since pods and the log refer to it."""
        self.cpu = self.memory = self.pods = _NOTHING
        self.used_cpu = self.used_memory = self.used_pods = _NOTHING
        # The same with a default for every container that requests none: what the scheduler scores by.
        self.scored_cpu = self.scored_memory = _NOTHING
        self.other: dict[str, Ints] = {}
        self.used_other: dict[str, Ints] = {}
        self.columns: dict[str, defaultdict[str, Ints]] = {}
        """By kind, "allocatable", "used" or "scored", and by resource; zeros if no node has it."""
        self.taint_sets: list[frozenset[Taint]] = []
        self._taint_set_ids: dict[frozenset[Taint], int] = {}
        self.taint_set = _NOTHING
        self.unschedulable = np.zeros(0, dtype=np.bool_)
        self.host_ports: dict[tuple[int, str], dict[str, Ints]] = {}
        """By port and protocol, and by host IP, on how many pods of a node it is taken; only what any pod took."""
        self.claims: dict[tuple[str, str], Ints] = {}
        """By claim, (namespace, name), how many pods of a node use it; only what any pod used."""
        self.powered: list[bool] = []
        self.down_causes: list[dict[object, int]] = []
        self.silent_causes: list[dict[object, int]] = []
        """Why a kubelet that has power is cut off from the API server."""
        self.unhealthy_causes: list[dict[object, int]] = []
        """Why a kubelet says that its node is not well."""
        self.unreachable_causes: list[dict[object, int]] = []
        """Why the pods of the node are cut off from users."""
        self.reporting: list[bool] = []
        self.reachable: list[bool] = []
        self.healthy: list[bool] = []
        self.ready: list[int] = []
        self.running: list[dict[int, PodState]] = []
        self.journal: list[int] = []
        self.taint_journal: list[int] = []
        self._grow(nodes)

    def _grow(self, nodes: Sequence[Node]) -> None:
        """Adds a row a node at the end: up, well, and with nothing on it."""
        first, more = len(self), len(nodes)
        self.names += [node.name for node in nodes]
        self.index |= {node.name: first + i for i, node in enumerate(nodes)}
        self.labels += [dict(node.labels) for node in nodes]
        self.regions_and_zones += [(node.region, node.zone) for node in nodes]
        self.images += [node.images for node in nodes]
        self.exists += [True] * more
        self.cpu = _longer(self.cpu, [node.allocatable.cpu for node in nodes])
        self.memory = _longer(self.memory, [node.allocatable.memory for node in nodes])
        self.pods = _longer(self.pods, [node.pods for node in nodes])
        unused = [0] * more
        self.used_cpu, self.used_memory = _longer(self.used_cpu, unused), _longer(self.used_memory, unused)
        self.used_pods = _longer(self.used_pods, unused)
        self.scored_cpu, self.scored_memory = _longer(self.scored_cpu, unused), _longer(self.scored_memory, unused)
        before = np.zeros(first, dtype=np.int64)
        for name in sorted({*self.other, *(name for node in nodes for name in node.allocatable.other)}):
            amounts = [node.allocatable.other.get(name, 0) for node in nodes]
            self.other[name] = _longer(self.other.get(name, before), amounts)
            self.used_other[name] = _longer(self.used_other.get(name, before), unused)
        self.taint_set = _longer(self.taint_set, [self.taint_set_id(node.taints) for node in nodes])
        self.unschedulable = np.append(self.unschedulable, np.array([n.unschedulable for n in nodes], dtype=np.bool_))
        for by_ip in self.host_ports.values():
            for ip, taken in by_ip.items():
                by_ip[ip] = _longer(taken, unused)
        for claim, users in self.claims.items():
            self.claims[claim] = _longer(users, unused)
        self.powered += [True] * more
        self.down_causes += [{} for _ in nodes]
        self.silent_causes += [{} for _ in nodes]
        self.unhealthy_causes += [{} for _ in nodes]
        self.unreachable_causes += [{} for _ in nodes]
        self.reporting += [True] * more
        self.reachable += [True] * more
        self.healthy += [True] * more
        self.ready += [TRUE] * more
        self.running += [{} for _ in nodes]
        nothing = np.zeros(len(self), dtype=np.int64)
        self.columns = {
            "allocatable": defaultdict(lambda: nothing, {"cpu": self.cpu, "memory": self.memory, **self.other}),
            "used": defaultdict(lambda: nothing, {"cpu": self.used_cpu, "memory": self.used_memory, **self.used_other}),
            "scored": defaultdict(
                lambda: nothing, {"cpu": self.scored_cpu, "memory": self.scored_memory, **self.used_other}
            ),
        }

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
        # Not +=, which takes twice as long: it adds numpy's numbers.
        self.used_cpu[node] = self.used_cpu.item(node) + sign * requests.cpu
        self.used_memory[node] = self.used_memory.item(node) + sign * requests.memory
        self.used_pods[node] = self.used_pods.item(node) + sign
        self.scored_cpu[node] = self.scored_cpu.item(node) + sign * scored.cpu
        self.scored_memory[node] = self.scored_memory.item(node) + sign * scored.memory
        for name, amount in requests.other.items():
            if name in self.used_other:
                self.used_other[name][node] += sign * amount
        for port, protocol, ip in pod_class.host_ports:
            by_ip = self.host_ports.setdefault((port, protocol), {})
            if ip not in by_ip:
                by_ip[ip] = np.zeros(len(self), dtype=np.int64)
            by_ip[ip][node] += sign
        for claim in pod_class.claims:
            if claim not in self.claims:
                self.claims[claim] = np.zeros(len(self), dtype=np.int64)
            self.claims[claim][node] += sign
        self.journal.append(node)

    def as_value(self, node: int) -> Node:
        """The node as it is now: its allocatable, its labels, its taints."""
        other = {name: column.item(node) for name, column in self.other.items()}
        return Node(
            self.names[node],
            Resources(self.cpu.item(node), self.memory.item(node), other),
            self.pods.item(node),
            self.labels[node],
            tuple(sorted(self.taints_of(node))),
            bool(self.unschedulable[node]),
            self.images[node],
        )

    def taints_of(self, node: int) -> frozenset[Taint]:
        """The taints that a node carries now."""
        return self.taint_sets[int(self.taint_set[node])]


class Nodes(NodeTable):
    """The table with the verbs by which nodes change."""

    def __init__(self, nodes: Sequence[Node], transitions: Transitions) -> None:
        super().__init__(nodes)
        self._emit = transitions.emit

    def join(self, node: Node, cause: int = 0) -> int:
        """A node joins the running cluster, and is Ready at once; returns its row."""
        self._grow([node])
        row = len(self) - 1
        self._emit(Kind.NODE_EXISTS, row, row, 0, 1, cause)
        return row

    def delete(self, node: int, cause: int) -> None:
        """The node's machine and its object are gone for good; its pods are left to the garbage collector.

        Nothing happens if it is gone already: two may be after the same node.
        """
        if not self.exists[node]:
            return
        self.add_down_cause(node, self, cause)
        self.exists[node] = False
        self.labels[node] = {}
        self.images[node] = {}
        self._emit(Kind.NODE_EXISTS, node, node, 1, 0, cause)

    def add_down_cause(self, node: int, owner: object, cause: int) -> None:
        """Gives the node a reason to be down; it loses power with the first."""
        causes = self.down_causes[node]
        causes[owner] = cause
        if len(causes) == 1:
            self.powered[node] = False
            self._emit(Kind.NODE_POWER, node, node, 1, 0, cause)
            self._update_reporting(node, cause)

    def remove_down_cause(self, node: int, owner: object) -> None:
        """Takes one reason away; the node comes up with the last."""
        causes = self.down_causes[node]
        cause = causes.pop(owner)
        if not causes:
            self.powered[node] = True
            self._emit(Kind.NODE_POWER, node, node, 0, 1, cause)
            self._update_reporting(node, cause)

    def add_silent_cause(self, node: int, owner: object, cause: int) -> None:
        """Gives the node's kubelet a reason to be cut off; its containers run on."""
        self.silent_causes[node][owner] = cause
        self._update_reporting(node, cause)

    def remove_silent_cause(self, node: int, owner: object) -> None:
        """Takes one such reason away."""
        self._update_reporting(node, self.silent_causes[node].pop(owner))

    def _update_reporting(self, node: int, cause: int) -> None:
        new = self.powered[node] and not self.silent_causes[node]
        self._set(self.reporting, Kind.NODE_REPORTING, node, new, cause)

    def add_unhealthy_cause(self, node: int, owner: object, cause: int) -> None:
        """Gives the node's kubelet a reason to say that it is not well (runtime, network, storage, shutdown)."""
        self.unhealthy_causes[node][owner] = cause
        self._update_healthy(node, cause)

    def remove_unhealthy_cause(self, node: int, owner: object) -> None:
        """Takes one such reason away, if it is there."""
        cause = self.unhealthy_causes[node].pop(owner, None)
        if cause is not None:
            self._update_healthy(node, cause)

    def _update_healthy(self, node: int, cause: int) -> None:
        self._set(self.healthy, Kind.NODE_HEALTHY, node, not self.unhealthy_causes[node], cause)

    def add_unreachable_cause(self, node: int, owner: object, cause: int) -> None:
        """Gives the pods of the node a reason to be cut off from users; they run on."""
        self.unreachable_causes[node][owner] = cause
        self._update_reachable(node, cause)

    def remove_unreachable_cause(self, node: int, owner: object) -> None:
        """Takes one such reason away."""
        self._update_reachable(node, self.unreachable_causes[node].pop(owner))

    def _update_reachable(self, node: int, cause: int) -> None:
        self._set(self.reachable, Kind.NODE_REACHABLE, node, not self.unreachable_causes[node], cause)

    def _set(self, column: list[bool], kind: Kind, node: int, new: bool, cause: int) -> None:
        old = column[node]
        if old is not new:
            column[node] = new
            self._emit(kind, node, node, old, new, cause)

    def set_ready(self, node: int, ready: int, cause: int) -> None:
        """Sets the node's Ready condition (0 False, 1 True, 2 Unknown)."""
        old = self.ready[node]
        if old != ready:
            self.ready[node] = ready
            self._emit(Kind.NODE_READY, node, node, old, ready, cause)

    def set_taints(self, node: int, taints: frozenset[Taint], cause: int) -> None:
        """Replaces the node's taints."""
        old = self.taints_of(node)
        if old != taints:
            self.taint_set[node] = self.taint_set_id(taints)
            self.journal.append(node)
            self.taint_journal.append(node)
            self._emit(Kind.NODE_TAINTS, node, node, len(old), len(taints), cause)
            evicted, evicting = _evicts(old), _evicts(taints)
            if evicted is not evicting:
                self._emit(Kind.NODE_EVICTING, node, node, evicted, evicting, cause)

    def set_unschedulable(self, node: int, unschedulable: bool, cause: int) -> None:
        """Cordons or uncordons the node (spec.unschedulable; the taint that goes with it is set too)."""
        old = bool(self.unschedulable[node])
        if old is unschedulable:
            return
        self.unschedulable[node] = unschedulable
        self.journal.append(node)
        self.taint_journal.append(node)
        self._emit(Kind.NODE_UNSCHEDULABLE, node, node, old, unschedulable, cause)
        taint = Taint(UNSCHEDULABLE, TaintEffect.NO_SCHEDULE)
        taints = self.taints_of(node)
        self.set_taints(node, taints | {taint} if unschedulable else taints - {taint}, cause)


def _longer(column: Ints, values: Sequence[int]) -> Ints:
    return np.append(column, np.array(values, dtype=np.int64))


def _evicts(taints: frozenset[Taint]) -> bool:
    return any(taint.effect is TaintEffect.NO_EXECUTE and taint.key in (NOT_READY, UNREACHABLE) for taint in taints)
