"""What became of every Service over time."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.kernel import Kernel
from simulator.log import Kind, StepFunction
from simulator.objects import (
    DaemonSetState,
    DeploymentState,
    PodClass,
    ReplicaSetState,
    ServiceState,
    StatefulSetState,
)
from simulator.state import ClusterState


@dataclass(frozen=True)
class ServiceHistory:
    """One Service over the measured window; the functions count endpoints, or replicas."""

    name: str
    answering: StepFunction
    """Ready endpoints that can answer: what users meet."""
    ready: StepFunction
    """Endpoints listed as ready: what the control plane believes."""
    desired: StepFunction
    """Replicas desired of the workloads behind the Service."""


class _Series:
    """A count that changes now and then."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.counts: list[float] = []

    def function(self, start: float, end: float) -> StepFunction:
        """The count from `start` to `end`."""
        return StepFunction.of_changes(start, 0.0, np.array(self.times), np.array(self.counts, dtype=np.float64), end)


class Recorder:
    """Listens to Services and workloads, and keeps their counts over time."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._answering: defaultdict[int, _Series] = defaultdict(_Series)
        self._ready: defaultdict[int, _Series] = defaultdict(_Series)
        self._desired: defaultdict[int, _Series] = defaultdict(_Series)
        self._wanted: dict[Hashable, tuple[tuple[ServiceState, ...], int]] = {}
        self._single: defaultdict[StatefulSetState, set[int]] = defaultdict(set)
        """Ordinals of the pods that a Service selects alone."""
        state.listen(Kind.SERVICE_ANSWERING, lambda service, new, cause: self._note(self._answering, service, new))
        state.listen(Kind.SERVICE_READY, lambda service, new, cause: self._note(self._ready, service, new))
        state.listen(Kind.DEPLOYMENT_GENERATION, lambda deployment, new, cause: self._deployment_changed(deployment))
        state.listen(Kind.REPLICASET_DESIRED, lambda replica_set, new, cause: self._scaled(replica_set))
        state.listen(Kind.STATEFULSET_GENERATION, lambda stateful_set, new, cause: self._stateful(stateful_set))
        state.listen(Kind.DAEMONSET_GENERATION, lambda daemon_set, new, cause: self._daemons(daemon_set))
        state.listen(Kind.DAEMONSET_DESIRED, lambda daemon_set, new, cause: self._daemons(daemon_set))

    def _note(self, series: defaultdict[int, _Series], service: ServiceState, count: int) -> None:
        one = series[service.index]
        one.times.append(self._kernel.now)
        one.counts.append(count)

    def _deployment_changed(self, deployment: DeploymentState) -> None:
        spec = deployment.spec
        services = self._state.services_of(spec.namespace, spec.template.labels)
        self.want(deployment.workload, services, spec.replicas)

    def _scaled(self, replica_set: ReplicaSetState) -> None:
        if replica_set.deployment is None:
            self.want(replica_set.workload, replica_set.pod_class.services, replica_set.desired)

    def _stateful(self, stateful_set: StatefulSetState) -> None:
        """Services may also select a single pod of it, by its name."""
        spec, workload = stateful_set.spec, stateful_set.workload
        services = self._state.services_of(spec.namespace, spec.template.labels)
        self.want(workload, services, spec.replicas)
        single: dict[int, tuple[ServiceState, ...]] = {}
        for ordinal in spec.ordinals:
            of_pod = self._state.services_of(spec.namespace, spec.pod_labels(ordinal))
            if len(of_pod) > len(services):
                single[ordinal] = tuple(service for service in of_pod if service not in services)
        for ordinal in sorted(self._single[stateful_set] | single.keys()):
            self.want((workload, ordinal), single.get(ordinal, ()), int(ordinal in single))
        self._single[stateful_set] = set(single)

    def _daemons(self, daemon_set: DaemonSetState) -> None:
        spec = daemon_set.spec
        services = self._state.services_of(spec.namespace, spec.template.labels)
        self.want(daemon_set.workload, services, daemon_set.desired)

    def want_pod(self, pod_class: PodClass) -> None:
        """A pod of its own is to be there."""
        self.want(pod_class.workload, pod_class.services, 1)

    def want(self, who: Hashable, services: tuple[ServiceState, ...], replicas: int) -> None:
        """From now on a workload, or a pod of one, is to have so many replicas, behind these Services."""
        before = self._wanted.get(who)
        if before == (services, replicas):
            return
        self._wanted[who] = (services, replicas)
        for affected in sorted({*services, *(before[0] if before else ())}, key=lambda service: service.index):
            total = sum(number for behind, number in self._wanted.values() if affected in behind)
            self._note(self._desired, affected, total)

    def histories(self, start: float, end: float) -> dict[str, ServiceHistory]:
        """Every Service from `start` to `end`, by name."""
        names = service_names(self._state.services)
        return {
            name: ServiceHistory(
                name,
                answering=self._answering[i].function(start, end),
                ready=self._ready[i].function(start, end),
                desired=self._desired[i].function(start, end),
            )
            for i, name in enumerate(names)
        }


def service_names(services: Sequence[ServiceState]) -> list[str]:
    """Their names; with the namespace, "namespace/name", if there are several namespaces."""
    several = len({service.spec.namespace for service in services}) > 1
    return [f"{s.spec.namespace}/{s.spec.name}" if several else s.spec.name for s in services]
