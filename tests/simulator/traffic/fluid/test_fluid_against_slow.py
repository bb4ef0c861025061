"""The fast form of fluid traffic gives the numbers of the slow one, on whatever happens."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.distributions import Exponential, Fixed, Uniform
from models.traffic import Clients, RequestRate, Retries, Traffic, Weight
from simulator import registry
from simulator.streams import Streams
from simulator.traffic.endpoints import EndpointHistory
from simulator.traffic.fluid.fluid import Requests, fluid
from tests.simulator.clusters import cluster, deployment, nodes
from tests.simulator.traffic.fluid.slow_fluid import slow_fluid
from tests.simulator.traffic.histories import DEAD, GONE, SERVING, STOPPING, UP, history

SHOP = cluster(nodes(6, zones=("a", "b", "c")), deployment(replicas=3))
STEPS = RequestRate(((0.0, 20.0), (13.0, 45.0), (22.0, 0.0), (25.0, 31.0)), period=40.0)
POLICIES = [registry.find("balancing", name)() for name in registry.classes("balancing")]
ROUTES = [registry.find("routing", name)() for name in registry.classes("routing")]


def happened(rng: np.random.Generator, endpoints: int, changes: int, end: float = 100.0) -> EndpointHistory:
    """Whatever: endpoints that come to be in any condition, most of them up at first, a few changes at one time."""
    rows: list[tuple[Any, ...]] = [(0.0, i, UP) for i in range(endpoints) if rng.random() < 0.8] or [(0.0, 0, UP)]
    for _ in range(changes):
        time = float(rng.choice([rng.uniform(0, end), rng.integers(0, 100)]))
        condition = (UP, UP, DEAD, GONE, SERVING, STOPPING)[rng.integers(6)]
        rows.append((time, int(rng.integers(endpoints)), condition, f"cause/{rng.integers(3)}"))
    where = rng.integers(6, size=endpoints).tolist()
    return history(*rows, (99.9, endpoints - 1, UP), end=end, nodes=where, zones=["abc"[node % 3] for node in where])


def same(one: Requests, two: Requests) -> None:
    for name in ("offered", "lost", "retries", "shed", "overloaded", "peak"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-9, abs=1e-9), name
    times = np.linspace(0.0, 99.99, 997)
    assert one.losing.at(times) == pytest.approx(two.losing.at(times), abs=1e-9)
    sums: list[dict[tuple[str, str], float]] = [{}, {}]
    for found, total in zip((one, two), sums, strict=True):
        for loss in found.losses:
            total[loss.why, loss.cause] = total.get((loss.why, loss.cause), 0.0) + loss.requests
    assert sums[0] == pytest.approx(sums[1], rel=1e-9, abs=1e-9)
    assert [(loss.start, loss.end, loss.why, loss.cause) for loss in one.losses] == [
        (loss.start, loss.end, loss.why, loss.cause) for loss in two.losses
    ]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    policy=st.sampled_from(POLICIES),
    routes=st.lists(st.sampled_from(ROUTES), max_size=2),
    lag=st.sampled_from([Fixed(0.0), Fixed(2.0), Exponential(1.0), Uniform(0.0, 4.0)]),
    rate=st.sampled_from([RequestRate.constant(30.0), STEPS]),
    capacity=st.sampled_from([None, 8.0, 12.0, 100.0]),
    retries=st.sampled_from(
        [Retries(), Retries(1), Retries(2, elsewhere=False), Retries(1, backoff=1.5), Retries(2, budget_share=0.1)]
    ),
    timeout=st.sampled_from([0.0, 0.7]),
    clients=st.sampled_from([(Clients(),), (Clients("zone/a", 2.0), Clients("node/node-1"), Clients("outside"))]),
)
def test_the_fast_form_gives_the_same_numbers(seed: int, routes: list[Any], **given: Any) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    weights = (Weight("zone/a", 2.0), Weight("node/node-0", 0.5))
    rate, policy, lag = (given.pop(name) for name in ("rate", "policy", "lag"))
    of = Traffic("web", rate, policy, tuple(routes), weights=weights, endpoint_lag=lag, **given)
    story = happened(rng, int(rng.integers(1, 6)), int(rng.integers(0, 12)))
    same(fluid(of, story, SHOP, Streams(seed, 0)), slow_fluid(of, story, SHOP, Streams(seed, 0)))


def test_many_places_that_learn_at_different_times() -> None:
    shop = cluster(nodes(20, zones=("a", "b", "c")), deployment(replicas=3))
    story = happened(np.random.Generator(np.random.PCG64(5)), 5, 8)
    of = Traffic("web", STEPS, endpoint_lag=Uniform(0.0, 4.0), retries=Retries(1), capacity=9.0)
    for one in (of, replace(of, capacity=None), replace(of, routing=(registry.find("routing", "preferClose")(),))):
        same(fluid(one, story, shop, Streams(5, 0)), slow_fluid(one, story, shop, Streams(5, 0)))
