"""Budgets, and the eviction API that asks them (kubernetes-behaviour, section 7)."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import Deployment, Percent, ReplicaSet
from models.disruption import PodDisruptionBudget
from models.labels import LabelSelector
from models.pod import Pod
from models.statefulset import StatefulSet
from simulator.controllers.disruption import Verdict
from simulator.log import Kind
from simulator.state.objects import Disruption, PodState
from simulator.state.objects.disruption import BudgetState
from tests.simulator.clusters import EXACT, Lab, behaviour, cluster, container, deployment, down, nodes, pod, template

EVERYTHING = LabelSelector()
REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."


def budget(app: str = "web", **spec: Any) -> PodDisruptionBudget:
    selector = spec.pop("selector", LabelSelector.of({"app": app}))
    return PodDisruptionBudget(f"{app}-budget", selector, **spec)


def lab(budgets: Iterable[PodDisruptionBudget], *workloads: Deployment | Pod, machines: int = 3, **other: Any) -> Lab:
    load = replace(cluster(nodes(machines), *workloads), budgets=tuple(budgets))
    return Lab(load, **other)


def status(found: Lab, number: int = 0) -> tuple[int, int, int, int]:
    """(expected, desired, healthy, allowed)."""
    one = found.state.workloads.of(BudgetState)[number]
    return one.expected, one.desired, one.healthy, one.allowed


def unready(found: Lab, pods: Iterable[PodState]) -> None:
    for each in pods:
        found.state.pods.set_ready(each, False, 0)
    found.run(found.kernel.now)


def evict(found: Lab, victim: PodState) -> Verdict:
    return found.simulation.control_plane.disruption.evict(victim, 0)


# The status


@pytest.mark.parametrize(
    ("replicas", "spec", "expected", "desired", "allowed"),
    [
        (7, {"max_unavailable": Percent(30)}, 7, 4, 3),
        (7, {"min_available": Percent(50)}, 7, 4, 3),
        (3, {"min_available": 2}, 3, 2, 1),
        (3, {"max_unavailable": 1}, 3, 2, 1),
        (3, {"min_available": 3}, 3, 3, 0),
        (3, {"min_available": 5}, 3, 5, 0),
        (3, {"max_unavailable": 0}, 3, 3, 0),
        (3, {"max_unavailable": 5}, 3, 0, 3),
        (3, {"max_unavailable": Percent(100)}, 3, 0, 3),
        (3, {"max_unavailable": Percent(1)}, 3, 2, 1),
        (3, {"min_available": 0}, 3, 0, 3),
        (3, {"min_available": Percent(100)}, 3, 3, 0),
        (1, {"min_available": Percent(80)}, 1, 1, 0),
        (3, {}, 0, 0, 0),
        (3, {"min_available": 1, "selector": None}, 0, 1, 0),
        (3, {"min_available": 1, "namespace": "elsewhere"}, 0, 1, 0),
        (3, {"min_available": 1, "selector": EVERYTHING}, 3, 1, 2),
    ],
)
def test_disruptions_allowed(replicas: int, spec: dict[str, Any], expected: int, desired: int, allowed: int) -> None:
    found = lab([budget(**spec)], deployment(replicas=replicas))
    healthy = 0 if spec.get("selector", EVERYTHING) is None or "namespace" in spec else replicas
    assert status(found) == (expected, desired, healthy, allowed)


@pytest.mark.parametrize(
    ("spec", "expected", "allowed"),
    [
        ({"min_available": 1}, 5, 4),
        ({"min_available": Percent(50)}, 3, 3),
        ({"max_unavailable": 1}, 3, 3),
    ],
)
def test_only_a_number_to_be_available_counts_pods_of_no_controller(
    spec: dict[str, Any], expected: int, allowed: int
) -> None:
    load = (deployment(replicas=3), pod("one", labels={"app": "web"}), pod("two", labels={"app": "web"}))
    found = lab([budget(**spec)], *load)
    assert (status(found)[0], status(found)[2]) == (expected, 5)
    assert status(found)[3] == (allowed if "min_available" in spec and expected == 5 else 5 - status(found)[1])


@pytest.mark.parametrize("spec", [{"max_unavailable": 1}, {"min_available": Percent(50)}])
def test_pods_of_no_controller_alone_are_never_expected(spec: dict[str, Any]) -> None:
    found = lab([budget("alone", **spec)], pod("alone"))
    assert status(found) == (0, 0, 1, 0)


def test_daemonsets_have_no_scale_so_nothing_is_allowed() -> None:
    agent = DaemonSet("agent", template("agent"), LabelSelector.of({"app": "agent"}))
    two = (budget("agent", max_unavailable=1), budget("all", selector=EVERYTHING, min_available=1))
    found = Lab(Cluster(nodes(3), daemon_sets=(agent,), budgets=two))
    assert status(found)[3] == 0
    assert status(found, 1) == (3, 1, 3, 2)


def test_a_statefulset_counts_by_its_scale() -> None:
    database = StatefulSet("db", template("db"), LabelSelector.of({"app": "db"}), replicas=3)
    found = Lab(Cluster(nodes(3), stateful_sets=(database,), budgets=(budget("db", max_unavailable=1),)))
    assert status(found) == (3, 2, 3, 1)
    found.apply(replace(database, replicas=5), at=10.0)
    found.run(10.0)
    assert status(found) == (5, 4, 3, 0)
    assert status(found.run(30.0)) == (5, 4, 5, 1)


def test_a_replicaset_of_its_own_counts_by_its_scale() -> None:
    sets = (ReplicaSet("web", template("web"), LabelSelector.of({"app": "web"}), replicas=4),)
    load = Cluster(nodes(3), replica_sets=sets, budgets=(budget(max_unavailable=Percent(25)),))
    found = Lab(load)
    assert status(found) == (4, 3, 4, 1)
    found.apply(replace(sets[0], replicas=8), at=10.0)
    found.run(10.0)
    assert status(found) == (8, 6, 4, 0)
    assert status(found.run(20.0)) == (8, 6, 8, 2)


def test_scaling_a_deployment_changes_what_is_expected() -> None:
    web = deployment(replicas=4)
    found = lab([budget(max_unavailable=Percent(50))], web)
    found.apply(replace(web, replicas=2), at=10.0)
    found.run(10.5)
    assert status(found) == (2, 1, 2, 1)


def test_a_controller_none_of_whose_pods_is_selected_any_more_does_not_count() -> None:
    def tiered(name: str) -> ReplicaSet:
        labels = {"app": name, "tier": "front"}
        return ReplicaSet(name, template(name, labels=labels), LabelSelector.of({"app": name}), replicas=2)

    front = budget(selector=LabelSelector.of({"tier": "front"}), min_available=Percent(100))
    found = Lab(Cluster(nodes(3), replica_sets=(tiered("web"), tiered("cart")), budgets=(front,)))
    assert status(found) == (4, 4, 4, 0)
    one, other = (each for each in found.pods() if each.pod_class.labels["app"] == "web")
    found.at(10.0, lambda: found.simulation.api.label(one, {"app": "web"}))
    assert status(found.run(10.0)) == (4, 4, 3, 0)
    found.at(20.0, lambda: found.simulation.api.label(other, {"app": "web"}))
    assert status(found.run(20.0)) == (2, 2, 2, 0)


def test_both_replicasets_of_a_rollout_are_one_controller_but_their_pods_all_count() -> None:
    web = deployment(replicas=10, max_surge=Percent(30), max_unavailable=0)
    by_scale, by_pods = budget(max_unavailable=1), budget("all", selector=EVERYTHING, min_available=8)
    found = lab([by_scale, by_pods], web, behaviour=behaviour(replace(EXACT, controller_latency=0.05)))
    found.apply(replace(web, template=template("web", container(image="web:2"))), at=10.0)
    expected = {found.run(10 + tick / 10).state.workloads.of(BudgetState)[0].expected for tick in range(100)}
    assert expected == {10}
    assert max(new for _, number, new in found.log(Kind.BUDGET_ALLOWED) if number == "1") == 5
    assert status(found, 1) == (10, 8, 10, 2)


def test_a_budget_counts_what_was_there_before_it() -> None:
    found = lab([], deployment(replicas=3), deployment("cart", replicas=2))
    found.apply(budget(min_available=1), at=5.0)
    assert status(found.run(5.0)) == (3, 1, 3, 2)
    found.apply(budget(selector=EVERYTHING, min_available=1), at=6.0)
    assert status(found.run(6.0)) == (5, 1, 5, 4)
    found.apply(budget(selector=None, min_available=1), at=7.0)
    assert status(found.run(7.0)) == (0, 1, 0, 0)


def test_a_budget_that_selects_nothing_any_more_expects_nothing() -> None:
    found = lab([budget(max_unavailable=1)], deployment(replicas=3))
    found.apply(budget(selector=None, max_unavailable=1), at=5.0)
    assert status(found.run(5.0)) == (0, 0, 0, 0)


def test_the_budget_follows_its_pods() -> None:
    found = lab([budget(min_available=1)], deployment(replicas=2))
    found.delete(found.pods()[0], at=10.0)
    found.run(60.0)
    assert found.log(Kind.BUDGET_ALLOWED) == [(10.0, "0", 0), (11.0, "0", 1)]
    expected: list[int] = []
    again = lab([budget(min_available=1)], deployment(replicas=2))
    again.delete(again.pods()[0], at=10.0)
    for time in (9.0, 10.0, 10.5, 11.0):
        expected.append(again.run(time).state.workloads.of(BudgetState)[0].expected)
    assert expected == [2, 3, 3, 2]  # the old pod is there for its second of termination


def test_a_dead_node_takes_the_allowance_until_its_pods_are_replaced() -> None:
    """R=3, minAvailable 2: no drain gets anywhere from detection to the replacement's readiness."""
    found = lab([budget(min_available=2)], deployment(replicas=3), failures=[down(0, at=1000.0)], end=3000.0)
    found.run(3000.0)
    [unknown] = found.times(Kind.NODE_READY, 2)
    [ready] = found.times(Kind.POD_READY, 1, since=1000.0)
    assert found.log(Kind.BUDGET_ALLOWED) == [(unknown, "0", 0), (ready, "0", 1)]
    assert 40 <= unknown - 1000.0 <= 55
    assert ready - unknown == pytest.approx(300.0 + 1.0, abs=0.01)


