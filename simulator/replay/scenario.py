"""Does what was done to the real control plane, at the same times."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from models.cluster import Cluster
from models.input.patches import json_merge
from models.load import Load
from models.node import OUT_OF_SERVICE, Taint, TaintEffect
from models.pod import DELETION_COST
from simulator.control_planes.kubernetes import KubernetesControlPlane
from simulator.controllers.disruption import Verdict
from simulator.kernel import Story
from simulator.log import Kind
from simulator.phases import Phases
from simulator.replay.fake_kubelet import FakeKubelet
from simulator.replay.observer import Observer
from simulator.replay.placements import Placements
from simulator.replay.reading import Recording, read
from simulator.replay.recording import taint_of
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


def replay(path: Path) -> dict[str, Any]:
    """The recording's own keys, with "observed" as the simulator did it.

    Raises InputError for what is no recording, and for actions that turn out to be impossible when they are done.
    """
    recording = read(path)
    if recording.is_of_placements:
        placements = Placements(recording)
        simulated = {**recording.value, "recorded_from": "kubenines"}
        return {**simulated, "placements": placements.run(), "observed": placements.observed}
    scenario = _Scenario(recording)
    simulated = {key: value for key, value in recording.value.items() if key != "observed"}
    return {**simulated, "recorded_from": "kubenines", "observed": scenario.run()}


class _Scenario:
    """One recording, being acted out."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._simulation = Simulation(
            Cluster(nodes=recording.nodes),
            FakeKubelet(recording.timing),  # type: ignore[arg-type]  # the same method, from annotations
            Streams(0, 0),
            float(recording.value["until"]),
            keep_log=False,
            phases=Phases(CONTROL_PLANE_STARTED, CONTROL_PLANE_STARTED, [LEASES_RENEWED] * len(recording.nodes)),
            ties=FirstTies(),
        )
        self._eviction_rng = Streams(0, 0).stream("evictions")
        self._created: list[PodState] = []
        self._simulation.state.listen(Kind.POD_PHASE, self._remember)
        self._observer = Observer(self._simulation)
        self._apply(recording.created)

    def _remember(self, pod: PodState, phase: int, cause: int) -> None:
        if not self._created or pod.uid > self._created[-1].uid:
            self._created.append(pod)

    @property
    def _kubernetes(self) -> KubernetesControlPlane:
        """Recordings are of Kubernetes alone."""
        control_plane = self._simulation.control_plane
        assert isinstance(control_plane, KubernetesControlPlane)
        return control_plane

    def run(self) -> list[dict[str, Any]]:
        """What was observed, in order of time."""
        self._simulation.deploy()
        self._simulation.kernel.tell(self._act())
        self._simulation.run((), ())
        return sorted(self._observer.observed, key=lambda seen: seen["t"])

    def _act(self) -> Story:
        """One action after the other, each not before its time."""
        kernel = self._simulation.kernel
        for index, action in enumerate(self._recording.value["actions"]):
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

    def _apply(self, specs: Iterable[Any]) -> None:
        for spec in specs:
            self._simulation.api.apply(spec)

    def _do_apply(self, action: Mapping[str, Any], index: int) -> None:
        self._apply(self._recording.applied[index])

    _do_patch = _do_apply

    def _do_merge(self, action: Mapping[str, Any], index: int) -> None:
        self._apply(self._recording.applied[index])
        if action["kind"] == "Pod" and not self._recording.applied[index]:
            self._merge_metadata(action)

    def _merge_metadata(self, action: Mapping[str, Any]) -> None:
        """Of a pod that a controller made only the metadata can change."""
        metadata = action["patch"].get("metadata", {})
        for pod in self._pods_called(action["name"]):
            if "labels" in metadata:
                self._simulation.api.label(pod, json_merge(pod.pod_class.labels, metadata["labels"]))
            if DELETION_COST in metadata.get("annotations", {}):
                cost = int(metadata["annotations"][DELETION_COST] or 0)
                self._simulation.state.pods.set_deletion_cost(pod, cost, 0)

    def _pods_called(self, name: str) -> list[PodState]:
        return [pod for pod in self._simulation.api.pods() if pod.name == name and not pod.deleting]

    def _do_delete(self, action: Mapping[str, Any], index: int) -> None:
        """A pod goes with its grace period; of a workload, all pods do, and none comes after them."""
        if action["kind"] == "PodDisruptionBudget":
            self._simulation.api.delete_budget(action["name"])
        elif action["kind"] == "Pod":
            for pod in self._pods_called(action["name"]):
                self._simulation.state.pods.mark_deleting(pod, 0)
        self._apply(self._recording.applied[index])

    def _do_settle(self, action: Mapping[str, Any], index: int) -> Story:
        kernel = self._simulation.kernel
        while not self._settled():
            next_event = min(kernel.peek(), kernel.end)  # nothing changes before
            yield kernel.sleep(POLL * max(1, math.ceil((next_event - kernel.now) / POLL)))
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
        self._simulation.state.nodes.join(self._recording.joining[index])

    def _do_delete_node(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.delete(self._node(action), 0)

    def _do_fail_node(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.add_silent_cause(self._node(action), self, 0)

    def _do_recover_node(self, action: Mapping[str, Any], index: int) -> None:
        node, nodes = self._node(action), self._simulation.state.nodes
        if self in nodes.silent_causes[node]:
            nodes.remove_silent_cause(node, self)

    def _do_node_notready(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.add_unhealthy_cause(self._node(action), self, 0)

    def _do_node_ready(self, action: Mapping[str, Any], index: int) -> None:
        self._simulation.state.nodes.remove_unhealthy_cause(self._node(action), self)

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
        bound = (pod.node for pod in self._simulation.api.pods() if pod.node >= 0)
        node = next(bound, None)
        if node is None:
            raise self._recording.refused(("actions", index), "no pod is on any node then")
        name = self._simulation.state.nodes.names[node]
        self._observer.note("Target", do=action["do"], node=name)
        self._do_drain({**action, "node": name}, index)

    def _do_drain(self, action: Mapping[str, Any], index: int) -> None:
        """Cordons, and starts to evict every pod; what is done next does not wait for that."""
        kernel, state = self._simulation.kernel, self._simulation.state
        node = self._node(action)
        state.nodes.set_unschedulable(node, True, 0)
        kernel.tell(self._drained(action, list(state.nodes.running[node].values())))

    def _drained(self, action: Mapping[str, Any], pods: list[PodState]) -> Story:
        kernel, disruption = self._simulation.kernel, self._kubernetes.disruption

        def told(pod: PodState, verdict: Verdict, tries: int, last: float) -> None:
            for number in reversed(range(tries)):
                self._observer.note_at(last - number * RETRY, "Eviction", pod=pod.name, status=verdict.status)

        deadline = kernel.now + float(action.get("timeout", math.inf))
        api_server = self._kubernetes.components.api_server
        yield Evictions(api_server, disruption, told, pods, deadline, 0, self._eviction_rng).over
        self._observer.note("Drained", node=action["node"])

    # Pods

    def _picked(self, action: Mapping[str, Any], index: int) -> list[PodState]:
        """The pods with these ordinals, in order of creation."""
        made = len(self._created)
        for i, ordinal in enumerate(action["pods"]):
            if ordinal >= made:
                message = f"no pod has this ordinal then: {made} have been created"
                raise self._recording.refused(("actions", index, "pods", i), message)
        pods = [self._created[ordinal] for ordinal in action["pods"]]
        for pod in pods:
            self._observer.note("Target", do=action["do"], pod=pod.name)
        return pods

    def _do_unready_some(self, action: Mapping[str, Any], index: int) -> None:
        for pod in self._picked(action, index):
            self._simulation.control_plane.kubelet.make_unready(pod)

    def _do_gate(self, action: Mapping[str, Any], index: int) -> None:
        for pod in self._picked(action, index):
            status = action["status"] == "True"
            self._simulation.control_plane.kubelet.set_condition(pod, action["condition"], status)

    def _do_cost_one(self, action: Mapping[str, Any], index: int) -> None:
        for pod in self._picked(action, index):
            self._simulation.state.pods.set_deletion_cost(pod, int(action["cost"]), 0)

    def _do_metrics(self, action: Mapping[str, Any], index: int) -> None:
        """The load is that of the scenario's Deployments; its steps count from the action on."""
        now = self._simulation.kernel.now
        steps = tuple((now + after, float(millicores)) for after, millicores in action["load"])
        for deployment in self._simulation.state.workloads.of(DeploymentState):
            self._kubernetes.autoscalers.feed(Load(str(deployment.workload), steps))
