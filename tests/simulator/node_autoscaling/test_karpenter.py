"""Karpenter: nodes are launched for batches of pods, and consolidated when they are too much."""

import math
from dataclasses import replace
from typing import Any

import pytest

from models.deployment import Deployment, Percent
from models.disruption import PodDisruptionBudget
from models.distributions import Fixed, Uniform
from models.labels import LabelSelector
from models.node_pool import NodePool
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.log import Kind
from simulator.node_autoscaling.consolidation import VALIDATION, Budget, ConsolidationPolicy, Disruption
from simulator.node_autoscaling.karpenter import POLL, Karpenter
from tests.simulator.clusters import HOUR, Lab, container, deployment, down, template
from tests.simulator.node_autoscaling.pools import BOOT, lab, pool, pooled

STAYS = Disruption(consolidate_after=None)
KEPT = Karpenter(disruption=STAYS, expire_after=None)
ANY = Disruption(budgets=(Budget(Percent(100)),))
LAZY = Karpenter(disruption=ANY, expire_after=None)
MINUTE, DAY = 60.0, 86_400.0


def web(replicas: int, cpu: int = 600, name: str = "web", **other: Any) -> Deployment:
    """Pods of which one fits on a node, unless it says otherwise."""
    annotations = other.pop("annotations", {})
    pods = replace(template(name, container(cpu=cpu), **other), annotations=annotations)
    return deployment(name, replicas, pods=pods)


def joined(found: Lab) -> list[tuple[float, str]]:
    return [(time, name) for time, name, new in found.log(Kind.NODE_EXISTS) if new]


def gone(found: Lab) -> list[tuple[float, str]]:
    return [(time, name) for time, name, new in found.log(Kind.NODE_EXISTS, -1e9) if not new]


def scaled(found: Lab, replicas: int, at: float, **other: Any) -> Lab:
    found.apply(web(replicas, **other), at)
    return found


# Provisioning


def test_a_pod_that_fits_nowhere_waits_for_its_batch_and_for_the_node() -> None:
    found = scaled(lab(pooled([pool()], web(1)), KEPT), 2, at=100.0).run(HOUR)
    assert found.times(Kind.POD_AWAITING_NODE) == [101.0]
    assert joined(found) == [(101.0 + BOOT, "general-2")]
    assert found.times(Kind.POD_NODE, since=1.0) == [101.0 + BOOT]


@pytest.mark.parametrize(("gap", "closes"), [(0.9, 10.0), (0.5, 5 * 0.5 + 1.0), (2.0, 1.0)])
def test_a_batch_closes_when_no_pod_comes_for_a_second_or_after_ten(gap: float, closes: float) -> None:
    """Six pods (or twenty), one after the other."""
    found = lab(pooled([pool(most=30)], web(1)), KEPT)
    arrivals = 20 if gap == 0.9 else 6
    for number in range(arrivals):
        scaled(found, 2 + number, at=100.0 + number * gap)
    assert found.run(HOUR).times(Kind.POD_AWAITING_NODE)[0] - 100.0 == pytest.approx(closes)


def test_pods_of_a_batch_share_the_cheapest_node_that_takes_them_all() -> None:
    pools = [
        pool("small", 1, cpu=1000, price=1.0),
        pool("large", 0, cpu=4000, price=3.0),
        pool("dear", 0, cpu=4000, price=5.0),
    ]
    found = scaled(lab(pooled(pools, web(1)), KEPT), 7, at=100.0).run(HOUR)
    assert [name for _, name in joined(found)] == ["large-1"]
    one = scaled(lab(pooled(pools, web(1)), KEPT), 2, at=100.0).run(HOUR)
    assert [name for _, name in joined(one)] == ["small-2"]


def test_nodes_that_are_on_their_way_are_not_asked_for_again() -> None:
    found = lab(pooled([pool(provisioning=Fixed(5 * MINUTE))], web(1)), KEPT)
    scaled(found, 2, at=100.0)
    scaled(found, 3, at=200.0)
    assert [name for _, name in joined(found.run(HOUR))] == ["general-2", "general-3"]


def test_no_pool_grows_beyond_its_maximum() -> None:
    found = scaled(lab(pooled([pool(most=3)], web(1)), KEPT), 9, at=100.0).run(HOUR)
    assert len(joined(found)) == 2
    assert len(found.simulation.pending()) == 6


def test_a_node_that_does_not_come_is_given_up_and_asked_for_again() -> None:
    law = Uniform(10.0, 30 * MINUTE)
    tries = [
        scaled(lab(pooled([pool(provisioning=law)], web(1)), KEPT, seed=seed), 2, at=100.0).run(3 * HOUR)
        for seed in range(8)
    ]
    numbers = [int(joined(found)[0][1].removeprefix("general-")) for found in tries]
    assert max(numbers) > 2  # general-2 did not come in time, and its name is not used again
    for found, number in zip(tries, numbers, strict=True):
        waited = joined(found)[0][0] - 101.0 - (number - 2) * 15 * MINUTE
        assert 0.0 < waited <= 15 * MINUTE + (number - 2) * 11.0


