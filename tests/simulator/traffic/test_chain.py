"""Chains of calls: the product form where it holds, and the right answer where it does not."""

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from models.distributions import Fixed
from models.traffic import Call, RequestRate, Retries, Traffic, circle
from simulator.step_function import StepFunction
from simulator.streams import Streams
from simulator.traffic.chain import CALL, all_up, available, chained, needs
from simulator.traffic.endpoints import EndpointHistory
from simulator.traffic.fluid.fluid import Requests, fluid
from tests.simulator.clusters import cluster, deployment, nodes
from tests.simulator.traffic.histories import DEAD, GONE, UP, history

SHOP = cluster(nodes(6), deployment(replicas=3))
CALLS = (Call("web", "cart"), Call("cart", "store"), Call("web", "ads", required=False))
UP_SHARE = 0.9
"""Of the time, of every node."""


def lay_out(
    placement: Mapping[str, Sequence[int]], count: int, listed: bool
) -> tuple[dict[str, EndpointHistory], float]:
    """Every joint state of `count` nodes for a time in proportion to its probability, one after the other.

    `placement`: the nodes of each Service's endpoints. Endpoints on a node that is down are dead, still listed or not.
    """
    changes: dict[str, list[tuple[float, int, object]]] = {service: [] for service in placement}
    at = 0.0
    for state in itertools.product((True, False), repeat=count):
        for service, on in placement.items():
            changes[service] += [(at, i, UP if state[n] else DEAD if listed else GONE) for i, n in enumerate(on)]
        at += 1000.0 * math.prod(UP_SHARE if up else 1 - UP_SHARE for up in state)
    return {service: history(*found, end=at, nodes=placement[service]) for service, found in changes.items()}, at


def enumerated(
    placement: Mapping[str, Sequence[int]], count: int, needed: Sequence[str], listed: bool, again: int
) -> float:
    """The share of requests answered, summed over the joint states of the nodes."""
    total = 0.0
    for state in itertools.product((True, False), repeat=count):
        probability = math.prod(UP_SHARE if up else 1 - UP_SHARE for up in state)
        answered = 1.0
        for service in needed:
            alive = [state[n] for n in placement[service]]
            if listed:
                answered *= 1 - (1 - sum(alive) / len(alive)) ** (1 + again)
            else:
                answered *= any(alive)
        total += probability * answered
    return total


def meet(histories: Mapping[str, EndpointHistory], again: int = 0) -> dict[str, Requests]:
    rate, retries = RequestRate.constant(5.0), Retries(again, elsewhere=False)
    traffic = {name: Traffic(name, rate, endpoint_lag=Fixed(0.0), retries=retries) for name in histories}
    return {name: fluid(traffic[name], one, SHOP, Streams(0, 0)) for name, one in histories.items()}


APART = {"web": (0, 1), "cart": (2, 3), "store": (4,), "ads": (5,)}
TOGETHER = {"web": (0, 1), "cart": (0, 1), "store": (1,), "ads": (2,)}


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("again", [0, 1])
def test_independent_dependencies_give_the_product(listed: bool, again: int) -> None:
    histories, _ = lay_out(APART, 6, listed)
    services = meet(histories, again)
    found = chained("web+calls", "web", CALLS, services)
    product = math.prod(1 - services[name].lost / services[name].offered for name in ("web", "cart", "store"))
    assert 1 - found.lost / found.offered == pytest.approx(product, rel=1e-12)
    expected = enumerated(APART, 6, ("web", "cart", "store"), listed, again)
    assert 1 - found.lost / found.offered == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("again", [0, 1])
def test_dependencies_that_share_nodes_do_not_give_the_product(listed: bool, again: int) -> None:
    histories, _ = lay_out(TOGETHER, 3, listed)
    services = meet(histories, again)
    found = chained("web+calls", "web", CALLS, services)
    expected = enumerated(TOGETHER, 3, ("web", "cart", "store"), listed, again)
    assert 1 - found.lost / found.offered == pytest.approx(expected, rel=1e-12)
    product = math.prod(1 - services[name].lost / services[name].offered for name in ("web", "cart", "store"))
    assert expected > product + 0.005


def test_every_lost_request_is_counted_once_and_where_it_was_lost_first() -> None:
    histories, _ = lay_out(TOGETHER, 3, True)
    services = meet(histories)
    found = chained("web+calls", "web", CALLS, services)
    sums: dict[tuple[str, str], float] = {}
    for loss in found.losses:
        key = (loss.why, loss.cause if loss.why == CALL else "")
        sums[key] = sums.get(key, 0.0) + loss.requests
    assert sums.keys() == {("dead endpoint", ""), (CALL, "cart"), (CALL, "store")}
    assert sums["dead endpoint", ""] == pytest.approx(services["web"].lost)
    assert sum(sums.values()) == pytest.approx(found.offered - _answered(found))


