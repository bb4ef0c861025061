"""Fluid traffic: exact shares on histories written by hand, and the closed forms of stale endpoints."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.distributions import Exponential, Fixed, Uniform
from models.traffic import Clients, RequestRate, Retries, Traffic, Weight
from simulator import registry
from simulator.streams import Streams
from simulator.traffic.balancing import Candidates
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.fluid.fluid import Requests, fluid
from tests.simulator.clusters import cluster, deployment, nodes
from tests.simulator.traffic.histories import DEAD, GONE, SERVING, STOPPING, UP, history

SHOP = cluster(nodes(6, zones=("a", "b", "c")), deployment(replicas=3))


def traffic(rate: float = 10.0, lag: float = 0.0, **other: Any) -> Traffic:
    return Traffic("web", RequestRate.constant(rate), endpoint_lag=other.pop("endpoint_lag", Fixed(lag)), **other)


def meet(of: Traffic, happened: EndpointHistory, seed: int = 0) -> Requests:
    return fluid(of, happened, SHOP, Streams(seed, 0))


def three(*changes: tuple[Any, ...], **other: Any) -> EndpointHistory:
    return history(*((0.0, i, UP) for i in range(3)), *changes, **other)


KILLED = three((10.0, 0, DEAD, "kill/web-0"), (11.0, 0, GONE, "kill/web-0"), (50.0, 0, UP))
"""One of three pods is killed, which the control plane notices a second later."""


def test_without_trouble_nothing_is_lost() -> None:
    found = meet(traffic(), three())
    assert (found.offered, found.lost, found.losses, found.retries) == (1000.0, 0.0, (), 0.0)


@pytest.mark.parametrize(("retries", "lost", "again"), [(0, 1 / 3, 0.0), (1, 0.0, 1 / 3), (2, 0.0, 1 / 3)])
def test_a_kill_of_one_of_three_loses_a_third_while_it_is_listed(retries: int, lost: float, again: float) -> None:
    """1 s until it is noticed and 2 s until the proxies know; a retry elsewhere always finds one that lives."""
    found = meet(traffic(lag=2.0, retries=Retries(retries)), KILLED)
    assert found.lost == pytest.approx(3.0 * 10.0 * lost)
    assert found.retries == pytest.approx(3.0 * 10.0 * again)
    if lost:
        (loss,) = found.losses
        assert (loss.start, loss.end, loss.why, loss.cause) == (10.0, 13.0, "dead endpoint", "kill/web-0")


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_retry_anywhere_is_an_independent_pick(retries: int) -> None:
    found = meet(traffic(lag=2.0, retries=Retries(retries, elsewhere=False)), KILLED)
    assert found.lost == pytest.approx(3.0 * 10.0 / 3 ** (retries + 1))


def test_a_retry_that_comes_after_the_proxies_know_succeeds() -> None:
    """Sent at 10 to 13, tried again 2 s later: those of the first second meet the dead endpoint once more."""
    found = meet(traffic(lag=2.0, timeout=0.5, retries=Retries(1, elsewhere=False, backoff=1.5)), KILLED)
    assert found.lost == pytest.approx(10.0 / 9)
    (loss,) = found.losses
    assert (loss.start, loss.end) == (10.0, 11.0)


@pytest.mark.parametrize(("budget", "lost"), [(1.0, 0.0), (1 / 3, 0.0), (0.1, 1 / 3 - 0.1), (0.0, 1 / 3)])
def test_retries_beyond_the_budget_are_given_up(budget: float, lost: float) -> None:
    found = meet(traffic(lag=2.0, retries=Retries(1, budget_share=budget)), KILLED)
    assert found.lost == pytest.approx(30.0 * lost, abs=1e-9)
    assert found.retries == pytest.approx(30.0 * (1 / 3 - lost), abs=1e-9)


def test_a_budget_is_spent_on_second_retries_too() -> None:
    """All dead: a share x of failures may be tried again so that x + x^2 is a half."""
    down = three(*((10.0, i, DEAD) for i in range(3)))
    found = meet(traffic(retries=Retries(2, budget_share=0.5)), down)
    assert found.lost == pytest.approx(900.0)
    assert found.retries == pytest.approx(450.0)


def test_without_an_endpoint_all_is_lost_to_what_took_the_last() -> None:
    away = three(
        *((10.0 + i, i, c, f"node-crash/node-{i}") for i in range(3) for c in (DEAD, GONE)),
        (32.0, 1, UP),
    )
    found = meet(traffic(), away)
    (loss,) = found.losses
    assert (loss.start, loss.end, loss.why, loss.cause) == (12.0, 32.0, "no endpoint", "node-crash/node-2")
    assert loss.requests == pytest.approx(200.0)


def test_a_pod_that_is_deleted_is_met_by_those_who_do_not_know_yet() -> None:
    """It stops accepting at 15; a proxy two seconds behind knows from 12 on."""
    patient = three((10.0, 0, SERVING), (15.0, 0, STOPPING), (16.0, 0, GONE))
    assert meet(traffic(lag=2.0), patient).lost == 0.0
    hasty = three((10.0, 0, SERVING), (10.5, 0, STOPPING), (11.5, 0, GONE))
    found = meet(traffic(lag=2.0), hasty)
    assert found.lost == pytest.approx(1.5 * 10.0 / 3)
    assert [loss.why for loss in found.losses] == ["removed endpoint"]


def test_without_a_ready_endpoint_those_that_terminate_are_used() -> None:
    last = history((0.0, 0, UP), (10.0, 0, SERVING), (30.0, 0, GONE), (40.0, 1, UP))
    found = meet(traffic(), last)
    assert [(loss.start, loss.end) for loss in found.losses] == [(30.0, 40.0)]


def test_every_node_learns_of_a_change_at_its_own_time() -> None:
    """The expectation is that of the lag; a fixed lag is the same for all."""
    lost = [meet(traffic(endpoint_lag=Uniform(0.0, 4.0)), KILLED, seed).lost for seed in range(400)]
    assert np.mean(lost) == pytest.approx(10.0, abs=4 * float(np.std(lost)) / math.sqrt(400))
    assert len(set(lost)) == 400


def test_a_later_list_overtakes_an_earlier_one() -> None:
    flapping = three((10.0, 0, DEAD), (10.1, 0, GONE), (10.2, 0, UP))
    lag = Uniform(0.0, 4.0)
    for seed in range(20):
        assert meet(traffic(endpoint_lag=lag), flapping, seed).lost <= 0.2 * 10.0 / 3 + 1e-9


def test_what_is_beyond_the_capacity_is_shed() -> None:
    """30 requests/s over three that can do 12 each; with one dead and unlisted, over two."""
    gone = three((10.0, 0, GONE, "kill/web-0"), (30.0, 0, UP))
    found = meet(traffic(rate=30.0, capacity=12.0), gone)
    assert found.lost == pytest.approx(20.0 * (30.0 - 24.0))
    assert {loss.why for loss in found.losses} == {"overload"}
    assert found.overloaded == pytest.approx(20.0)
    assert found.peak == pytest.approx(15.0 / 12.0)
    assert found.shed == pytest.approx(found.lost)


def test_retries_add_to_the_load() -> None:
    """A share f of attempts is turned away, f = 1 - 24 / (30 (1 + f)): as many are answered as there is capacity."""
    gone = three((10.0, 0, GONE), (30.0, 0, UP))
    found = meet(traffic(rate=30.0, capacity=12.0, retries=Retries(1, elsewhere=False)), gone)
    assert found.lost == pytest.approx(20.0 * (30.0 - 24.0))
    turned_away = math.sqrt(1 - 24.0 / 30.0)
    assert found.peak == pytest.approx(30.0 * (1 + turned_away) / 24.0)
    assert found.retries == pytest.approx(600.0 * turned_away)


def test_an_overload_comes_and_goes_with_the_rate() -> None:
    rate = RequestRate(((0.0, 20.0), (50.0, 40.0)))
    found = meet(Traffic("web", rate, endpoint_lag=Fixed(0.0), capacity=12.0), three())
    assert found.lost == pytest.approx(50.0 * 4.0)
    assert found.offered == pytest.approx(3000.0)


def test_losses_follow_the_rate_of_the_moment() -> None:
    wave = RequestRate.wave(mean=10.0, peak=18.0, peak_at=25.0, period=100.0)
    down = three(*((0.0, i, GONE) for i in range(3)), *((50.0, i, UP) for i in range(3)))
    found = meet(Traffic("web", wave, endpoint_lag=Fixed(0.0)), down)
    assert found.offered == pytest.approx(1000.0)
    assert found.lost == pytest.approx(500.0 + 8.0 * 100.0 / math.pi)


def test_where_clients_are_changes_nothing_without_rules_about_places() -> None:
    parts = (Clients("zone/a", 3.0), Clients("node/node-1"), Clients("outside"))
    for lag in (Fixed(2.0), Uniform(1.9, 2.1)):
        here = meet(traffic(endpoint_lag=lag, clients=parts), KILLED)
        assert here.lost == pytest.approx(10.0, rel=0.05)


def test_clients_on_no_node_are_an_error() -> None:
    with pytest.raises(ValueError, match="zone/d"):
        meet(traffic(clients=(Clients("zone/d"),)), KILLED)


# ---------------------------------------------------------------------------------------------------- stale endpoints


def cycles(rng: np.random.Generator, n: int, up: float, dead: float, unlisted: float, end: float) -> EndpointHistory:
    """Endpoints that are up (exponential), then dead but listed, then unlisted, independently, from a random phase."""
    changes: list[tuple[float, int, Condition]] = []
    for endpoint in range(n):
        at, phase = 0.0, rng.choice(3, p=np.array([up, dead, unlisted]) / (up + dead + unlisted))
        left = [up * rng.standard_exponential(), dead * rng.random(), unlisted * rng.random()][phase]
        while at < end:
            changes.append((at, endpoint, (UP, DEAD, GONE)[phase]))
            at, phase = at + left, (phase + 1) % 3
            left = (up * rng.standard_exponential(), dead, unlisted)[phase]
    return history(*changes, end=end)


@pytest.mark.parametrize("n", [2, 3])
def test_stale_endpoints_meet_the_closed_form(n: int) -> None:
    """P(fail) = 1 - F/(F+D) (1 - w^n); with a retry elsewhere w^n + n w^(n-1) (1-w) q + (1 - ...) q^2."""
    up, dead, unlisted, runs = 600.0, 20.0, 60.0, 60
    w, q = unlisted / (up + dead + unlisted), dead / (up + dead)
    none, one = w**n, n * w ** (n - 1) * (1 - w)
    rng = np.random.Generator(np.random.PCG64(7))
    found = {0: [], 1: []}  # type: dict[int, list[float]]
    for _ in range(runs):
        happened = cycles(rng, n, up, dead, unlisted, end=20000.0)
        for retries, lost in found.items():
            lost.append(meet(traffic(retries=Retries(retries)), happened).lost / 200000.0)
    for retries, expected in ((0, none + (1 - none) * q), (1, none + one * q + (1 - none - one) * q * q)):
        error = np.std(found[retries], ddof=1) / math.sqrt(runs)
        assert abs(np.mean(found[retries]) - expected) < 4 * error
        assert error < 0.2 * expected


def joint(n: int) -> tuple[EndpointHistory, float, float]:
    """Every joint state of n endpoints for a time in proportion to its probability, one after the other."""
    shares = {UP: 6.0, DEAD: 1.0, GONE: 3.0}
    changes: list[tuple[float, int, Condition]] = []
    at = 0.0
    for number in range(3**n):
        states = [list(shares)[number // 3**i % 3] for i in range(n)]
        changes += [(at, i, state) for i, state in enumerate(states)]
        at += math.prod(shares[state] for state in states)
    return history(*changes, end=at), 0.3, 1.0 / 7.0


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_closed_form_is_met_exactly_when_every_joint_state_has_its_time(n: int) -> None:
    happened, w, q = joint(n)
    none, one = w**n, n * w ** (n - 1) * (1 - w)
    for retries, expected in ((0, none + (1 - none) * q), (1, none + one * q + (1 - none - one) * q * q)):
        found = meet(traffic(retries=Retries(retries)), happened)
        assert found.lost / found.offered == pytest.approx(expected, rel=1e-12)


def test_the_same_luck_gives_the_same_requests() -> None:
    of = traffic(endpoint_lag=Exponential(1.0))
    assert meet(of, KILLED).losses != meet(of, KILLED, seed=1).losses
    assert meet(of, KILLED).losses == meet(of, KILLED).losses
    assert meet(replace(of, capacity=1e9), KILLED).lost == pytest.approx(meet(of, KILLED).lost)


# ------------------------------------------------------------------------------------------------ balancing and routing


@pytest.mark.parametrize("name", sorted(registry.classes("balancing")))
@pytest.mark.parametrize("retries", [0, 1])
def test_a_kill_loses_the_share_that_the_policy_gives_to_the_dead(name: str, retries: int) -> None:
    """What fails at once has nothing in progress: policies that compare send it more than its share."""
    policy = registry.find("balancing", name)()
    loads = np.array([0.0, 1 / 6, 1 / 6])  # 10 requests/s of 50 ms each over three
    known = Candidates(np.arange(3), np.arange(3), ("", "", ""), np.ones(3, dtype=bool), np.ones(3), loads)
    share = float(policy.shares(known)[0])
    assert share > 0.34 if policy.compares else share == pytest.approx(1 / 3)
    found = meet(traffic(lag=2.0, balancing=policy, retries=Retries(retries)), KILLED)
    assert found.lost == pytest.approx(0.0 if retries else 3.0 * 10.0 * share)
    again = meet(traffic(lag=2.0, balancing=policy, retries=Retries(retries, elsewhere=False)), KILLED)
    assert again.lost == pytest.approx(3.0 * 10.0 * share ** (retries + 1))


def test_weights_are_shares() -> None:
    weighted = traffic(
        lag=2.0, balancing=registry.find("balancing", "weighted")(), weights=(Weight("node/node-0", 2.0),)
    )
    found = fluid(weighted, KILLED, SHOP, Streams(0, 0))
    assert found.lost == pytest.approx(3.0 * 10.0 / 2)


SIX = history(
    *((0.0, i, UP) for i in range(6)), *((10.0, i, GONE, "zone-outage/c") for i in (2, 5)), zones=("a", "b", "c") * 2
)
"""Two endpoints in each of three zones, all as large as they need be; at 10 zone c goes."""


def test_without_a_zone_all_that_remain_share_the_load() -> None:
    found = meet(traffic(rate=60.0, capacity=14.0), SIX)
    assert found.peak == pytest.approx(15.0 / 14.0)
    assert found.lost == pytest.approx(90.0 * 4.0)


def test_zone_aware_routing_sends_a_zone_that_is_lost_to_all_others() -> None:
    """Its own clients stay in a and b; those of c, with no endpoint left, use all four."""
    near = traffic(rate=60.0, capacity=14.0, routing=(registry.find("routing", "preferClose")(),))
    found = meet(near, SIX)
    assert found.peak == pytest.approx(15.0 / 14.0)
    assert found.lost == pytest.approx(90.0 * 4.0)


def test_zone_aware_routing_overloads_the_zone_whose_clients_are_many() -> None:
    """Half of the clients are in a: its two endpoints get 15 each, without an outage; c's clients come on top."""
    routing = (registry.find("routing", "preferSameZone")(),)
    clients = (Clients("zone/a", 2.0), Clients("zone/b"), Clients("zone/c"))
    even = meet(traffic(rate=60.0, capacity=14.0, clients=clients), SIX)
    found = meet(traffic(rate=60.0, capacity=14.0, clients=clients, routing=routing), SIX)
    assert even.peak == pytest.approx(15.0 / 14.0)
    assert found.peak == pytest.approx((15.0 + 15.0 / 4) / 14.0)
    assert found.lost == pytest.approx(10.0 * 2 * 1.0 + 90.0 * 2 * (18.75 - 14.0))
    assert found.overloaded == pytest.approx(100.0)


def test_local_traffic_without_an_endpoint_on_the_node_is_dropped() -> None:
    local = traffic(routing=(registry.find("routing", "local")(),))
    found = meet(local, three())
    assert found.lost == pytest.approx(1000.0 * 3 / 6)
    assert {loss.why for loss in found.losses} == {"no endpoint"}
