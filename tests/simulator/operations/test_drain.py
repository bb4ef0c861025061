"""Cordons and drains: one node after another, as budgets allow."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import Deployment, IntOrPercent, Percent
from models.disruption import PodDisruptionBudget
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.pod import Pod
from simulator.log import Kind
from simulator.operations.cordon import Cordon
from simulator.operations.drain import Drain
from simulator.run import simulate
from simulator.state.objects import PodState
from simulator.state.objects.disruption import BudgetState
from simulator.stories.attempts import Attempt, Outcome
from simulator.stories.protocols import FailureMode, Operation
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, deployment, down, node, nodes, pod, template

REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."


def budget(app: str = "web", **spec: Any) -> PodDisruptionBudget:
    return PodDisruptionBudget(f"{app}-budget", LabelSelector.of({"app": app}), **spec)


def lab(
    load: Cluster,
    *operations: Operation,
    budgets: tuple[PodDisruptionBudget, ...] = (),
    failures: tuple[FailureMode, ...] = (),
) -> Lab:
    return Lab(replace(load, budgets=budgets), behaviour(start=Fixed(3.0)), failures, operations, end=30 * HOUR)


def full_and_empty(*workloads: Deployment | Pod) -> Cluster:
    """All pods are on node-0 at time 0; node-1 is cordoned."""
    return cluster((node("node-0"), node("node-1", unschedulable=True)), *workloads)


def cordoned(found: Lab) -> list[tuple[float, str, int]]:
    return found.log(Kind.NODE_UNSCHEDULABLE)


def attempts(found: Lab, name: str = "patching") -> list[Attempt]:
    """What was begun so far."""
    now = found.simulation.kernel.now
    asked = found.simulation.world.journal.attempts(now)
    return [attempt for attempt in asked if attempt.operation == name and attempt.begun is not None]


@dataclass(frozen=True)
class Drains:
    emptied: int = 0
    given_up: int = 0
    evicted: int = 0
    refused: int = 0
    last_refusal: str = ""


def drained(found: Lab, name: str = "patching") -> Drains:
    """What the drains of one operation came to so far."""
    return summed(attempts(found, name))


def summed(drains: list[Attempt]) -> Drains:
    return Drains(
        sum(of.emptied is not None for of in drains),
        sum(of.outcome is Outcome.GIVEN_UP for of in drains),
        sum(of.evicted for of in drains),
        sum(of.refused for of in drains),
        max((of.last_refusal for of in drains), default=""),
    )


def three_on_one(timeout: float | None = None, **spec: Any) -> Lab:
    """Three pods on node-0, which is drained at 15; at 10 node-1 is uncordoned. The pods take 3 s to be Ready."""
    drain = Drain("patching", at=15.0, select=LabelSelector.of({"kubernetes.io/hostname": "node-0"}), timeout=timeout)
    budgets = (budget(**spec),) if spec else ()
    found = lab(full_and_empty(deployment(replicas=3)), drain, budgets=budgets)
    found.at(10.0, lambda: found.state.nodes.set_unschedulable(1, False, 0))
    return found


# Draining


def test_without_a_budget_all_pods_of_the_node_go_at_once() -> None:
    found = three_on_one().run(60.0)
    assert found.times(Kind.POD_DELETING) == [15.0, 15.0, 15.0]
    assert cordoned(found)[1:] == [(15.0, "node-0", 1), (16.0, "node-0", 0)]
    assert drained(found) == Drains(emptied=1, evicted=3)
    assert {each.node for each in found.pods("web")} == {1}
    assert {cause for *_, cause in found.rows(Kind.POD_DELETING)} == {"patching/node-0"}


def test_with_a_budget_refused_evictions_are_tried_again_every_five_seconds() -> None:
    """The course of the recording drain-pdb-min2of3."""
    found = three_on_one(min_available=2).run(60.0)
    first, second, third = found.times(Kind.POD_DELETING)
    # Three at once read the same budget: two of them are judged again half a second later, and tried 5 s after that.
    assert first == 15.0
    assert 20.5 < second < 20.55
    assert 25.5 < third < 25.55
    assert cordoned(found)[1:] == [(15.0, "node-0", 1), (third + 1.0, "node-0", 0)]
    assert drained(found) == Drains(
        emptied=1,
        evicted=3,
        refused=3,
        last_refusal=f"{REFUSED} The disruption budget web-budget needs 2 healthy pods and has 2 currently.",
    )


def test_a_budget_that_never_allows_anything_blocks_until_the_timeout() -> None:
    """The course of the recording drain-pdb-stuck: six tries in 30 s."""
    found = three_on_one(timeout=30.0, min_available=3).run(100.0)
    assert found.times(Kind.POD_DELETING) == []
    assert cordoned(found)[1:] == [(15.0, "node-0", 1), (45.0, "node-0", 0)]
    counted = drained(found)
    assert (counted.emptied, counted.given_up, counted.evicted, counted.refused) == (0, 1, 0, 18)


def test_without_a_timeout_it_blocks_for_ever() -> None:
    found = three_on_one(min_available=3).run(30 * HOUR)
    assert cordoned(found)[1:] == [(15.0, "node-0", 1)]
    assert drained(found).given_up == 0
    assert drained(found).refused == 3 * (1 + (30 * 3600 - 15) // 5)


def test_the_timeout_counts_the_time_that_pods_take_to_stop() -> None:
    load = cluster(nodes(2), pod("slow"))
    drain = Drain("patching", at=10.0, timeout=20.0)
    found = Lab(load, behaviour(stop=Fixed(25.0)), operations=(drain,))
    on = found.state.nodes.names[found.pods()[0].node]
    found.run(100.0)
    assert [(time, new) for time, name, new in cordoned(found) if name == on] == [(10.0, 1), (30.0, 0)]
    assert found.times(Kind.POD_PHASE, 0) == [35.0]
    assert drained(found).given_up == 1


def test_a_pod_of_two_budgets_ends_the_drain_when_the_others_are_gone() -> None:
    load = cluster(nodes(1), deployment("cart", replicas=2), deployment(replicas=1))
    both = (budget(min_available=0), budget(min_available=0), budget("cart", max_unavailable=1))
    both = (both[0], replace(both[1], name="again"), both[2])
    found = lab(load, Drain("patching", at=10.0), budgets=both).run(100.0)
    assert found.log(Kind.POD_DELETING) == [(10.0, "cart-0", 1)]  # the other waits for a replacement that has no node
    assert drained(found).given_up == 0
    assert drained(found).last_refusal.startswith(REFUSED)
    alone = lab(cluster(nodes(1), deployment(replicas=1)), Drain("patching", at=10.0), budgets=both[:2]).run(100.0)
    assert cordoned(alone) == [(10.0, "node-0", 1), (10.0, "node-0", 0)]
    assert drained(alone).given_up == drained(alone).refused == 1
    assert drained(alone).last_refusal.startswith("This pod has more than one PodDisruptionBudget")


def test_pods_of_no_controller_are_gone_for_good() -> None:
    found = lab(cluster(nodes(2), pod("alone")), Drain("patching", at=10.0)).run(100.0)
    assert found.pods() == []
    assert drained(found) == Drains(emptied=2, evicted=1)


def test_pods_of_daemonsets_stay() -> None:
    agent = DaemonSet("agent", template("agent"), LabelSelector.of({"app": "agent"}))
    load = replace(cluster(nodes(2), deployment(replicas=2)), daemon_sets=(agent,))
    found = lab(load, Drain("patching", at=10.0, maintenance=Fixed(60.0))).run(1000.0)
    assert {name for _, name, _ in found.log(Kind.POD_DELETING)} == {"web-0", "web-1", "web-2"}
    assert found.log(Kind.POD_CONTAINERS, since=10.0)[-1][1].startswith("agent")  # rebooted with its node
    assert drained(found) == Drains(emptied=2, evicted=3)


def test_pods_that_are_already_going_are_waited_for() -> None:
    found = Lab(cluster(nodes(1), pod("slow")), behaviour(stop=Fixed(25.0)), operations=(Drain("patching", at=10.0),))
    found.delete(found.pods()[0], at=5.0)
    assert cordoned(found.run(100.0)) == [(10.0, "node-0", 1), (30.0, "node-0", 0)]
    assert found.times(Kind.POD_DELETING) == [5.0]


def test_evicted_pods_that_found_no_node_get_in_when_one_is_uncordoned() -> None:
    found = lab(
        cluster(nodes(1), deployment(replicas=2)), Drain("patching", at=10.0, maintenance=Fixed(100.0), reboot=False)
    )
    assert found.run(50.0).simulation.pending() != {}
    assert set(found.simulation.pending().values()) == {"0/1 nodes are available: 1 node(s) were unschedulable."}
    found.run(200.0)
    assert cordoned(found) == [(10.0, "node-0", 1), (111.0, "node-0", 0)]
    assert found.times(Kind.POD_NODE, 0, since=10.0) == [111.0, 111.0]


# Maintenance and rounds


def test_nodes_are_rebooted_one_after_another() -> None:
    found = lab(cluster(nodes(3)), Drain("patching", at=10.0, maintenance=Fixed(100.0))).run(1000.0)
    expected = [(time, f"node-{i}", new) for i in range(3) for time, new in ((10.0 + 100 * i, 1), (110.0 + 100 * i, 0))]
    assert cordoned(found) == expected
    assert found.log(Kind.NODE_POWER) == [(time, name, 1 - new) for time, name, new in expected]
    assert found.simulation.strikes() == {"patching": 3}
    assert drained(found) == Drains(emptied=3)


def test_a_node_need_not_be_off_while_it_is_worked_on() -> None:
    load = cluster(nodes(2), deployment(replicas=2))
    found = lab(load, Drain("patching", at=10.0, maintenance=Fixed(100.0), reboot=False)).run(1000.0)
    assert found.times(Kind.NODE_POWER) == []
    assert cordoned(found) == [
        (10.0, "node-0", 1),
        (111.0, "node-0", 0),
        (111.0, "node-1", 1),
        (212.0, "node-1", 0),
    ]


def test_a_node_that_is_given_up_is_not_switched_off() -> None:
    load = cluster(nodes(1), deployment(replicas=1))
    found = lab(
        load, Drain("patching", at=10.0, timeout=60.0, maintenance=Fixed(100.0)), budgets=(budget(min_available=1),)
    ).run(1000.0)
    assert found.times(Kind.NODE_POWER) == []
    assert cordoned(found) == [(10.0, "node-0", 1), (70.0, "node-0", 0)]


@pytest.mark.parametrize("crew", [1, 2, 3, 10])
def test_no_more_nodes_at_once_than_allowed(crew: int) -> None:
    drain = Drain("patching", at=10.0, max_concurrent=crew, maintenance=Fixed(100.0))
    found = lab(cluster(nodes(5)), drain).run(10_000.0)
    out, most = 0, 0
    for _, _, new in cordoned(found):
        out += 1 if new else -1
        most = max(most, out)
    assert most == min(crew, 5)
    assert cordoned(found)[-1][0] == 10.0 + 100.0 * -(-5 // min(crew, 5))


def test_a_round_that_takes_longer_delays_the_next_one() -> None:
    quick = lab(cluster(nodes(2)), Drain("patching", every=300.0, maintenance=Fixed(100.0))).run(1000.0)
    assert [time for time, _, new in cordoned(quick) if new] == [300.0, 400.0, 600.0, 700.0, 900.0, 1000.0]
    slow = lab(cluster(nodes(2)), Drain("patching", every=150.0, at=0.0, maintenance=Fixed(100.0))).run(590.0)
    assert [(time, name) for time, name, new in cordoned(slow) if new] == [
        (i * 100.0, f"node-{i % 2}") for i in range(6)
    ]


def test_only_the_selected_nodes_are_drained() -> None:
    machines = (node("a", labels={"pool": "web"}), node("b", labels={"pool": "db"}), node("c", labels={"pool": "web"}))
    drain = Drain("patching", at=10.0, select=LabelSelector.of({"pool": "web"}))
    assert [name for _, name, _ in cordoned(lab(cluster(machines), drain).run(100.0))] == ["a", "a", "c", "c"]


def test_the_times_of_the_work_do_not_depend_on_what_came_before() -> None:
    """A node that was given up in the first round is worked on in the second as long as if it had not been."""
    drain = Drain("patching", every=HOUR, timeout=60.0, maintenance=Exponential(100.0))
    free = lab(cluster(nodes(2)), drain).run(3 * HOUR)
    held = lab(cluster(nodes(2), deployment(replicas=2)), drain, budgets=(budget(min_available=2),))
    held.apply(budget(min_available=0), at=HOUR + 1000.0)
    held.run(3 * HOUR)

    def work(found: Lab) -> dict[str, float]:
        power = found.log(Kind.NODE_POWER, since=2 * HOUR)
        off = {name: time for time, name, new in power if not new and time < 3 * HOUR - 600}
        return {name: round(time - off[name], 2) for time, name, new in power if new}

    assert len(work(free)) == 2
    assert work(free) == work(held)


# Several at once


def test_two_nodes_in_parallel_share_the_allowance() -> None:
    """R=2, A=1: the second pod waits until the replacement of the first is Ready, asked every 5 s."""
    load = cluster(nodes(3), deployment(replicas=2))
    found = lab(load, Drain("patching", at=10.0, max_concurrent=3), budgets=(budget(max_unavailable=1),))
    before = sorted(each.node for each in found.pods())
    assert before[0] != before[1]
    found.run(14.9)
    assert found.times(Kind.POD_DELETING) == [10.0]
    found.run(60.0)
    # Its own replacement had no node until the empty one of the three was uncordoned, at once.
    # Both were asked for at 10.0 and read the same budget: the second was judged half a second later, and in vain.
    first, second = found.times(Kind.POD_DELETING)
    assert first == 10.0
    assert 15.5 < second < 15.55
    assert drained(found).refused == 1


def test_pods_on_a_dead_node_block_drains_until_they_are_replaced() -> None:
    load, two = cluster(nodes(4), deployment(replicas=3)), (budget(min_available=2),)
    dead, other, _ = (each.node for each in lab(load).pods())
    drain = Drain("patching", at=1100.0, select=LabelSelector.of({"kubernetes.io/hostname": f"node-{other}"}))
    found = lab(load, drain, budgets=two, failures=(down(dead, at=1000.0),)).run(3000.0)
    replaced = found.times(Kind.POD_READY, 1, since=1000.0)[0]
    [evicted] = [row[0] for row in found.rows(Kind.POD_DELETING) if row[4].startswith("patching/")]
    assert 1340.0 < replaced <= evicted <= replaced + 5.0
    assert drained(found).refused == (evicted - 1100.0) / 5.0


def test_the_drain_of_a_dead_node_waits_for_it() -> None:
    """What is not Ready may go, if enough is healthy; but only its kubelet can let it go."""
    load = cluster(nodes(4), deployment(replicas=3))
    dead = lab(load).pods()[0].node
    drain = Drain("patching", at=1100.0, select=LabelSelector.of({"kubernetes.io/hostname": f"node-{dead}"}))
    failures = (down(dead, at=1000.0, lasting=500.0),)
    found = lab(load, drain, budgets=(budget(min_available=2),), failures=failures).run(3000.0)
    assert found.times(Kind.POD_DELETING) == [1100.0]
    assert [time for time, _, new in cordoned(found)] == [1100.0, 1500.0]


def test_cordons_overlap() -> None:
    load = cluster((node("node-0"), node("node-1", unschedulable=True)))
    found = lab(
        load,
        Drain("patching", at=10.0, max_concurrent=2, maintenance=Fixed(50.0)),
        Cordon("hold", at=20.0, lasting=100.0),
    )
    assert cordoned(found.run(1000.0)) == [(10.0, "node-0", 1), (120.0, "node-0", 0)]
    assert found.log(Kind.NODE_POWER) == [
        (10.0, "node-0", 0),
        (10.0, "node-1", 0),
        (60.0, "node-0", 1),
        (60.0, "node-1", 1),
    ]
    assert found.simulation.strikes() == {"hold": 2, "patching": 2}


def test_nothing_new_comes_to_a_cordoned_node_and_nothing_goes() -> None:
    web = deployment(replicas=2)
    found = lab(
        cluster(nodes(2), web), Cordon("hold", at=10.0, select=LabelSelector.of({"kubernetes.io/hostname": "node-0"}))
    )
    found.apply(replace(web, replicas=6), at=20.0)
    found.run(HOUR)
    assert sorted(each.node for each in found.pods()) == [0, 1, 1, 1, 1, 1]
    assert cordoned(found) == [(10.0, "node-0", 1)]
    assert found.times(Kind.POD_DELETING) == []


# Operations as such


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "`every` or `at`"),
        ({"every": 0.0}, "`every` must be positive"),
        ({"at": -1.0}, "`at` must not be negative"),
        ({"at": 0.0, "max_concurrent": 0}, "`max_concurrent` must be at least 1"),
        ({"at": 0.0, "timeout": 0.0}, "`timeout` must be positive"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Drain("patching", **wrong)


@pytest.mark.parametrize("wrong", [{"at": -1.0}, {"at": 0.0, "lasting": 0.0}])
def test_a_cordon_needs_times_that_make_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"`at` must not|`lasting` must be"):
        Cordon("hold", **wrong)


def test_a_run_says_what_its_drains_came_to() -> None:
    load = replace(cluster(nodes(3), deployment(replicas=3)), budgets=(budget(min_available=3),))
    drain = Drain("patching", every=6 * HOUR, timeout=600.0)
    run = simulate(load, duration=20 * HOUR, operations=(drain, Drain("never", at=30 * HOUR)), seed=3)
    assert run.strikes == {"never": 0, "patching": 9}
    counted = summed([attempt for attempt in run.attempts if attempt.operation == "patching"])
    assert counted.given_up == 9
    assert counted.refused == 9 * 120
    assert run == simulate(load, duration=20 * HOUR, operations=(drain, Drain("never", at=30 * HOUR)), seed=3)


def test_a_drain_under_way_at_the_end_reports_nothing_that_never_was() -> None:
    load = cluster(nodes(1), deployment(replicas=1))
    run = simulate(
        load, duration=HOUR, operations=(Drain("patching", at=10.0, maintenance=Fixed(10 * HOUR)),), keep_log=True
    )
    assert run.log is not None
    frame = run.log.to_frame()
    assert frame[frame.kind == "NODE_POWER"].new.tolist() == [0]
    assert frame[frame.kind == "NODE_UNSCHEDULABLE"].new.tolist() == [1]


# The law


limits = st.one_of(st.integers(0, 5), st.integers(0, 100).map(Percent))


@st.composite
def budgets_of(draw: st.DrawFn, app: str) -> PodDisruptionBudget:
    limit: IntOrPercent = draw(limits)
    kind = draw(st.sampled_from(["min_available", "max_unavailable"]))
    return budget(app, always_allow_unhealthy=draw(st.booleans()), **{kind: limit})


@settings(max_examples=40, deadline=None)
@given(
    machines=st.integers(1, 4),
    replicas=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    crew=st.integers(1, 4),
    timeout=st.sampled_from([None, 7.0, 60.0]),
    maintenance=st.sampled_from([None, Fixed(0.0), Fixed(90.0)]),
    latency=st.sampled_from([0.0, 0.05, 4.0]),
    data=st.data(),
)
def test_drains_alone_never_take_the_healthy_pods_below_what_the_budget_desires(
    machines: int,
    replicas: list[int],
    crew: int,
    timeout: float | None,
    maintenance: Fixed | None,
    latency: float,
    data: st.DataObject,
) -> None:
    apps = [deployment(f"app-{i}", replicas=number) for i, number in enumerate(replicas)]
    made = behaviour(start=Fixed(3.0))
    made = replace(made, timing=replace(made.timing, controller_latency=latency))
    drain = Drain("patching", every=200.0, at=10.0, max_concurrent=crew, timeout=timeout, maintenance=maintenance)
    load = replace(
        cluster(nodes(machines, cpu=1000), *apps), budgets=tuple(data.draw(budgets_of(app.name)) for app in apps)
    )
    found = Lab(load, made, (), (drain,), end=HOUR)
    evicted: list[PodState] = []

    def check(gone: PodState, new: int, cause: int) -> None:
        evicted.append(gone)
        number = int(gone.pod_class.workload.name.removeprefix("app-"))
        left = sum(each.ready and not each.deleting for each in found.pods(gone.pod_class.workload.name))
        assert not gone.ready or left >= found.state.workloads.of(BudgetState)[number].desired

    found.state.listen(Kind.POD_DELETING, check)
    found.run(HOUR)
    counted = drained(found)
    assert len(evicted) == counted.evicted
    for each in found.state.workloads.of(BudgetState):
        assert each.ready == sum(p.ready and not p.deleting for p in found.pods() if each in _budgets(found, p))
        assert each.pods == len([p for p in found.pods() if each in _budgets(found, p)])


def _budgets(found: Lab, one: PodState) -> tuple[object, ...]:
    return found.simulation.control_plane.disruption.budgets_of(one.pod_class)
