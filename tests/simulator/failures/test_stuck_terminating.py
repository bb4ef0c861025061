"""Pods that are deleted and do not go away, and who waits for them."""

from typing import Any

import pytest

from models.distributions import Fixed
from models.labels import LabelSelector
from simulator.failures.stuck_terminating import Holder, StuckTerminating
from simulator.log import Kind
from simulator.state.objects import Phase
from tests.simulator.clusters import HOUR, Lab, cluster, container, deployment, nodes, template
from tests.simulator.controllers.test_statefulset import lab_of, stateful_set

AT = 100.0


def stuck(held_by: Holder, probability: float = 1.0, lasting: float = HOUR, **other: Any) -> StuckTerminating:
    return StuckTerminating("stuck", Fixed(lasting), probability, held_by, **other)


@pytest.mark.parametrize("held_by", list(Holder))
def test_a_deployment_does_not_wait_for_it(held_by: Holder) -> None:
    found = Lab(cluster(nodes(1), deployment()), failures=[stuck(held_by)])
    [old] = found.pods()
    found.delete(old, at=AT)
    found.run(AT + 60.0)
    assert old in found.pods()
    assert not old.answering
    assert old.phase is (Phase.FAILED if held_by is Holder.FINALIZER else Phase.RUNNING)
    [service] = found.state.services
    assert service.answering == 1
    found.run(AT + HOUR + 2.0)
    assert old not in found.pods()
    assert found.simulation.world.strikes["stuck"] == 1


@pytest.mark.parametrize(("held_by", "free"), [(Holder.PROCESS, False), (Holder.FINALIZER, True)])
def test_a_hung_process_holds_the_host_port_a_finalizer_does_not(held_by: Holder, free: bool) -> None:
    pods = template("web", container(host_ports=((80, "TCP", "0.0.0.0"),)))
    found = Lab(cluster(nodes(1), deployment(pods=pods)), failures=[stuck(held_by)])
    [old] = found.pods()
    found.delete(old, at=AT)
    found.run(AT + 60.0)
    [new] = [pod for pod in found.pods() if pod is not old]
    assert (new.node >= 0) is free


@pytest.mark.parametrize("held_by", list(Holder))
def test_a_stateful_set_waits_for_it(held_by: Holder) -> None:
    lab = lab_of(stateful_set(1), failures=[stuck(held_by)])
    [old] = lab.pods()
    lab.delete(old, at=AT)
    lab.run(2 * HOUR)
    [gone] = lab.times(Kind.POD_PHASE, Phase.ABSENT, since=AT)
    [made] = lab.times(Kind.POD_PHASE, Phase.PENDING, since=AT)
    assert AT + HOUR <= gone <= made <= AT + HOUR + 5.0


@pytest.mark.parametrize("held_by", list(Holder))
def test_it_goes_in_the_end_though_its_node_was_gone_before(held_by: Holder) -> None:
    """Its kubelet never said that it has ended: the garbage collector fails it."""
    found = Lab(cluster(nodes(2), deployment()), failures=[stuck(held_by)])
    [old] = found.pods()
    found.at(AT, lambda: found.state.nodes.add_silent_cause(old.node, "test", 0))
    found.delete(old, at=AT + 1.0)
    found.at(AT + 10.0, lambda: found.state.nodes.delete(old.node, 0))
    found.run(AT + 2 * HOUR)
    assert old not in found.pods()
    assert len(found.pods()) == 1


def test_a_reboot_ends_a_hung_process() -> None:
    found = Lab(cluster(nodes(1), deployment()), failures=[stuck(Holder.PROCESS)])
    [old] = found.pods()
    found.delete(old, at=AT)
    found.at(AT + 20.0, lambda: found.state.nodes.add_down_cause(0, "test", 0))
    found.at(AT + 40.0, lambda: found.state.nodes.remove_down_cause(0, "test"))
    found.run(AT + 41.0)
    assert old not in found.pods()


def test_a_finalizer_holds_out_against_force_deletion() -> None:
    found = Lab(cluster(nodes(1), deployment()), failures=[stuck(Holder.FINALIZER)])
    [old] = found.pods()
    found.delete(old, at=AT)
    found.at(AT + 1.0, lambda: found.state.pods.remove(old))
    found.run(AT + HOUR)
    assert old in found.pods()
    found.run(AT + HOUR + 2.0)
    assert old not in found.pods()


def test_the_share_of_deletions_that_get_stuck_is_the_probability() -> None:
    found = Lab(cluster(nodes(4), deployment(replicas=100)), failures=[stuck(Holder.PROCESS, 0.2, 30.0)])
    for number, pod in enumerate(found.pods()):
        found.delete(pod, at=AT + number)
    found.run(AT + 1000.0)
    struck = found.simulation.world.strikes["stuck"]
    assert abs(struck - 20) < 4 * (100 * 0.2 * 0.8) ** 0.5
    assert len(found.times(Kind.POD_STUCK)) == struck
    assert len(found.pods()) == 100


def test_only_selected_pods_get_stuck() -> None:
    select = LabelSelector.of({"app": "nothing"})
    found = Lab(cluster(nodes(1), deployment()), failures=[stuck(Holder.PROCESS, select=select)])
    found.delete(found.pods()[0], at=AT)
    found.run(HOUR)
    assert found.simulation.world.strikes["stuck"] == 0
