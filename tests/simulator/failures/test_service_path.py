"""Proxies that follow nothing, and names that nobody resolves: requests fail, and pods are well."""

from dataclasses import replace
from typing import Any

import pytest

from models.distributions import Fixed
from models.request_level import RequestLevel
from models.traffic import Call, Clients, RequestRate, Traffic
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.dns_outage import DnsOutage
from simulator.failures.kube_proxy_outage import KubeProxyOutage
from simulator.rare.settled import settled
from simulator.run import Run, simulate
from simulator.traffic.attempts import DEAD, NONE, REMOVED
from simulator.traffic.chain import chained
from simulator.traffic.run import expected, followed
from tests.simulator.clusters import DAY, EXACT, HOUR, Lab, Outages, behaviour, cluster, deployment, down, nodes

LOAD = cluster(nodes(4), deployment(replicas=4))
ANYWHERE = Traffic("web", RequestRate.constant(10.0), endpoint_lag=Fixed(0.0))
DNS = DnsOutage("dns", Fixed(1000.0), Fixed(330.0))
"""Nothing is resolved for 330 s from 1000 s on, which is felt for 300 s."""


def run(*stories: Any, load: Any = LOAD, until: float = 2000.0) -> Run:
    return simulate(load, failures=stories, behaviour=behaviour(), duration=until, keep_log=True)


def losses(found: Run, traffic: Traffic, load: Any = LOAD) -> dict[tuple[str, str], float]:
    lost = expected(traffic, found, load).losses
    sums: dict[tuple[str, str], float] = {}
    for loss in lost:
        sums[loss.why, loss.cause] = round(sums.get((loss.why, loss.cause), 0.0) + loss.requests, 6)
    return sums


# Names


def test_requests_fail_from_when_names_are_forgotten_until_they_are_resolved_again() -> None:
    assert losses(run(DNS), ANYWHERE) == {(NONE, "dns/dns"): 10.0 * 300.0}
    short = replace(DNS, time_to_repair=Fixed(20.0))
    assert losses(run(short), ANYWHERE) == {}
    assert losses(run(replace(DNS, ttl=0.0)), ANYWHERE) == {(NONE, "dns/dns"): 10.0 * 330.0}


@pytest.mark.parametrize("lag", [Fixed(0.0), ANYWHERE.endpoint_lag, Fixed(0.5)])
def test_clients_outside_of_the_cluster_look_elsewhere(lag: Any) -> None:
    outside = replace(ANYWHERE, clients=(Clients("outside"),), endpoint_lag=lag)
    assert losses(run(DNS), outside) == {}
    both = replace(ANYWHERE, clients=(Clients("outside", 3.0), Clients("nodes", 1.0)), endpoint_lag=lag)
    assert losses(run(DNS), both) == {(NONE, "dns/dns"): 10.0 / 4 * 300.0}


def test_endpoints_that_change_meanwhile_are_known_afterwards() -> None:
    """A node dies at 1100 and is back at 1200; nobody is sent there, or anywhere, until 1330."""
    found = run(DNS, down(0, at=1100.0, lasting=100.0))
    assert losses(found, ANYWHERE) == {(NONE, "dns/dns"): 10.0 * 300.0}
    assert sum(found.services["web"].answering.values < 4) > 0


def test_availability_by_answering_endpoints_does_not_see_it() -> None:
    proxies = KubeProxyOutage("proxy", Fixed(HOUR), Fixed(HOUR))
    well, ill = (run(*stories, until=DAY).services["web"].answering for stories in ([], [DNS, proxies]))
    assert well.times.tolist() == ill.times.tolist()
    assert well.values.tolist() == ill.values.tolist()


def test_callers_fail_where_their_callee_is_not_found() -> None:
    load = cluster(nodes(4), deployment(), deployment("back"))
    found = run(DNS, load=load)
    outside = replace(ANYWHERE, clients=(Clients("outside"),))
    services = {"web": expected(outside, found, load), "back": expected(replace(ANYWHERE, service="back"), found, load)}
    whole = chained("web+calls", "web", [Call("web", "back")], services)
    assert services["web"].lost == 0.0
    assert whole.lost == pytest.approx(10.0 * 300.0)


# Rules


def test_a_proxy_that_follows_nothing_sends_its_share_to_pods_that_are_gone() -> None:
    """A pod of four is moved at about 350 s; the proxy of node-1, from 100 to 1100 s, still lists the old one."""
    stories = down(0, at=200.0), KubeProxyOutage("proxy", Fixed(100.0), Fixed(1000.0))
    on_node_1 = replace(ANYWHERE, clients=(Clients("node/node-1"),))
    found = run(*stories, until=1100.0)
    assert sum(losses(found, on_node_1).values()) == pytest.approx(10.0 * 900.0 / 4, rel=1e-6)
    assert {why for why, _ in losses(found, on_node_1)} <= {DEAD, REMOVED}
    followed_up = sum(losses(run(down(0, at=200.0), until=1100.0), on_node_1).values())
    assert followed_up < 10.0 * 60.0 / 4


def test_a_proxy_catches_up_at_its_return() -> None:
    script = Outages(((200.0, 1e9, (0,)),))
    once = KubeProxyOutage("proxy", Fixed(900.0), Fixed(100.0))
    on_node_1 = replace(ANYWHERE, clients=(Clients("node/node-1"),))
    assert losses(run(script, once, until=1050.0), on_node_1) == losses(run(script, until=1050.0), on_node_1)


def test_clients_outside_have_proxies_of_their_own() -> None:
    stories = down(0, at=200.0), KubeProxyOutage("proxy", Fixed(100.0), Fixed(1000.0))
    outside = replace(ANYWHERE, clients=(Clients("outside"),))
    assert losses(run(*stories), outside) == losses(run(stories[0]), outside)


# Request by request


@pytest.mark.parametrize(
    "stories", [(DNS,), (down(0, at=200.0), KubeProxyOutage("proxy", Fixed(100.0), Fixed(1000.0)))]
)
def test_single_requests_tell_the_same(stories: Any) -> None:
    found = run(*stories)
    places = (Clients("node/node-1", 2.0), Clients("outside", 1.0))
    traffic = replace(ANYWHERE, rate=RequestRate.constant(40.0), clients=places, timeout=1.0, service_time=Fixed(0.001))
    fluid = expected(traffic, found, LOAD).lost
    single = followed(replace(traffic, requests=RequestLevel()), found, LOAD)
    assert fluid > 1000.0
    assert abs(sum(single.lost.values()) - fluid) < 4 * fluid**0.5  # of Poisson arrivals, each by itself


def test_neither_is_a_settled_state_until_it_is_over() -> None:
    for mode in (DNS, KubeProxyOutage("proxy", Fixed(1000.0), Fixed(330.0))):
        found = Lab(LOAD, behaviour(), failures=[mode]).run(990.0)
        assert settled(found.simulation) is not None
        assert settled(found.run(1100.0).simulation) is None
        assert settled(found.run(1340.0).simulation) is not None


def test_outages_of_both_are_counted() -> None:
    world = Lab(LOAD, behaviour(EXACT), failures=[ContainerCrash("crash", Fixed(1e9))]).simulation.world.service_path
    first, second = world.stop_proxies([0, 1], "a/1"), world.stop_proxies([1], "b/2")
    names = world.stop_resolving("a/1"), world.stop_resolving("b/2")
    world.start_proxies(first)
    world.resolve(names[0])
    assert not world.is_well
    world.start_proxies(second)
    world.resolve(names[1])
    assert world.is_well
