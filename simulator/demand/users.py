"""Users: those who send requests to the Services of a run, and so ask something of its pods."""

from collections.abc import Callable, Sequence

from models.cluster import Cluster
from models.demand import measured
from models.input.problems import did_you_mean
from models.service import service_names
from models.traffic import Traffic
from simulator.demand.overload import Overload
from simulator.demand.stream import Stream
from simulator.demand.surge import Surge, Surges
from simulator.demand.use import Use
from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodClass, PodState


class Users:
    """What autoscalers measure of the requests, and what too many of them do to pods; `streams` by Service."""

    def __init__(self, kernel: Kernel, state: ClusterState, cluster: Cluster, traffic: Sequence[Traffic]) -> None:
        """The Services have to be there; raises ValueError for traffic to another."""
        self._kernel = kernel
        self._state = state
        self._cluster = cluster
        names = service_names([service.spec for service in state.services])
        services = dict(zip(names, state.services, strict=True))
        if unknown := [one.service for one in traffic if one.service not in services]:
            raise ValueError(f"there is no Service {unknown[0]!r} for the traffic to go to")
        self.streams = {one.service: Stream(kernel, one, services[one.service]) for one in traffic}
        self._by_service = {stream.service.index: stream for stream in self.streams.values()}
        self._surges = {name: Surges(state.services, stream.service) for name, stream in self.streams.items()}
        self._overload: Overload | None = None
        self._seen: set[PodClass] = set()

    def show(self, follow: Callable[[str, Use, Stream], None]) -> None:
        """Calls `follow(target, use, stream)` for each target of an autoscaler, and the requests that it measures."""
        use = Use(self.streams.values())
        found = measured(self._cluster, [stream.traffic for stream in self.streams.values()])
        followed = ((target, one.service) for (target, _), ones in found.items() for one in ones)
        for target, service in dict.fromkeys(followed):
            follow(target, use, self.streams[service])

    def come(self, delay_probes: Callable[[PodState, float], None]) -> None:
        """From now on pods that get more requests than they can answer are late with their probes, too.

        `delay_probes` is that of `Overload`, which is told only of requests that may be too many for some pod.
        """
        if not self.streams:
            return
        self._overload = Overload(self._kernel, self._state, delay_probes)
        self._consider_all()
        listen, consider = self._state.listen, self._consider
        listen(Kind.POD_PHASE, lambda pod, new, cause: consider(pod) if new == Phase.PENDING else None)
        listen(Kind.POD_METADATA, lambda pod, changed, cause: consider(pod) if changed else None)

    def _consider_all(self) -> None:
        self._seen.clear()
        for pod in self._state.pods.values():
            self._consider(pod)

    def _consider(self, pod: PodState) -> None:
        """Requests count from now on if they may be too many for a pod of this class."""
        pod_class = pod.pod_class
        if self._overload is not None and pod_class not in self._seen:
            self._seen.add(pod_class)
            behind = [self._by_service[s.index] for s in pod_class.endpoint_of if s.index in self._by_service]
            if _may_be_too_much(behind, pod_class):
                self._overload.add(behind)

    # More than usual

    def expect(self, service: str, factor: float) -> None:
        """There may be a surge of so many times the usual requests; ValueError if the Service has no traffic."""
        self._stream(service).surge *= max(1.0, factor)
        self._consider_all()

    def expect_cache_loss(self, service: str) -> None:
        """The cache before a Service may be lost; ValueError if it has none, or no traffic."""
        cache = self._stream(service).traffic.cache
        if cache is None:
            raise ValueError(f"the traffic to {service} has no `cache` that could be lost")
        self.expect(service, cache.factor(0.0))

    def _stream(self, service: str) -> Stream:
        if service not in self.streams:
            hint = did_you_mean(service, self.streams)
            raise ValueError(f"there is no traffic to a Service {service!r}{hint}: add it to `traffic`")
        return self.streams[service]

    def lose_cache(self, service: str, cause: str) -> None:
        """The cache before a Service is empty: everything reaches it, until its answers have filled the cache again."""
        assert self._overload is not None
        self._overload.lose_cache(self.streams[service], self.surge(service, 1.0, cause))

    def surge(self, service: str, factor: float, cause: str) -> Surge:
        """From now on so many times the usual requests come to a Service; surges that overlap multiply."""
        return self._surges[service].begin(factor, self._state.cause(cause))


def _may_be_too_much(streams: Sequence[Stream], pod_class: PodClass) -> bool:
    """Whether it is told how requests wait at a pod of this class, or it has probes, and all are too many for one.

    Clients with a circuit breaker may stop sending whatever the pods can do.
    """
    if any(stream.traffic.circuit_breaker is not None for stream in streams):
        return True
    containers = pod_class.spec.containers
    probed = any(container.readiness is not None or container.liveness is not None for container in containers)
    waiting = any(stream.traffic.waits and stream.traffic.timeout > 0 for stream in streams)
    return (probed or waiting) and sum(stream.most / stream.least_capacity(pod_class) for stream in streams) > 1.0
