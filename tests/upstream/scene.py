"""Objects as the API writes them, read by the converters, on a stage without controllers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from models.behaviour import Behaviour
from models.input.documents import Document
from models.manifests.conversion import Admission, converters
from models.manifests.manifest import Field, Findings, Manifest
from models.namespace import NAME_LABEL, Namespace
from models.node import Node, Taint, TaintEffect
from models.pod import Pod
from simulator.kernel import Kernel
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.storage import StorageView
from simulator.scheduling.views import ClusterView, NodeView, PodView
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState
from simulator.streams import Streams

Object = Mapping[str, Any]

BEYOND_THE_API = (
    ": duplicate value",
    ": must not be specified when labelSelector is not set",
    " spec.containers: required value is missing",
)
"""What plugins are tested with although the API server refuses it: it plays no part in what they answer."""
NAMESPACES = {"subteam1.team1": "team1", "subteam2.team1": "team1", "subteam1.team2": "team2"}
"""The namespaces of upstream's affinity tests, and their label `team`."""


class RefusedError(Exception):
    """The API server would not have the object; the message says why."""


def read(kind: str, written: Object, name: str) -> Any:
    """What the converter of this kind makes of an object; raises RefusedError."""
    metadata = {"name": name, **(written.get("metadata") or {})}
    value = {"kind": kind, **written, "metadata": metadata}
    manifest = Manifest(value, Document("tables.json", value))
    findings = Findings()
    made = converters()[kind](Field(manifest.value, manifest, findings), Admission({}, Behaviour()))
    problems = [
        str(problem) for problem in findings.problems if not any(words in str(problem) for words in BEYOND_THE_API)
    ]
    if problems:
        raise RefusedError("; ".join(problems))
    return made


def pod(written: Object | None, name: str = "asked") -> Pod:
    """A pod; upstream's tables leave out what does not matter: names, images, container ports, priority classes."""
    written = written or {}
    spec = dict(written.get("spec") or {})
    for key in ("containers", "initContainers"):
        if key in spec:
            spec[key] = [_container(c, f"{key}-{i}".lower()) for i, c in enumerate(spec[key])]
    if "priority" in spec:
        spec.setdefault("priorityClassName", "given-its-priority")
    return read("Pod", {**written, "spec": spec}, name)  # type: ignore[no-any-return]


def _container(written: Object, name: str) -> Object:
    ports = [{"containerPort": port.get("hostPort") or 1, **port} for port in written.get("ports", ())]
    return {"name": name, "image": "image:1", **written, **({"ports": ports} if ports else {})}


def node(written: Object, name: str = "node") -> Node:
    """A node with the labels and taints that are given and no others: upstream's have no hostname of their own.

    Taints that the control plane derives from a node's state are there too, though nobody would write them.
    """
    status = dict(written.get("status") or {})
    if not status.get("allocatable") and not status.get("capacity"):
        status["allocatable"] = {"pods": 110}
    made: Node = read("Node", {**written, "status": status}, name)
    labels = (written.get("metadata") or {}).get("labels") or {}
    taints = [
        Taint(taint["key"], TaintEffect(taint["effect"]), taint.get("value", ""))
        for taint in (written.get("spec") or {}).get("taints") or ()
    ]
    return replace(made, labels=labels, taints=tuple(taints))


class Scene:
    """Nodes, and pods that are simply put on them: no controller, no scheduler."""

    def __init__(self, nodes: Sequence[Node], existing: Iterable[Object] = (), others: Iterable[object] = ()) -> None:
        self.kernel = Kernel(0.0, 1.0)
        self.state = ClusterState(self.kernel, nodes, None)
        self.counts = PodCounts(self.state)
        self.cluster = ClusterView(self.state.nodes, self.counts, StorageView(self.state.nodes, self.state.volumes))
        self.api = Api(self.state, Streams(0, 0), Behaviour())
        namespaces = [Namespace(name, {NAME_LABEL: name, "team": team}) for name, team in NAMESPACES.items()]
        for other in (*namespaces, *others):
            self.api.apply(other)
        for written in existing:
            self.place(written)

    def place(self, written: Object) -> PodState | None:
        """A pod that is there already, on the node that it names; None if there is no such node."""
        spec = written.get("spec") or {}
        where = spec.get("nodeName", "")
        if where not in self.state.nodes.index:
            return None
        made = pod(written, f"pod-{len(self.state.pods.names)}")
        self.api.apply(made)
        placed = list(self.state.pods.values())[-1]
        self.state.pods.bind(placed, self.state.nodes.index[where])
        status, metadata = written.get("status") or {}, written.get("metadata") or {}
        placed.start_time = float(status.get("startTime", 0.0))
        if metadata.get("deletionTimestamp"):
            self.state.pods.mark_deleting(placed, 0)
        return placed

    def view(self, asked: Pod) -> PodView:
        """The pod as plugins see it."""
        workload = self.api.workload("Pod", asked.namespace, asked.name)
        return PodView(self.api.pod_class(workload, asked.template, {}))

    def reasons(self, plugin: Any, asked: Pod) -> list[list[str]]:
        """By node, why the plugin's filter rejects it."""
        filter_ = plugin.filter(self.view(asked), self.cluster)
        found: list[list[str]] = [[] for _ in self.state.nodes.names]
        for reason, rejected in filter_(self.cluster.nodes) if filter_ is not None else ():
            for row in np.flatnonzero(rejected):
                found[row].append(reason)
        return found

    def scores(self, plugin: Any, asked: Pod, feasible: int | None = None) -> list[int]:
        """The plugin's scores of the first so many nodes (all by default), the only feasible ones; 0 if it skips."""
        rows = np.arange(len(self.state.nodes) if feasible is None else feasible)
        score = plugin.score(self.view(asked), self.cluster)
        found = 0 if score is None else score(NodeView(self.state.nodes, rows))
        return np.broadcast_to(found, rows.shape).tolist()  # type: ignore[no-any-return]
