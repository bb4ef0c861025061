"""How fast single requests are followed."""

import resource
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.cluster import Cluster
from models.distributions import Exponential, Fixed
from models.node import Node, Resources
from models.request_level import FirstComeFirstServed, RequestLevel
from models.traffic import Clients, RequestRate, Traffic
from simulator.registry import find
from simulator.streams import Streams
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.requests.answers import Answers
from simulator.traffic.requests.requests import requests


@dataclass(frozen=True)
class TrafficBench:
    """One run of the traffic benchmark."""

    policy: str
    pods: int
    requests: int
    answered: int
    seconds: float
    """Wall time, compiling left out."""
    requests_per_second: float
    mean_latency: float
    p99_latency: float
    """Simulated seconds."""
    peak_rss_mib: float
    """Peak resident memory of the process so far."""


def traffic(number: int, policy: str, pods: int) -> dict[str, Any]:
    """About so many Poisson requests to pods of one worker each, 80 % busy; returns the fields of TrafficBench."""
    balancing = find("balancing", policy)()
    _requests(1000, balancing, pods)  # compiled at the first use
    begin = time.perf_counter()
    found = _requests(number, balancing, pods)
    seconds = time.perf_counter() - begin
    return asdict(
        TrafficBench(
            policy=policy,
            pods=pods,
            requests=found.sent,
            answered=found.answered,
            seconds=seconds,
            requests_per_second=found.sent / seconds,
            mean_latency=found.latencies.mean,
            p99_latency=found.latencies.quantile(0.99),
            peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )
    )


def _requests(number: int, balancing: Any, pods: int) -> Answers:
    rate = 0.8 * pods / 0.1
    up = int(Condition.LISTED | Condition.ANSWERING)
    history = EndpointHistory(
        0.0,
        number / rate,
        names=tuple(f"pod-{i}" for i in range(pods)),
        nodes=np.zeros(pods, dtype=np.int64),
        zones=("",) * pods,
        times=np.zeros(pods),
        endpoints=np.arange(pods),
        conditions=np.full(pods, up),
        causes=("",) * pods,
    )
    load = Traffic(
        "bench",
        RequestRate.constant(rate),
        balancing,
        endpoint_lag=Fixed(0.0),
        clients=(Clients("outside"),),
        service_time=Exponential(0.1),
    )
    level = RequestLevel(pod=FirstComeFirstServed())
    return requests(load, level, history, Cluster(nodes=(Node("node", Resources(1000, 1024**3)),)), Streams(0, 0))
