"""What pods use of what autoscalers measure, for the requests that come to them."""

from collections.abc import Iterable, Mapping

from simulator.demand.stream import Stream
from simulator.state.objects import PodState, ServiceState


class Use:
    """CPU and requests per second of pods, by the requests to the Services that use them, each with an even share.

    A pod answers no more than its capacity and uses no more than its limit: what is beyond does not show in its CPU.
    """

    def __init__(self, streams: Iterable[Stream]) -> None:
        self._streams = {stream.service.index: stream for stream in streams}

    def streams_of(self, services: Iterable[ServiceState]) -> list[Stream]:
        """The requests to these Services."""
        return [self._streams[service.index] for service in services if service.index in self._streams]

    def of(self, pod: PodState) -> Mapping[str, float]:
        """What the pod uses now, by metric, in thousandths; what follows from no traffic is missing."""
        found: dict[str, float] = {}
        limit, idle = float("inf"), 0
        for stream in self.streams_of(pod.pod_class.services):
            demand = stream.demand(pod.pod_class)
            arriving = stream.on_each() if pod.uid in stream.service.in_use else 0.0
            if demand.cost is not None:
                answered = min(arriving, demand.capacity)
                found["cpu"] = found.get("cpu", 0.0) + answered * demand.cost
                limit, idle = demand.limit, max(idle, demand.idle)
            if (name := stream.traffic.rate_metric) is not None:
                found[name] = found.get(name, 0.0) + 1000.0 * arriving
        if "cpu" in found:
            found["cpu"] = min(found["cpu"] + idle, limit)
        return found

    def total(self, metric: str, pods: Iterable[PodState]) -> float | None:
        """A metric of all requests to the Services of these pods together, in thousandths; None if it is not known."""
        services = {service.index: service for pod in pods for service in pod.pod_class.services}
        named = [s for s in self.streams_of(services.values()) if s.traffic.rate_metric == metric]
        return 1000.0 * sum(stream.arriving() for stream in named) if named else None
