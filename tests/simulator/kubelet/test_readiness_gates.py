"""Readiness gates: Ready waits for conditions that others set."""

from models.distributions import Fixed
from simulator.log import Kind
from tests.simulator.clusters import DAY, Lab, behaviour, cluster, down, nodes, pod

START = -DAY


def lab(**other: object) -> Lab:
    return Lab(cluster(nodes(1), pod("alone", readiness_gates=("x.io/lb", "x.io/dns"))), **other)  # type: ignore[arg-type]


def test_a_gate_opens_some_time_after_the_containers_are_ready() -> None:
    found = lab(behaviour=behaviour(readiness_gate=Fixed(20.0)))
    assert found.times(Kind.POD_READY, 1, START) == [START + 21.0]
    assert found.times(Kind.SERVICE_READY, 1, START) == [START + 21.0]


def test_without_a_duration_it_is_open_at_once() -> None:
    assert lab().times(Kind.POD_READY, 1, START) == [START + 1.0]


def test_what_was_set_stays_after_a_reboot() -> None:
    found = lab(behaviour=behaviour(readiness_gate=Fixed(20.0)), failures=[down(0, at=100.0, lasting=20.0)]).run(200.0)
    assert found.log(Kind.POD_READY, 1.0) == [(120.0, "alone-0", 0), (121.0, "alone-0", 1)]


def test_a_pod_that_is_not_ready_when_the_conditions_were_to_be_set_waits_once_more() -> None:
    found = lab(behaviour=behaviour(readiness_gate=Fixed(DAY + 110.0)), failures=[down(0, at=100.0, lasting=20.0)])
    assert found.run(2 * DAY).times(Kind.POD_READY, 1, START) == [121.0 + DAY + 110.0]


def test_all_conditions_have_to_be_true() -> None:
    found = lab(behaviour=behaviour(readiness_gate=Fixed(1e9)))
    kubelet, [alone] = found.simulation.control_plane.kubelet, found.pods()
    steps = ((10.0, "x.io/lb", True), (20.0, "x.io/dns", True), (30.0, "x.io/lb", False), (40.0, "x.io/lb", True))
    for at, condition, status in steps:
        found.at(at, lambda c=condition, s=status: kubelet.set_condition(alone, c, s))  # type: ignore[misc]
    found.run(100.0)
    assert found.log(Kind.POD_READY, 1.0) == [(20.0, "alone-0", 1), (30.0, "alone-0", 0), (40.0, "alone-0", 1)]


def test_a_condition_alone_does_not_make_a_pod_ready() -> None:
    found = lab(behaviour=behaviour(readiness_gate=Fixed(1e9), image_pull=Fixed(DAY + 50.0)))
    kubelet, [alone] = found.simulation.control_plane.kubelet, found.pods()
    for condition in ("x.io/lb", "x.io/dns"):
        found.at(10.0, lambda c=condition: kubelet.set_condition(alone, c, True))  # type: ignore[misc]
    assert found.run(100.0).times(Kind.POD_READY, 1, START) == [51.0]