def _answered(found: Requests) -> float:
    return 5.0 * float(found.losing.widths @ (1 - found.losing.values))


def test_a_service_that_is_asked_twice_must_answer_twice() -> None:
    diamond = (Call("web", "left"), Call("web", "right"), Call("left", "store"), Call("right", "store"))
    assert needs("web", diamond) == {"web": 1, "left": 1, "right": 1, "store": 2}
    still = history((0.0, 0, UP))
    half = history((0.0, 0, UP), (0.0, 1, DEAD))
    services = meet({"web": still, "left": still, "right": still, "store": half})
    found = chained("web+calls", "web", diamond, services)
    assert found.lost == pytest.approx(500.0 * 3 / 4)


def test_callers_come_before_those_whom_they_ask() -> None:
    calls = (Call("store", "disk"), Call("cart", "store"), Call("web", "store"), Call("web", "cart"))
    assert list(needs("web", calls)) == ["web", "cart", "store", "disk"]
    assert needs("web", calls)["disk"] == 2
    assert needs("disk", calls) == {"disk": 1}


def test_what_is_optional_is_not_needed_nor_what_it_needs() -> None:
    assert needs("web", (*CALLS, Call("ads", "models"))) == {"web": 1, "cart": 1, "store": 1}


def test_up_together_means_all_at_once() -> None:
    one = StepFunction(np.array([0.0, 2.0, 4.0]), np.array([1.0, 0.0, 1.0]), 10.0)
    other = StepFunction(np.array([0.0, 3.0, 6.0]), np.array([1.0, 0.0, 1.0]), 10.0)
    assert all_up([one, other]).intervals_below(0.5).tolist() == [[2.0, 6.0]]


def test_a_circle_is_found() -> None:
    assert circle(CALLS) == ()
    assert circle((*CALLS, Call("store", "web"))) == ("web", "cart", "store", "web")


# Callers that keep answers


def outages(*down: tuple[float, float], end: float = 1000.0) -> StepFunction:
    """Down in these stretches."""
    times = np.array([time for stretch in down for time in stretch])
    return StepFunction.of_changes(0.0, 1.0, times, np.tile((0.0, 1.0), len(down)), end)


CACHED = (Call("web", "cart", cached=60.0), Call("cart", "store"))


def test_what_is_cached_is_missed_only_once_it_is_too_old() -> None:
    """Of an outage of length L, max(0, L - 60) are felt; what the other needs is behind the cache, too."""
    ups = {"web": outages(), "cart": outages((100.0, 150.0), (300.0, 400.0)), "store": outages((380.0, 500.0))}
    assert available("web", CACHED, ups).intervals_below(0.5).tolist() == [[360.0, 500.0]]
    assert available("cart", CACHED, ups).intervals_below(0.5).tolist() == [[100.0, 150.0], [300.0, 500.0]]
    without = tuple(Call(call.caller, call.callee) for call in CACHED)
    assert available("web", without, ups).intervals_below(0.5).tolist() == [[100.0, 150.0], [300.0, 500.0]]


@pytest.mark.parametrize(("lasting", "felt"), [(50.0, 0.0), (100.0, 40.0)])
def test_as_many_requests_are_lost_as_come_while_the_cache_is_too_old(lasting: float, felt: float) -> None:
    cart = history((0.0, 0, UP), (100.0, 0, DEAD), (100.0 + lasting, 0, UP), end=1000.0)
    met = meet({"web": history((0.0, 0, UP), end=1000.0), "cart": cart})
    found = chained("web+calls", "web", (Call("web", "cart", cached=60.0),), met)
    assert found.lost == pytest.approx(5.0 * felt)
    assert {(loss.why, loss.cause) for loss in found.losses} == ({(CALL, "cart")} if felt else set())


def test_a_cache_is_kept_fresh_by_the_few_that_are_answered() -> None:
    """One of two endpoints is dead: half of what is asked is answered, and the other half from the cache."""
    cart = history((0.0, 0, UP), (0.0, 1, UP), (100.0, 0, DEAD), end=1000.0)
    met = meet({"web": history((0.0, 0, UP), end=1000.0), "cart": cart})
    assert chained("web+calls", "web", (Call("web", "cart", cached=60.0),), met).lost == 0.0
    assert chained("web+calls", "web", (Call("web", "cart"),), met).lost == pytest.approx(5.0 * 450.0)


def test_a_call_that_is_not_required_needs_no_cache() -> None:
    with pytest.raises(ValueError, match="is for how long a call that is required can do without"):
        Call("web", "ads", required=False, cached=60.0)
