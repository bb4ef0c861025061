"""How many replicas each Service is to have: those of the workloads behind it."""

from collections import defaultdict
from collections.abc import Hashable

from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import (
    DaemonSetState,
    DeploymentState,
    PodClass,
    PodState,
    ReplicaSetState,
    ServiceState,
    StatefulSetState,
)


class DesiredReplicas:
    """Listens to workloads, and keeps the replicas that are desired of those behind each Service."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._wanted: dict[Hashable, tuple[tuple[ServiceState, ...], int]] = {}
        self._single: defaultdict[StatefulSetState, set[int]] = defaultdict(set)
        """Ordinals of the pods that a Service selects alone."""
        state.listen(Kind.DEPLOYMENT_GENERATION, lambda deployment, new, cause: self._deployment(deployment, cause))
        state.listen(Kind.REPLICASET_DESIRED, lambda replica_set, new, cause: self._replica_set(replica_set, cause))
        state.listen(Kind.STATEFULSET_GENERATION, lambda stateful_set, new, cause: self._stateful(stateful_set, cause))
        state.listen(Kind.DAEMONSET_GENERATION, lambda daemon_set, new, cause: self._daemons(daemon_set, cause))
        state.listen(Kind.POD_METADATA, lambda pod, changed, cause: self._metadata_changed(pod, changed))
        state.listen(Kind.DAEMONSET_DESIRED, lambda daemon_set, new, cause: self._daemons(daemon_set, cause))

    def _deployment(self, deployment: DeploymentState, cause: int) -> None:
        spec = deployment.spec
        services = self._state.services.selecting(spec.namespace, spec.template.labels)
        self._want(deployment.workload, services, spec.replicas, cause)

    def _replica_set(self, replica_set: ReplicaSetState, cause: int) -> None:
        if replica_set.deployment is None:
            self._want(replica_set.workload, replica_set.pod_class.services, replica_set.desired, cause)

    def _stateful(self, stateful_set: StatefulSetState, cause: int) -> None:
        """Services may also select a single pod of it, by its name."""
        spec, workload = stateful_set.spec, stateful_set.workload
        services = self._state.services.selecting(spec.namespace, spec.template.labels)
        self._want(workload, services, spec.replicas, cause)
        single: dict[int, tuple[ServiceState, ...]] = {}
        for ordinal in spec.ordinals:
            of_pod = self._state.services.selecting(spec.namespace, spec.pod_labels(ordinal))
            if len(of_pod) > len(services):
                single[ordinal] = tuple(service for service in of_pod if service not in services)
        for ordinal in sorted(self._single[stateful_set] | single.keys()):
            self._want((workload, ordinal), single.get(ordinal, ()), int(ordinal in single), cause)
        self._single[stateful_set] = set(single)

    def _daemons(self, daemon_set: DaemonSetState, cause: int) -> None:
        spec = daemon_set.spec
        services = self._state.services.selecting(spec.namespace, spec.template.labels)
        self._want(daemon_set.workload, services, daemon_set.desired, cause)

    def _metadata_changed(self, pod: PodState, changed: int) -> None:
        """Of an adopted pod its owner says how many there are to be."""
        if changed and pod.maker is None:
            self._want(pod.pod_class.workload, pod.pod_class.services, int(pod.owner is None), 0)

    def want_pod(self, pod_class: PodClass) -> None:
        """A pod of its own is to be there."""
        self._want(pod_class.workload, pod_class.services, 1, 0)

    def _want(self, who: Hashable, services: tuple[ServiceState, ...], replicas: int, cause: int) -> None:
        """From now on a workload, or a pod of one, is to have so many replicas, behind these Services."""
        before = self._wanted.get(who)
        if before == (services, replicas):
            return
        self._wanted[who] = (services, replicas)
        for affected in sorted({*services, *(before[0] if before else ())}, key=lambda service: service.index):
            total = sum(number for behind, number in self._wanted.values() if affected in behind)
            self._state.services.set_desired(affected, total, cause)
