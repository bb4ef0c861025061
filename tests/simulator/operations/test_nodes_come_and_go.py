"""addNode and removeNode: nodes join the cluster and leave it."""

from dataclasses import replace

import pytest

from models.disruption import PodDisruptionBudget
from models.distributions import Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from simulator.failures.node_crash import NodeCrash
from simulator.log import Kind
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from simulator.operations.add_node import AddNode
from simulator.operations.cordon import Cordon
from simulator.operations.drain import Drain
from simulator.operations.out_of_service import OutOfService
from simulator.operations.remove_node import RemoveNode
from simulator.stories.attempts import Outcome
from simulator.stories.protocols import Operation
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


@pytest.mark.parametrize("drained", [True, False])
def test_it_strikes_once_a_node_drained_or_not(drained: bool) -> None:
    remove = RemoveNode("fewer", at=100.0, count=2, drained=drained)
    found = Lab(cluster(nodes(4), deployment(replicas=4)), operations=[remove]).run(HOUR)
    assert found.simulation.world.strikes == {"fewer": 2}


def test_without_a_drain_it_is_gone_at_once() -> None:
    found = Lab(cluster(nodes(1), deployment()), operations=[RemoveNode("fewer", at=100.0, drained=False)]).run(HOUR)
    assert found.log(Kind.NODE_EXISTS) == [(100.0, "node-0", 0)]
    [when] = found.times(Kind.POD_DELETING)
    assert 160.0 <= when <= 180.0
    assert found.simulation.strikes() == {"fewer": 1}


def test_two_may_take_the_same_node_away() -> None:
    both = [RemoveNode("one", at=100.0, drained=False), RemoveNode("other", at=200.0, drained=False)]
    found = Lab(cluster(nodes(1), deployment()), operations=both).run(HOUR)
    assert found.log(Kind.NODE_EXISTS) == [(100.0, "node-0", 0)]
    assert (asked(found, "one"), asked(found, "other")) == ([(100.0, "node-0", Outcome.DONE)], [])


def test_nodes_that_join_are_declared_out_of_service_too() -> None:
    operations = [AddNode("more", ALL, at=100.0), OutOfService("declare", Fixed(300.0))]
    found = Lab(cluster(nodes(2), deployment()), failures=[down(2, at=200.0)], operations=operations).run(HOUR)
    assert [a.subject for a in found.simulation.world.journal.attempts(HOUR) if a.operation == "declare"] == [
        "node-0.2"
    ]


@pytest.mark.parametrize(("after", "outcomes"), [(1000.0, []), (100.0, [Outcome.DONE])])
def test_a_node_that_is_gone_is_not_out_of_service(after: float, outcomes: list[Outcome]) -> None:
    """It is lost at 100 s, Unknown some 50 s later, and deleted at 500 s."""
    gone = RemoveNode("fewer", at=500.0, drained=False)
    operations = [gone, OutOfService("declare", Fixed(after))]
    found = Lab(cluster(nodes(1), deployment()), failures=[down(0, at=100.0)], operations=operations).run(HOUR)
    attempts = [a for a in found.simulation.world.journal.attempts(HOUR) if a.operation == "declare"]
    assert [attempt.outcome for attempt in attempts] == outcomes
    assert [attempt.ended for attempt in attempts] == [500.0] * len(outcomes)


def changing(operation: Operation) -> Lab:
    """node-1 goes at 1500 s, node-0.2 comes at 2500 s."""
    gone = RemoveNode("fewer", at=1500.0, drained=False, select=LabelSelector.of({HOSTNAME_LABEL: "node-1"}))
    found = Lab(cluster(nodes(2), deployment()), operations=[operation, gone, AddNode("more", ALL, at=2500.0)])
    return found.run(HOUR)


def asked(found: Lab, operation: str) -> list[tuple[float, str, Outcome]]:
    attempts = found.simulation.world.journal.attempts(HOUR)
    return [(each.asked, each.subject, each.outcome) for each in attempts if each.operation == operation]


