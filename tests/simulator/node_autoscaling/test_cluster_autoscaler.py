"""The Cluster Autoscaler: nodes come for pods that fit nowhere, and go when they are not needed."""

import math
from dataclasses import replace

import pytest

from models.daemonset import DaemonSet
from models.deployment import Deployment
from models.disruption import PodDisruptionBudget
from models.distributions import Fixed
from models.labels import LabelSelector
from models.node import volume_limit
from simulator.log import Kind
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from simulator.node_autoscaling.expander import Expander
from simulator.node_autoscaling.scale_down import ScaleDownRules
from simulator.node_autoscaling.scale_up import ScaleUpRules
from tests.simulator.clusters import HOUR, Lab, container, deployment, down, pod, template
from tests.simulator.node_autoscaling.pools import BOOT, lab, pool, pooled
from tests.simulator.volumes import DISKS, stateful_set, where

SCAN = 10.0
MINUTE = 60.0
FORBIDDEN = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}


def web(replicas: int, cpu: int = 600, name: str = "web", **other: object) -> Deployment:
    """Pods of which one fits on a node, unless it says otherwise."""
    return deployment(name, replicas, pods=template(name, container(cpu=cpu), **other))


def joined(found: Lab) -> list[tuple[float, str]]:
    return [(time, name) for time, name, new in found.log(Kind.NODE_EXISTS) if new]


def gone(found: Lab) -> list[tuple[float, str]]:
    return [(time, name) for time, name, new in found.log(Kind.NODE_EXISTS) if not new]


def scaled(found: Lab, replicas: int, at: float, **other: object) -> Lab:
    found.apply(web(replicas, **other), at)  # type: ignore[arg-type]
    return found


def test_a_pod_that_fits_nowhere_waits_for_a_tick_and_for_the_node() -> None:
    found = scaled(lab(pooled([pool()], web(1)), ClusterAutoscaler()), 2, at=100.0).run(HOUR)
    [(asked, _, _)], [(came, name)] = found.log(Kind.POD_AWAITING_NODE), joined(found)
    assert 100.0 <= asked < 100.0 + SCAN
    assert (came, name) == (pytest.approx(asked + BOOT), "general-2")
    assert found.times(Kind.POD_NODE, since=1.0) == [pytest.approx(came)]


def test_there_are_as_many_nodes_as_the_pods_take_and_no_more_than_the_maximum() -> None:
    found = scaled(lab(pooled([pool()], web(1, 400)), ClusterAutoscaler()), 7, at=100.0, cpu=400).run(HOUR)
    assert [name for _, name in joined(found)] == ["general-2", "general-3", "general-4"]
    more = scaled(lab(pooled([pool()], web(1)), ClusterAutoscaler()), 9, at=100.0).run(HOUR)
    assert len(joined(more)) == 4
    assert len(more.simulation.pending()) == 4


def test_nodes_that_are_on_their_way_are_not_asked_for_again() -> None:
    found = lab(pooled([pool(provisioning=Fixed(5 * MINUTE))], web(1)), ClusterAutoscaler())
    scaled(found, 2, at=100.0)
    scaled(found, 3, at=200.0)
    assert [name for _, name in joined(found.run(HOUR))] == ["general-2", "general-3"]


def test_pods_that_must_not_share_a_node_get_one_each() -> None:
    def apart(replicas: int) -> Deployment:
        pods = template("web", container(cpu=100, host_ports=frozenset({(80, "TCP", "")})))
        return deployment(replicas=replicas, pods=pods)

    found = lab(pooled([pool()], apart(1)), ClusterAutoscaler())
    found.apply(apart(3), 100.0)
    assert len(joined(found.run(HOUR))) == 2


def test_pods_of_daemon_sets_have_their_room_on_new_nodes() -> None:
    agents = DaemonSet("agent", template("agent", container(cpu=300)), LabelSelector.of({"app": "agent"}))
    load = replace(pooled([pool()], web(1, 350)), daemon_sets=(agents,))
    found = scaled(lab(load, ClusterAutoscaler()), 5, at=100.0, cpu=350).run(HOUR)
    assert len(joined(found)) == 2  # two on each node beside the agent, the first node included: 2 + 2 + 1


def test_pods_of_very_low_priority_get_no_nodes() -> None:
    found = lab(pooled([pool()], web(1, priority=-11)), ClusterAutoscaler())
    scaled(found, 3, at=100.0, priority=-11).run(HOUR)
    assert len(found.simulation.pending()) == 2
    assert joined(found) == []


@pytest.mark.parametrize(
    ("expander", "chosen"),
    [
        (Expander.LEAST_WASTE, {"small"}),
        (Expander.LEAST_NODES, {"large"}),
        (Expander.PRICE, {"cheap"}),
    ],
)
def test_the_expander_chooses_among_groups_that_help(expander: Expander, chosen: set[str]) -> None:
    pools = [
        pool("small", 1, cpu=700, memory=2**29, price=1.0),
        pool("large", 0, cpu=4000, price=9.0),
        pool("cheap", 0, cpu=1000, price=0.1),
    ]
    found = lab(pooled(pools, web(1)), ClusterAutoscaler(scale_up=ScaleUpRules(expander)))
    names = [name for _, name in joined(scaled(found, 4, at=100.0).run(HOUR))]
    assert {name.split("-")[0] for name in names} == chosen


