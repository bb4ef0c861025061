"""Traffic: the requests that a Service gets, and what clients do when one fails."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from models.arrays import Floats
from models.distributions import Distribution, Exponential, LogNormal
from models.protection import Cache, CircuitBreaker
from models.request_level import Bursts, ProcessorSharing, RecordedTimes, RequestLevel

DAILY_STEPS = 96
"""Steps a period into which a wave is cut: a quarter of an hour, for a day."""


@dataclass(frozen=True, slots=True)
class RequestRate:
    """Requests per second over time, constant between steps; before the first step as from the first on.

    With a `period` the steps, all within [0, period), repeat for ever in both directions.
    """

    steps: tuple[tuple[float, float], ...]
    """(seconds since failures began, requests per second from then on), in order of time."""
    period: float | None = None

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a rate of requests needs at least one step")
        if any(not math.isfinite(at) for at, _ in self.steps):
            raise ValueError("the steps of a rate of requests must have finite times")
        if any(not after > before for (before, _), (after, _) in pairwise(self.steps)):
            raise ValueError("the steps of a rate of requests must increase in time")
        if any(not (0 <= rate < math.inf) for _, rate in self.steps):
            raise ValueError("a rate of requests must be finite and not negative")
        if self.period is not None and not (self.steps[0][0] >= 0 and self.steps[-1][0] < self.period):
            raise ValueError("the steps of a rate that repeats must lie within one period")

    @classmethod
    def constant(cls, rate: float) -> "RequestRate":
        """A rate that does not change over time, in requests per second."""
        return cls(((0.0, rate),))

    @classmethod
    def wave(cls, mean: float, peak: float, peak_at: float, period: float = 86400.0) -> "RequestRate":
        """A sine of this mean and peak, highest at `peak_at`, in `DAILY_STEPS` steps that keep its integral exactly."""
        if not 0 <= mean <= peak <= 2 * mean:
            raise ValueError(f"expected mean <= peak <= 2 mean (got {mean!r} and {peak!r})")
        ends = np.linspace(0.0, period, DAILY_STEPS + 1)
        turn = 2 * math.pi / period
        area = mean * ends + (peak - mean) / turn * np.sin(turn * (ends - peak_at))
        rates = np.maximum(np.diff(area) / np.diff(ends), 0.0)
        return cls(tuple(zip(ends[:-1].tolist(), rates.tolist(), strict=True)), period)

    def at(self, time: float) -> float:
        """The rate at that time."""
        times = [start for start, _ in self.steps]
        if self.period is None:
            return self.steps[max(0, bisect_right(times, time) - 1)][1]
        return self.steps[bisect_right(times, time % self.period) - 1][1]  # before the first: the last of the period

    def changes(self, length: float) -> float:
        """How often it changes in so many seconds, at most."""
        return len(self.steps) * (1 + (length / self.period if self.period else 0))

    def most(self, length: float) -> float:
        """Requests in so many seconds, at most."""
        return max(rate for _, rate in self.steps) * length

    def pieces(self, start: float, end: float) -> tuple[Floats, Floats]:
        """The rate on [start, end): the times from which on it is constant, the first being `start`, and the rates."""
        times = np.array([time for time, _ in self.steps])
        rates = np.array([rate for _, rate in self.steps])
        if self.period is not None:
            first, last = math.floor(start / self.period), math.ceil(end / self.period)
            times = (times + self.period * np.arange(first, last + 1)[:, None]).ravel()
            rates = np.tile(rates, last - first + 1)
        inside = (times > start) & (times < end)
        return np.append(start, times[inside]), np.append(self.at(start), rates[inside])


@dataclass(frozen=True, slots=True)
class Clients:
    """Where a part of the requests comes from.

    Clients do not fail with their nodes: what they ask for does not become less when machines are down.
    """

    at: str = "nodes"
    """`nodes` (evenly over all), `zone/<zone>` (evenly over its nodes), `node/<name>`, or `outside` (no zone, one
    load balancer that learns of changes as a node does)."""
    weight: float = 1.0
    """This part in proportion to those of the other clients."""

    def __post_init__(self) -> None:
        kind, _, name = self.at.partition("/")
        if not (self.at in ("nodes", "outside") or (kind in ("zone", "node") and name)):
            raise ValueError(f"expected nodes, outside, zone/<zone> or node/<name> (got {self.at!r})")
        if not (0 < self.weight < math.inf):
            raise ValueError(f"a weight must be positive and finite (got {self.weight!r})")


@dataclass(frozen=True, slots=True)
class Weight:
    """What endpoints weigh, by where they are: large machines may get more, a canary zone less."""

    at: str
    """`zone/<zone>`, or `node/<name>`, which goes before its zone."""
    weight: float
    """In proportion to those elsewhere; 1 where nothing is said."""

    def __post_init__(self) -> None:
        kind, _, name = self.at.partition("/")
        if not (kind in ("zone", "node") and name):
            raise ValueError(f"expected zone/<zone> or node/<name> (got {self.at!r})")
        if not (0 < self.weight < math.inf):
            raise ValueError(f"a weight must be positive and finite (got {self.weight!r})")


_SILENT = {"optional": True}
"""Of fields that change nothing where they are not given."""

_MOST_ATTEMPTS = 100
"""Beyond it a back-off that doubles would outlast any run, and single attempts would be too many to follow."""


@dataclass(frozen=True, slots=True)
class Retries:
    """What clients do with a request that failed. A request is lost when its last attempt fails.

    The default is what Kubernetes does: kube-proxy never sends anything twice. Istio tries twice more if a connection
    fails; the AWS SDKs try twice more, with jitter, and spend tokens (5 of 500 a retry); gRPC allows 4 more at most.
    """

    attempts: int = 0
    """How many further attempts there are at most; 100 or fewer."""
    elsewhere: bool = True
    """Each at an endpoint that was not tried yet, while there is one; if not, wherever the balancing says."""
    backoff: float = 0.0
    """Time from a failed attempt to the next; doubled after each."""
    budget_share: float = 1.0
    """Attempts beyond the first, as a share of the requests: of more, as many are given up at once. Envoy and gRPC
    speak of 20 %."""
    jitter: float = field(default=0.0, metadata=_SILENT)
    """The share of the back-off that is left to chance: 0.2 waits for 80 % to 100 % of it, 1 (the AWS SDKs' full
    jitter) for anything from nothing to all of it. Where single requests are not followed, the mean counts."""
    longest_backoff: float | None = field(default=None, metadata=_SILENT)
    """It is doubled to no more than this (20 s in the AWS SDKs). None: no limit."""
    hedge_after: float | None = field(default=None, metadata=_SILENT)
    """An attempt that is not answered by then is joined by the next, without back-off, and the first answer counts
    (gRPC's hedgingDelay; Dean and Barroso, The tail at scale, 2013, hedge at the 95th percentile). The other is worked
    on all the same. None: the next comes only after one has failed."""

    def __post_init__(self) -> None:
        if self.attempts < 0 or not self.backoff >= 0 or not 0 <= self.budget_share < math.inf:
            raise ValueError("retries, their back-off and their budget must not be negative")
        if self.attempts > _MOST_ATTEMPTS:
            raise ValueError(f"expected at most {_MOST_ATTEMPTS} attempts (got {self.attempts})")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter is a share of the back-off, from 0 to 1 (got {self.jitter!r})")
        if self.hedge_after is not None and not 0 < self.hedge_after < math.inf:
            raise ValueError(f"hedgeAfter must be positive and finite (got {self.hedge_after!r})")
        if self.hedge_after is not None and not self.attempts:
            raise ValueError("hedgeAfter sends one of the further `attempts`: expected at least one")
        if self.longest_backoff is not None and not self.backoff <= self.longest_backoff < math.inf:
            raise ValueError(f"the longest back-off must be at least the first (got {self.longest_backoff!r})")

    def delays(self, timeout: float) -> tuple[float, ...]:
        """Seconds from a request to each of its attempts, the first being 0: time-outs and mean back-offs add up."""
        delays = [0.0]
        for number in range(self.attempts):
            backoff = self.backoff * 2.0**number
            if self.longest_backoff is not None:
                backoff = min(backoff, self.longest_backoff)
            wait = timeout + backoff * (1.0 - self.jitter / 2)
            delays.append(delays[-1] + (wait if self.hedge_after is None else min(wait, self.hedge_after)))
        return tuple(delays)


_SERVICE_TIME = Exponential(0.05)


ENDPOINT_LAG: Distribution = LogNormal.from_quantile(median=0.4, p95=2.0)
"""How late a client's proxy knows of a change of the endpoints, if nothing else is said."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests to one Service, and how they find an endpoint."""

    service: str
    """The Service, as in `Run.services`."""
    rate: RequestRate
    balancing: Any = None
    """A policy of `simulator.traffic.balancing`; None: as the Service says, which is random if it says nothing."""
    routing: tuple[Any, ...] | None = None
    """Rules of `simulator.traffic.routing` that leave endpoints out, in this order; None: as the Service says."""
    endpoint_lag: Distribution = ENDPOINT_LAG
    """From a change of the endpoints to a client's proxy knowing of it, drawn for every node and change. The default
    is a round figure of our choice: watch, up to 1 s between two syncs of kube-proxy, writing the rules."""
    clients: tuple[Clients, ...] = (Clients(),)
    """Where requests come from."""
    timeout: float = 0.0
    """Time after which a client gives up an attempt that nobody answers; it matters for when retries come."""
    retries: Retries = Retries()
    """What clients do with a request that failed."""
    service_time: Distribution = _SERVICE_TIME
    """How long an endpoint works on a request: what policies that compare endpoints feel (50 ms: our choice)."""
    capacity: float | None = None
    """Requests per second that an endpoint can answer; what is beyond is shed, that is, fails at once. While more come,
    requests wait at the endpoint (`queue`), and so do its probes."""
    requests: RequestLevel | None = None
    """To follow every single request. None: fluid, that is, exact expectations given what happened to the endpoints."""
    weights: tuple[Weight, ...] = ()
    """What endpoints weigh, for policies that go by weights: `weighted`, and those that compare loads."""
    cpu_per_request: float | None = field(default=None, metadata=_SILENT)
    """CPU time that a request takes on one core: what autoscalers measure. Without it an endpoint that
    gets all it can answer is taken to use all its CPU: the limit of its containers, or their request."""
    idle_cpu: int | None = field(default=None, metadata=_SILENT)
    """CPU that an endpoint uses without any request."""
    rate_metric: str | None = field(default=None, metadata=_SILENT)
    """The name by which autoscalers ask for the requests per second (Pods: of each pod; Object, External: of all)."""
    queue: int | None = field(default=None, metadata=_SILENT)
    """Requests that may wait at an endpoint; one more is shed. While it is long, probes time out, and clients do. 0:
    nothing ever waits. By default 4096, what Linux lets wait at a socket (net.core.somaxconn), or what `requests.pod`
    says."""
    longest_wait: float | None = field(default=None, metadata=_SILENT)
    """A request that would wait longer at an endpoint is shed, as by a time-out in its queue or by CoDel: what it still
    answers comes in time. Of worth if shorter than `timeout` and than the time-outs of probes."""
    circuit_breaker: CircuitBreaker | None = field(default=None, metadata=_SILENT)
    """When clients stop sending for a while. None: never."""
    cache: Cache | None = field(default=None, metadata=_SILENT)
    """The cache of the clients before the Service; `rate` is what reaches the Service while it is warm."""

    def __post_init__(self) -> None:
        if not self.timeout >= 0:
            raise ValueError(f"a time-out must not be negative (got {self.timeout!r})")
        if self.capacity is not None and not 0 < self.capacity < math.inf:
            raise ValueError(f"a capacity must be positive and finite (got {self.capacity!r})")
        if self.cpu_per_request is not None and not 0 < self.cpu_per_request < math.inf:
            raise ValueError(f"the CPU time of a request must be positive and finite (got {self.cpu_per_request!r})")
        if (self.idle_cpu or 0) < 0 or (self.queue or 0) < 0:
            raise ValueError("idle CPU and a queue must not be negative")
        if self.longest_wait is not None and not 0 <= self.longest_wait < math.inf:
            raise ValueError(f"the longest wait must be finite and not negative (got {self.longest_wait!r})")
        if self.longest_wait is not None and self.requests and isinstance(self.requests.pod, ProcessorSharing):
            raise ValueError("longestWait is for pods with a queue: with `requests`, the pod is firstComeFirstServed")
        if self.requests is not None and self.retries.hedge_after is not None and self.retries.attempts != 1:
            raise ValueError("where single requests are followed, hedgeAfter is for one further attempt: attempts: 1")
        if self.rate_metric in ("cpu", "memory"):
            raise ValueError(f"a rate of requests is no {self.rate_metric}: expected another name for its metric")
        if not self.clients:
            raise ValueError(f"the traffic of {self.service} comes from nowhere: expected at least one of clients")
        places = [one.at for one in self.weights]
        for place in dict.fromkeys(places):
            if places.count(place) > 1:
                raise ValueError(f"the weight of endpoints at {place!r} is given twice")

    @property
    def waits(self) -> bool:
        """Whether it is known how long requests wait at an endpoint that is asked for too much, probes or none."""
        return any(one is not None for one in (self.queue, self.longest_wait, self.circuit_breaker, self.cache))

    def followed(self, length: float) -> float:
        """Requests, and bursts of them, that are followed one by one in so many seconds, at most."""
        if self.requests is None or isinstance(self.requests.arrivals, RecordedTimes):
            return 0.0
        arrivals = self.requests.arrivals
        bursts = length / (arrivals.burst + arrivals.pause) if isinstance(arrivals, Bursts) else 0.0
        return self.rate.most(length) + bursts


@dataclass(frozen=True, slots=True)
class Call:
    """To answer a request, one Service asks another.

    How long it waits for the answer and how often it tries, the `traffic` of the other says: each hop has its own.
    """

    caller: str
    callee: str
    required: bool = True
    """Without the other's answer the request fails; if not, it is answered all the same."""
    cached: float | None = field(default=None, metadata=_SILENT)
    """For so long after the other has answered for the last time, requests are answered from its earlier answers (RFC
    5861, stale-if-error), as if all asked for the same. None: there is no cache."""

    def __post_init__(self) -> None:
        if self.cached is not None and not (self.required and 0 < self.cached < math.inf):
            raise ValueError("`cached` is for how long a call that is required can do without; positive and finite")


def circle(calls: "tuple[Call, ...]") -> tuple[str, ...]:
    """Services that call each other in a circle, the first once more at the end; () if there is no circle."""
    callees: dict[str, list[str]] = {}
    for call in calls:
        callees.setdefault(call.caller, []).append(call.callee)
    done: set[str] = set()

    def search(service: str, chain: tuple[str, ...]) -> tuple[str, ...]:
        if service in chain:
            return (*chain[chain.index(service) :], service)
        if service not in done:
            for callee in callees.get(service, ()):
                if found := search(callee, (*chain, service)):
                    return found
            done.add(service)
        return ()

    for service in callees:
        if found := search(service, ()):
            return found
    return ()
