"""The EndpointSlice controller: which pods a Service lists, and how many of those in use can answer.

Source: k8s.io/endpointslice (reconciler.go); pkg/controller/endpointslice. Nothing polls: the lists follow the pods'
conditions at once. Pods whose node is gone, object and all, are left out when their Service is looked at next, which
is when something happens to another of its pods.
"""

from collections import defaultdict

from simulator.component import Component
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState, ServiceState


def conditions(published: bool, phase: int, ready: bool, deleting: bool, selected: bool) -> tuple[bool, bool]:
    """Whether a pod is (a ready endpoint, one that terminates and still serves) of a Service that it stands behind.

    None of them while the Service selects another version.

    It is an endpoint from when it has an IP, that is from when it runs, until it has failed or is gone. It is ready
    while it is Ready and not being deleted, or, of a Service that has published addresses that are not ready, always.
    Source: k8s.io/endpointslice/utils.go (podToEndpoint).
    """
    if phase != Phase.RUNNING or not selected:
        return False, False
    if published:
        return True, False
    return ready and not deleting, ready and deleting


class EndpointController:
    """Keeps the endpoints of every Service."""

    def __init__(self, kernel: Component, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._missed: dict[PodState, int] = {}
        """Pods that changed while it is down, and why they last did."""
        self._orphans: defaultdict[ServiceState, list[PodState]] = defaultdict(list)
        """Endpoints whose node is gone."""
        state.listen(Kind.POD_READY, self._sync)
        state.listen(Kind.POD_DELETING, self._sync)
        state.listen(Kind.POD_SELECTED, self._sync)
        state.listen(Kind.POD_ANSWERING, self._answering_changed)
        state.listen(Kind.SERVICE_GENERATION, lambda service, new, cause: self._service_added(service))
        state.listen(Kind.POD_PHASE, self._sync)
        state.listen(Kind.POD_METADATA, self._metadata_changed)
        state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: None if exists else self._node_gone(node))
        kernel.on_return(self._returned)

    def _returned(self) -> None:
        """It looks at all pods; only those that changed may be listed otherwise."""
        missed, self._missed = self._missed, {}
        for pod, cause in missed.items():
            self._metadata_changed(pod, 1, cause)

    def _service_added(self, service: ServiceState) -> None:
        """Pods that were there before it become its endpoints."""
        spec = service.spec
        for pod in list(self._state.pods.values()):
            pod_class = pod.pod_class
            if spec.selects(pod_class.namespace, pod_class.labels):
                if service not in pod_class.services:
                    pod_class.stand_behind(service)
                self._sync(pod, 0, 0)

    def _metadata_changed(self, pod: PodState, changed: int, cause: int) -> None:
        """With other labels other Services may select the pod."""
        if not changed:
            return
        if self._kernel.is_down:
            self._missed[pod] = cause
            return
        for service in self._state.services:
            if service not in pod.pod_class.endpoint_of:
                self._set(service, pod, False, False, cause)
        self._sync(pod, 0, cause)

    def _sync(self, pod: PodState, new: int, cause: int) -> None:
        if self._kernel.is_down:
            self._missed[pod] = cause
            return
        orphaned = pod.node >= 0 and not self._state.nodes.exists[pod.node]
        for service in pod.pod_class.endpoint_of:
            published = service.spec.publish_not_ready_addresses
            ready, terminating = conditions(published, pod.phase, pod.ready, pod.deleting, pod.selected)
            if orphaned and not published:
                ready = terminating = False
            self._set(service, pod, ready, terminating, cause)
            for orphan in self._orphans.pop(service, ()) if self._orphans else ():
                self._set(service, orphan, False, False, cause)

    def _node_gone(self, node: int) -> None:
        for pod in self._state.nodes.running[node].values():
            for service in pod.pod_class.endpoint_of:
                if not service.spec.publish_not_ready_addresses:
                    self._orphans[service].append(pod)

    def _set(self, service: ServiceState, pod: PodState, ready: bool, terminating: bool, cause: int) -> None:
        """The pod is a ready endpoint of the Service, or one that terminates and still serves, or none."""
        services = self._state.services
        was_ready, was_terminating = pod.uid in service.endpoints, pod.uid in service.terminating
        if ready is was_ready and terminating is was_terminating:
            return
        used, was_used = service.in_use, pod.uid in service.in_use
        if terminating is not was_terminating:
            services.set_terminating(service, pod, terminating)
        if ready and not was_ready:
            services.list_endpoint(service, pod, cause)
        elif was_ready and not ready:
            services.unlist_endpoint(service, pod, cause)
        if service.in_use is not used:
            answering = sum(endpoint.answering for endpoint in service.in_use.values())
        else:
            answering = service.answering + pod.answering * ((pod.uid in used) - was_used)
        if answering != service.answering:
            services.set_answering(service, answering, cause)

    def _answering_changed(self, pod: PodState, new: int, cause: int) -> None:
        for service in pod.pod_class.endpoint_of:
            if pod.uid in service.in_use:
                self._state.services.set_answering(service, service.answering + (1 if new else -1), cause)
