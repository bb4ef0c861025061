"""Users: those who send requests to the Services of a run, and so ask something of its pods."""

from collections.abc import Callable, Sequence

from models.cluster import Cluster
from models.demand import measured
from models.service import service_names
from models.traffic import Traffic
from simulator.demand.overload import Overload
from simulator.demand.stream import Stream
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
        by_service = {stream.service.index: stream for stream in self.streams.values()}
        overload = Overload(self._kernel, self._state, delay_probes)
        seen: set[PodClass] = set()

        def consider(pod: PodState) -> None:
            pod_class = pod.pod_class
            if pod_class not in seen:
                seen.add(pod_class)
                behind = [by_service[s.index] for s in pod_class.endpoint_of if s.index in by_service]
                if _may_be_too_much(behind, pod_class):
                    overload.add(behind)

        for pod in self._state.pods.values():
            consider(pod)
        self._state.listen(Kind.POD_PHASE, lambda pod, new, cause: consider(pod) if new == Phase.PENDING else None)
        self._state.listen(Kind.POD_METADATA, lambda pod, changed, cause: consider(pod) if changed else None)


def _may_be_too_much(streams: Sequence[Stream], pod_class: PodClass) -> bool:
    """Whether a pod of this class has probes, and could not answer all these requests alone."""
    containers = pod_class.spec.containers
    probed = any(container.readiness is not None or container.liveness is not None for container in containers)
    return probed and sum(stream.most / stream.least_capacity(pod_class) for stream in streams) > 1.0
