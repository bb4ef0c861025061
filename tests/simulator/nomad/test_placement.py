"""Scores, and where allocations go."""

import pytest

from models.labels import LabelSelector, Operator, Requirement
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Taint, TaintEffect
from models.pod import Affinity, NodeSelectorTerm, PreferredNode, TopologySpreadConstraint, WhenUnsatisfiable
from simulator.control_planes.nomad import Nomad
from simulator.nomad.options import Algorithm
from simulator.nomad.scoring import anti_affinity, even_spread, fit
from tests.simulator.clusters import GIB, MIB, Lab, cluster, container, deployment, down, node, nodes, template
from tests.simulator.nomad.labs import apart


def test_the_fit_of_a_node() -> None:
    assert fit(Algorithm.BINPACK, 0.0, 0.0) == 1.0
    assert fit(Algorithm.BINPACK, 1.0, 1.0) == 0.0
    assert fit(Algorithm.SPREAD, 1.0, 1.0) == 1.0
    assert fit(Algorithm.SPREAD, 0.0, 0.0) == 0.0
    assert fit(Algorithm.BINPACK, 0.5, 0.5) == pytest.approx((20 - 2 * 10**0.5) / 18)


def test_anti_affinity_to_the_own_group() -> None:
    assert anti_affinity(0, 4) is None
    assert anti_affinity(1, 4) == -0.5
    assert anti_affinity(3, 4) == -1.0


def test_an_even_spread() -> None:
    assert even_spread({}, "a") == 0.0
    assert even_spread({"a": 1}, "b") == 1.0
    assert even_spread({"a": 1}, "a") == -1.0
    assert even_spread({"a": 1, "b": 1}, "a") == -1.0
    assert even_spread({"a": 1, "b": 3}, "b") == -2.0
    assert even_spread({"a": 1, "b": 3}, "a") == 2.0


def places(lab: Lab, name: str = "web") -> list[int]:
    return [pod.node for pod in lab.pods(name)]


def test_full_nodes_come_first_by_default() -> None:
    """Of two jobs of one each, the second joins the first, among the two nodes that are looked at."""
    apps = [deployment(f"app-{i}", pods=template(f"app-{i}", container(cpu=1000, memory=4 * GIB))) for i in range(3)]
    packed = Lab(cluster(nodes(2), *apps), control_plane=Nomad())
    assert len({pod.node for pod in packed.pods()}) == 1
    spread = Lab(cluster(nodes(2), *apps), control_plane=Nomad(scheduler_algorithm=Algorithm.SPREAD))
    assert len({pod.node for pod in spread.pods()}) == 2


def test_replicas_may_share_a_node_but_not_with_distinct_hosts() -> None:
    assert sorted(places(Lab(cluster(nodes(3), deployment(replicas=3, pods=apart())), control_plane=Nomad()))) == [
        0,
        1,
        2,
    ]
    lab = Lab(cluster(nodes(2), deployment(replicas=3, pods=apart())), control_plane=Nomad())
    assert sorted(places(lab)) == [-1, 0, 1]
    assert lab.simulation.pending() != {}


def test_a_spread_over_zones_is_even() -> None:
    constraint = TopologySpreadConstraint(
        1, ZONE_LABEL, WhenUnsatisfiable.DO_NOT_SCHEDULE, LabelSelector.of({"app": "web"})
    )
    pods = template("web", topology_spread_constraints=(constraint,))
    lab = Lab(cluster(nodes(9, zones=("a", "b", "c")), deployment(replicas=6, pods=pods)), control_plane=Nomad())
    assert sorted(place % 3 for place in places(lab)) == [0, 0, 1, 1, 2, 2]


def test_affinities_and_selectors_are_followed() -> None:
    term = NodeSelectorTerm((Requirement(HOSTNAME_LABEL, Operator.IN, ("node-2",)),))
    liked = template("web", affinity=Affinity(node_preferred=(PreferredNode(10, term),)))
    assert places(Lab(cluster(nodes(4), deployment(pods=liked)), control_plane=Nomad())) == [2]
    chosen = template("web", node_selector={HOSTNAME_LABEL: "node-1"})
    assert places(Lab(cluster(nodes(4), deployment(pods=chosen)), control_plane=Nomad())) == [1]


def test_nodes_with_a_taint_of_their_own_are_for_those_who_tolerate_it() -> None:
    tainted = node("node-0", taints=(Taint("dedicated", TaintEffect.NO_SCHEDULE, "db"),))
    lab = Lab(cluster((tainted, node("node-1")), deployment(replicas=4)), control_plane=Nomad())
    assert set(places(lab)) == {1}


def test_what_does_not_fit_is_blocked_until_there_is_room() -> None:
    big = template("web", container(cpu=3000))
    lab = Lab(
        cluster(nodes(2), deployment(replicas=2, pods=big)),
        failures=[down(0, at=100.0, lasting=500.0)],
        control_plane=Nomad(),
    ).run(599.0)
    assert sorted(pod.node for pod in lab.pods() if not pod.deleting) == [-1, 1]
    lab.run(700.0)
    assert sorted(places(lab)) == [0, 1]


def test_nothing_moves_back() -> None:
    lab = Lab(
        cluster(nodes(2), deployment(replicas=2)), failures=[down(0, at=100.0, lasting=500.0)], control_plane=Nomad()
    ).run(1000.0)
    assert places(lab) == [1, 1]


def test_a_service_job_looks_at_few_nodes() -> None:
    """Of 64 nodes 6 are looked at: the fullest one is among them as often."""
    tiny = [
        deployment(f"app-{i}", pods=template(f"app-{i}", container(cpu=1, memory=MIB), node_selector={"old": "no"}))
        for i in range(300)
    ]
    full = template("full", container(cpu=3000, memory=8 * GIB), node_selector={HOSTNAME_LABEL: "node-0"})
    machines = nodes(64, labels={"old": "no"})
    lab = Lab(cluster(machines, deployment("full", pods=full), *tiny), control_plane=Nomad())
    there = sum(pod.node == 0 for pod in lab.pods() if pod.pod_class.workload.name != "full")
    share = 6 / 64
    assert abs(there / 300 - share) < 4 * (share * (1 - share) / 300) ** 0.5


def test_with_a_spread_it_looks_at_all() -> None:
    constraint = TopologySpreadConstraint(1, ZONE_LABEL, WhenUnsatisfiable.SCHEDULE_ANYWAY)
    pods = template("web", topology_spread_constraints=(constraint,))
    zones = tuple("abcdefghijklmnopqrst")
    lab = Lab(cluster(nodes(20, zones=zones), deployment(replicas=20, pods=pods)), control_plane=Nomad())
    assert sorted(places(lab)) == list(range(20))
