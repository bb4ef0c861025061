"""Drains and updates, against what was measured on real daemons and the closed forms for bad releases."""

from dataclasses import replace
from typing import Any

import pytest

from models.distributions import Fixed
from models.pod import Probe
from models.release import Defect, Shows
from simulator.control_planes.swarm import Swarm
from simulator.log import Kind
from simulator.operations.cordon import Cordon
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.operations.scale import Scale
from simulator.swarm.options import FailureAction, Order, UpdateConfig
from tests.simulator.clusters import Lab, deployment
from tests.simulator.orchestrators import AT, outages, starts
from tests.simulator.swarm.swarms import SLOW, app, lab

STOP_FIRST = UpdateConfig(parallelism=1, order=Order.STOP_FIRST)
START_FIRST = UpdateConfig(parallelism=1, order=Order.START_FIRST)
CYCLE = 3.48
"""Seconds from the decision about a slot to its new task's running, with a cached image and stop-first."""


def test_a_drain_stops_all_tasks_of_a_node_at_once_and_starts_others_without_the_delay() -> None:
    """Measured: the signal after 3.12 s, others after 3.50 s, two at once; so a full outage if all were there."""
    found = lab(app(1, 2))
    world = found.simulation.world
    found.simulation.state.nodes.join(replace(found.cluster.nodes[0], name="node-1", labels={}))
    found.run(AT)
    assert {task.node for task in found.pods()} == {0}
    Drain("drain", at=AT, maintenance=Fixed(600.0), reboot=False).install(world)
    found.run(AT + 100.0)
    [(begin, end)] = outages(found)
    stops = [time for time, _, old, new, _ in found.rows(Kind.POD_CONTAINERS, AT) if new < old]
    assert [time - AT for time in stops] == pytest.approx([3.12] * 2, rel=SLOW)
    assert [time - AT for time in starts(found)] == pytest.approx([3.49] * 2, rel=SLOW)
    assert end - AT == pytest.approx(3.5, rel=SLOW)
    assert begin <= stops[0]
    assert {task.node for task in found.pods()} == {1}


def test_a_paused_node_keeps_its_tasks_and_takes_no_more() -> None:
    cordon = Cordon("cordon", at=AT)
    more = Scale("more", "Deployment/web", replicas=3, at=AT + 10.0)
    found = lab(app(2, 2), operations=[cordon, more]).run(AT + 100.0)
    assert sum(task.running for task in found.pods()) == 2
    assert [found.simulation.control_plane.held_up_by(task) for task in found.pods() if task.node < 0] == [
        "no suitable node"
    ]


def updated(config: UpdateConfig, defect: Defect | None = None, check: Probe | None = None, **other: Any) -> Lab:
    """Three tasks on as many nodes, told to have another template at `AT`; applications are up 0.3 s after a start."""
    cluster = app(3, 3, check)
    found = lab(cluster, Swarm(update=config, **other), startup=Fixed(0.3))
    template = replace(cluster.deployments[0].template, annotations={"release": "2"}, defect=defect)
    template = replace(template, spec=found.simulation.cluster.deployments[0].template.spec)
    found.apply(replace(found.simulation.cluster.deployments[0], template=template), AT)
    return found.run(AT + 0.001)


def complete(found: Lab) -> list[float]:
    return [time - AT for time in found.times(Kind.DEPLOYMENT_COMPLETE, 1, AT)]


def test_an_update_that_stops_first_takes_one_slot_after_the_other() -> None:
    """Measured: 3.4 to 3.6 s a slot, all 3 after 10.6 s, complete after 15.8 s."""
    found = updated(STOP_FIRST).run(AT + 100.0)
    assert [time - AT for time in starts(found)] == pytest.approx([CYCLE, 2 * CYCLE, 3 * CYCLE], rel=0.01)
    assert starts(found)[-1] - AT == pytest.approx(10.6, rel=SLOW)
    assert complete(found) == [pytest.approx(15.8, rel=SLOW)]
    assert outages(found) == []


