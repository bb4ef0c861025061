"""The EndpointSlice controller: which pods a Service lists as ready, and how many of those can answer.

Source: k8s.io/endpointslice; pkg/controller/endpointslice. A pod is a ready endpoint while it is Ready and not being
deleted (publishNotReadyAddresses: as soon as it runs, whatever its readiness). Nothing polls: the list follows the
pod's conditions at once.
"""

from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState, ServiceState


class EndpointController:
    """Keeps the endpoints of every Service."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        state.listen(Kind.POD_READY, self._sync)
        state.listen(Kind.POD_DELETING, self._sync)
        state.listen(Kind.POD_ANSWERING, self._answering_changed)
        state.listen(Kind.SERVICE_GENERATION, lambda service, new, cause: self._service_added(service))
        state.listen(Kind.POD_PHASE, self._sync)
        state.listen(Kind.POD_METADATA, self._metadata_changed)

    def _service_added(self, service: ServiceState) -> None:
        """Pods that were there before it become its endpoints."""
        spec = service.spec
        for pod in list(self._state.pods.values()):
            pod_class = pod.pod_class
            if spec.selects(pod_class.namespace, pod_class.labels):
                if service not in pod_class.services:
                    pod_class.services = (*pod_class.services, service)
                self._sync(pod, 0, 0)

    def _metadata_changed(self, pod: PodState, changed: int, cause: int) -> None:
        """With other labels other Services may select the pod."""
        if not changed:
            return
        for service in self._state.services:
            if pod.uid in service.endpoints and service not in pod.pod_class.services:
                self._state.services.unlist_endpoint(service, pod, cause)
                if pod.answering:
                    self._state.services.set_answering(service, service.answering - 1, cause)
        self._sync(pod, 0, cause)

    def _sync(self, pod: PodState, new: int, cause: int) -> None:
        for service in pod.pod_class.services:
            listed = pod.uid in service.endpoints
            wanted = pod.ready and not pod.deleting
            if service.spec.publish_not_ready_addresses:
                wanted = pod.phase is Phase.RUNNING
            if wanted is listed:
                continue
            if wanted:
                self._state.services.list_endpoint(service, pod, cause)
            else:
                self._state.services.unlist_endpoint(service, pod, cause)
            if pod.answering:
                self._state.services.set_answering(service, service.answering + (1 if wanted else -1), cause)

    def _answering_changed(self, pod: PodState, new: int, cause: int) -> None:
        for service in pod.pod_class.services:
            if pod.uid in service.endpoints:
                self._state.services.set_answering(service, service.answering + (1 if new else -1), cause)
