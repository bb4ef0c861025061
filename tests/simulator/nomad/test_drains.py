"""Drains by the migrate block, cordons, and system jobs."""

import itertools
from dataclasses import replace

import pytest

from models.daemonset import DaemonSet
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from simulator.control_planes.nomad import Nomad
from simulator.log import Kind
from simulator.nomad.latencies import EVALUATION
from simulator.nomad.options import Migrate
from simulator.operations.cordon import Cordon
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.stories.attempts import Outcome
from tests.simulator.clusters import HOUR, Lab, cluster, container, deployment, down, nodes, template
from tests.simulator.nomad.labs import HANDOVER, PLACEMENT, START, STARTUP, STOP, detected, fewest, outages

NODE_0 = LabelSelector.of({HOSTNAME_LABEL: "node-0"})


def drained(replicas: int, nomad: Nomad, timeout: float | None = None, machines: int = 2) -> Lab:
    """All replicas are on node 0, which is drained after 100 s."""
    places = {f"Deployment/default/web/{number}": 0 for number in range(replicas)}
    operation = Drain("drain", at=100.0, select=NODE_0, timeout=timeout)
    return Lab(
        cluster(nodes(machines), deployment(replicas=replicas)),
        before=lambda simulation: simulation.control_plane.place(places),
        operations=[operation],
        control_plane=nomad,
    )


def test_one_replica_moves_at_once() -> None:
    lab = drained(1, Nomad()).run(200.0)
    assert outages(lab) == pytest.approx([STOP + HANDOVER + START + STARTUP])


def test_replicas_move_one_after_the_other() -> None:
    """T10: three steps of T_kill + S + 10."""
    lab = drained(3, Nomad()).run(300.0)
    taken = lab.times(Kind.POD_DELETING)
    assert len(taken) == 3
    for before, after in itertools.pairwise(taken):
        least = STOP + HANDOVER + START + 10.0 + EVALUATION
        assert least - 1e-3 <= after - before <= least + 0.5 + 1e-3
    assert fewest(lab) == 2
    [attempt] = lab.simulation.world.journal.attempts(300.0)
    assert (attempt.outcome, attempt.evicted) == (Outcome.DONE, 3)


def test_max_parallel_move_at_once() -> None:
    lab = drained(4, Nomad(migrate=Migrate(max_parallel=2))).run(300.0)
    taken = lab.times(Kind.POD_DELETING)
    assert taken[0] == taken[1] < taken[2]
    assert fewest(lab) == 2


def test_at_the_deadline_of_the_drain_all_that_are_left_go() -> None:
    lab = drained(6, Nomad(drain_deadline=20.0)).run(300.0)
    taken = lab.times(Kind.POD_DELETING)
    assert len(taken) == 6
    assert taken[2:] == [120.0] * 4


def test_people_may_give_up_before() -> None:
    lab = drained(6, Nomad(), timeout=20.0).run(300.0)
    assert len(lab.times(Kind.POD_DELETING)) == 2
    [attempt] = lab.simulation.world.journal.attempts(300.0)
    assert attempt.outcome is Outcome.GIVEN_UP


def test_without_room_elsewhere_the_second_replica_waits_for_the_deadline() -> None:
    lab = drained(2, Nomad(), machines=1).run(2 * HOUR)
    assert lab.times(Kind.POD_DELETING) == pytest.approx([100.0 + EVALUATION, 100.0 + HOUR])


def test_nothing_is_placed_on_a_node_that_is_not_eligible() -> None:
    lab = Lab(
        cluster(nodes(2), deployment(replicas=2)),
        operations=[Cordon("cordon", at=100.0, select=NODE_0)],
        control_plane=Nomad(),
    ).run(150.0)
    for pod in list(lab.pods("web")):
        lab.state.pods.mark_deleting(pod, 0)
    lab.run(200.0)
    assert [pod.node for pod in lab.pods("web")] == [1, 1]


AGENT = DaemonSet("agent", template("agent"), LabelSelector.of({"app": "agent"}))


def system(*failures: object, operations: tuple[object, ...] = ()) -> Lab:
    machines = replace(cluster(nodes(3)), daemon_sets=(AGENT,))
    return Lab(machines, failures=failures, operations=operations, control_plane=Nomad())  # type: ignore[arg-type]


def test_a_system_job_is_on_every_node() -> None:
    lab = system()
    assert sorted(pod.node for pod in lab.pods("agent")) == [0, 1, 2]


def test_it_is_lost_with_its_node_and_placed_again_with_it() -> None:
    lab = system(down(0, at=100.0, lasting=500.0)).run(599.0)
    assert sorted(pod.node for pod in lab.pods("agent") if not pod.deleting) == [1, 2]
    assert detected(lab) < 130.0
    lab.run(700.0)
    assert sorted(pod.node for pod in lab.pods("agent")) == [0, 1, 2]
    assert [time for time, *_ in lab.rows(Kind.POD_NODE)] == pytest.approx([600.0 + PLACEMENT])


def test_a_drain_leaves_it_where_it_is() -> None:
    lab = system(operations=(Drain("drain", at=100.0, select=NODE_0),)).run(200.0)
    assert lab.rows(Kind.POD_DELETING) == []


def test_a_new_version_comes_node_by_node() -> None:
    lab = system(operations=(Rollout("release", "DaemonSet/agent", at=100.0),)).run(300.0)
    taken = lab.times(Kind.POD_DELETING)
    assert len(taken) == 3
    assert min(after - before for before, after in itertools.pairwise(taken)) > 10.0
    assert len(lab.times(Kind.DAEMONSET_COMPLETE, 1, since=100.0)) == 1


def test_a_pre_stop_sleep_is_a_shutdown_delay_after_the_catalogue() -> None:
    """The service is gone first, then the delay, which kill_timeout does not bound, then the signal."""
    slow = template("web", container(pre_stop=20.0), termination_grace_period=3.0)
    lab = Lab(
        cluster(nodes(2), deployment(pods=slow)),
        before=lambda simulation: simulation.control_plane.place({"Deployment/default/web/0": 0}),
        operations=[Drain("drain", at=100.0, select=NODE_0)],
        control_plane=Nomad(),
    ).run(200.0)
    assert outages(lab) == pytest.approx([20.0 + STOP + HANDOVER + START + STARTUP])
    [gone] = lab.times(Kind.SERVICE_READY, 0, since=1.0)
    assert gone == pytest.approx(100.0 + EVALUATION)