def test_an_update_that_starts_first_waits_for_no_old_task() -> None:
    """Measured: new tasks after 0.30, 0.60, 0.94 s, the old ones' signals after 3.5 to 4.2 s, complete after 6.0 s."""
    found = updated(START_FIRST).run(AT + 100.0)
    began = [time - AT for time in starts(found)]
    assert began == pytest.approx([0.30, 0.60, 0.94], abs=0.15)
    stops = [time - AT for time, _, old, new, _ in found.rows(Kind.POD_CONTAINERS, AT) if new < old]
    assert stops == pytest.approx([3.5, 3.8, 4.2], rel=SLOW)
    assert complete(found) == [pytest.approx(6.0, rel=SLOW)]


CRASH = Defect(Shows.CRASH, "release/web", 1.0)


def bad(found: Lab) -> int:
    return sum(task.pod_class.template.defect is not None for task in found.pods())


@pytest.mark.parametrize(("delay", "slots"), [(0.0, 2), (5.0, 1)])
def test_a_bad_release_has_so_many_slots_when_it_is_paused(delay: float, slots: int) -> None:
    """P (1 + floor((T + t) / (T + delay))): measured 2 without a delay, 1 with 5 s; each crash-loops from then on."""
    found = updated(replace(STOP_FIRST, delay=delay), CRASH).run(AT + 100.0)
    [paused] = found.times(Kind.DEPLOYMENT_PROGRESSING, 0, AT)
    assert paused - AT == pytest.approx(3.9, rel=SLOW)
    assert bad(found) == slots
    assert complete(found) == []
    again = [time for time in starts(found) if time > paused]
    assert len(again) >= slots * 10
    assert outages(found) == []


def test_a_bad_release_is_rolled_back() -> None:
    """Measured: begun after 3.9 s, bad slots serve again after 6.3 and 8.9 s, complete after 14.0 s."""
    found = updated(replace(STOP_FIRST, failure_action=FailureAction.ROLLBACK), CRASH, rollback=STOP_FIRST)
    found.run(AT + 100.0)
    assert bad(found) == 0
    [aborted] = found.times(Kind.DEPLOYMENT_ABORTED, 1, AT)
    assert aborted - AT == pytest.approx(3.9, rel=SLOW)
    assert complete(found) != []
    assert all(task.ready for task in found.pods())


def test_with_a_healthcheck_a_release_that_is_never_ready_loses_no_slot_if_it_starts_first() -> None:
    check = Probe(period=5.0, failure_threshold=2)
    never = Defect(Shows.NEVER_READY, "release/web", 1.0)
    found = updated(START_FIRST, never, check).run(AT + 200.0)
    assert sum(task.ready for task in found.pods()) == 3
    found = updated(STOP_FIRST, never, check).run(AT + 200.0)
    assert sum(task.ready for task in found.pods()) == 2


def test_what_fails_after_the_monitor_time_is_not_seen() -> None:
    found = lab(app(3, 3), Swarm(update=STOP_FIRST), startup=Fixed(20.0))
    cluster = found.simulation.cluster.deployments[0]
    template = replace(cluster.template, annotations={"release": "2"}, defect=CRASH)
    found.apply(replace(cluster, template=template), AT)
    found.run(AT + 200.0)
    assert bad(found) == 3
    assert complete(found) != []


def test_a_rollout_operation_is_over_when_the_update_is_complete() -> None:
    release = Rollout("release", "Deployment/web", at=AT)
    found = lab(app(3, 3), operations=[release]).run(AT + 100.0)
    [attempt] = found.simulation.world.journal.attempts(AT + 100.0)
    assert attempt.outcome is not None
    assert str(attempt.outcome) == "done"


@pytest.mark.parametrize("replicas", [1, 5])
def test_scaling_keeps_the_slots_that_are_spread(replicas: int) -> None:
    found = lab(app(3, 3), operations=[Scale("scale", "Deployment/web", replicas=replicas, at=AT)]).run(AT + 60.0)
    assert sum(task.ready for task in found.pods()) == replicas
    assert deployment(replicas=replicas).replicas == replicas
