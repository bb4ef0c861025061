"""Every request by itself: queues, failures, retries, time-outs, ejection."""

from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
import pytest

from models.cluster import Cluster
from models.distributions import Exponential, Fixed
from models.node import Node, Resources
from models.request_level import (
    Batches,
    Bursts,
    Connections,
    FirstComeFirstServed,
    OutlierEjection,
    ProcessorSharing,
    RecordedTimes,
    RequestLevel,
)
from models.traffic import Clients, RequestRate, Retries, Traffic
from simulator.registry import classes
from simulator.streams import Streams
from simulator.traffic.balancing.least_connections import LeastConnections
from simulator.traffic.balancing.power_of_two import PowerOfTwo
from simulator.traffic.balancing.round_robin import RoundRobin
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.requests import compiling
from simulator.traffic.requests.answers import Answers
from simulator.traffic.requests.requests import requests

UP, DEAD = int(Condition.LISTED | Condition.ANSWERING), int(Condition.LISTED)
CLUSTER = Cluster(nodes=(Node("node", Resources(1000, 1 << 30)),))
LAG, AFTER = 2.0, 8.0
Change = tuple[float, int, int, str]


def history(number: int, *changes: Change, end: float = LAG + AFTER) -> EndpointHistory:
    """Endpoints that are up from 0 on, and what then happens: (time, endpoint, condition, cause)."""
    rows = [(0.0, i, UP, "") for i in range(number)] + list(changes)
    return EndpointHistory(
        0.0,
        end,
        tuple(f"pod-{i}" for i in range(number)),
        np.zeros(number, dtype=np.int64),
        ("",) * number,
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
        tuple(row[3] for row in rows),
    )


KILL: tuple[Change, ...] = ((0.0, 0, DEAD, "kill"), (LAG, 0, 0, ""))
"""One endpoint is dead from the beginning, and listed until LAG."""


def run(happened: EndpointHistory, level: RequestLevel | None = None, seed: int = 1, **fields: Any) -> Answers:
    traffic = Traffic(
        **{
            "service": "web",
            "rate": RequestRate.constant(2000.0),
            "endpoint_lag": Fixed(0.0),
            "clients": (Clients("outside"),),
            "service_time": Fixed(0.001),
            **fields,
        }
    )
    return requests(traffic, level or RequestLevel(), happened, CLUSTER, Streams(seed, 0))


