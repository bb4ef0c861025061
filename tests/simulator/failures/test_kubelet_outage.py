"""Kubelets and container runtimes that hang while containers run on."""

import math

import pytest

from models.distributions import Fixed
from models.pod import Probe
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.kubelet_outage import Component, KubeletOutage
from simulator.failures.node_reboot import NodeReboot
from simulator.kubelet.image_registry import RegistryTrouble
from simulator.log import Kind
from simulator.state.nodes import FALSE, TRUE, UNKNOWN
from tests.simulator.clusters import EXACT, HOUR, Lab, behaviour, cluster, container, deployment, nodes, template


def hung(component: Component, lasting: float, count: int = 2, at: float = HOUR, **other: object) -> Lab:
    """A Deployment of one replica; the kubelet of its node hangs after an hour, those of others work."""
    lab = Lab(cluster(nodes(count), deployment(**other)), behaviour(EXACT))  # type: ignore[arg-type]
    [pod] = lab.pods()
    effects = lab.simulation.world.effects
    effect = effects.no_kubelet if component is Component.KUBELET else effects.no_runtime
    lab.at(at, lambda: effect.begin(pod.node, "test", 0))
    lab.at(at + lasting, lambda: effect.end(pod.node, "test"))
    return lab


def test_a_hung_kubelet_takes_pods_that_answer_out_of_their_endpoints() -> None:
    found = hung(Component.KUBELET, 2 * HOUR).run(HOUR + 60.0)
    [service] = found.state.services
    [unlisted] = found.times(Kind.SERVICE_READY, 0, since=0.0)
    assert 39.0 <= unlisted - HOUR <= 55.0
    [pod] = found.pods()
    assert pod.answering
    assert not pod.ready
    assert service.answering == 0


def test_its_pods_are_evicted_hang_and_are_stopped_with_grace_once_it_is_back() -> None:
    found = hung(Component.KUBELET, HOUR).run(1.5 * HOUR)
    old, new = found.pods()
    assert old.deleting
    assert old.answering
    [deleted] = found.times(Kind.POD_DELETING)
    assert 339.0 <= deleted - HOUR <= 355.0
    assert new.ready
    found.run(2 * HOUR + 0.5)
    assert old.uid in found.state.pods  # SIGTERM to exit takes a second
    found.run(2 * HOUR + 2.0)
    assert found.pods() == [new]


def test_a_hang_that_is_over_before_the_lease_is_missed_changes_nothing() -> None:
    found = hung(Component.KUBELET, 30.0).run(2 * HOUR)
    assert found.times(Kind.SERVICE_ANSWERING, since=0.0) == []


def test_a_hung_runtime_is_told_of_and_its_pods_stay_endpoints_until_they_are_evicted() -> None:
    found = hung(Component.RUNTIME, HOUR).run(HOUR + 310.0)
    assert [(when, new) for when, _, new in found.log(Kind.NODE_READY)] == [(HOUR + 30.0, FALSE)]
    [service] = found.state.services
    assert service.answering == len(service.endpoints) == 1
    found.run(1.5 * HOUR)
    old, new = found.pods()
    assert old.deleting
    assert old.answering  # nobody can stop it
    assert list(service.endpoints) == [new.uid]
    found.run(2 * HOUR + 0.5)
    assert found.log(Kind.NODE_READY)[-1][2] == TRUE
    found.run(2 * HOUR + 2.0)
    assert found.pods() == [new]


@pytest.mark.parametrize("component", list(Component))
def test_a_container_that_dies_meanwhile_is_restarted_when_somebody_looks_after_it_again(component: Component) -> None:
    found = hung(component, 25.0)
    crash = ContainerCrash("crash", Fixed(HOUR + 10.0))
    crash.install(found.simulation.world)
    found.run(HOUR + 24.0)
    [pod] = found.pods()
    assert (pod.running, pod.answering, pod.ready) == (0, False, True)
    found.run(HOUR + 28.0)
    assert (pod.running, pod.answering, pod.ready) == (1, True, True)
    assert found.times(Kind.POD_ANSWERING, 1, since=0.0) == [HOUR + 25.0 + 2.0]


