"""Graceful node shutdown: pods end in order of their priority before the machine is off."""

from dataclasses import replace
from typing import Any

import pytest

from models.daemonset import DaemonSet
from models.distributions import Fixed
from models.job import Job
from models.kubelet_configuration import KubeletConfiguration
from models.labels import LabelSelector
from models.pod import Toleration
from models.priority import CRITICAL
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.log import Kind
from simulator.operations.remove_node import RemoveNode
from simulator.state.nodes import FALSE
from simulator.state.objects import Disruption, Phase
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, deployment, down, node, nodes, pod, template

GRACEFUL = KubeletConfiguration(shutdown_grace_period=30.0, shutdown_grace_period_critical_pods=10.0)


def told(*workloads: Any, notice: float = 60.0, kubelet: KubeletConfiguration = GRACEFUL, **laws: Any) -> Lab:
    """Two nodes, of which one is reclaimed after an hour; pods would rather be there."""
    reclaim = SpotReclaim(
        "spot", Fixed(HOUR), notice=notice, drained=False, select=LabelSelector.of({"spot": "yes"}), kubelet=kubelet
    )
    machines = (node("spot", labels={"spot": "yes"}), node("other", cpu=500))
    load = cluster(machines, *workloads)
    return Lab(load, behaviour=behaviour(**laws), failures=[reclaim]).run(2 * HOUR)


def failed(found: Lab) -> list[float]:
    return found.times(Kind.POD_PHASE, Phase.FAILED)


def test_the_node_is_not_ready_at_once_and_pods_fail_when_they_have_stopped() -> None:
    found = told(deployment(), stop=Fixed(7.0))
    assert found.rows(Kind.NODE_READY)[0][:4] == (HOUR, 0, 1, FALSE)
    assert failed(found) == [HOUR + 7.0]
    assert found.times(Kind.POD_DISRUPTION_TARGET, Disruption.TERMINATION_BY_KUBELET) == [HOUR]
    # A successor is made when the old pod has failed, not with its garbage; the old one serves until it stops.
    assert found.times(Kind.POD_ANSWERING) == [HOUR + 7.0, HOUR + 10.0]
    assert found.log(Kind.NODE_EXISTS) == [(HOUR + 60.0, "spot", 0)]


def test_critical_pods_end_after_the_others_and_each_in_its_part_of_the_time() -> None:
    vital = deployment("vital", pods=template("vital", priority=CRITICAL))
    found = told(deployment(), vital, stop=Fixed(3.0))
    assert failed(found) == [HOUR + 3.0, HOUR + 6.0]  # no later than need be
    slow = told(deployment(), vital, stop=Fixed(100.0))
    assert failed(slow) == [HOUR + 20.0, HOUR + 30.0]
    alone = told(vital, stop=Fixed(3.0))
    assert failed(alone) == [HOUR + 3.0]  # a group without pods takes no time


def test_a_pod_has_no_more_than_its_own_grace_period() -> None:
    short = deployment(pods=template("web", termination_grace_period=5.0))
    assert failed(told(short, stop=Fixed(100.0))) == [HOUR + 5.0]


@pytest.mark.parametrize("notice", [0.0, 60.0])
def test_by_default_nothing_is_done(notice: float) -> None:
    found = told(deployment(), notice=notice, kubelet=KubeletConfiguration())
    assert found.times(Kind.NODE_READY) == []
    assert found.times(Kind.POD_ANSWERING, 0) == [HOUR + notice]


def test_what_has_not_ended_goes_with_the_machine() -> None:
    found = told(deployment(), notice=10.0, stop=Fixed(15.0))
    [when] = failed(found)
    assert HOUR + 10.0 + 60.0 <= when <= HOUR + 10.0 + 80.0  # the garbage collector's doing
    assert found.times(Kind.POD_ANSWERING, 0) == [HOUR + 10.0]


def test_a_pod_that_exits_well_has_failed_all_the_same() -> None:
    load = cluster((node("spot"),))
    job = Job("job", template("job", restart_policy="Never"), backoff_limit=0)
    reclaim = SpotReclaim("spot", Fixed(HOUR), notice=60.0, drained=False, kubelet=GRACEFUL)
    found = Lab(load.of([*load.nodes, job]), behaviour=behaviour(run=Fixed(2 * HOUR)), failures=[reclaim])
    found.run(2 * HOUR)
    assert failed(found) == [HOUR + 1.0]


def test_pods_of_daemon_sets_end_and_are_refused_as_long_as_the_node_is_there() -> None:
    agents = DaemonSet("agent", template("agent", tolerations=(Toleration(),)), LabelSelector.of({"app": "agent"}))
    load = replace(cluster(nodes(1)), daemon_sets=(agents,))
    reclaim = SpotReclaim("spot", Fixed(HOUR), notice=60.0, drained=False, kubelet=GRACEFUL)
    found = Lab(load, failures=[reclaim]).run(HOUR + 59.0)
    assert failed(found) == [HOUR + 1.0]
    assert not any(pod.answering for pod in found.pods("agent"))


def test_a_node_that_crashes_meanwhile_is_well_when_it_is_back() -> None:
    reclaim = SpotReclaim("spot", Fixed(HOUR), notice=HOUR, drained=False, kubelet=GRACEFUL)
    found = Lab(
        cluster(nodes(1), deployment()),
        behaviour=behaviour(stop=Fixed(100.0)),
        failures=[reclaim, down(0, at=HOUR + 5.0, lasting=60.0)],
    ).run(1.5 * HOUR)
    assert all(pod.ready for pod in found.pods())
    assert found.taints() == {}


def test_a_machine_is_shut_down_before_it_is_removed() -> None:
    remove = RemoveNode("fewer", at=100.0, drained=False, kubelet=GRACEFUL)
    found = Lab(cluster(nodes(1), deployment()), behaviour=behaviour(stop=Fixed(4.0)), operations=[remove]).run(HOUR)
    assert failed(found) == [104.0]
    assert found.log(Kind.NODE_EXISTS) == [(104.0, "node-0", 0)]


def test_a_pod_that_names_the_node_is_refused() -> None:
    reclaim = SpotReclaim("spot", Fixed(HOUR), notice=60.0, drained=False, kubelet=GRACEFUL)
    late = pod("late", node_name="node-0", tolerations=(Toleration(),))
    found = Lab(cluster(nodes(1)), failures=[reclaim])
    found.apply(late, HOUR + 10.0)
    found.run(HOUR + 20.0)
    assert failed(found) == [HOUR + 10.0]


@pytest.mark.parametrize(("total", "critical"), [(0.5, 0.0), (30.0, 0.5), (10.0, 20.0), (0.0, 10.0)])
def test_periods_that_the_kubelet_refuses_are_refused(total: float, critical: float) -> None:
    with pytest.raises(ValueError, match="shutdown_grace_period"):
        KubeletConfiguration(total, critical)
