"""Nodes that run short of memory or disk, and the pods that their kubelets throw out."""

from dataclasses import replace
from typing import Any

import pytest

from models.daemonset import DaemonSet
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.priority import CRITICAL
from simulator.failures.disk_pressure import DiskPressure
from simulator.failures.memory_pressure import MemoryPressure
from simulator.kubelet.node_pressure import Signal
from simulator.log import Kind
from simulator.run import simulate
from simulator.state.objects import Disruption, Phase
from tests.simulator.clusters import (
    DAY,
    GIB,
    HOUR,
    MIB,
    Lab,
    behaviour,
    cluster,
    container,
    deployment,
    nodes,
    template,
)

MEMORY, DISK = (str(signal.taint) for signal in Signal)


def app(name: str, memory: int | None = 128 * MIB, *, replicas: int = 1, **spec: Any) -> Any:
    return deployment(name, replicas, pods=template(name, container(memory=memory), **spec))


def pressed(*apps: Any, shortage: int = 100 * MIB, lasting: float = 2 * HOUR, count: int = 1, **other: Any) -> Lab:
    mode = MemoryPressure("short", Fixed(HOUR), Fixed(lasting), shortage, **other)
    return Lab(cluster(nodes(count), *apps), failures=[mode])


def evicted(found: Lab) -> list[str]:
    """The workloads of pods that failed, in the order in which they did."""
    return [name.rpartition("-")[0] for _, name, phase in found.log(Kind.POD_PHASE) if phase == Phase.FAILED]


def test_who_uses_more_than_it_requests_goes_first_then_by_priority_then_by_how_much_more() -> None:
    apps = [
        app("within", GIB),
        app("best-effort", None),
        app("best-effort-urgent", None, priority=1000),
        app("leaks", 128 * MIB),
    ]
    found = pressed(*apps, shortage=4 * GIB, leaking=LabelSelector.of({"app": "leaks"})).run(HOUR + 20.0)
    assert evicted(found) == ["leaks"]  # 4 GiB and more are back
    found = pressed(*apps, shortage=1900 * MIB).run(HOUR + 60.0)
    assert evicted(found) == ["best-effort", "best-effort-urgent", "within", "leaks"]


def test_it_stops_with_enough() -> None:
    found = pressed(app("a", GIB, replicas=4), shortage=GIB + 1).run(1.5 * HOUR)
    assert len(evicted(found)) == 2


def test_critical_and_static_pods_stay() -> None:
    apps = [app("critical", None, priority=CRITICAL), app("other", GIB)]
    found = pressed(*apps, shortage=10 * GIB).run(1.5 * HOUR)
    assert evicted(found) == ["other"]


def test_the_taint_comes_within_10_s_and_stays_5_min_longer_than_the_shortage() -> None:
    found = pressed(app("a", GIB)).run(HOUR + 20.0)
    [came] = found.times(Kind.NODE_TAINTS, 1, since=0.0)
    assert HOUR <= came <= HOUR + 10.0
    [ended] = found.times(Kind.POD_PHASE, Phase.FAILED)
    found.run(2 * HOUR)
    assert found.times(Kind.NODE_TAINTS, 0, since=came) == [pytest.approx(ended + 300.0, abs=0.01)]


def test_without_anybody_to_evict_it_lasts_as_long_as_whatever_took_the_memory() -> None:
    found = pressed(app("critical", None, priority=CRITICAL), lasting=2 * HOUR).run(4 * HOUR)
    assert found.times(Kind.NODE_TAINTS, 0, since=0.0) == [3 * HOUR + 300.0]


def test_pods_have_three_seconds_at_most_and_their_successors_go_elsewhere() -> None:
    slow = deployment("slow", pods=template("slow", container(memory=GIB, pre_stop=60.0)))
    mode = MemoryPressure(
        "short", Fixed(HOUR), Fixed(HOUR), select=LabelSelector.of({"kubernetes.io/hostname": "node-0"})
    )
    law = behaviour(stop=Fixed(60.0))
    lab = Lab(cluster(nodes(1), slow), law, failures=[mode]).run(2 * HOUR)
    seen = lab.times(Kind.NODE_TAINTS, 1, since=0.0)[0]
    assert lab.times(Kind.POD_PHASE, Phase.FAILED) == [pytest.approx(seen + 3.0)]
    failed = [pod for pod in lab.pods() if pod.phase is Phase.FAILED]
    assert [pod.disruption for pod in failed] == [Disruption.TERMINATION_BY_KUBELET]
    # The only node is tainted for 5 min: until then there is no other place.
    bound = lab.times(Kind.POD_NODE, since=0.0)
    assert bound == [pytest.approx(seen + 303.0)]