def test_an_evicted_pod_that_is_not_deleted_counts_again_after_two_minutes() -> None:
    found = lab([budget(min_available=1)], deployment(replicas=3))
    one: BudgetState = found.state.workloads.of(BudgetState)[0]

    def lose_an_eviction() -> None:
        one.disrupted[found.pods()[0].uid] = found.kernel.now
        found.delete(found.pods()[1], at=found.kernel.now)

    found.at(10.0, lose_an_eviction)
    found.run(10.5)
    assert (one.healthy, len(one.disrupted)) == (1, 1)
    found.run(129.9)
    assert (one.healthy, len(one.disrupted)) == (2, 1)
    found.run(130.0)
    assert (one.healthy, one.disrupted) == (3, {})


# The decision table


def pending(found: Lab) -> PodState:
    return next(each for each in found.pods("web") if each.node < 0)


def terminating(found: Lab) -> PodState:
    victim = found.pods("web")[0]
    found.state.pods.mark_deleting(victim, 0)
    return victim


def failed(found: Lab) -> PodState:
    victim = found.pods("web")[0]
    found.state.pods.fail(victim, 0)
    return victim


@pytest.mark.parametrize(("machines", "pick"), [(0, pending), (3, terminating), (3, failed)])
def test_row_1_pods_that_do_not_run_ignore_every_budget(machines: int, pick: Callable[[Lab], PodState]) -> None:
    two = [budget(min_available=3), budget("other", selector=EVERYTHING, min_available=3)]
    found = lab(two, deployment(replicas=3), machines=machines)
    victim = pick(found)
    assert evict(found, victim) == Verdict(201)
    assert victim.deleting
    assert victim.disruption is Disruption.EVICTION_BY_EVICTION_API
    assert found.times(Kind.POD_DELETING, 1).count(0.0) == 1


