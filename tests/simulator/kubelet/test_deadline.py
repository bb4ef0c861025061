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
