"""Groups f and g: queues, balancing and stale endpoints, every request by itself.

Means of 32 independent replications, each without its beginning (from empty queues): no variance constant is known.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from experiments.closed_form import queues as exact
from experiments.verify.check import Basis, Check, Study
from models.cluster import Cluster
from models.distributions import Distribution, Exponential, Fixed, LogNormal
from models.node import Node, Resources
from models.request_level import FirstComeFirstServed, ProcessorSharing, RequestLevel
from models.traffic import Clients, RequestRate, Retries, Traffic
from simulator.streams import Streams
from simulator.traffic.balancing import Balancing
from simulator.traffic.balancing.least_connections import LeastConnections
from simulator.traffic.balancing.power_of_two import PowerOfTwo
from simulator.traffic.balancing.round_robin import RoundRobin
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.requests.answers import Answers
from simulator.traffic.requests.requests import requests

REPLICATIONS = 32
REQUESTS = 60_000
"""Requests of a replication, after its beginning."""
BEGINNING = 0.2
"""Length of the beginning, as a share of the rest."""
CLUSTER = Cluster(nodes=(Node("node", Resources(1000, 1 << 30)),))
UP, DEAD, AWAY = Condition.LISTED | Condition.ANSWERING, Condition.LISTED, Condition.GONE

Measure = Callable[[Answers, Answers], float]
"""(all, the beginning) -> what is to be known of the rest."""


@dataclass(frozen=True)
class _Queue:
    """Equal endpoints that never fail, and what is asked of them."""

    id: str
    quantity: str
    exact: float
    measure: Measure
    servers: int
    load: float
    """Erlangs per worker."""
    service: Distribution
    balancing: Balancing = Random()  # noqa: RUF009
    pod: FirstComeFirstServed | ProcessorSharing = FirstComeFirstServed()  # noqa: RUF009

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.servers * self.workers * self.load / self.service.mean

    @property
    def workers(self) -> int:
        """Workers of each endpoint."""
        return self.pod.concurrency if isinstance(self.pod, FirstComeFirstServed) else 1

    @property
    def relaxation(self) -> float:
        """Seconds in which an endpoint forgets how it began (M/M/1: Morse 1955), or its workers do."""
        return self.service.mean * max(1.0, 1 / (self.workers * (1 - math.sqrt(self.load)) ** 2))

    @property
    def beginning(self) -> float:
        """Relaxation times that the full study lets go by."""
        return BEGINNING * REQUESTS / self.rate / self.relaxation

    def check(self, seed: int, effort: float) -> Check:
        rate = self.rate
        traffic = Traffic(
            self.id,
            RequestRate.constant(rate),
            self.balancing,
            endpoint_lag=Fixed(0.0),
            clients=(Clients("outside"),),
            service_time=self.service,
        )
        length = effort * REQUESTS / rate
        values = []
        for replication in range(REPLICATIONS):
            both = (
                requests(
                    traffic, RequestLevel(pod=self.pod), _steady(self.servers, end), CLUSTER, Streams(seed, replication)
                )
                for end in ((1 + BEGINNING) * length, BEGINNING * length)
            )
            values.append(self.measure(*both))
        return _sampled(self.id, self.quantity, self.exact, values)


def _sampled(case: str, quantity: str, answer: float, values: list[float]) -> Check:
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Check(case, quantity, answer, float(np.mean(values)), error, Basis.SAMPLED)


def _steady(number: int, end: float) -> EndpointHistory:
    """Endpoints that answer all the time, `number` of them."""
    return _history(np.full((1, number), int(UP)), end)


def _history(conditions: np.ndarray, end: float) -> EndpointHistory:
    """The endpoints' conditions, one row per equal stretch of time, one column per endpoint."""
    stretches, number = conditions.shape
    before = np.vstack((np.full(number, int(AWAY)), conditions[:-1]))
    when, which = np.nonzero(conditions != before)
    return EndpointHistory(
        0.0,
        end,
        names=tuple(f"endpoint-{i}" for i in range(number)),
        nodes=np.zeros(number, dtype=np.int64),
        zones=("",) * number,
        times=when * end / stretches,
        endpoints=which,
        conditions=conditions[when, which],
        causes=("",) * len(when),
    )


def _response(both: Answers, beginning: Answers) -> float:
    return (both.latencies.total - beginning.latencies.total) / (both.answered - beginning.answered)


def _blocked(both: Answers, beginning: Answers) -> float:
    return (both.losses - beginning.losses) / (both.sent - beginning.sent)


def _waiting(both: Answers, beginning: Answers) -> float:
    return (both.waited - beginning.waited) / (both.sent - beginning.sent)


def _wait(both: Answers, beginning: Answers) -> float:
    return (both.wait - beginning.wait) / (both.sent - beginning.sent)


