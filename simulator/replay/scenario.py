"""Does what was done to the real control plane, at the same times."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.cronjob import CronJob
from models.input.documents import Document, load_documents
from models.input.patches import json_merge, merge
from models.input.problems import InputError
from models.load import Load
from models.manifests import Manifest, build_cluster
from models.node import OUT_OF_SERVICE, Taint, TaintEffect
from models.pod import DELETION_COST
from simulator.controllers.disruption import Verdict
from simulator.kernel import Story
from simulator.log import Kind
from simulator.phases import Phases
from simulator.replay.fake_kubelet import FakeKubelet, with_readiness
from simulator.replay.observer import Observer
from simulator.replay.placements import Placements
from simulator.replay.recording import node_of, taint_of, timing_of
from simulator.scheduling.ties import FirstTies
from simulator.simulation import Simulation
from simulator.state.objects import DeploymentState, PodState
from simulator.stories.evictions import RETRY, Evictions
from simulator.streams import Streams

CONTROL_PLANE_STARTED = -19.3
"""When the recordings' controller manager started, in seconds after the first action: its loops tick from then on.

This and `LEASES_RENEWED` are measured, as their description does not give them, but they belong to how recordings are
made and not to one of them: each began alike, so that in all in which a kubelet stops, the pass that marks its node
Unknown is less than half a period from where these put it (tests/simulator/replay). Most recordings agree with any
phases at all. Four do not: where two nodes of a zone fail together the real controller's token for the first is lost to
a race, so that a detection 5 s earlier is beyond the comparison's 11 s; whether nodes that fail 7 s apart are detected
together is a matter of phase; and pods that are collected at a tick are gone within 1 s of the recording's only then.
"""
LEASES_RENEWED = 8.0
"""When the recordings' kubelets, all started together, renew their leases (a period apart, from about then)."""
POLL = 0.05
"""How often it is looked whether all have what they ask for: as often as a controller acts (controller_latency)."""

_REQUIRED = {"name", "nodes", "actions", "until"}


def replay(path: Path) -> dict[str, Any]:
    """The recording's own keys, with "observed" as the simulator did it. Raises InputError for an unreadable file."""
    [document] = load_documents(path)
    recording = document.value
    missing = sorted(_REQUIRED - set(recording)) if isinstance(recording, dict) else sorted(_REQUIRED)
    if missing:
        raise InputError([document.problem((), f"this is no recording: {', '.join(missing)} missing")])
    if "placements" in recording:
        nodes = [node_of(node, recording["name"]) for node in recording["nodes"]]
        placements = Placements(recording, document, nodes)
        simulated = {**recording, "recorded_from": "kubenines"}
        return {**simulated, "placements": placements.run(), "observed": placements.observed}
    scenario = _Scenario(recording, document)
    simulated = {key: value for key, value in recording.items() if key not in ("observed", "placements")}
    return {**simulated, "recorded_from": "kubenines", "observed": scenario.run()}


def write(simulated: Mapping[str, Any], path: Path) -> None:
    """Writes a simulated run to a file."""
    path.write_text(json.dumps(simulated, indent=1) + "\n", encoding="utf-8")


