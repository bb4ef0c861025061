"""A pod network that is cut between nodes: everything is Ready, and requests from one side to the other fail."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.distributions import Exponential, Fixed
from models.node import ZONE_LABEL
from models.request_level import Connections, RequestLevel
from models.traffic import Clients, RequestRate, Retries, Traffic
from simulator.failures.network_partition import Direction, NetworkPartition, Peer
from simulator.run import Run, simulate
from simulator.state.nodes import TRUE
from simulator.traffic.attempts import DEAD
from simulator.traffic.routing.topology_hints import TopologyHints
from simulator.traffic.run import expected, followed
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, deployment, down, nodes

LOAD = cluster(nodes(6, ("a", "b", "c")), deployment(replicas=6))
"""Two nodes and two pods in each zone."""
ANYWHERE = Traffic("web", RequestRate.constant(10.0), endpoint_lag=Fixed(0.0))
CUT = NetworkPartition("cut", Fixed(1000.0), Fixed(300.0), (Peer.PODS,), domain=ZONE_LABEL, values=("a",))
"""From 1000 s on, for 300 s, zone a is cut off from the others."""
EXPOSED = 1 / 3 * 2 / 3 + 2 / 3 * 1 / 3
"""Clients inside times endpoints outside, and the other way round."""


def run(*stories: Any, load: Any = LOAD, until: float = 2000.0) -> Run:
    return simulate(load, failures=stories, behaviour=behaviour(), duration=until, keep_log=True)


def losses(found: Run, traffic: Traffic = ANYWHERE, load: Any = LOAD) -> dict[tuple[str, str], float]:
    sums: dict[tuple[str, str], float] = {}
    for loss in expected(traffic, found, load).losses:
        sums[loss.why, loss.cause] = sums.get((loss.why, loss.cause), 0.0) + loss.requests
    return sums


def at(*places: str) -> tuple[Clients, ...]:
    return tuple(Clients(place) for place in places)


@pytest.mark.parametrize("lag", [Fixed(0.0), Fixed(0.5), Exponential(1.0)])
def test_the_share_of_remote_endpoints_is_lost_to_the_clients_of_each_side(lag: Any) -> None:
    found = losses(run(CUT), replace(ANYWHERE, endpoint_lag=lag))
    assert found == {(DEAD, "cut/a"): pytest.approx(10.0 * 300.0 * EXPOSED)}


@pytest.mark.parametrize(
    ("clients", "direction", "share"),
    [
        (at("zone/a"), Direction.BOTH, 2 / 3),
        (at("zone/a"), Direction.OUT, 2 / 3),
        (at("zone/a"), Direction.IN, 0.0),
        (at("zone/b"), Direction.BOTH, 1 / 3),
        (at("zone/b"), Direction.IN, 1 / 3),
        (at("zone/b"), Direction.OUT, 0.0),
        (at("outside"), Direction.BOTH, 0.0),
        (at("outside", "zone/a"), Direction.BOTH, 1 / 2 * 2 / 3),
        (at("node/node-0"), Direction.BOTH, 2 / 3),
    ],
)
def test_it_matters_where_clients_are_and_which_way_is_cut(clients: Any, direction: Direction, share: float) -> None:
    found = losses(run(replace(CUT, direction=direction)), replace(ANYWHERE, clients=clients))
    assert sum(found.values()) == pytest.approx(10.0 * 300.0 * share)


def test_nobody_in_the_cluster_knows() -> None:
    found = Lab(LOAD, failures=[CUT]).run(1100.0)
    assert found.state.nodes.ready == [TRUE] * 6
    [service] = found.state.services
    assert (len(service.endpoints), service.answering) == (6, 6)
    cut, well = run(CUT).services["web"], run().services["web"]
    assert cut.answering.values.tolist() == well.answering.values.tolist()
    assert (CUT.seen_by, replace(CUT, cut_from=(Peer.PODS, Peer.USERS)).seen_by) == ("requests from nodes", "endpoints")


def test_each_node_by_itself_reaches_its_own_pods_only() -> None:
    alone = replace(CUT, domain="kubernetes.io/hostname", values=())
    assert sum(losses(run(alone)).values()) == pytest.approx(10.0 * 300.0 * 5 / 6)


def test_requests_that_stay_within_their_zone_are_not_lost() -> None:
    hinted = replace(ANYWHERE, routing=(TopologyHints(),))
    assert losses(run(CUT), hinted) == {}


def test_retries_go_to_whom_is_left() -> None:
    """One retry elsewhere: from b, 2 of 6 endpoints are cut off, then 1 of the 5 that are left; from a, 4 and 3."""
    share = 2 / 3 * (2 / 6 * 1 / 5) + 1 / 3 * (4 / 6 * 3 / 5)
    found = losses(run(CUT), replace(ANYWHERE, retries=Retries(1)))
    assert sum(found.values()) == pytest.approx(10.0 * 300.0 * share)


def test_a_pod_that_is_dead_is_dead_on_either_side() -> None:
    """The node of one pod of a is down when the cut begins: it is to blame for what would fail anyway."""
    found = losses(run(CUT, down(0, at=990.0, lasting=30.0)), replace(ANYWHERE, clients=at("zone/b")), LOAD)
    both = {cause.split("/")[0]: lost for (_, cause), lost in found.items()}
    assert both["cut"] > 0
    assert len(both) == 2
    assert sum(both.values()) > 10.0 * 300.0 * 1 / 3


PLACES = (Clients("zone/a", 2.0), Clients("zone/b", 1.0), Clients("outside", 1.0))
BUSY = replace(ANYWHERE, rate=RequestRate.constant(40.0), clients=PLACES, service_time=Fixed(0.001))


@pytest.mark.parametrize(("lag", "timeout"), [(Fixed(0.0), 0.0), (Exponential(1.0), 2.0)])
def test_single_requests_tell_the_same(lag: Any, timeout: float) -> None:
    found = run(CUT)
    traffic = replace(BUSY, endpoint_lag=lag, timeout=timeout)
    fluid = expected(traffic, found, LOAD).lost
    single = followed(replace(traffic, requests=RequestLevel()), found, LOAD)
    assert fluid == pytest.approx(40.0 * 300.0 * (1 / 2 * 2 / 3 + 1 / 4 * 1 / 3))
    assert set(single.lost) == {(DEAD, "cut/a")}
    assert abs(sum(single.lost.values()) - fluid) < 4 * fluid**0.5  # of Poisson arrivals, each by itself


def test_a_connection_that_is_opened_anew_until_it_leads_somewhere_is_kept() -> None:
    """So each loses a geometric number of requests: of 50 in a each attempt with 2/3, of 50 in b with 1/3."""
    single = followed(replace(BUSY, requests=RequestLevel(connections=Connections(50))), run(CUT), LOAD)
    mean, variance = 50 * (2 / 3 / (1 / 3) + 1 / 3 / (2 / 3)), 50 * (2 / 3 / (1 / 3) ** 2 + 1 / 3 / (2 / 3) ** 2)
    assert set(single.lost) == {(DEAD, "cut/a")}
    assert abs(sum(single.lost.values()) - mean) < 4 * variance**0.5


def test_the_requests_that_are_lost_are_those_of_renewal_theory() -> None:
    mean, days = 12 * HOUR, 200.0
    cut = replace(CUT, time_to_failure=Exponential(mean), time_to_repair=Fixed(HOUR))
    lost = sum(losses(run(cut, until=days * DAY)).values()) / (10.0 * days * DAY)
    cycle = mean + HOUR
    deviation = mean * HOUR / cycle**1.5 / (days * DAY) ** 0.5
    assert abs(lost - EXPOSED * HOUR / cycle) < 4 * EXPOSED * deviation


@settings(deadline=None, max_examples=6, derandomize=True)
@given(st.lists(st.tuples(st.floats(1.0, 900.0), st.floats(1.0, 900.0)), min_size=3, max_size=3))
def test_cuts_that_overlap_lose_what_either_loses_and_leave_nothing_behind(times: list[tuple[float, float]]) -> None:
    cuts = [
        replace(CUT, name=f"cut-{i}", time_to_failure=Fixed(at), time_to_repair=Fixed(lasting), values=(zone,))
        for i, (zone, (at, lasting)) in enumerate(zip(("a", "b", "b"), times, strict=True))
    ]
    lab = Lab(LOAD, failures=cuts, end=999.0).run(2000.0)
    assert lab.simulation.world.service_path.pod_network.is_well
    found = run(*cuts)
    alone = [sum(losses(run(cut)).values()) for cut in cuts]
    together = sum(losses(found).values())
    assert max(alone) - 1e-6 <= together <= sum(alone) + 1e-6
