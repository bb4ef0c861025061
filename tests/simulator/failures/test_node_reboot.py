"""Nodes that reboot, and are back before or after anybody misses them."""

import pytest

from models.distributions import Exponential, Fixed
from models.kubelet_configuration import KubeletConfiguration
from simulator.failures.node_reboot import NodeReboot
from simulator.log import Kind
from simulator.run import simulate
from simulator.state.objects import Phase
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, container, deployment, nodes, pod, template

START = 3.0
"""Seconds from a kubelet's return to a pod that answers: see `PROMPT`."""
ONCE = Fixed(HOUR)


@pytest.mark.parametrize(("lasting", "noticed"), [(30.0, False), (60.0, True)])
def test_a_reboot_that_is_over_before_the_lease_is_missed_leaves_no_trace_in_the_control_plane(
    lasting: float, noticed: bool
) -> None:
    found = Lab(cluster(nodes(1), deployment()), failures=[NodeReboot("reboot", ONCE, Fixed(lasting))])
    found.run(HOUR + 20.0)
    [service] = found.state.services
    assert len(service.endpoints) == 1
    assert service.answering == 0
    found.run(2 * HOUR)
    assert bool(found.times(Kind.NODE_READY, since=0.0)) is noticed
    assert found.times(Kind.POD_DELETING) == []
    assert found.times(Kind.POD_ANSWERING, since=0.0) == [HOUR, HOUR + lasting + START]


def test_init_containers_run_again_in_the_new_sandbox() -> None:
    pods = template("web", init_containers=(container("init"),))
    failures = [NodeReboot("reboot", ONCE, Fixed(10.0))]
    found = Lab(cluster(nodes(1), deployment(pods=pods)), behaviour(init=Fixed(20.0)), failures=failures).run(
        1.5 * HOUR
    )
    assert found.times(Kind.POD_ANSWERING, 1, since=0.0) == [HOUR + 10.0 + START + 20.0]


def test_a_container_that_had_exited_with_0_is_not_run_again() -> None:
    """Of two with restartPolicy OnFailure and Always the second is."""
    pods = pod("alone", container("once", restart_policy="OnFailure"), container("server"))
    failures = [NodeReboot("reboot", Fixed(150.0), Fixed(10.0))]
    found = Lab(cluster(nodes(1), pods), behaviour(run=Fixed(DAY + 50.0)), failures=failures).run(300.0)
    [alone] = found.pods()
    assert [each.running for each in alone.containers] == [False, True]
    assert [each.exit_code for each in alone.containers] == [0, None]
    assert alone.phase is Phase.RUNNING


def test_a_pod_whose_containers_had_all_exited_with_0_has_succeeded_once_its_kubelet_is_back() -> None:
    """The node was cut off when they exited."""
    pods = pod("alone", restart_policy="OnFailure")
    failures = [NodeReboot("reboot", Fixed(150.0), Fixed(10.0))]
    found = Lab(cluster(nodes(1), pods), behaviour(run=Fixed(DAY + 50.0)), failures=failures)
    found.at(20.0, lambda: found.state.nodes.add_silent_cause(0, "cut", 0))
    found.at(170.0, lambda: found.state.nodes.remove_silent_cause(0, "cut"))
    found.run(169.0)
    assert [each.phase for each in found.pods()] == [Phase.RUNNING]
    found.run(171.0)
    assert [each.phase for each in found.pods()] == [Phase.SUCCEEDED]


@pytest.mark.parametrize("mean", [6 * HOUR, 2 * DAY])
def test_the_only_replica_is_lost_for_the_reboot_and_its_start(mean: float) -> None:
    reboot = NodeReboot("reboot", Exponential(mean), Fixed(30.0))
    found = simulate(cluster(nodes(1), deployment()), failures=[reboot], behaviour=behaviour(), duration=90 * DAY)
    downtime = 90 * DAY - found.services["web"].answering.integral()
    assert found.strikes["reboot"] > 20
    assert downtime == pytest.approx(found.strikes["reboot"] * (30.0 + START))


def test_a_kubelet_that_is_told_ends_its_pods_first() -> None:
    graceful = KubeletConfiguration(shutdown_grace_period=30.0, shutdown_grace_period_critical_pods=10.0)
    reboot = NodeReboot("reboot", Fixed(HOUR), Fixed(30.0), kubelet=graceful)
    found = Lab(cluster(nodes(2), deployment()), failures=[reboot]).run(1.5 * HOUR)
    assert [when for when, _, phase in found.log(Kind.POD_PHASE) if phase == Phase.FAILED and when >= HOUR]
    assert found.times(Kind.NODE_POWER, 0) == [HOUR, HOUR + 1.0]  # one had no pods to end
    assert all(found.state.nodes.healthy)
