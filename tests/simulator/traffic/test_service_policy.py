"""Routing and balancing as a Service says, where the traffic says nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.cluster import Cluster
from models.distributions import Fixed
from models.request_level import RequestLevel
from models.service import Service
from models.traffic import Clients, RequestRate, Traffic
from simulator.run import Run, simulate
from simulator.traffic.balancing.round_robin import RoundRobin
from simulator.traffic.balancing.session_affinity import SessionAffinity
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.routing.local import Local
from simulator.traffic.routing.topology_hints import TopologyHints
from simulator.traffic.routing.traffic_distribution import PreferSameNode, PreferSameZone
from simulator.traffic.run import expected, followed
from simulator.traffic.service_policy import balancing_of, routing_of, with_policies
from tests.simulator.clusters import behaviour, cluster, deployment, nodes

WEB = cluster(nodes(6, zones=("a", "b", "c")), deployment(replicas=3))
TRAFFIC = Traffic("web", RequestRate.constant(20.0), endpoint_lag=Fixed(0.0))


def saying(**fields: Any) -> Cluster:
    return replace(WEB, services=(Service("web", selector={"app": "web"}, **fields),))


def run(of: Cluster) -> Run:
    return simulate(of, duration=100.0, behaviour=behaviour(), keep_log=True)


@pytest.mark.parametrize(
    ("fields", "routing"),
    [
        ({}, ()),
        ({"internal_traffic_policy": "Local"}, (Local(),)),
        ({"traffic_distribution": "PreferClose"}, (PreferSameZone(),)),
        ({"traffic_distribution": "PreferSameZone"}, (PreferSameZone(),)),
        ({"traffic_distribution": "PreferSameNode"}, (PreferSameNode(),)),
        ({"topology_hints": True, "traffic_distribution": "PreferSameNode"}, (TopologyHints(),)),
        ({"internal_traffic_policy": "Local", "traffic_distribution": "PreferSameZone"}, (Local(),)),
        ({"internal_traffic_policy": "Local", "headless": True}, ()),
    ],
)
def test_the_fields_of_a_service_are_routes(fields: dict[str, Any], routing: tuple[object, ...]) -> None:
    assert routing_of(Service("web", **fields)) == routing


def test_the_affinity_of_a_service_is_its_balancing() -> None:
    assert balancing_of(Service("web")) == Random()
    assert balancing_of(Service("web", session_affinity_seconds=60.0)) == SessionAffinity(60.0)
    assert balancing_of(Service("web", session_affinity_seconds=60.0, headless=True)) == Random()


def test_what_the_traffic_says_comes_first() -> None:
    service = Service("web", internal_traffic_policy="Local", session_affinity_seconds=60.0)
    said = with_policies(replace(TRAFFIC, routing=(), balancing=RoundRobin()), service)
    assert (said.routing, said.balancing) == ((), RoundRobin())
    unsaid = with_policies(TRAFFIC, service)
    assert (unsaid.routing, unsaid.balancing) == ((Local(),), SessionAffinity(60.0))


@pytest.mark.parametrize("level", [None, RequestLevel()], ids=["fluid", "single requests"])
def test_local_clients_on_nodes_without_an_endpoint_are_lost(level: RequestLevel | None) -> None:
    """Three of six nodes have one: half of 2000 requests, as a binomial at most."""
    of = saying(internal_traffic_policy="Local")
    happened = run(of)
    if level is None:
        assert expected(TRAFFIC, happened, of).lost == pytest.approx(1000.0)
        assert expected(replace(TRAFFIC, routing=()), happened, of).lost == 0.0
    else:
        single = replace(TRAFFIC, requests=level)
        assert abs(followed(single, happened, of).losses - 1000.0) < 4 * 2000.0**0.5
        assert followed(replace(single, routing=()), happened, of).losses == 0


def test_single_clients_stay_with_their_endpoint_by_session_affinity() -> None:
    one = replace(TRAFFIC, requests=RequestLevel(clients=1), clients=(Clients("node/node-0"),))
    sticky = saying(session_affinity_seconds=10_800.0)
    attempts = followed(one, run(sticky), sticky).attempts
    assert np.count_nonzero(attempts) == 1
    spread = saying()
    assert np.count_nonzero(followed(one, run(spread), spread).attempts) == 3


def test_policies_are_those_of_the_service_of_that_namespace() -> None:
    both = tuple(
        Service("web", namespace, {"app": "web"}, internal_traffic_policy=policy)
        for namespace, policy in (("default", "Local"), ("other", "Cluster"))
    )
    of = replace(WEB, services=both)
    happened = run(of)
    assert expected(replace(TRAFFIC, service="default/web"), happened, of).lost == pytest.approx(1000.0)
