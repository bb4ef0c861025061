"""A simulation that was used is brought into a settled state as a new one is."""

from dataclasses import replace

import numpy as np

from models.behaviour import Behaviour, PodBehaviour
from models.distributions import Exponential, Fixed, LogNormal
from models.timing import Timing
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.operations.rollout import Rollout
from simulator.rare.degraded import Tilting
from simulator.rare.excursions import Beginner
from simulator.rare.runs import Model
from simulator.rare.settled import Settled, restore, settled
from simulator.rare.stage import Stage
from tests.simulator.clusters import DAY, HOUR, cluster, deployment, nodes, template, tolerations
from tests.simulator.rare.models import at_least, model

WEB = cluster(nodes(4, "abc"), deployment("web", 2), deployment("other", 3))
CRASHES = NodeCrash("node", Exponential(0.3 * DAY), LogNormal.from_quantile(480.0, 3600.0))
FAILURES = [CRASHES, ContainerCrash("crash", Exponential(5 * DAY))]
PLAIN = Tilting(0.0, {})
RNG = np.random.default_rng(1)


def states(of: Model, number: int) -> list[Settled]:
    """Settled states of a natural run whose replicas lie differently."""
    simulation = of.begun(0)
    found: list[Settled] = []
    while len(found) < number:
        simulation.kernel.run_until(simulation.kernel.now + HOUR)
        state = settled(simulation)
        if state is not None and all(sorted(state.nodes.values()) != sorted(old.nodes.values()) for old in found):
            found.append(state)
    return found


def stage(of: Model, state: Settled, **begun: object) -> Stage:
    new = Stage(of.begun("luck", state.nodes, state.time, end=100 * DAY, **begun), "web", at_least(1), PLAIN)  # type: ignore[arg-type]
    assert restore(new.simulation, state)
    return new


def test_a_used_simulation_is_brought_into_any_settled_state() -> None:
    of = model(WEB, FAILURES)
    found = states(of, 4)
    used = stage(of, found[0])
    for state in [*found, *reversed(found)]:
        [clock, *_] = [c for clocks in used.watched.critical_clocks().values() for c in clocks]
        used.follower.force(clock, (0.0, 100 * DAY))
        assert used.bring(state, RNG)
        now = settled(used.simulation)
        assert now is not None
        assert sorted(now.nodes.values()) == sorted(state.nodes.values())
        assert {node: set(images) for node, images in now.images.items()} == {
            node: set(images) for node, images in state.images.items()
        }
        assert sorted(now.ages.values()) == sorted(state.ages.values())


def test_replicas_keep_the_ages_that_go_with_their_nodes() -> None:
    of = model(WEB, FAILURES)
    found = states(of, 3)
    used = stage(of, found[0])
    assert used.bring(found[2], RNG)

    def ages(state: Settled) -> list[tuple[str, float]]:
        on = {f"{name}/{container}": node for name, node in state.nodes.items() for container in ("server",)}
        return sorted((on[subject], age) for (mode, subject), age in state.ages.items() if mode == "crash")

    now = settled(used.simulation)
    assert now is not None
    assert ages(now) == ages(found[2])


def test_no_used_simulation_is_taken_once_its_log_is_long() -> None:
    of = model(WEB, FAILURES)
    [state] = states(of, 1)
    used = stage(of, state, keep_log=True)
    uses = 0
    while used.bring(state, RNG):
        [clock, *_] = [c for clocks in used.watched.critical_clocks().values() for c in clocks]
        used.follower.force(clock, (0.0, 100 * DAY))
        uses += 1
    assert uses > 2


def test_where_operations_are_scheduled_every_period_has_a_simulation_of_its_own() -> None:
    release = Rollout("release", target="Deployment/web", every=DAY)
    of = model(WEB, FAILURES, operations=[release])
    [state] = states(of, 1)
    beginner = Beginner(of, "web", at_least(1), PLAIN)
    again = Beginner(of, "web", at_least(1), PLAIN)
    first = beginner.from_settled(state, "one")
    assert beginner.from_settled(state, "two") == again.from_settled(state, "two")
    assert first is not None


def test_what_a_period_counts_does_not_depend_on_what_was_begun_before_it() -> None:
    of = model(WEB, [NodeCrash("node", Exponential(1e9 * DAY), Fixed(100.0))])
    simulation = of.begun(0)
    simulation.kernel.run_until(HOUR)
    state = settled(simulation)
    assert state is not None
    beginner = Beginner(of, "web", at_least(2), PLAIN)
    periods = [beginner.from_settled(state, f"luck {i}") for i in range(4)]
    assert {(p.mode, p.rate) for p in periods if p} == {("node!", 2 / (1e9 * DAY))}
    assert all(p is not None and 100.0 < p.period.downtime == p.period.lasted < 110.0 for p in periods)


def test_the_loops_stand_anywhere_when_the_next_period_begins() -> None:
    """The end of a period is a pass over the nodes and a fixed time later, and the repair is over by then."""
    timing = replace(Timing(), node_monitor_period=60.0)
    pods = PodBehaviour(image_pull=Fixed(0.0), startup=Fixed(120.0))
    web = deployment("web", 1, pods=template("web", tolerations=tolerations(0.0)))
    crashes = NodeCrash("node", Exponential(1e9 * DAY), Fixed(150.0))
    of = model(cluster(nodes(3), web), [crashes], behaviour=Behaviour(pods, timing=timing))
    [state] = states(of, 1)

    def lasted(beginner: Beginner, luck: int) -> float:
        found = beginner.from_settled(state, f"luck {luck}")
        assert found is not None
        return found.period.lasted

    used = Beginner(of, "web", at_least(1), PLAIN)
    again = np.array([lasted(used, luck) for luck in range(120)])
    anew = np.array([lasted(Beginner(of, "web", at_least(1), PLAIN), luck) for luck in range(120)])
    # Uniform over the period of the loop, but for a step at its ends.
    assert abs(again.mean() - anew.mean()) <= 4 * timing.node_monitor_period * np.sqrt(2 / 12 / 120)
    assert abs(again.std() / anew.std() - 1) < 0.2