def _single() -> Iterator[_Queue]:
    tenth = Exponential(0.1)
    for servers, load in ((10, 0.7), (100, 0.9)):
        offered = servers * load
        blocking = exact.erlang_b(servers, offered)
        full = FirstComeFirstServed(servers, queue=0)
        yield _Queue(f"f1_c{servers}", "share shed, no waiting room", blocking, _blocked, 1, load, tenth, pod=full)
    for servers, load in ((3, 2 / 3), (10, 0.7), (100, 0.9)):
        pool, offered = FirstComeFirstServed(servers), servers * load
        waits = exact.erlang_c(servers, offered)
        yield _Queue(f"f2_c{servers}", "share that waits", waits, _waiting, 1, load, tenth, pod=pool)
        if servers > 3:
            wait = exact.mean_wait(servers, offered, 0.1)
            yield _Queue(f"f3_c{servers}", "mean wait (s)", wait, _wait, 1, load, tenth, pod=pool)
    for case, law in (("g1", LogNormal.from_mean(0.1, 1.0)), ("g2", Fixed(0.25))):
        response = exact.shared_response(0.8, law.mean)
        shared = ProcessorSharing(cores=1)
        yield _Queue(case, "mean response, processor sharing (s)", response, _response, 1, 0.8, law, pod=shared)


def _balanced() -> Iterator[_Queue]:
    tenth, one = Exponential(0.1), Exponential(1.0)
    for servers, load in ((2, 0.8), (3, 0.8), (10, 0.8), (3, 0.9)):
        name = f"n{servers}_r{load:g}"
        turn = exact.round_robin_response(servers, load, 0.1)
        yield _Queue(
            f"g4_{name}", "mean response, round robin (s)", turn, _response, servers, load, tenth, RoundRobin()
        )
        any_one = exact.random_response(load, 0.1)
        yield _Queue(f"g5_{name}", "mean response, random (s)", any_one, _response, servers, load, tenth)
        if servers < 10:
            central, pool = exact.central_response(servers, load, 0.1), FirstComeFirstServed(servers)
            yield _Queue(f"g6_{name}", "mean response, one queue (s)", central, _response, 1, load, tenth, pod=pool)
    for load, longest in ((0.8, 60), (0.9, 140)):
        least = exact.shortest_of_response(2, 2, load, 1.0, longest)
        yield _Queue(
            f"g7_n2_r{load:g}", "mean response, least connections (s)", least, _response, 2, load, one,
            LeastConnections(),
        )  # fmt: skip
    better = exact.shortest_of_response(3, 2, 0.8, 1.0, longest=30)
    yield _Queue("g8_n3_r0.8", "mean response, power of two (s)", better, _response, 3, 0.8, one, PowerOfTwo())


def _of(queues: Callable[[], Iterator[_Queue]], seed: int, effort: float) -> list[Check]:
    return [queue.check(seed, effort) for queue in queues()]


# --- stale endpoints ------------------------------------------------------------------------------------------------

STALE = (("n3_40", 3, 2592000.0, 40.0, 320.0), ("n3_1", 3, 172800.0, 1.0, 9.0), ("n10_40", 10, 2592000.0, 40.0, 320.0))
MOMENTS, EACH = 100, 100
"""Independent moments of a replication, and the requests at each."""


def _stale(seed: int, effort: float) -> list[Check]:
    return [
        check
        for name, number, up, dead, away in STALE
        for check in (
            _stale_check(
                f"f9_{name}", exact.stale_failure(number, up, dead, away), 0, number, (up, dead, away), seed, effort
            ),
            _stale_check(
                f"f10_{name}",
                exact.stale_failure_with_one_retry(number, up, dead, away),
                1, number, (up, dead, away), seed, effort,
            ),
        )
    ]  # fmt: skip


def _stale_check(
    case: str, answer: float, retries: int, number: int, cycle: tuple[float, float, float], seed: int, effort: float
) -> Check:
    """Only moments at which a request can fail are gone through; how often there are any is known exactly.

    At those more endpoints are stale than there are retries, or none is up.
    """
    shares = np.array(cycle) / sum(cycle)
    kinds = [
        (number - dead - away, dead, away)
        for dead in range(number + 1)
        for away in range(number + 1 - dead)
        if dead > retries or dead + away == number
    ]
    chances = np.array([_multinomial(kind, shares) for kind in kinds])
    chance = math.fsum(chances)
    moments = max(2, round(MOMENTS * effort**0.5))
    each = max(2, round(EACH * effort**0.5))
    traffic = Traffic(
        case,
        RequestRate.constant(each),
        endpoint_lag=Fixed(0.0),
        clients=(Clients("outside"),),
        retries=Retries(retries),
        service_time=Fixed(0.0),
    )
    values = []
    for replication in range(REPLICATIONS):
        streams = Streams(seed, replication)
        rng = streams.stream(f"verify/{case}")
        drawn = [kinds[kind] for kind in rng.choice(len(kinds), moments, p=chances / chance)]
        conditions = np.array([rng.permutation(np.repeat([int(UP), int(DEAD), int(AWAY)], kind)) for kind in drawn])
        found = requests(traffic, RequestLevel(), _history(conditions, float(moments)), CLUSTER, streams)
        values.append(chance * found.losses / (moments * each))
    return _sampled(case, f"share of requests lost, {retries or 'no'} retry", answer, values)


def _multinomial(counts: tuple[int, ...], shares: np.ndarray) -> float:
    """P(so many endpoints in each condition)."""
    ways = math.factorial(sum(counts)) / math.prod(math.factorial(count) for count in counts)
    return float(ways * np.prod(shares ** np.array(counts)))


STUDIES = (
    *(
        Study(name, partial(_of, queues), seconds, beginning=min(queue.beginning for queue in queues()))
        for name, queues, seconds in (("traffic: queues", _single, 10.0), ("traffic: balancing", _balanced, 20.0))
    ),
    Study("traffic: stale endpoints", _stale, 5.0),
)