def test_a_liveness_probe_restarts_nothing_while_its_kubelet_hangs() -> None:
    """The application takes 100 s to start, its probe gives up after 30."""
    slow = container(liveness=Probe(period=10.0, failure_threshold=3))
    lab = Lab(cluster(nodes(1), deployment(pods=template("web", slow))), behaviour(startup=Fixed(100.0)))
    restarts = lab.pods()[0].containers[0].restarts
    effect = lab.simulation.world.effects.no_kubelet
    lab.at(5.0, lambda: effect.begin(0, "test", 0))
    lab.run(200.0)
    assert lab.pods()[0].containers[0].restarts <= restarts + 1
    now = lab.pods()[0].containers[0].restarts
    lab.run(HOUR)
    assert lab.pods()[0].containers[0].restarts == now
    lab.at(HOUR + 1.0, lambda: effect.end(0, "test"))
    lab.run(1.5 * HOUR)
    assert lab.pods()[0].containers[0].restarts > now


@pytest.mark.parametrize("is_over", [True, False])
def test_probes_that_an_overload_lets_fail_restart_nothing_while_their_kubelet_hangs(is_over: bool) -> None:
    """Only if it is not over when the kubelet is back."""
    probed = container(liveness=Probe(period=10.0, failure_threshold=3, timeout=1.0))
    lab = hung(Component.KUBELET, 900.0, pods=template("web", probed), at=100.0, count=1)
    slow_probes = lab.simulation.control_plane.kubelet.slow_probes
    [pod] = lab.pods()
    lab.at(110.0, lambda: slow_probes.delay(pod, 5.0))
    if is_over:
        lab.at(600.0, lambda: slow_probes.delay(pod, 0.0))
    lab.run(999.0)
    assert pod.containers[0].restarts == 0
    lab.run(1100.0)
    assert pod.containers[0].restarts == (0 if is_over else 1)


def test_a_reboot_in_a_hang_leaves_nothing_behind_whichever_is_over_first() -> None:
    for hang, reboot in ((100.0, 400.0), (400.0, 100.0)):
        outage = KubeletOutage("hang", Fixed(HOUR), Fixed(hang))
        found = Lab(
            cluster(nodes(1), deployment()), failures=[outage, NodeReboot("r", Fixed(HOUR + 20), Fixed(reboot))]
        )
        found.run(HOUR + 30.0)
        assert not found.state.nodes.powered[0]
        found.run(HOUR + 60.0)
        assert found.state.nodes.ready[0] == UNKNOWN
        found.run(1.8 * HOUR)
        assert found.taints() == {}
        assert [pod.ready and pod.answering for pod in found.pods()] == [True]
        assert not found.simulation.control_plane.kubelet.hang.holds(0)


@pytest.mark.parametrize("component", list(Component))
@pytest.mark.parametrize("starts", ["a container", "a pod"])
def test_what_waits_for_an_image_starts_when_somebody_looks_after_it_again(component: Component, starts: str) -> None:
    """The registry, gone since before the kubelet hangs, is back long before that is over."""
    found = hung(component, 200.0, count=1, pods=template("web", container(image_pull_policy="Always")))
    registry, [pod] = found.simulation.world.image_registry, found.pods()
    troubles: list[RegistryTrouble] = []
    found.at(HOUR - 10.0, lambda: troubles.append(registry.fail("gone/registry", math.inf)))
    if starts == "a pod":
        found.delete(pod, at=HOUR - 9.0)
    else:
        found.at(HOUR - 9.0, lambda: found.simulation.control_plane.kubelet.oom_kill(pod, pod.containers[0], 0))
    found.at(HOUR + 20.0, lambda: registry.repair(troubles[0]))
    found.run(HOUR + 199.0)
    [pod] = found.pods()
    assert pod.running == 0
    found.run(HOUR + 210.0)
    assert pod.ready
