"""Connections that are used again: requests stick to an endpoint until it stops or the connection is too old."""

from typing import Any

import numpy as np
import pytest

from models.cluster import Cluster
from models.distributions import Fixed
from models.node import Node, Resources
from models.request_level import Connections, FirstComeFirstServed, Poisson, RecordedTimes, RequestLevel
from models.traffic import Clients, RequestRate, Retries, Traffic
from simulator.streams import Streams
from simulator.traffic.balancing.least_connections import LeastConnections
from simulator.traffic.balancing.round_robin import RoundRobin
from simulator.traffic.balancing.source_hash import SourceHash
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.requests.answers import Answers
from simulator.traffic.requests.requests import requests
from tests.simulator.traffic.histories import DEAD, GONE, SERVING, UP, history

CLUSTER = Cluster(nodes=tuple(Node(f"node-{i}", Resources(1000, 1 << 30)) for i in range(3)))
NUMBER, RATE, LAG = 300, 3000.0, 2.0


def up(number: int, *changes: Any, end: float = 10.0) -> EndpointHistory:
    """Endpoints that are up from 0 on, and what then happens: (time, endpoint, condition, cause)."""
    return history(*((0.0, i, UP) for i in range(number)), *changes, end=end)


KILL = up(3, (2.0, 0, DEAD, "kill"), (2.0 + LAG, 0, GONE))


def run(happened: EndpointHistory, kept: Connections | None, *times: float, seed: int = 1, **fields: Any) -> Answers:
    traffic = Traffic(
        **{
            "service": "web",
            "rate": RequestRate.constant(RATE),
            "endpoint_lag": Fixed(0.0),
            "clients": (Clients("outside"),),
            "service_time": Fixed(0.0001),
            **fields,
        }
    )
    level = RequestLevel(
        RecordedTimes(times) if times else Poisson(),
        FirstComeFirstServed(1, queue=0 if times else None),
        connections=kept,
    )
    return requests(traffic, level, happened, CLUSTER, Streams(seed, 0))


def test_a_kill_loses_requests_by_connections_and_not_by_the_length_of_the_lag() -> None:
    alone = run(KILL, None)
    assert alone.losses == pytest.approx(RATE * LAG / 3, rel=0.1)
    # A third of the connections break. Each loses the request that finds out, and one more for every time that it is
    # opened to the dead endpoint, which is listed: 1 / (1 - 1/3) on average, with a variance of 3/4 per connection.
    seeds = 5
    lost = sum(run(KILL, Connections(NUMBER), seed=seed).losses for seed in range(seeds))
    assert abs(lost - seeds * NUMBER / 3 * 1.5) < 4 * (seeds * NUMBER * 0.75) ** 0.5


def test_a_retry_opens_the_connection_elsewhere() -> None:
    found = run(KILL, Connections(NUMBER), balancing=RoundRobin(), retries=Retries(1))
    assert (found.losses, found.retries) == (0, NUMBER // 3)


def test_an_endpoint_that_left_the_list_keeps_its_connections_until_it_stops() -> None:
    leaving = up(3, (2.0, 0, SERVING, "rollout"), (6.0, 0, GONE, "rollout"))
    found = run(leaving, Connections(NUMBER), balancing=RoundRobin())
    assert found.served[0] == pytest.approx(RATE / 3 * 6.0, rel=0.03)
    assert dict(found.lost) == {("removed endpoint", "rollout"): NUMBER // 3}
    assert run(leaving, None).losses <= 1


def test_an_endpoint_that_is_not_ready_still_answers_over_its_connections() -> None:
    unready = up(1, (2.0, 0, Condition.ANSWERING, "probe"))
    assert run(unready, Connections(1), 1.0, 5.0).losses == 0
    assert dict(run(unready, None, 1.0, 5.0).lost) == {("no endpoint", "probe"): 1}


def test_least_connections_balances_connections_and_not_requests() -> None:
    share = {kept: run(up(2), kept, balancing=LeastConnections()).attempts for kept in (None, Connections(3))}
    assert share[None].max() / share[None].sum() == pytest.approx(1 / 2, abs=0.02)
    assert share[Connections(3)].max() / share[Connections(3)].sum() == pytest.approx(2 / 3, abs=0.02)


def test_least_connections_opens_all_to_an_endpoint_that_refuses() -> None:
    """It never has a connection, so it stays the least loaded of the list: reuse does not help against that."""
    found = run(KILL, Connections(NUMBER), balancing=LeastConnections())
    assert found.losses == pytest.approx(RATE * LAG / 3, rel=0.1)


@pytest.mark.parametrize(("age", "least", "most"), [(None, 0.0, 0.0), (1.0, 4.0, 5.0)])
def test_a_new_endpoint_gets_what_is_opened_after_it_joined(age: float | None, least: float, most: float) -> None:
    happened = history((0.0, 0, UP), (0.0, 1, UP), (5.0, 2, UP), end=10.0)
    # In equal parts when all have been opened again, which takes as long as they last.
    found = run(happened, Connections(NUMBER, age), balancing=RoundRobin())
    assert RATE / 3 * least * 0.95 <= found.served[2] <= RATE / 3 * most * 1.05
    assert found.losses == 0


def test_a_process_that_came_back_does_not_know_old_connections() -> None:
    found = run(up(1, (2.0, 0, DEAD, "crash"), (2.5, 0, UP)), Connections(1), 1.0, 3.0, 4.0)
    assert (found.answered, dict(found.lost)) == (2, {("dead endpoint", "crash"): 1})


def test_a_request_that_is_cut_off_has_found_out() -> None:
    happened = up(2, (1.2, 0, DEAD, "crash"), (1.2, 1, DEAD, "crash"), (1.3, 0, UP), (1.3, 1, UP))
    found = run(happened, Connections(1), 1.0, 2.0, service_time=Fixed(0.5))
    assert (found.answered, dict(found.lost)) == (1, {("reset", "crash"): 1})


def test_requests_wait_in_vain_until_the_first_has_waited_long_enough() -> None:
    happened = up(2, *((2.0, i, DEAD, "crash") for i in (0, 1)), *((3.15, i, UP) for i in (0, 1)))
    found = run(happened, Connections(1), 1.0, 3.0, 3.05, 3.2, timeout=0.1)
    assert (found.answered, dict(found.lost)) == (2, {("dead endpoint", "crash"): 2})


def test_a_retry_after_shedding_goes_elsewhere_and_leaves_the_connection() -> None:
    found = run(up(2), Connections(1), 1.0, 1.0, 2.0, service_time=Fixed(0.5), retries=Retries(1))
    assert (found.answered, found.shed) == (3, 1)
    assert sorted(found.attempts.tolist()) == [1, 3]


def test_a_connection_that_is_too_old_is_closed_before_anybody_is_lost() -> None:
    happened = up(1, (2.0, 0, GONE, "kill"), (2.0, 1, UP))
    assert run(happened, Connections(1), 1.0, 3.0).losses == 1
    assert run(happened, Connections(1, max_age=2.0), 1.0, 3.0).losses == 0


def test_a_connection_is_one_clients() -> None:
    """By the hash of its address, one client always meets the same endpoint."""
    found = run(up(3), Connections(1, max_age=0.1), balancing=SourceHash())
    assert np.count_nonzero(found.attempts) == 1


@pytest.mark.parametrize("wrong", [{"number": 0}, {"max_age": 0.0}, {"max_age": float("inf")}])
def test_impossible_connections_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one connection"):
        Connections(**wrong)