def test_row_2_pods_of_no_budget_go() -> None:
    others = [budget("cart", min_available=3), budget(namespace="elsewhere", min_available=3), budget(selector=None)]
    found = lab(others, deployment(replicas=3))
    assert evict(found, found.pods()[0]) == Verdict(201)
    assert found.log(Kind.POD_DISRUPTION_TARGET) == [(0.0, "web-0", Disruption.EVICTION_BY_EVICTION_API)]
    assert found.times(Kind.POD_DELETING, 1) == [0.0]


@pytest.mark.parametrize("ready", [True, False])
def test_row_3_pods_of_two_budgets_never_go(ready: bool) -> None:
    generous: dict[str, Any] = {"min_available": 0, "always_allow_unhealthy": True}
    found = lab([budget(**generous), budget("all", selector=EVERYTHING, **generous)], deployment(replicas=3))
    if not ready:
        unready(found, found.pods()[:1])
    verdict = evict(found, found.pods()[0])
    assert verdict.status == 500
    assert verdict.never
    assert verdict.reason.startswith("This pod has more than one PodDisruptionBudget")
    assert found.times(Kind.POD_DELETING) == []


@pytest.mark.parametrize(
    ("spec", "lost", "answer"),
    [
        # Row 4: AlwaysAllow lets go of whatever is not ready.
        ({"min_available": 3, "always_allow_unhealthy": True}, 1, 201),
        ({"min_available": 3, "always_allow_unhealthy": True}, 3, 201),
        ({"min_available": 0, "always_allow_unhealthy": True}, 3, 201),
        # Row 5: otherwise only while there are as many healthy as desired, and some are.
        ({"min_available": 2}, 1, 201),
        ({"min_available": 2}, 2, 429),
        ({"min_available": 3}, 1, 429),
        # Of nothing desired and nothing healthy, nothing may be disrupted.
        ({"min_available": 0}, 3, 429),
        ({"max_unavailable": Percent(100)}, 3, 429),
        # Row 9: that budget has something to give as long as one pod is healthy.
        ({"min_available": 0}, 2, 201),
    ],
)
def test_rows_4_and_5_pods_that_are_not_ready(spec: dict[str, Any], lost: int, answer: int) -> None:
    found = lab([budget(**spec)], deployment(replicas=3))
    unready(found, found.pods()[:lost])
    before = found.state.workloads.of(BudgetState)[0].allowed
    assert evict(found, found.pods()[0]).status == answer
    paid = before - found.state.workloads.of(BudgetState)[0].allowed
    assert paid == (spec == {"min_available": 0} and lost == 2)


