"""The Services and their endpoints."""

from collections.abc import Mapping

from models.service import Service
from simulator.log import Kind
from simulator.state.objects import PodState, ServiceState
from simulator.state.transitions import Transitions

# Looked up once, as in `pods`.
_SERVICE_READY, _SERVICE_ANSWERING = Kind.SERVICE_READY, Kind.SERVICE_ANSWERING


class Services(list[ServiceState]):
    """All of them, in order of creation; they change by the verbs below alone."""

    def __init__(self, transitions: Transitions) -> None:
        super().__init__()
        self._emit = transitions.emit
        self._by_label: dict[tuple[str, str, str], list[ServiceState]] = {}

    def add(self, spec: Service) -> None:
        """A new Service, without endpoints."""
        service = ServiceState(len(self), spec)
        self.append(service)
        if spec.selector:
            key, value = min(spec.selector.items())
            self._by_label.setdefault((spec.namespace, key, value), []).append(service)
        self._emit(Kind.SERVICE_GENERATION, service, service.index, 0, 1, 0)

    def selecting(self, namespace: str, labels: Mapping[str, str]) -> tuple[ServiceState, ...]:
        """The Services that select pods with these labels, in the order of their creation."""
        candidates = (self._by_label.get((namespace, key, value), ()) for key, value in labels.items())
        matching = [s for services in candidates for s in services if s.spec.selects(namespace, labels)]
        return tuple(sorted(matching, key=lambda service: service.index))

    def list_endpoint(self, service: ServiceState, pod: PodState, cause: int) -> None:
        """The pod becomes a ready endpoint of the Service."""
        count = len(service.endpoints)
        service.endpoints[pod.uid] = pod
        if count == 0:
            service.choose_endpoints()
        self._emit(_SERVICE_READY, service, service.index, count, count + 1, cause)

    def unlist_endpoint(self, service: ServiceState, pod: PodState, cause: int) -> None:
        """The pod is no longer a ready endpoint of the Service."""
        count = len(service.endpoints)
        del service.endpoints[pod.uid]
        if count == 1:
            service.choose_endpoints()
        self._emit(_SERVICE_READY, service, service.index, count, count - 1, cause)

    def set_terminating(self, service: ServiceState, pod: PodState, terminating: bool) -> None:
        """Whether the pod is being deleted and still serves the Service."""
        if terminating:
            service.terminating[pod.uid] = pod
        else:
            service.terminating.pop(pod.uid, None)

    def set_answering(self, service: ServiceState, count: int, cause: int) -> None:
        """How many endpoints in use of the Service can answer."""
        old = service.answering
        if old != count:
            service.answering = count
            self._emit(_SERVICE_ANSWERING, service, service.index, old, count, cause)

    def set_rate(self, service: ServiceState, millionths: int, cause: int) -> None:
        """So many requests come, in proportion to what usually comes."""
        old = service.rate
        if old != millionths:
            service.rate = millionths
            self._emit(Kind.SERVICE_RATE, service, service.index, old, millionths, cause)

    def set_circuit_open(self, service: ServiceState, is_open: bool, cause: int) -> None:
        """Whether the circuit breakers of its clients let nothing through."""
        if service.circuit_open is not is_open:
            service.circuit_open = is_open
            self._emit(Kind.SERVICE_CIRCUIT, service, service.index, not is_open, is_open, cause)

    def set_desired(self, service: ServiceState, replicas: int, cause: int) -> None:
        """How many replicas are desired of the workloads behind the Service."""
        old = service.desired
        if old != replicas:
            service.desired = replicas
            self._emit(Kind.SERVICE_DESIRED, service, service.index, old, replicas, cause)
