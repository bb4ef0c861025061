"""Pods that may be active for some time only."""

import pytest

from models.distributions import Fixed
from simulator.log import Kind
from simulator.state.objects import Phase
from tests.simulator.clusters import DAY, Lab, behaviour, cluster, container, down, nodes, pod

START = -DAY


def alone(deadline: float, **other: object) -> Lab:
    one = pod("alone", container(pre_stop=5.0), active_deadline=deadline)
    return Lab(cluster(nodes(1), one), **other)  # type: ignore[arg-type]


def failed(found: Lab) -> list[float]:
    return found.times(Kind.POD_PHASE, Phase.FAILED, START)


def test_the_pod_is_stopped_with_its_grace_and_has_failed() -> None:
    found = alone(DAY + 600.0).run(1000.0)
    assert failed(found) == [606.0]
    assert found.log(Kind.POD_READY, 1.0) == [(606.0, "alone-0", 0)]
    assert found.log(Kind.POD_CONTAINERS, 1.0) == [(606.0, "alone-0", 0)]
    assert found.state.nodes.used_pods.tolist() == [0]
    assert {cause for *_, cause in found.rows(Kind.SERVICE_READY, 1.0)} == {"active-deadline"}


def test_the_time_of_start_up_counts() -> None:
    assert failed(alone(600.0, behaviour=behaviour(image_pull=Fixed(1e4)))) == [START + 600.0]


@pytest.mark.parametrize("deadline", [150.0, 300.0])
def test_a_node_without_power_sees_to_it_when_it_is_back(deadline: float) -> None:
    found = alone(DAY + deadline, failures=[down(0, at=100.0, lasting=100.0)]).run(1000.0)
    assert failed(found) == [200.0 if deadline < 200.0 else deadline + 6.0]


def test_a_pod_that_is_deleted_before_is_just_gone() -> None:
    found = alone(DAY + 100.0)
    found.delete(found.pods()[0], at=97.0)
    assert found.run(1000.0).pods() == []
    assert failed(found) == []


def cut_off(found: Lab, at: float, lasting: float) -> None:
    """The kubelet of node-0 is out of touch for some time, and works on."""
    nodes_of = found.state.nodes
    found.at(at, lambda: nodes_of.add_silent_cause(0, "cut", 0))
    found.at(at + lasting, lambda: nodes_of.remove_silent_cause(0, "cut"))


def test_a_kubelet_that_is_cut_off_ends_the_pod_and_says_so_when_it_is_back() -> None:
    found = alone(DAY + 600.0)
    cut_off(found, at=590.0, lasting=300.0)
    found.run(1000.0)
    assert found.times(Kind.POD_CONTAINERS, 0, 1.0) == [606.0]
    assert failed(found) == [890.0]


def test_a_pod_that_is_deleted_while_its_kubelet_is_cut_off_and_ends_it_is_gone_when_it_is_back() -> None:
    found = alone(DAY + 600.0)
    cut_off(found, at=590.0, lasting=300.0)
    found.delete(found.pods()[0], at=700.0)
    found.run(1000.0)
    assert found.times(Kind.POD_PHASE, Phase.ABSENT, 1.0) == [890.0]
    assert failed(found) == []


@pytest.mark.parametrize(("cut_off_at", "back_at"), [(103.0, 104.0), (103.0, 200.0)])
def test_a_stop_goes_on_while_its_kubelet_is_cut_off(cut_off_at: float, back_at: float) -> None:
    """It does not begin anew with the connection, and is told of once there is one."""
    found = alone(DAY + 600.0)
    found.delete(found.pods()[0], at=100.0)
    cut_off(found, at=cut_off_at, lasting=back_at - cut_off_at)
    found.run(1000.0)
    assert found.times(Kind.POD_CONTAINERS, 0, 1.0) == [106.0]
    assert found.times(Kind.POD_PHASE, Phase.ABSENT, 1.0) == [max(106.0, back_at)]


def test_a_pod_that_is_deleted_while_it_is_ended_is_gone_when_that_is_over() -> None:
    found = alone(DAY + 600.0)
    found.delete(found.pods()[0], at=603.0)
    found.run(1000.0)
    assert found.times(Kind.POD_PHASE, Phase.ABSENT, 1.0) == [606.0]
