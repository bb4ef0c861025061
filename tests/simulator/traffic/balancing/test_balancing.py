"""How clients choose: shares, and choices one by one."""

from collections import Counter

import numpy as np
import pytest

from simulator.registry import classes
from simulator.traffic.balancing import Balancing, Candidates, Pick
from simulator.traffic.balancing.consistent_hash import ConsistentHash
from simulator.traffic.balancing.least_connections import LeastConnections
from simulator.traffic.balancing.power_of_two import PowerOfTwo
from simulator.traffic.balancing.round_robin import RoundRobin
from simulator.traffic.balancing.session_affinity import SessionAffinity
from simulator.traffic.balancing.shortest_expected_delay import ShortestExpectedDelay
from simulator.traffic.balancing.weighted import Weighted

POLICIES = classes("balancing")


def candidates(number: int, active: list[float] | None = None, weights: list[float] | None = None) -> Candidates:
    return Candidates(
        np.arange(number),
        np.arange(number),
        ("a",) * number,
        np.ones(number, dtype=np.bool_),
        np.array(weights or [1.0] * number),
        np.array(active or [1.0] * number),
    )


class Chooser:
    """A policy at work, in plain Python."""

    def __init__(self, policy: Balancing, endpoints: int = 4, clients: int = 50) -> None:
        self.choose = policy.choose
        self.clients = clients
        self.table = np.arange(endpoints)
        self.active = np.zeros(endpoints, dtype=np.int64)
        self.weights = np.ones(endpoints)
        self.memory = np.full(policy.cells(clients), -1, dtype=np.int64)
        self.stamps = np.zeros(policy.cells(clients))
        self.parameters = np.array(policy.parameters)
        self.rng = np.random.default_rng(5)

    def __call__(self, client: int | None = None, now: float = 0.0) -> int:
        client = int(self.rng.integers(self.clients)) if client is None else client
        return self.choose(
            Pick(
                self.table.copy(), len(self.table), self.active, self.weights, self.parameters, self.memory,
                self.stamps, now, client, int(self.rng.integers(1 << 32)),
            )
        )  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("active", [[0.0] * 5, [0.3] * 5, [0.0, 0.2, 0.2, 0.2, 0.2]])
def test_shares_are_a_distribution(name: str, number: int, active: list[float]) -> None:
    shares = POLICIES[name]().shares(candidates(number, active[:number]))
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", POLICIES)
def test_equal_endpoints_get_equal_shares_of_many_clients(name: str) -> None:
    choose = Chooser(POLICIES[name](), clients=10**6)
    chosen = Counter(choose() for _ in range(4000))
    assert sorted(chosen) == [0, 1, 2, 3]
    assert all(abs(count - 1000) < 4 * 28 for count in chosen.values())


@pytest.mark.parametrize("name", POLICIES)
def test_nothing_outside_the_table_is_chosen(name: str) -> None:
    choose = Chooser(POLICIES[name](), endpoints=9)
    choose.table = np.array([7, 2, 5])
    assert {choose() for _ in range(300)} == {7, 2, 5}


def test_round_robin_goes_round() -> None:
    choose = Chooser(RoundRobin())
    assert [choose() for _ in range(6)] == [0, 1, 2, 3, 0, 1]


def test_weights_are_shares() -> None:
    choose = Chooser(Weighted())
    choose.weights = np.array([1.0, 2.0, 3.0, 4.0])
    chosen = Counter(choose() for _ in range(4000))
    assert [chosen[i] / 4000 for i in range(4)] == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.03)
    assert Weighted().shares(candidates(4, weights=[1, 2, 3, 4])).tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_the_least_loaded_is_chosen() -> None:
    for policy in (LeastConnections(), ShortestExpectedDelay(), PowerOfTwo(choices=4)):
        choose = Chooser(policy)
        choose.active = np.array([3, 1, 2, 5])
        assert {choose() for _ in range(50)} == {1}


def test_the_shortest_delay_is_not_at_an_idle_slow_endpoint() -> None:
    idle, fast = Chooser(LeastConnections(), 2), Chooser(ShortestExpectedDelay(), 2)
    for choose in (idle, fast):
        choose.active, choose.weights = np.array([0, 1]), np.array([1.0, 4.0])
    assert (idle(), fast()) == (0, 1)


def test_the_worst_of_all_is_never_the_better_of_two() -> None:
    choose = Chooser(PowerOfTwo())
    choose.active = np.array([1, 2, 3, 4])
    chosen = Counter(choose() for _ in range(3000))
    assert [chosen[i] / 3000 for i in range(4)] == pytest.approx([1 / 2, 1 / 3, 1 / 6, 0], abs=0.04)


def test_only_clients_of_a_lost_endpoint_move() -> None:
    choose = Chooser(ConsistentHash(), endpoints=5)
    before = [choose(client) for client in range(500)]
    choose.table = np.array([0, 1, 3, 4])
    after = [choose(client) for client in range(500)]
    assert all(new == old for old, new in zip(before, after, strict=True) if old != 2)
    assert set(after) == {0, 1, 3, 4}


def test_a_bound_keeps_requests_off_an_endpoint_with_too_many() -> None:
    choose = Chooser(ConsistentHash(bound=1.25))
    mine = choose(7)
    choose.active = np.full(4, 10)
    choose.active[mine] = 15
    assert choose(7) != mine


def test_a_client_stays_with_its_endpoint_until_it_pauses_for_too_long() -> None:
    choose = Chooser(SessionAffinity(timeout=100.0), endpoints=50)
    first = choose(3, now=0.0)
    assert [choose(3, now=time) for time in (90.0, 180.0, 280.0)] == [first] * 3
    assert {choose(3, now=1000.0 * i) for i in range(1, 30)} != {first}


def test_a_client_whose_endpoint_has_gone_gets_another_and_keeps_that() -> None:
    choose = Chooser(SessionAffinity())
    gone = choose(3)
    choose.table = np.array([i for i in range(4) if i != gone])
    new = choose(3)
    assert new != gone
    choose.table = np.arange(4)
    assert choose(3) == new
