"""Nodes that are cut off from the API server, from users, or from both."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.node import ZONE_LABEL
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.network_partition import Direction, NetworkPartition, Peer
from simulator.log import Kind
from simulator.run import simulate
from simulator.state.nodes import TRUE, UNKNOWN
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, deployment, nodes

API, USERS = (Peer.API_SERVER,), (Peer.USERS,)
ALL = (Peer.API_SERVER, Peer.USERS)


def partition(lasting: float = HOUR, cut_from: tuple[Peer, ...] = ALL, **other: object) -> NetworkPartition:
    return NetworkPartition("cut", Fixed(HOUR), Fixed(lasting), cut_from, **other)  # type: ignore[arg-type]


def of_one_node(lasting: float = HOUR, cut_from: tuple[Peer, ...] = ALL, **other: object) -> Lab:
    """The node of the only replica is cut off after an hour, the other node is well."""
    lab = Lab(cluster(nodes(2), deployment()))
    [pod] = lab.pods()
    select = LabelSelector.of({"kubernetes.io/hostname": lab.state.nodes.names[pod.node]})
    partition(lasting, cut_from, select=select, **other).install(lab.simulation.world)
    return lab


# The table of docs: who believes what


def test_cut_off_from_the_api_server_pods_answer_until_their_endpoints_are_taken_away() -> None:
    found = of_one_node(cut_from=API).run(HOUR + 30.0)
    [service] = found.state.services
    assert service.answering == 1
    found.run(HOUR + 60.0)
    assert found.state.nodes.ready[found.pods()[0].node] == UNKNOWN
    assert found.pods()[0].answering
    assert service.answering == 0
    found.run(HOUR + 360.0)
    old, new = found.pods()
    assert old.deleting
    assert old.answering
    assert list(service.endpoints) == [new.uid]
    found.run(2 * HOUR + 2.0)
    assert found.pods() == [new]


def test_cut_off_from_users_pods_do_not_answer_and_nobody_in_the_cluster_knows() -> None:
    found = of_one_node(lasting=10 * HOUR, cut_from=USERS).run(10 * HOUR)
    [service] = found.state.services
    assert len(service.endpoints) == 1
    assert service.answering == 0
    assert found.state.nodes.ready == [TRUE, TRUE]
    found.run(11.5 * HOUR)
    assert found.times(Kind.SERVICE_ANSWERING, since=0.0) == [HOUR, 11 * HOUR]
    assert found.times(Kind.POD_READY, since=0.0) == []


def test_cut_off_from_both_is_a_crash_that_comes_back_with_stale_processes() -> None:
    found = of_one_node().run(1.5 * HOUR)
    [service] = found.state.services
    old, new = found.pods()
    assert (old.deleting, old.running, old.answering) == (True, 1, False)
    assert service.answering == 1
    found.run(2 * HOUR + 2.0)
    assert found.pods() == [new]


@pytest.mark.parametrize(
    ("direction", "ready", "answers"),
    [(Direction.BOTH, UNKNOWN, False), (Direction.IN, TRUE, False), (Direction.OUT, UNKNOWN, True)],
)
def test_one_way_it_matters_who_opens_the_connections(direction: Direction, ready: int, answers: bool) -> None:
    found = of_one_node(direction=direction).run(HOUR + 60.0)
    [pod] = found.pods()
    assert found.state.nodes.ready[pod.node] == ready
    assert pod.answering is answers


@pytest.mark.parametrize(("cut_from", "direction"), [((), Direction.BOTH), (API, Direction.IN), (USERS, Direction.OUT)])
def test_a_cut_that_cuts_nothing_is_refused(cut_from: tuple[Peer, ...], direction: Direction) -> None:
    with pytest.raises(ValueError, match="cut_from must name"):
        partition(cut_from=cut_from, direction=direction)


def test_a_container_that_dies_in_a_node_without_the_api_server_is_restarted_in_place() -> None:
    found = of_one_node(cut_from=API)
    ContainerCrash("crash", Fixed(HOUR + 20.0)).install(found.simulation.world)
    found.run(HOUR + 30.0)
    assert found.times(Kind.POD_ANSWERING, since=0.0) == [HOUR + 20.0, HOUR + 22.0]


def test_a_zone_is_cut_off_as_a_whole_and_others_are_not() -> None:
    load = cluster(nodes(4, ("a", "b")), deployment(replicas=4))
    lab = Lab(load, failures=[partition(cut_from=USERS, domain=ZONE_LABEL, values=("a",))]).run(HOUR + 1.0)
    assert lab.state.nodes.reachable == [False, True, False, True]
    assert len(lab.times(Kind.POD_ANSWERING, 0, since=0.0)) == 2


# Laws


@pytest.mark.parametrize("cut_from", [USERS, ALL])
def test_the_downtime_of_a_pod_that_nobody_moves_is_that_of_the_cut(cut_from: tuple[Peer, ...]) -> None:
    """One node, so that nothing is evicted: an alternating renewal process."""
    mean, lasting, days = 2 * DAY, HOUR, 400.0
    cut = NetworkPartition("cut", Exponential(mean), Fixed(lasting), cut_from)
    found = simulate(cluster(nodes(1), deployment()), failures=[cut], behaviour=behaviour(), duration=days * DAY)
    downtime = days * DAY - found.services["web"].answering.integral()
    cycles = days * DAY / (mean + lasting)
    assert abs(downtime - cycles * lasting) < 4 * lasting * (cycles * (mean / (mean + lasting)) ** 2) ** 0.5


# Overlaps


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_overlapping_cuts_outages_and_hangs_leave_nothing_behind_mended_in_any_order(order: tuple[int, ...]) -> None:
    check_no_residue([100.0 + 200.0 * place for place in order])


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.lists(st.floats(1.0, 900.0), min_size=4, max_size=4))
def test_overlaps_of_any_length_leave_nothing_behind(lasting: list[float]) -> None:
    check_no_residue(lasting)


def check_no_residue(lasting: list[float]) -> None:
    lab = Lab(cluster(nodes(4, ("a", "b")), deployment(replicas=4)))
    effects = lab.simulation.world.effects
    table = lab.state.nodes
    begun = [
        lambda: [each.begin(0, "cut", 0) for each in (effects.no_api_server, effects.no_users)],
        lambda: [table.add_down_cause(node, "zone", 0) for node in (0, 2)],
        lambda: effects.no_kubelet.begin(0, "hang", 0),
        lambda: effects.no_runtime.begin(0, "runtime", 0),
    ]
    mended = [
        lambda: [each.end(0, "cut") for each in (effects.no_api_server, effects.no_users)],
        lambda: [table.remove_down_cause(node, "zone") for node in (0, 2)],
        lambda: effects.no_kubelet.end(0, "hang"),
        lambda: effects.no_runtime.end(0, "runtime"),
    ]
    for number, seconds in enumerate(lasting):
        lab.at(10.0 * number + 1.0, begun[number])
        lab.at(10.0 * number + 1.0 + seconds, mended[number])
    lab.run(2 * HOUR)
    assert all(table.powered) and all(table.reporting) and all(table.healthy) and all(table.reachable)  # noqa: PT018
    assert table.ready == [TRUE] * 4
    assert lab.taints() == {}
    assert lab.counts() == ((4, 4, 4),)
    pods = lab.pods()
    assert len(pods) == 4
    assert all(pod.answering and pod.ready and not pod.stopping for pod in pods)
    [service] = lab.state.services
    assert service.answering == 4
    assert not lab.simulation.control_plane.kubelet.hang.holds(0)
