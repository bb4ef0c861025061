"""addNode and removeNode: nodes join the cluster and leave it."""

from dataclasses import replace

import pytest

from models.disruption import PodDisruptionBudget
from models.distributions import Fixed
from models.labels import LabelSelector
from simulator.log import Kind
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from simulator.operations.add_node import AddNode
from simulator.operations.cordon import Cordon
from simulator.operations.drain import Drain
from simulator.operations.out_of_service import OutOfService
from simulator.operations.remove_node import RemoveNode
from simulator.stories.attempts import Outcome
from tests.simulator.clusters import HOUR, Lab, cluster, container, deployment, down, nodes, template
from tests.simulator.node_autoscaling.pools import lab, pool, pooled

ALL = LabelSelector()


def test_nodes_join_like_the_one_that_is_meant_and_take_pods_that_waited() -> None:
    full = deployment(replicas=3, pods=template("web", container(cpu=3000)))
    found = Lab(cluster(nodes(1), full), operations=[AddNode("more", ALL, at=100.0, count=2)]).run(HOUR)
    assert found.log(Kind.NODE_EXISTS) == [(100.0, "node-0.2", 1), (100.0, "node-0.3", 1)]
    assert found.times(Kind.POD_NODE, since=1.0) == [100.0, 100.0]
    [attempt] = found.simulation.world.journal.attempts(HOUR)
    assert (attempt.outcome, attempt.ended) == (Outcome.DONE, 100.0)


def test_a_node_is_drained_before_it_goes() -> None:
    remove = RemoveNode("fewer", at=100.0, select=LabelSelector.of({"kubernetes.io/hostname": "node-0"}))
    found = Lab(cluster(nodes(1), deployment()), operations=[remove]).run(HOUR)
    assert found.times(Kind.POD_DELETING) == [100.0]
    assert found.log(Kind.NODE_EXISTS) == [(101.0, "node-0", 0)]


def test_the_last_nodes_go_one_after_the_other() -> None:
    found = Lab(cluster(nodes(4), deployment(replicas=4)), operations=[RemoveNode("fewer", at=100.0, count=2)])
    gone = [(time, name) for time, name, _ in found.run(HOUR).log(Kind.NODE_EXISTS)]
    assert [name for _, name in gone] == ["node-3", "node-2"]
    assert 100.0 < gone[0][0] < gone[1][0]


def test_a_node_that_a_budget_keeps_full_stays() -> None:
    budget = PodDisruptionBudget("web", LabelSelector.of({"app": "web"}), max_unavailable=0)
    load = replace(cluster(nodes(1), deployment()), budgets=(budget,))
    found = Lab(load, operations=[RemoveNode("fewer", at=100.0, timeout=600.0)]).run(HOUR)
    assert found.log(Kind.NODE_EXISTS) == []
    assert found.times(Kind.NODE_UNSCHEDULABLE, 0) == [700.0]
    [attempt] = found.simulation.world.journal.attempts(HOUR)
    assert attempt.outcome is Outcome.GIVEN_UP


def test_without_a_drain_it_is_gone_at_once() -> None:
    found = Lab(cluster(nodes(1), deployment()), operations=[RemoveNode("fewer", at=100.0, drained=False)]).run(HOUR)
    assert found.log(Kind.NODE_EXISTS) == [(100.0, "node-0", 0)]
    [when] = found.times(Kind.POD_DELETING)
    assert 160.0 <= when <= 180.0


# What operations do to nodes that join, and to those that are gone


MORE = AddNode("more", ALL, at=100.0)


def attempts(found: Lab, operation: str) -> list[tuple[str, float, Outcome]]:
    made = found.simulation.world.journal.attempts(found.kernel.now)
    return [(one.subject, one.asked, one.outcome) for one in made if one.operation == operation]


def test_a_drain_meets_a_node_that_joined_in_the_next_round_and_none_that_is_gone() -> None:
    drain = Drain("patch", every=HOUR, at=50.0)
    fewer = RemoveNode("fewer", at=1.5 * HOUR, drained=False)
    found = Lab(cluster(nodes(1), deployment()), operations=[drain, MORE, fewer]).run(4 * HOUR)
    rounds = [("node-0", 50.0 + hour * HOUR, Outcome.DONE) for hour in range(4)]
    assert attempts(found, "patch") == [*rounds[:2], ("node-0.2", 50.0 + HOUR, Outcome.DONE), *rounds[2:]]
    assert found.log(Kind.NODE_EXISTS)[1] == (1.5 * HOUR, "node-0.2", 0)


def test_a_single_drain_is_not_for_nodes_that_join_later() -> None:
    found = Lab(cluster(nodes(1), deployment()), operations=[Drain("patch", at=50.0), MORE]).run(HOUR)
    assert attempts(found, "patch") == [("node-0", 50.0, Outcome.DONE)]


@pytest.mark.parametrize(("at", "cordoned"), [(200.0, {"node-0", "node-0.2"}), (50.0, {"node-0"})])
def test_a_cordon_is_for_all_nodes_that_are_there(at: float, cordoned: set[str]) -> None:
    found = Lab(cluster(nodes(1), deployment()), operations=[Cordon("off", at=at), MORE]).run(HOUR)
    assert {name for _, name, new in found.log(Kind.NODE_UNSCHEDULABLE) if new} == cordoned


def test_the_node_that_joined_last_is_removed_first() -> None:
    found = Lab(cluster(nodes(2), deployment()), operations=[MORE, RemoveNode("fewer", at=200.0)]).run(HOUR)
    assert [name for _, name, new in found.log(Kind.NODE_EXISTS) if not new] == ["node-0.2"]


def test_a_node_that_joined_is_declared_out_of_service_and_nobody_waits_for_one_that_is_gone() -> None:
    off = OutOfService("off", Fixed(60.0))
    # The second node fails for ever; the first one, too, and is removed before anybody declares anything.
    failures = [down(0, at=HOUR), down(1, at=HOUR)]
    first = LabelSelector.of({"kubernetes.io/hostname": "node-0"})
    remove = RemoveNode("fewer", at=HOUR + 60.0, select=first, drained=False)
    found = Lab(cluster(nodes(1), deployment()), failures=failures, operations=[MORE, off, remove]).run(2 * HOUR)
    assert [subject for subject, _, _ in attempts(found, "off")] == ["node-0.2"]


def test_nodes_join_like_those_that_an_autoscaler_may_ask_for() -> None:
    load = pooled([pool("spot", 0), pool("base", 1)], deployment())
    found = lab(load, ClusterAutoscaler(), operations=[AddNode("more", LabelSelector.of({"pool": "spot"}), at=1.0)])
    assert [name for _, name, new in found.run(HOUR / 12).log(Kind.NODE_EXISTS) if new] == ["spot-0"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: AddNode("n", ALL, at=-1.0),
        lambda: AddNode("n", ALL, at=0.0, count=0),
        lambda: RemoveNode("n", at=-1.0),
        lambda: RemoveNode("n", at=0.0, count=0),
        lambda: RemoveNode("n", at=0.0, timeout=0.0),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match="must"):
        wrong()
