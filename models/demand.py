"""Demand: what the requests to a Service ask of the pods that answer them, in CPU and in requests per second.

One rule joins the two: an endpoint that gets all the requests it can answer uses all its CPU. So from two of its CPU,
its capacity and the CPU time of a request follows the third. Its CPU is what its containers may use (limits), or, if
one of them has no limit, what they request. A pod without a limit is bounded by its node alone.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.cluster import Cluster, services_by_name
from models.load import Load, without_load
from models.pod import PodSpec
from models.request_level import FirstComeFirstServed, ProcessorSharing
from models.traffic import Traffic
from models.units import format_cpu, format_duration

SOMAXCONN = 4096
"""Connections that wait at a socket until a server takes them, by default (Linux, net.core.somaxconn, since 5.4)."""


def cpu_limit(spec: PodSpec) -> int | None:
    """Millicores that the pod may use: of the pod as a whole, or all its containers; None if one has no limit."""
    whole = spec.resources.limits.get("cpu")
    if whole is not None:
        return whole
    limits = [container.limits.cpu for container in (*spec.containers, *spec.sidecars)]
    return sum(limits) if all(limits) else None


@dataclass(frozen=True, slots=True)
class Demand:
    """What the requests to one Service ask of a pod with this spec."""

    cost: float | None
    """Millicores for a request per second; None: unknown."""
    capacity: float
    """Requests per second that the pod can answer; infinite if only its node bounds them (`capacity_with`)."""
    queue: float
    """Requests that may wait at it."""
    longest_wait: float
    """Seconds that one may wait at most."""
    idle: int
    """Millicores without requests."""
    limit: float
    """Millicores at most."""

    @classmethod
    def of(cls, traffic: Traffic, spec: PodSpec) -> "Demand":
        """The demand of this traffic on each pod of a class."""
        limit, capacity = cpu_limit(spec), _declared_capacity(traffic)
        cost: float | None
        if traffic.cpu_per_request is not None:
            cost = 1000.0 * traffic.cpu_per_request
            if limit is not None:
                capacity = min(capacity, limit / cost)
        else:
            cpu = limit if limit is not None else spec.requests.cpu
            cost = cpu / capacity if cpu and capacity < math.inf else None
        wait = math.inf if traffic.longest_wait is None else traffic.longest_wait
        return cls(cost, capacity, _queue(traffic), wait, traffic.idle_cpu or 0, math.inf if limit is None else limit)

    def capacity_with(self, cpu: float) -> float:
        """Requests per second that the pod can answer if its node leaves it so many millicores."""
        if self.capacity < math.inf or self.cost is None or not cpu:
            return self.capacity
        return cpu / self.cost


def _declared_capacity(traffic: Traffic) -> float:
    """Requests per second: as given, and as many as its workers do; infinite if nothing is said."""
    workers = _workers(traffic)
    return min(
        math.inf if traffic.capacity is None else traffic.capacity,
        math.inf if workers is None else workers / traffic.service_time.mean,
    )


def _workers(traffic: Traffic) -> int | None:
    """Requests that an endpoint works on at full speed, where every request is followed; None: no bound."""
    match traffic.requests and traffic.requests.pod:
        case FirstComeFirstServed(concurrency=workers) | ProcessorSharing(cores=workers):
            return workers
    return None


def _queue(traffic: Traffic) -> float:
    """Requests that may wait at an endpoint."""
    if traffic.queue is not None:
        return traffic.queue
    match traffic.requests and traffic.requests.pod:
        case FirstComeFirstServed(queue=int(most)):
            return most
        case ProcessorSharing(cores=workers, limit=int(most)):
            return max(0, most - (workers or most))
    return SOMAXCONN


def _templates(cluster: Cluster) -> Iterator[tuple[str, str, Mapping[str, str], PodSpec]]:
    """Of all that makes pods: its name with kind and namespace, its namespace, and the labels and spec of its pods."""
    for one in cluster.pod_makers():
        name = f"{type(one).__name__}/{one.namespace}/{one.name}"
        yield name, one.namespace, one.template.labels, one.template.spec


def measured(cluster: Cluster, traffic: Iterable[Traffic]) -> dict[tuple[str, str], tuple[Traffic, ...]]:
    """The traffic that autoscalers measure, by (target, metric): ("Deployment/default/web", "cpu")."""
    found: dict[tuple[str, str], tuple[Traffic, ...]] = {}
    known, targets = services_by_name(cluster), {autoscaler.target for autoscaler in cluster.autoscalers}
    for one in traffic if targets else ():
        service = known.get(one.service)
        for name, namespace, labels, spec in _templates(cluster):
            if service is None or name not in targets or not service.selects(namespace, labels):
                continue
            costs = Demand.of(one, spec).cost is not None
            for metric in (*(("cpu",) if costs else ()), *filter(None, (one.rate_metric,))):
                found[name, metric] = (*found.get((name, metric), ()), one)
    return found


def notes(cluster: Cluster, loads: Sequence[Load], traffic: Sequence[Traffic]) -> tuple[str, ...]:
    """A sentence on every autoscaler that measures nothing, and on every Service whose CPU time is assumed."""
    found = measured(cluster, traffic)
    given = {(load.workload, load.metric) for load in loads}
    specs = {name: spec for name, _, _, spec in _templates(cluster)}
    assumed = {
        one.service: _assumption(one, specs[target])
        for (target, metric), ones in found.items()
        for one in ones
        if metric == "cpu" and one.cpu_per_request is None and (target, metric) not in given
    }
    return (*without_load(cluster.autoscalers, loads, found), *assumed.values())


def _assumption(traffic: Traffic, spec: PodSpec) -> str:
    demand, limit = Demand.of(traffic, spec), cpu_limit(spec)
    cpu = f"limit of {format_cpu(limit)}" if limit is not None else f"request of {format_cpu(spec.requests.cpu)}"
    cost = format_duration((demand.cost or 0.0) / 1000)
    return (
        f"traffic to {traffic.service}: without cpuPerRequest, an endpoint that answers {demand.capacity:g} requests/s,"
        f" all it can, is taken to use its CPU {cpu}: {cost} of a core a request"
    )


@dataclass(frozen=True, slots=True)
class Shortage:
    """How the CPU limit of its pods bounds what a Service does with its requests; the lowest limit counts."""

    capacity: float
    """Requests per second that an endpoint can answer."""
    at_full_speed: float
    """Requests that it works on at once without being slowed down."""


def shortage(traffic: Traffic, cluster: Cluster) -> Shortage | None:
    """What the CPU limit leaves, where the CPU time of a request is given; None if nothing is bounded by it.

    A request that takes `service_time` alone uses a part of a core of cpu_per_request / service_time: as many as the
    limit has room for run at full speed, and more of them share it (CFS bandwidth control slows all alike).
    """
    service = services_by_name(cluster).get(traffic.service)
    if traffic.cpu_per_request is None or service is None:
        return None
    specs = [spec for _, namespace, labels, spec in _templates(cluster) if service.selects(namespace, labels)]
    limits = [limit for limit in map(cpu_limit, specs) if limit is not None]
    if not limits:
        return None
    capacity = min(limits) / (1000.0 * traffic.cpu_per_request)
    return Shortage(capacity, capacity * traffic.service_time.mean)