class _Scenario:
    """One recording, being acted out."""

    def __init__(self, recording: Mapping[str, Any], document: Document) -> None:
        self._actions = recording["actions"]
        self._pool = recording["name"]
        self._document = document
        self._objects: dict[tuple[str, str], dict[str, Any]] = {}
        self._priority_classes: dict[str, Manifest] = {}
        """What admission gives the pods of objects that are applied later."""
        timing = timing_of(recording.get("flags", {}), float(recording.get("clock", 0.0)))
        self._timing = timing
        nodes = tuple(node_of(node, recording["name"]) for node in recording["nodes"])
        self._simulation = Simulation(
            Cluster(nodes=nodes),
            FakeKubelet(timing),  # type: ignore[arg-type]  # the same method, from annotations
            Streams(0, 0),
            float(recording["until"]),
            keep_log=False,
            phases=Phases(CONTROL_PLANE_STARTED, CONTROL_PLANE_STARTED, [LEASES_RENEWED] * len(nodes)),
            ties=FirstTies(),
        )
        self._eviction_rng = Streams(0, 0).stream("evictions")
        self._created: list[PodState] = []
        self._simulation.state.listen(Kind.POD_PHASE, self._remember)
        self._observer = Observer(self._simulation)
        for index, value in enumerate(recording.get("cluster", ())):
            self._apply(value, "cluster", index)

    def _remember(self, pod: PodState, phase: int, cause: int) -> None:
        if not self._created or pod.uid > self._created[-1].uid:
            self._created.append(pod)

    def run(self) -> list[dict[str, Any]]:
        """What was observed, in order of time."""
        self._simulation.deploy()
        self._simulation.kernel.tell(self._act())
        self._simulation.run((), ())
        return sorted(self._observer.observed, key=lambda seen: seen["t"])

    def _act(self) -> Story:
        """One action after the other, each not before its time."""
        kernel = self._simulation.kernel
        for index, action in enumerate(self._actions):
            if action["at"] > kernel.now:
                yield kernel.sleep(action["at"] - kernel.now)
            arguments = {key: value for key, value in action.items() if key in ("node", "name", "count", "cost")}
            if action["do"] == "add-node":
                arguments["node"] = action["node"]["name"]
            self._observer.note("Action", do=action["do"], **arguments)
            do = getattr(self, "_do_" + action["do"].replace("-", "_"))
            waiting = do(action, index)
            if waiting is not None:
                yield from waiting

    # Objects

    def _do_apply(self, action: Mapping[str, Any], index: int) -> None:
        value = action["object"]
        self._objects[value["kind"], value["metadata"]["name"]] = value
        self._apply(value, "actions", index, "object")

    def _do_patch(self, action: Mapping[str, Any], index: int) -> None:
        self._change(action, merge(self._object(action), action["patch"]), index)

    def _do_merge(self, action: Mapping[str, Any], index: int) -> None:
        if action["kind"] == "Pod" and ("Pod", action["name"]) not in self._objects:
            self._merge_labels(action)
            return
        self._change(action, json_merge(self._object(action), action["patch"]), index)

    def _merge_labels(self, action: Mapping[str, Any]) -> None:
        """Of a pod that a controller made only the metadata can change."""
        metadata = action["patch"].get("metadata", {})
        for pod in self._pods_called(action["name"]):
            if "labels" in metadata:
                self._simulation.api.label(pod, json_merge(pod.pod_class.labels, metadata["labels"]))
            for key, value in metadata.get("annotations", {}).items():
                if key == DELETION_COST:
                    self._simulation.state.pods.set_deletion_cost(pod, int(value or 0), 0)

    def _pods_called(self, name: str) -> list[PodState]:
        return [pod for pod in self._simulation.api.pods() if pod.name == name and not pod.deleting]

    def _object(self, action: Mapping[str, Any]) -> dict[str, Any]:
        return self._objects[action["kind"], action["name"]]

    def _change(self, action: Mapping[str, Any], value: dict[str, Any], index: int) -> None:
        self._objects[action["kind"], action["name"]] = value
        self._apply(value, "actions", index, "object")

    def _apply(self, value: Mapping[str, Any], *path: str | int) -> None:
        manifest = Manifest(value, self._document, path)
        if manifest.kind == "PriorityClass":
            self._priority_classes[manifest.name] = manifest
            return
        built = build_cluster(
            [*self._priority_classes.values(), manifest], behaviour=Behaviour(timing=self._timing)
        ).cluster
        for field in fields(built):
            for spec in getattr(built, field.name):
                self._simulation.api.apply(_with_readiness(spec))

    def _do_delete(self, action: Mapping[str, Any], index: int) -> None:
        """A pod goes with its grace period; of a workload, all pods do, and none comes after them."""
        if action["kind"] == "PodDisruptionBudget":
            self._simulation.api.delete_budget(action["name"])
            return
        if action["kind"] != "Pod":
            value = self._object(action)
            self._apply({**value, "spec": {**value["spec"], "replicas": 0}}, "actions", index, "object")
            return
        for pod in self._pods_called(action["name"]):
            self._simulation.state.pods.mark_deleting(pod, 0)

    def _do_settle(self, action: Mapping[str, Any], index: int) -> Story:
        while not self._settled():
            yield self._simulation.kernel.sleep(POLL)
        self._observer.note("Settled")

    def _settled(self) -> bool:
        state = self._simulation.state
        return all(
            d.complete and all(r.available == r.desired for r in d.replica_sets)
            for d in state.workloads.of(DeploymentState)
        ) and all(pod.ready for pod in state.pods.values())

    # Nodes

    def _node(self, action: Mapping[str, Any]) -> int:
        return self._simulation.state.nodes.index[action.get("node") or action["name"]]

    def _do_add_node(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.join(node_of(action["node"], self._pool))

    def _do_delete_node(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.delete(self._node(action), 0)

    def _do_fail_node(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.add_silent_cause(self._node(action), self, 0)

    def _do_recover_node(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.remove_silent_cause(self._node(action), self)

    def _do_node_notready(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.set_healthy(self._node(action), False, 0)

    def _do_node_ready(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.set_healthy(self._node(action), True, 0)

    def _do_out_of_service(self, action: Mapping[str, Any], index: int) -> None:
        node, state = self._node(action), self._simulation.state
        taint = Taint(OUT_OF_SERVICE, TaintEffect.NO_EXECUTE)
        state.nodes.set_taints(node, state.nodes.taints_of(node) | {taint}, 0)

    def _do_merge_node(self, action: Mapping[str, Any], index: int) -> None:
        spec, node, state = action["patch"].get("spec", {}), self._node(action), self._simulation.state
        if "unschedulable" in spec:
            state.nodes.set_unschedulable(node, bool(spec["unschedulable"]), 0)
        if "taints" in spec:
            state.nodes.set_taints(node, frozenset(taint_of(taint) for taint in spec["taints"] or ()), 0)

    def _do_drain_pod_node(self, action: Mapping[str, Any], index: int) -> None:
        oldest = self._simulation.api.pods()[0]
        name = self._simulation.state.nodes.names[oldest.node]
        self._observer.note("Target", do=action["do"], node=name)
        self._do_drain({**action, "node": name}, index)

    def _do_drain(self, action: Mapping[str, Any], index: int) -> None:
        """Cordons, and starts to evict every pod; what is done next does not wait for that."""
        kernel, state = self._simulation.kernel, self._simulation.state
        node = self._node(action)
        state.nodes.set_unschedulable(node, True, 0)
        kernel.tell(self._drained(action, list(state.nodes.running[node].values())))

    def _drained(self, action: Mapping[str, Any], pods: list[PodState]) -> Story:
        kernel, disruption = self._simulation.kernel, self._simulation.control_plane.disruption

        def told(pod: PodState, verdict: Verdict, tries: int, last: float) -> None:
            for number in reversed(range(tries)):
                self._observer.note_at(last - number * RETRY, "Eviction", pod=pod.name, status=verdict.status)

        deadline = kernel.now + float(action.get("timeout", "inf"))
        yield Evictions(kernel, disruption, told, pods, deadline, 0, self._eviction_rng).over
        self._observer.note("Drained", node=action["node"])

    # Pods

    def _picked(self, action: Mapping[str, Any]) -> list[PodState]:
        """The pods with these ordinals, in order of creation."""
        pods = [self._created[ordinal] for ordinal in action["pods"]]
        for pod in pods:
            self._observer.note("Target", do=action["do"], pod=pod.name)
        return pods

    def _do_unready_some(self, action: Mapping[str, Any], index: int) -> None:
        for pod in self._picked(action):
            self._simulation.control_plane.kubelet.make_unready(pod)

    def _do_gate(self, action: Mapping[str, Any], index: int) -> None:
        for pod in self._picked(action):
            status = action["status"] == "True"
            self._simulation.control_plane.kubelet.set_condition(pod, action["condition"], status)

    def _do_cost_one(self, action: Mapping[str, Any], index: int) -> None:
        for pod in self._picked(action):
            self._simulation.state.pods.set_deletion_cost(pod, int(action["cost"]), 0)

    def _do_metrics(self, action: Mapping[str, Any], index: int) -> None:
        """The load is that of the scenario's Deployments; its steps count from the action on."""
        now = self._simulation.kernel.now
        steps = tuple((now + after, float(millicores)) for after, millicores in action["load"])
        for deployment in self._simulation.state.workloads.of(DeploymentState):
            self._simulation.control_plane.autoscalers.feed(Load(str(deployment.workload), steps))


def _with_readiness(spec: Any) -> Any:
    """The object, with the readiness that the fake kubelets give the pods that it makes, or is."""
    if isinstance(spec, CronJob):
        return replace(spec, job=_with_readiness(spec.job))
    template = getattr(spec, "template", None)
    return spec if template is None else replace(spec, template=with_readiness(template))