def at(*times: float) -> RequestLevel:
    return RequestLevel(RecordedTimes(times), FirstComeFirstServed())


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without the compiler."""
    caches = (compiling.serving, compiling.choosing)
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    yield
    for cached in caches:
        cached.cache_clear()


SCENES = {
    "stale": ((*KILL, (5.0, 1, DEAD, "crash"), (6.0, 1, UP, "")), RequestLevel(pod=ProcessorSharing(2, 30))),
    "queue": (KILL, RequestLevel(Bursts(0.5, 0.5), FirstComeFirstServed(2, queue=5), ejection=OutlierEjection())),
    "batches": (KILL, RequestLevel(Batches(5.0), FirstComeFirstServed(3), clients=7)),
    "kept": (
        KILL,
        RequestLevel(pod=ProcessorSharing(2, 9), ejection=OutlierEjection(), connections=Connections(9, 0.5)),
    ),
}


def scene(name: str, policy: str) -> tuple[Any, ...]:
    changes, level = SCENES[name]
    found = run(
        history(4, *changes),
        level,
        rate=RequestRate.constant(300.0),
        balancing=classes("balancing")[policy](),
        retries=Retries(2, backoff=0.01, budget_share=0.3),
        timeout=0.05,
        service_time=Exponential(0.01),
    )
    assert found.sent == found.answered + found.losses > 1000
    assert found.latencies.number == found.answered == found.served.sum()
    return (
        found.sent, found.answered, dict(found.lost), found.retries, found.latencies.total, found.latencies.worst,
        found.latencies.counts.tolist(), found.waited, found.wait, found.attempts.tolist(), found.served.tolist(),
    )  # fmt: skip


CASES = [
    *((name, "random") for name in SCENES),
    *((name, policy) for name in ("queue", "kept") for policy in classes("balancing")),
]


@pytest.mark.parametrize(("name", "policy"), dict.fromkeys(CASES))
def test_plain_python_gives_the_same_bytes(name: str, policy: str, request: pytest.FixtureRequest) -> None:
    compiled = scene(name, policy)
    request.getfixturevalue("plain")
    assert scene(name, policy) == compiled


@pytest.mark.parametrize("policy", [Random(), RoundRobin(), LeastConnections(), PowerOfTwo()], ids=repr)
@pytest.mark.parametrize("retries", [0, 1])
def test_a_dead_endpoint_of_three_loses_its_share_until_it_is_unlisted(policy: Any, retries: int) -> None:
    busy = 0.6  # erlangs, on all endpoints together
    found = run(
        history(3, *KILL),
        balancing=policy,
        retries=Retries(retries),
        service_time=Exponential(busy / 2000.0),
    )
    candidates_loads = np.array([0.0, busy / 3, busy / 3])
    lost = _share_of_the_dead(policy, candidates_loads) * LAG / (LAG + AFTER) if retries == 0 else 0.0
    assert found.losses / found.sent == pytest.approx(lost, rel=0.05, abs=1e-9)
    if retries == 0:
        assert set(found.lost) == {("dead endpoint", "kill")}


def _share_of_the_dead(policy: Any, loads: np.ndarray) -> float:
    from simulator.traffic.balancing import Candidates

    three = Candidates(np.arange(3), np.zeros(3, np.int64), ("",) * 3, np.ones(3, np.bool_), np.ones(3), loads)
    return float(policy.shares(three)[0])


def test_a_retry_may_meet_the_same_endpoint_unless_it_goes_elsewhere() -> None:
    found = run(history(2, (0.0, 0, DEAD, "kill")), retries=Retries(1, elsewhere=False))
    assert found.losses / found.sent == pytest.approx(1 / 4, rel=0.05)


def test_a_budget_limits_retries() -> None:
    found = run(history(1, (0.0, 0, DEAD, "kill")), retries=Retries(3, budget_share=0.2))
    assert found.losses == found.sent
    assert found.retries / found.sent == pytest.approx(0.2, abs=0.01)


def test_without_endpoints_nothing_is_answered() -> None:
    found = run(history(1, (0.0, 0, DEAD, "kill"), (5.0, 0, 0, "kill")))
    assert found.lost[("dead endpoint", "kill")] + found.lost[("no endpoint", "kill")] == found.sent


def test_clients_learn_of_changes_after_the_lag() -> None:
    found = run(history(2, (2.0, 0, 0, "kill")), endpoint_lag=Fixed(1.0))
    assert found.losses / found.sent == pytest.approx(1 / 20, rel=0.1)


def test_requests_wait_their_turn_and_are_timed() -> None:
    found = run(history(1), at(1.0, 1.0, 1.0, 3.0), service_time=Fixed(0.5))
    assert (found.waited, found.wait) == (2, 1.5)
    assert found.latencies.total == pytest.approx(0.5 + 1.0 + 1.5 + 0.5)
    assert (found.latencies.worst, found.latencies.quantile(1.0)) == (1.5, 1.5)


def test_requests_that_share_are_slower() -> None:
    level = RequestLevel(RecordedTimes((1.0, 1.25)), ProcessorSharing(cores=1))
    found = run(history(1), level, service_time=Fixed(0.5))
    # Alone until 1.25, then half speed: the first is done at 1.75, the second at 2.
    assert found.latencies.total == pytest.approx(0.75 + 0.75)


def test_one_more_than_there_is_room_for_is_shed() -> None:
    level = RequestLevel(RecordedTimes((1.0, 1.0, 1.0, 1.0)), FirstComeFirstServed(1, queue=1))
    found = run(history(1), level, service_time=Fixed(0.5))
    assert (found.answered, dict(found.lost), found.shed) == (2, {("overload", ""): 2}, 2)


def test_a_client_gives_up_and_its_request_still_keeps_the_endpoint_busy() -> None:
    found = run(history(1), at(1.0, 1.1), service_time=Fixed(0.5), timeout=0.5)
    assert (found.answered, dict(found.lost)) == (1, {("time-out", ""): 1})
    again = run(history(1), at(1.0, 1.1), service_time=Fixed(0.5), timeout=0.95, retries=Retries(1))
    assert (again.answered, again.retries) == (2, 0)


def test_what_a_dying_endpoint_had_not_finished_is_lost_or_tried_elsewhere() -> None:
    dies: Change = (1.2, 0, DEAD, "crash")
    found = run(history(1, dies), at(1.0, 1.1), service_time=Fixed(0.15))
    assert (found.answered, dict(found.lost)) == (1, {("reset", "crash"): 1})
    again = run(history(2, dies), at(1.0, 1.1), service_time=Fixed(0.5), retries=Retries(1), balancing=RoundRobin())
    assert (again.answered, again.retries) == (2, 1)
    # Sent again at 1.2, it waits for the other until 1.6.
    assert again.latencies.worst == pytest.approx(0.2 + 0.4 + 0.5)


def test_an_endpoint_that_keeps_failing_is_ejected_for_longer_and_longer() -> None:
    level = RequestLevel(ejection=OutlierEjection(consecutive=5, time=1.0, longest=10.0))
    found = run(history(2, (0.0, 0, DEAD, "kill"), end=20.0), level)
    # Ejected for 1, 2, 3, 4, 5 and then 6 seconds; five failures before each.
    assert found.losses == 30


def test_the_last_endpoint_is_never_ejected() -> None:
    level = RequestLevel(ejection=OutlierEjection(most=1.0))
    assert run(history(1, (0.0, 0, DEAD, "kill")), level).losses > 100


def test_a_node_that_dies_unnoticed_keeps_requests_until_their_time_out() -> None:
    found = run(history(1, (0.0, 0, DEAD, "kill"), (2.0, 0, 0, ""), (4.0, 0, UP, "")), at(1.0, 5.0), timeout=1.0)
    assert dict(found.lost) == {("dead endpoint", "kill"): 1}
    assert found.answered == 1


def test_bursts_and_batches_keep_the_rate() -> None:
    for arrivals in (Bursts(0.05, 0.05), Batches(4.0)):
        assert run(history(2), RequestLevel(arrivals)).sent == pytest.approx(20_000, rel=0.15)


def test_many_requests_in_flight_make_the_arrays_grow() -> None:
    found = run(history(2), service_time=Fixed(3.0), timeout=2.0, retries=Retries(1, backoff=0.5))
    assert found.losses == found.sent > 10_000
    assert found.retries > 10_000


def test_the_same_seed_gives_the_same_requests_under_every_policy() -> None:
    one, two = (run(history(3), balancing=policy) for policy in (Random(), RoundRobin()))
    assert one.sent == two.sent
    assert run(history(3)).attempts.tolist() == one.attempts.tolist()
    assert run(history(3), seed=2).attempts.tolist() != one.attempts.tolist()