def test_a_reboot_frees_the_memory() -> None:
    found = pressed(app("critical", None, priority=CRITICAL), shortage=10 * GIB, lasting=5 * HOUR)
    found.at(1.5 * HOUR, lambda: found.state.nodes.add_down_cause(0, "test", 0))
    found.at(1.5 * HOUR + 20.0, lambda: found.state.nodes.remove_down_cause(0, "test"))
    found.run(1.5 * HOUR + 10.0)
    assert MEMORY in found.taints()["node-0"]
    found.run(1.6 * HOUR)
    assert found.taints() == {}
    found.run(7 * HOUR)
    assert len(found.pods()) == 1


def test_unused_images_go_before_pods() -> None:
    """What is left of the shortage after them is got back from pods."""
    load = cluster(nodes(1), deployment("a"), deployment("b", pods=template("b", container(image="b:1"))))
    for shortage, thrown_out in ((400 * MIB, 0), (600 * MIB, 2)):
        mode = DiskPressure("full", Fixed(HOUR), Fixed(HOUR), shortage, image_size=500 * MIB)
        found = Lab(load, failures=[mode])
        images = found.simulation.control_plane.kubelet.images
        images.have([["old:1", "server:1", "b:1"]])
        found.run(HOUR + 60.0)
        assert images.on_nodes() == [["server:1", "b:1"]]
        assert len(evicted(found)) == thrown_out
        assert DISK in found.taints()["node-0"]
        found.run(3 * HOUR)
        assert found.taints() == {}


@pytest.mark.parametrize(("disk", "memory", "waits"), [(True, GIB, True), (False, GIB, False), (False, None, False)])
def test_the_kubelet_admits_pods_that_tolerate_the_taint_unless_the_disk_is_full(
    disk: bool, memory: int | None, waits: bool
) -> None:
    """A DaemonSet's pods do: short of memory those of class BestEffort are let in, too."""
    containers = container(memory=memory, cpu=100 if memory else None)
    agents = DaemonSet("agent", template("agent", containers), LabelSelector.of({"app": "agent"}))
    mode = (
        DiskPressure("full", Fixed(HOUR), Fixed(HOUR), GIB, filling=LabelSelector())
        if disk
        else MemoryPressure("short", Fixed(HOUR), Fixed(HOUR))
    )
    load = replace(cluster(nodes(1)), daemon_sets=(agents,))
    found = Lab(load, failures=[mode]).run(HOUR + 60.0)
    [evicted_at] = found.times(Kind.POD_PHASE, Phase.FAILED)
    [pod] = [pod for pod in found.pods() if not pod.is_over]
    assert pod.node == 0
    assert pod.ready is not waits
    found.run(1.5 * HOUR)
    assert [pod.ready for pod in found.pods() if not pod.is_over] == [True]
    back = found.times(Kind.POD_ANSWERING, 1, since=0.0)
    assert len(back) == 1
    assert (back[0] > evicted_at + 300.0) is waits


def test_a_kubelet_that_was_cut_off_admits_no_pod_that_it_refused_before() -> None:
    agents = DaemonSet("agent", template("agent", container(memory=GIB)), LabelSelector.of({"app": "agent"}))
    full = DiskPressure("full", Fixed(HOUR), Fixed(HOUR), GIB, filling=LabelSelector())
    found = Lab(replace(cluster(nodes(1)), daemon_sets=(agents,)), failures=[full])
    found.at(HOUR + 60.0, lambda: found.state.nodes.add_silent_cause(0, "test", 0))
    found.at(HOUR + 70.0, lambda: found.state.nodes.remove_silent_cause(0, "test"))
    found.run(1.5 * HOUR)
    [evicted_at] = found.times(Kind.POD_PHASE, Phase.FAILED)
    [back] = found.times(Kind.POD_ANSWERING, 1, since=0.0)
    assert back > evicted_at + 300.0


def test_what_makes_no_full_disk_is_refused() -> None:
    for wrong in ({"shortage": 0}, {"shortage": GIB, "pod_usage": 0}, {"shortage": GIB, "image_size": -1}):
        with pytest.raises(ValueError, match="must"):
            DiskPressure("full", Fixed(HOUR), Fixed(HOUR), **wrong)


def test_the_only_replica_on_the_only_node_is_lost_until_the_taint_is_lifted() -> None:
    """Each shortage takes it away, and it comes back 5 min after it has ended."""
    mode = MemoryPressure("leak", Exponential(DAY), Fixed(HOUR), leaking=LabelSelector())
    found = simulate(cluster(nodes(1), deployment()), failures=[mode], behaviour=behaviour(), duration=200 * DAY)
    downtime = 200 * DAY - found.services["web"].answering.integral()
    assert found.strikes["leak"] > 150
    assert downtime == pytest.approx(found.strikes["leak"] * (300.0 + 3.0))
