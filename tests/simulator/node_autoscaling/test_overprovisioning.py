"""Room that is kept free by pods which give way: they are preempted at once, and ask for a node in their turn.

Source: Cluster Autoscaler FAQ, "How can I configure overprovisioning with Cluster Autoscaler?".
"""

import pytest

from simulator.log import Kind
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from tests.simulator.clusters import HOUR, Lab, container, deployment, template
from tests.simulator.node_autoscaling.pools import BOOT, lab, pool, pooled
from tests.simulator.node_autoscaling.test_cluster_autoscaler import SCAN, joined, scaled, web


def with_pause_pod(priority: int) -> Lab:
    """A pod, and a pause pod for which there is no room at first; at 100 s a second pod is to run."""
    pause = template("pause", container(cpu=600), priority=priority, termination_grace_period=0.0)
    return scaled(lab(pooled([pool()], web(1), deployment("pause", pods=pause)), ClusterAutoscaler()), 2, at=100.0)


def test_a_pod_takes_the_room_at_once_and_the_pause_pod_waits_for_the_new_node() -> None:
    found = with_pause_pod(-10).run(HOUR)
    bound = [(time, name) for time, name, node in found.log(Kind.POD_NODE, since=1.0) if node >= 0]
    [(came, _)] = joined(found)
    assert [name for _, name in bound] == ["web-1", "pause-1"]
    assert bound[0][0] < 102.0
    assert bound[1][0] == pytest.approx(came)
    assert BOOT <= came - 100.0 <= BOOT + SCAN + 2.0


def test_below_minus_10_no_node_is_made_for_it() -> None:
    """So it keeps no room free: the pod that is to run waits for a node of its own."""
    found = with_pause_pod(-11).run(HOUR)
    [(came, _)] = joined(found)
    assert [time for time, *_ in found.log(Kind.POD_NODE, since=1.0)] == [pytest.approx(came)]
    assert [name.split("-")[0] for name in found.simulation.pending()] == ["pause"]


def test_without_it_the_pod_waits_for_the_node() -> None:
    found = scaled(lab(pooled([pool()], web(1, 1000), web(1, 1000, "other")), ClusterAutoscaler()), 2, 100.0, cpu=1000)
    [came, *_] = [time for time, name, node in found.run(HOUR).log(Kind.POD_NODE, since=1.0) if node >= 0]
    assert came >= 100.0 + BOOT
