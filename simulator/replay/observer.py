"""Writes down what happens, as the recordings do."""

from typing import Any

from simulator.log import Kind
from simulator.simulation import Simulation
from simulator.state.objects import Disruption, Phase, PodOwner, PodState, ReplicaSetState, ServiceState

Observation = dict[str, Any]

_READY = {0: "False", 1: "True", 2: "Unknown"}
_PHASES = {Phase.RUNNING: "Running", Phase.SUCCEEDED: "Succeeded", Phase.FAILED: "Failed"}
_REASONS = {
    Disruption.DELETION_BY_TAINT_MANAGER: "DeletionByTaintManager",
    Disruption.EVICTION_BY_EVICTION_API: "EvictionByEvictionAPI",
    Disruption.PREEMPTION_BY_SCHEDULER: "PreemptionByScheduler",
    Disruption.DELETION_BY_POD_GC: "DeletionByPodGC",
    Disruption.TERMINATION_BY_KUBELET: "TerminationByKubelet",
}


class Observer:
    """Listens to a simulation; `observed` is the list of observations, as they were made."""

    def __init__(self, simulation: Simulation) -> None:
        self._kernel = simulation.kernel
        self._state = simulation.state
        self.observed: list[Observation] = []
        self._last: dict[tuple[str, str], Observation] = {}
        self._names: set[str] = set()
        """The names of all pods so far."""
        listen = self._state.listen
        for kind in (Kind.NODE_READY, Kind.NODE_TAINTS, Kind.NODE_UNSCHEDULABLE):
            listen(kind, lambda node, new, cause: self._node(node))
        listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._joined(node) if exists else None)
        listen(Kind.POD_PHASE, lambda pod, new, cause: self._phase(pod, new))
        listen(Kind.POD_NODE, lambda pod, new, cause: self._scheduled(pod))
        listen(Kind.POD_READY, lambda pod, new, cause: self._pod(pod, "ready" if new else "unready"))
        listen(Kind.POD_DELETING, lambda pod, new, cause: self._pod(pod, "deleting"))
        listen(Kind.POD_METADATA, self._metadata_changed)
        listen(Kind.POD_AVAILABLE, lambda pod, new, cause: self._owner(pod.owner))
        listen(Kind.POD_DISRUPTION_TARGET, lambda pod, new, cause: self._disrupted(pod))
        listen(Kind.REPLICASET_DESIRED, lambda replica_set, new, cause: self._owner(replica_set))
        listen(Kind.AUTOSCALER_DESIRED, lambda autoscaler, new, cause: self._autoscaler(autoscaler))

    def note(self, kind: str, **values: object) -> None:
        """One observation, now."""
        self.note_at(self._kernel.now, kind, **values)

    def note_at(self, time: float, kind: str, **values: object) -> None:
        """One observation of what was before."""
        self.observed.append({"t": round(time, 3), "kind": kind, **values})

    def _note_change(self, kind: str, key: str, **values: object) -> None:
        """An observation of the object called `key`, now, if its values are not those noted last."""
        if self._last.get((kind, key)) != values:
            self._last[kind, key] = values
            self.note(kind, **values)

    def _node(self, node: int) -> None:
        nodes = self._state.nodes
        name = nodes.names[node]
        self._note_change(
            "Node",
            name,
            name=name,
            ready=_READY[nodes.ready[node]],
            unschedulable=bool(nodes.unschedulable[node]),
            taints=sorted(f"{taint.key}:{taint.effect}" for taint in nodes.taints_of(node)),
        )

    def _joined(self, node: int) -> None:
        """A node that registers has no Ready condition yet."""
        name = self._state.nodes.names[node]
        self._note_change("Node", name, name=name, ready=None, unschedulable=False, taints=[])
        self._node(node)

    # Pods, and what follows from them

    def _pod(self, pod: PodState, event: str, **values: object) -> None:
        self.note("Pod", event=event, name=pod.name, **values)
        self._owner(pod.owner)
        for service in pod.pod_class.services:
            self._endpoints(service)

    def _phase(self, pod: PodState, phase: int) -> None:
        if phase == Phase.PENDING and pod.name in self._names:
            # The recorder knows pods by name: one that comes back (StatefulSets) is the same, changed.
            self._pod(pod, "phase", phase="Pending")
        elif phase == Phase.PENDING:
            self._names.add(pod.name)
            self._pod(pod, "created", owner=pod.owner.name if pod.owner is not None else "")
        elif phase == Phase.ABSENT:
            self._pod(pod, "removed")
        else:
            self._pod(pod, "phase", phase=_PHASES[Phase(phase)])

    def _metadata_changed(self, pod: PodState, changed: int, cause: int) -> None:
        """Before the change and after it, so that the owner that loses a pod is seen as well."""
        self._owner(pod.owner)
        if changed:
            for service in self._state.services:
                self._endpoints(service)

    def _scheduled(self, pod: PodState) -> None:
        self.note("Pod", event="scheduled", name=pod.name, node=self._state.nodes.names[pod.node])

    def _disrupted(self, pod: PodState) -> None:
        self.note("Pod", event="disruption-target", name=pod.name, reason=_REASONS[pod.disruption])

    def _owner(self, owner: PodOwner | None) -> None:
        if isinstance(owner, ReplicaSetState):
            self._note_change(
                "ReplicaSet",
                owner.name,
                name=owner.name,
                revision=str(owner.revision),
                desired=owner.desired,
                replicas=len(owner.pods),
                ready=owner.ready,
                available=owner.available,
            )
        elif owner is not None:
            self._note_change(owner.workload.kind, owner.name, name=owner.name, **owner.status())

    def _endpoints(self, service: ServiceState) -> None:
        """A pod is an endpoint from when it has an IP, that is from when it runs, until it is gone."""
        namespace = service.spec.namespace
        pods = [
            pod
            for pod in self._state.pods.values()
            if pod.phase is Phase.RUNNING and service.spec.selects(namespace, pod.pod_class.labels)
        ]
        self._note_change(
            "EndpointSlice",
            service.spec.name,
            service=service.spec.name,
            ready=sorted(pod.name for pod in service.endpoints.values()),
            serving=sorted(pod.name for pod in pods if pod.ready),
            terminating=sorted(pod.name for pod in pods if pod.deleting),
        )

    def _autoscaler(self, autoscaler: Any) -> None:
        self.note(
            "HorizontalPodAutoscaler",
            name=autoscaler.spec.name,
            current=autoscaler.current_replicas,
            desired=autoscaler.desired_replicas,
        )