def test_a_node_that_does_not_come_is_given_up_and_its_group_left_alone() -> None:
    pools = [pool("slow", 1, cpu=700, provisioning=Fixed(HOUR)), pool("other", 0, cpu=1000)]
    found = scaled(lab(pooled(pools, web(1)), ClusterAutoscaler()), 2, at=100.0).run(HOUR)
    [(came, name)] = joined(found)
    assert name == "other-1"
    assert 0.0 <= came - (100.0 + 15 * MINUTE + BOOT) < 2 * SCAN


def test_a_node_that_is_not_needed_goes_after_ten_minutes() -> None:
    found = scaled(lab(pooled([pool()], web(1)), ClusterAutoscaler()), 2, at=100.0)
    scaled(found, 1, at=HOUR)
    [(when, name)] = gone(found.run(2 * HOUR))
    assert name == "general-2"
    assert 10 * MINUTE + 5.0 <= when - HOUR < 10 * MINUTE + 5.0 + 2 * SCAN + 2.0


def test_pods_of_a_node_that_goes_are_evicted_and_run_elsewhere() -> None:
    load = pooled([pool(count=2, least=1)], web(2, 400))
    found = lab(load, ClusterAutoscaler()).run(HOUR)
    assert [name for _, name, new in found.log(Kind.NODE_EXISTS, -1e9) if not new] in (["general-1"], ["general-2"])
    assert {pod.node for pod in found.pods("web")} in ({0}, {1})
    assert all(pod.ready for pod in found.pods("web"))


@pytest.mark.parametrize("held", ["budget", "annotation", "no controller", "minimum", "off", "used"])
def test_a_node_stays_where_something_holds_it(held: str) -> None:
    pods = template("web", container(cpu=600 if held == "used" else 400))
    if held == "annotation":
        pods = replace(pods, annotations=FORBIDDEN)
    load = pooled([pool(count=2, least=2 if held == "minimum" else 1)], deployment(replicas=2, pods=pods))
    if held == "budget":
        budget = PodDisruptionBudget("web", LabelSelector.of({"app": "web"}), max_unavailable=0)
        load = replace(load, budgets=(budget,))
    if held == "no controller":
        load = pooled([pool(count=2, least=1)], pod("one", container(cpu=400)), pod("two", container(cpu=400)))
    autoscaler = ClusterAutoscaler(scale_down=ScaleDownRules(enabled=held != "off"))
    assert [row for row in lab(load, autoscaler).run(HOUR).log(Kind.NODE_EXISTS, -1e9) if not row[2]] == []


def test_a_node_that_is_unready_is_replaced_for_its_pods_and_taken_away_later() -> None:
    load = pooled([pool(count=2, least=1)], web(2))
    found = lab(load, ClusterAutoscaler(), failures=[down(0, at=100.0)]).run(2 * HOUR)
    [(came, _)], [(left, name)] = joined(found), gone(found)
    assert name == "general-1"
    assert 300.0 + 40.0 + BOOT < came - 100.0 < 300.0 + 60.0 + BOOT + SCAN
    assert left - 100.0 > 20 * MINUTE


@pytest.mark.parametrize(("broken", "replaced"), [(4, True), (5, False)])
def test_with_too_many_nodes_unready_nothing_is_done(broken: int, replaced: bool) -> None:
    """Of ten nodes: four are 40 %, five are half and more than three."""
    load = pooled([pool(count=10, most=20)], web(10))
    found = lab(load, ClusterAutoscaler(), failures=[down(*range(broken), at=100.0)]).run(HOUR)
    assert bool(joined(found)) is replaced


def test_without_pods_that_wait_nothing_is_done_for_a_year() -> None:
    found = lab(pooled([pool()], web(1)), ClusterAutoscaler(), end=365 * 24 * HOUR)
    before = found.state.transitions.count
    found.run(365 * 24 * HOUR)
    assert found.state.transitions.count == before
    assert found.kernel.peek() == math.inf


def test_a_node_that_somebody_takes_away_as_it_goes_is_gone_once() -> None:
    found = scaled(lab(pooled([pool()], web(1)), ClusterAutoscaler()), 2, at=100.0)
    scaled(found, 1, at=HOUR)
    found.state.listen(Kind.NODE_TAINTS, lambda node, new, cause: found.state.nodes.delete(node, 0))
    assert [name for _, name in gone(found.run(2 * HOUR))] == ["general-2"]


def test_volumes_count_on_the_nodes_where_they_are_when_others_are_gone() -> None:
    pools = [pool(count=3, least=1, resources={volume_limit(DISKS.provisioner): 1})]
    databases = stateful_set(replicas=3, pods=template("db", container(cpu=600)))
    found = lab(pooled(pools).with_values([DISKS, databases]), ClusterAutoscaler())
    found.at(100.0, lambda: found.state.nodes.delete(0, 0))
    [(_, name)] = joined(found.run(HOUR))
    assert name == "general-4"
    assert sorted(where(found)) == ["general-2", "general-3", "general-4"]