def test_a_round_of_drains_is_about_the_nodes_that_are_there() -> None:
    found = changing(Drain("patch", every=1000.0, maintenance=Fixed(60.0)))
    assert asked(found, "patch") == [
        (1000.0, "node-0", Outcome.DONE),
        (1000.0, "node-1", Outcome.DONE),
        (2000.0, "node-0", Outcome.DONE),
        (3000.0, "node-0", Outcome.DONE),
        (3000.0, "node-0.2", Outcome.DONE),
    ]


def test_a_single_round_is_over_when_nodes_join_later() -> None:
    assert asked(changing(Drain("patch", at=1000.0)), "patch") == [
        (1000.0, "node-0", Outcome.DONE),
        (1000.0, "node-1", Outcome.DONE),
    ]


@pytest.mark.parametrize(("at", "cordoned"), [(1000.0, ["node-0", "node-1"]), (3000.0, ["node-0", "node-0.2"])])
def test_nodes_are_cordoned_that_are_there_by_then(at: float, cordoned: list[str]) -> None:
    assert asked(changing(Cordon("freeze", at)), "freeze") == [(at, name, Outcome.DONE) for name in cordoned]


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


@pytest.mark.parametrize("second", [100.0, HOUR])
def test_two_removals_take_two_nodes(second: float) -> None:
    twice = [RemoveNode("first", at=100.0), RemoveNode("second", at=second)]
    found = Lab(cluster(nodes(3), deployment()), operations=twice, end=2 * HOUR).run(2 * HOUR)
    assert sorted(name for _, name, _ in found.log(Kind.NODE_EXISTS)) == ["node-1", "node-2"]


def test_a_node_that_joined_can_be_removed() -> None:
    come_and_go = [AddNode("more", ALL, at=100.0), RemoveNode("fewer", at=200.0, drained=False)]
    found = Lab(cluster(nodes(1), deployment()), operations=come_and_go).run(HOUR)
    assert found.log(Kind.NODE_EXISTS) == [(100.0, "node-0.2", 1), (200.0, "node-0.2", 0)]


def test_a_cordon_is_of_the_nodes_that_are_there() -> None:
    operations = [AddNode("more", ALL, at=100.0), RemoveNode("fewer", at=50.0), Cordon("closed", at=200.0)]
    found = Lab(cluster(nodes(2), deployment()), operations=operations).run(HOUR)
    assert [name for _, name, on in found.log(Kind.NODE_UNSCHEDULABLE, since=200.0) if on] == ["node-0", "node-0.2"]


def test_rounds_of_drains_are_of_the_nodes_that_are_there_then() -> None:
    operations = [
        AddNode("more", ALL, at=1.5 * HOUR),
        RemoveNode("fewer", at=1.6 * HOUR, select=LabelSelector.of({"kubernetes.io/hostname": "node-1"})),
        Drain("patching", every=HOUR),
    ]
    found = Lab(cluster(nodes(2), deployment()), operations=operations, end=4 * HOUR).run(4 * HOUR)
    drained: dict[str, list[float]] = {}
    for attempt in found.simulation.world.journal.attempts(4 * HOUR):
        if attempt.operation == "patching":
            drained.setdefault(attempt.subject, []).append(attempt.asked)
    assert drained == {"node-0": [HOUR, 2 * HOUR, 3 * HOUR], "node-1": [HOUR], "node-0.2": [2 * HOUR, 3 * HOUR]}


def test_a_node_that_joined_is_declared_out_of_service_until_it_is_gone() -> None:
    joined = LabelSelector.of({"kubernetes.io/hostname": "node-0.2"})
    operations = [
        AddNode("more", ALL, at=100.0),
        OutOfService("declared", Fixed(60.0), joined),
        RemoveNode("fewer", at=2000.0, select=joined, drained=False),
    ]
    crash = NodeCrash("crash", Fixed(1000.0), Fixed(2 * HOUR), joined)
    found = Lab(cluster(nodes(1), deployment()), failures=[crash], operations=operations, end=2 * HOUR).run(2 * HOUR)
    [declared] = [of for of in found.simulation.world.journal.attempts(HOUR) if of.operation == "declared"]
    assert declared.subject == "node-0.2"
    assert 1100.0 < declared.asked < 1300.0
    assert (declared.outcome, declared.ended) == (Outcome.DONE, 2000.0)