# Consolidation


def test_an_empty_node_goes_at_the_next_look_and_its_validation() -> None:
    found = scaled(lab(pooled([pool(most=9)], web(1)), LAZY), 3, at=100.0)
    scaled(found, 1, at=HOUR)
    times = [time for time, _ in gone(found.run(2 * HOUR))]
    assert len(times) == 2
    assert VALIDATION <= times[0] - HOUR - 1.0 <= POLL + VALIDATION
    assert times[0] == times[1]


def test_consolidation_begins_some_time_after_the_last_pod_came_or_went() -> None:
    when_empty = replace(ANY, consolidation_policy=ConsolidationPolicy.WHEN_EMPTY)
    after = Karpenter(disruption=replace(when_empty, consolidate_after=5 * MINUTE), expire_after=None)
    found = scaled(lab(pooled([pool()], web(1)), after), 2, at=100.0)
    scaled(found, 1, at=HOUR)
    [(time, _)] = gone(found.run(2 * HOUR))
    assert 5 * MINUTE + VALIDATION <= time - HOUR <= 5 * MINUTE + VALIDATION + POLL + 1.0


def test_pods_of_an_underutilized_node_are_evicted_and_run_elsewhere() -> None:
    found = lab(pooled([pool(count=2, least=1)], web(2, 400)), LAZY).run(HOUR)
    assert len(gone(found)) == 1
    assert all(pod.ready for pod in found.pods("web"))


def test_when_empty_leaves_underutilized_nodes_alone() -> None:
    policy = Karpenter(disruption=replace(ANY, consolidation_policy=ConsolidationPolicy.WHEN_EMPTY), expire_after=None)
    assert gone(lab(pooled([pool(count=2, least=1)], web(2, 400)), policy).run(HOUR)) == []


def test_a_node_is_replaced_by_a_cheaper_one_that_is_there_before_it_goes() -> None:
    pools = [pool("large", 1, cpu=4000, price=3.0, least=0), pool("small", 0, cpu=1000, price=1.0)]
    found = lab(pooled(pools, web(1)), LAZY).run(HOUR)
    rows = found.log(Kind.NODE_EXISTS, -1e9)
    assert [(name, new) for _, name, new in rows] == [("small-1", 1), ("large-1", 0)]
    assert rows[1][0] - rows[0][0] == pytest.approx(1.0)  # the pod stops


def test_several_nodes_are_replaced_by_one_that_costs_less_than_all() -> None:
    pools = [pool("small", 4, cpu=1000, price=1.0, least=0), pool("large", 0, cpu=4000, price=2.5)]
    found = lab(pooled(pools, web(4)), LAZY).run(HOUR)
    rows = [(name, new) for _, name, new in found.log(Kind.NODE_EXISTS, -1e9)]
    assert rows[0] == ("large-1", 1)
    assert sorted(rows[1:]) == [(f"small-{i}", 0) for i in (1, 2, 3, 4)]


def test_a_node_whose_replacement_does_not_come_stays() -> None:
    slow = pool("small", 0, cpu=1000, price=1.0, provisioning=Fixed(HOUR))
    found = lab(pooled([pool("large", 1, cpu=4000, price=3.0, least=0), slow], web(1)), LAZY).run(14 * MINUTE)
    assert found.log(Kind.NODE_EXISTS, -1e9) == []
    assert [new for _, _, new in found.log(Kind.NODE_TAINTS, -1e9)][:2] == [1, 0]


@pytest.mark.parametrize("held", ["budget", "annotation", "minimum", "never", "no disruptions", "used"])
def test_a_node_stays_where_something_holds_it(held: str) -> None:
    annotations = {"karpenter.sh/do-not-disrupt": "true"} if held == "annotation" else {}
    pods = web(2, 600 if held == "used" else 400, annotations=annotations)
    load = pooled([pool(count=2, least=2 if held == "minimum" else 1)], pods)
    if held == "budget":
        budget = PodDisruptionBudget("web", LabelSelector.of({"app": "web"}), max_unavailable=0)
        load = replace(load, budgets=(budget,))
    rules = {"never": STAYS, "no disruptions": Disruption(budgets=(Budget(0),))}.get(held, ANY)
    assert gone(lab(load, Karpenter(disruption=rules, expire_after=None)).run(HOUR)) == []


def test_an_annotation_with_a_duration_holds_a_node_so_long() -> None:
    load = pooled([pool(count=2, least=1)], web(2, 400, annotations={"karpenter.sh/do-not-disrupt": "30m"}))
    [(time, _)] = gone(lab(load, LAZY).run(0.0))
    assert VALIDATION <= time - (-DAY + 30 * MINUTE) <= POLL + VALIDATION + 2.0