def test_row_6_a_budget_that_was_just_changed_is_not_asked_yet() -> None:
    slow = behaviour(replace(EXACT, controller_latency=0.1))
    found = lab([budget(min_available=3)], deployment(replicas=3), behaviour=slow)
    found.simulation.api.apply(budget(min_available=1))
    assert evict(found, found.pods()[0]) == Verdict(
        429, f"{REFUSED} The disruption budget web-budget is still being processed by the server."
    )
    assert evict(found.run(0.2), found.pods()[0]) == Verdict(201)


def test_rows_8_and_9_as_many_go_at_once_as_the_budget_allows() -> None:
    found = lab([budget(max_unavailable=2)], deployment(replicas=5))
    verdicts = []
    for each in found.pods()[:4]:
        found.state.workloads.of(BudgetState)[0].written = -math.inf  # no two of them read the budget at once
        verdicts.append(evict(found, each))
    assert [verdict.status for verdict in verdicts] == [201, 201, 429, 429]
    assert [(v.allowed, v.try_again, v.never) for v in verdicts[1:3]] == [(True, False, False), (False, True, False)]
    assert verdicts[2].reason == f"{REFUSED} The disruption budget web-budget needs 3 healthy pods and has 5 currently."
    assert [value for _, _, value in found.log(Kind.BUDGET_ALLOWED)] == [1, 0]
    found.run(0.0)
    assert status(found) == (5, 3, 3, 0)
    assert found.state.workloads.of(BudgetState)[0].disrupted == {}
    assert [value for _, _, value in found.run(10.0).log(Kind.BUDGET_ALLOWED)] == [1, 0, 2]


def test_of_evictions_that_read_one_budget_at_once_the_first_wins_and_the_others_are_judged_again() -> None:
    found = lab([budget(max_unavailable=3)], deployment(replicas=5))
    first, second, third, *_ = found.pods()
    verdicts: list[Verdict] = []
    found.at(10.0, lambda: verdicts.extend(evict(found, each) for each in (first, second)))
    found.at(10.5, lambda: verdicts.append(evict(found, second)))
    found.run(20.0)
    assert [(verdict.allowed, verdict.collided) for verdict in verdicts] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert found.times(Kind.POD_DELETING) == [10.0, 10.5]
    assert third.uid in found.state.pods


def test_pods_that_are_no_loss_to_their_budget_do_not_collide() -> None:
    found = lab([budget(max_unavailable=3, always_allow_unhealthy=True)], deployment(replicas=5))
    pods = found.pods()
    for each in pods[:2]:
        found.simulation.control_plane.kubelet.make_unready(each)
    assert [evict(found, each).status for each in (pods[2], *pods[:2])] == [201, 201, 201]


def test_a_budget_that_is_deleted_forbids_nothing_any_more() -> None:
    found = lab([budget(max_unavailable=0)], deployment(replicas=2))
    [first, _] = found.pods()
    assert evict(found, first).try_again
    found.simulation.api.delete_budget("web-budget")
    assert evict(found, first).allowed
    assert found.run(10.0).state.workloads.of(BudgetState) == []


def test_a_pod_that_is_gone_is_not_found() -> None:
    found = lab([], deployment(replicas=1))
    [old] = found.pods()
    found.delete(old, at=1.0)
    assert evict(found.run(10.0), old) == Verdict(404, f'pods "{old.name}" not found')


def test_a_rollout_does_not_ask_its_budget() -> None:
    web = deployment(replicas=3, max_surge=0, max_unavailable=3)
    found = lab([budget(max_unavailable=0)], web)
    found.apply(replace(web, template=template("web", container(image="web:2"))), at=10.0)
    found.run(10.5)
    assert status(found) == (3, 3, 0, 0)
