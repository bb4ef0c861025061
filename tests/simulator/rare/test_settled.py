"""What a settled state is, and that a new simulation can be brought into it."""

from dataclasses import replace

import pytest

from models.distributions import Exponential, Fixed, LogNormal
from models.job import Job
from models.traffic import RequestRate, Traffic
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.operations.rollout import Rollout
from simulator.rare.runs import Model
from simulator.rare.settled import restore, settled
from simulator.simulation import Simulation
from tests.simulator.clusters import (
    DAY,
    HOUR,
    Lab,
    cluster,
    container,
    deployment,
    down,
    nodes,
    template,
)
from tests.simulator.rare.models import NEVER, model

WEB = cluster(nodes(4, "abc"), deployment("web", 2))
CRASHES = NodeCrash("node", Exponential(0.3 * DAY), LogNormal.from_quantile(480.0, 3600.0))
IDLE = NodeCrash("node", NEVER, Fixed(100.0))


def places(simulation: Simulation) -> dict[str, str]:
    names = simulation.state.nodes.names
    return {pod.slot.name: names[pod.node] for pod in simulation.state.pods.values()}


def run_until_settled(of: Model, since: float) -> Simulation:
    """A natural run to a moment from then on at which it is settled, and a pod is not where it was."""
    simulation = of.begun(0)
    first = places(simulation)
    simulation.kernel.run_until(since)
    while settled(simulation) is None or places(simulation) == first:
        simulation.kernel.run_until(simulation.kernel.now + 3600.0)
    return simulation


def test_a_restored_simulation_has_the_same_places_ages_and_images() -> None:
    of = model(WEB, [CRASHES, ContainerCrash("crash", Exponential(5 * DAY))])
    simulation = run_until_settled(of, 4 * DAY)
    state = settled(simulation)
    assert state is not None
    assert state.nodes == places(simulation) != places(of.begun(0))
    assert len(state.ages) == 4 + 2
    assert set(state.ages.values()) != {state.time}
    other = of.begun("other luck", state.nodes, state.time)
    assert restore(other, state)
    assert other.kernel.now == 0.0
    again = settled(other)
    assert again is not None
    assert again.nodes == state.nodes
    assert again.ages == pytest.approx(state.ages)
    assert all(set(state.images[name]) <= set(again.images[name]) for name in state.images)


def test_a_restored_simulation_has_luck_of_its_own() -> None:
    of = model(WEB, [CRASHES])
    state = settled(run_until_settled(of, 4 * DAY))
    assert state is not None
    ends = []
    for luck in ("a", "b", "a"):
        other = of.begun(luck, state.nodes, state.time)
        assert restore(other, state)
        ends.append([clock.timer and clock.timer.call and clock._threshold for clock in other.hazards.running])
    assert ends[0] == ends[2] != ends[1]


def test_a_simulation_whose_pods_are_elsewhere_cannot_be_restored() -> None:
    of = model(WEB, [IDLE])
    state = settled(of.begun(0))
    assert state is not None
    name = next(iter(state.nodes))
    free = next(each for each in (n.name for n in WEB.nodes) if each not in state.nodes.values())
    assert not restore(of.begun("x", state.nodes | {name: free}), state)


def test_replicas_of_a_deployment_are_alike() -> None:
    of = model(WEB, [IDLE])
    state = settled(of.begun(0))
    assert state is not None
    swapped = dict(zip(state.nodes, reversed(list(state.nodes.values())), strict=True))
    assert swapped != state.nodes
    assert restore(of.begun("x", swapped), state)


@pytest.mark.parametrize("more", [True, False], ids=["it has another", "it lacks one"])
def test_a_simulation_with_other_clocks_cannot_be_brought_into_a_state(more: bool) -> None:
    few, many = model(WEB, [IDLE]), model(WEB, [IDLE, ContainerCrash("crash", NEVER)])
    state = settled((few if more else many).begun(0))
    assert state is not None
    assert not restore((many if more else few).begun("x", state.nodes), state)


def test_pods_that_came_out_of_nothing_are_settled_at_time_0() -> None:
    assert settled(Lab(WEB).simulation) is not None


def test_a_node_that_is_down_is_under_way() -> None:
    lab = Lab(WEB, failures=[down(3, at=100.0, lasting=4000.0)])
    assert settled(lab.run(50.0).simulation) is None  # the script waits
    assert settled(lab.run(2000.0).simulation) is None
    assert settled(lab.run(4200.0).simulation) is not None


def test_a_pod_that_is_deleted_and_made_again_is_under_way_until_it_answers() -> None:
    lab = Lab(WEB)
    lab.delete(lab.pods()[0], at=10.0)
    assert settled(lab.run(10.5).simulation) is None
    lab.run(600.0)
    assert [pod.answering for pod in lab.pods()] == [True, True]
    assert settled(lab.simulation) is not None


def test_a_node_that_is_cordoned_or_tainted_is_not_settled() -> None:
    lab = Lab(WEB).run(1.0)
    table = lab.state.nodes
    table.set_unschedulable(2, True, 0)
    lab.run(50.0)
    assert settled(lab.simulation) is None
    table.set_unschedulable(2, False, 0)
    lab.run(100.0)
    assert settled(lab.simulation) is not None


def test_a_container_that_crashed_lately_remembers_it() -> None:
    of = model(WEB, [ContainerCrash("crash", NEVER)])
    simulation = of.begun(0)
    simulation.kernel.run_until(50.0)
    next(iter(simulation.hazards.running)).force()
    simulation.kernel.run_until(50.0 + 590.0)
    assert settled(simulation) is None
    simulation.kernel.run_until(50.0 + 620.0)
    assert settled(simulation) is not None


STEPS = RequestRate(((0.0, 10.0), (1000.0, 20.0)))
WORK = Job("once", template("once", container(), restart_policy="Never"), ttl_after_finished=1.0)


@pytest.mark.parametrize(
    ("of", "repeats"),
    [
        (model(WEB), True),
        (model(WEB, traffic=(Traffic("web", RequestRate.constant(5.0)),)), True),
        (model(WEB, traffic=(Traffic("web", STEPS),)), False),
        (model(WEB, operations=[Rollout("release", "Deployment/web", at=1.0)]), True),
        (model(replace(WEB, jobs=(WORK,))), False),
    ],
    ids=["failures only", "steady traffic", "traffic that changes", "an operation", "a Job"],
)
def test_what_happens_once_would_come_again(of: Model, repeats: bool) -> None:
    assert of.repeats is repeats


@pytest.mark.parametrize("effect", ["no_kubelet", "no_runtime", "no_api_server", "no_users"])
def test_a_node_that_hangs_or_is_cut_off_is_not_settled_though_nothing_waits_for_a_time(effect: str) -> None:
    """As when whoever did it never says when it is over."""
    lab = Lab(cluster(nodes(4, "abc"), deployment("web", 2)))
    lab.run(HOUR)
    assert settled(lab.simulation) is not None
    done = getattr(lab.simulation.world.effects, effect)
    [empty, *_] = [node for node, pods in enumerate(lab.state.nodes.running) if not pods]
    done.begin(empty, "test", 0)
    lab.run(2 * HOUR)
    assert settled(lab.simulation) is None
    done.end(empty, "test")
    lab.run(3 * HOUR)
    assert settled(lab.simulation) is not None