def test_the_default_budget_lets_a_tenth_of_the_nodes_go_at_once_those_unready_taken_off() -> None:
    def empty(count: int, **settings: Any) -> Lab:
        start = pooled([pool(count=count, least=0, most=count)], web(count))
        found = lab(start, Karpenter(expire_after=None), **settings)
        return scaled(found, 0, at=HOUR).run(HOUR + 3 * (POLL + VALIDATION))

    times = [time for time, _ in gone(empty(15))]
    assert times[0] == times[1] < times[2]  # 2 of 15, rounded up
    assert gone(empty(10, failures=[down(0, at=100.0)])) == []  # 1 of 10, and one is not Ready


def test_a_budget_of_pods_paces_a_drain_and_does_not_end_it() -> None:
    """The second pod waits until the first one's successor is ready."""
    load = pooled([pool("large", 1, cpu=4000, price=3.0, least=0), pool("small", 0, cpu=1500, price=1.0)], web(2))
    budget = PodDisruptionBudget("web", LabelSelector.of({"app": "web"}), max_unavailable=1)
    found = lab(replace(load, budgets=(budget,)), LAZY).run(HOUR)
    first, second = found.times(Kind.POD_DELETING, since=-1e9)
    assert 5.5 <= second - first <= 5.55  # the API server judges it anew after half a second, and refuses it
    assert [name for _, name in gone(found)] == ["large-1"]


# Expiration


EXPIRING = Karpenter(disruption=STAYS, expire_after=DAY)


def test_a_node_goes_when_it_is_old_and_another_comes_for_its_pods() -> None:
    found = lab(pooled([pool(count=3, least=0)], web(3)), EXPIRING).run(3 * DAY)
    [*first] = [(time, name) for time, name in gone(found) if name in ("general-1", "general-2", "general-3")]
    assert len(first) == 3
    assert all(0.0 < time < DAY + 2 * MINUTE for time, _ in first)
    times = {name: time for time, name in joined(found)}
    for time, name in gone(found):
        if name in times:
            assert time - times[name] == pytest.approx(DAY, abs=BOOT + 20.0)
    assert all(pod.node >= 0 for pod in found.pods("web"))


def held(grace: float | None, disruption: Disruption = STAYS) -> Lab:
    load = pooled([pool(count=1, least=0)], web(1))
    budget = PodDisruptionBudget("web", LabelSelector.of({"app": "web"}), max_unavailable=0)
    policy = Karpenter(disruption=disruption, expire_after=DAY, termination_grace_period=grace)
    return lab(replace(load, budgets=(budget,)), policy).run(DAY)


def test_a_budget_holds_an_old_node_for_ever_unless_there_is_a_grace_period() -> None:
    for rules in (STAYS, ANY):
        found = held(None, rules)
        assert (gone(found), [name for _, name in joined(found)]) == ([], ["general-2"])  # it waits for the pod
    found = held(10 * MINUTE)
    [expired] = [time for time, name, _ in found.log(Kind.NODE_TAINTS, -1e9) if name == "general-1"]
    assert found.times(Kind.POD_DELETING)[0] == pytest.approx(expired + 10 * MINUTE - 30.0)
    assert gone(found)[0][0] == pytest.approx(expired + 10 * MINUTE - 29.0)


def test_pools_keep_their_minimum_when_nodes_expire() -> None:
    found = lab(pooled([pool(count=2)], web(1)), EXPIRING).run(2 * DAY)
    assert len(gone(found)) >= 2
    assert len(joined(found)) == len(gone(found))


# With other things


def test_a_spot_machine_that_is_taken_back_during_its_drain_is_gone_once() -> None:
    reclaim = SpotReclaim("spot", Fixed(HOUR), notice=0.0, select=LabelSelector.of({"pool": "large"}))
    pools = [pool("large", 1, cpu=4000, price=3.0, least=0), pool("small", 0, cpu=1000, price=1.0)]
    slow = web(1, termination_grace_period=2 * HOUR)
    for policy in (LAZY, Karpenter(disruption=STAYS, expire_after=None)):
        found = lab(pooled(pools, slow), policy, failures=[reclaim]).run(3 * HOUR)
        assert [name for _, name in gone(found)] == ["large-1"]
        assert all(pod.ready for pod in found.pods("web"))


def test_without_pods_that_wait_nothing_is_done_for_a_year() -> None:
    load: list[NodePool] = [pool()]
    found = lab(pooled(load, web(1)), Karpenter(expire_after=None), end=365 * DAY)
    before = found.state.transitions.count
    found.run(365 * DAY)
    assert found.state.transitions.count == before
    assert found.kernel.peek() == math.inf


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_idle_duration": 0.0},
        {"batch_idle_duration": 11.0},
        {"expire_after": 1.0},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Karpenter(**wrong)
