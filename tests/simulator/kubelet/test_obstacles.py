"""Pods whose volumes or environments lack an object (kubernetes-behaviour, section 10.2)."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.pod import Container
from models.reference import Absences
from simulator.log import Kind
from simulator.state.objects import Phase
from tests.simulator.clusters import (
    DAY,
    HOUR,
    Lab,
    behaviour,
    cluster,
    container,
    deployment,
    down,
    node,
    nodes,
    template,
)
from tests.simulator.strategies import clusters, failures, rollouts
from tests.simulator.test_invariants import watched

CONFIG = 'CreateContainerConfigError: configmap "nope" not found'
MOUNT = 'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "nope" not found'
HELD = Absences(held_back={"server": CONFIG})
SIDECAR = Container("proxy", restart_policy="Always")


def lab(absences: Absences, *containers: Container, machines: int = 1, replicas: int = 1, **other: object) -> Lab:
    pods = replace(template("web", *containers), absences=absences)
    return Lab(cluster(nodes(machines), deployment(replicas=replicas, pods=pods)), behaviour(), **other)  # type: ignore[arg-type]


@pytest.mark.parametrize("absences", [HELD, Absences(unmounted=MOUNT)])
def test_a_pod_that_lacks_an_object_stays_pending_on_its_node_and_holds_its_requests(absences: Absences) -> None:
    found = lab(absences)
    [pod] = found.pods()
    assert (pod.phase, pod.node, pod.running, pod.ready, pod.answering) == (Phase.PENDING, 0, 0, False, False)
    assert found.state.nodes.columns["used"]["cpu"].tolist() == [100]
    assert found.simulation.pending() == {pod.name: absences.unmounted or CONFIG}


def test_containers_that_lack_nothing_run_beside_one_that_waits() -> None:
    """The phase stays Pending: a container that never started is waiting (kubelet_pods.go, getPhase)."""
    found = lab(HELD, container(), container("other"))
    [pod] = found.pods()
    assert (pod.phase, pod.running, pod.ready, pod.answering) == (Phase.PENDING, 1, False, False)
    assert [each.running for each in pod.containers] == [False, True]
    assert found.simulation.pending() == {pod.name: CONFIG}


@pytest.mark.parametrize("init", [Container("setup"), SIDECAR])
def test_nothing_starts_behind_an_init_container_that_waits(init: Container) -> None:
    words = CONFIG.replace("configmap", "secret")
    pods = template("web", container(), init_containers=(init,))
    absences = Absences(held_back={"server": CONFIG, init.name: words})
    found = Lab(cluster(nodes(1), deployment(pods=replace(pods, absences=absences))), behaviour())
    [pod] = found.pods()
    assert (pod.phase, pod.running) == (Phase.PENDING, 0)
    assert found.simulation.pending() == {pod.name: words}


def test_a_volume_that_cannot_be_mounted_holds_every_container() -> None:
    found = lab(Absences(unmounted=MOUNT, held_back={"other": CONFIG}), container(), container("other"))
    [pod] = found.pods()
    assert pod.running == 0
    assert found.simulation.pending() == {pod.name: MOUNT}


def test_a_reboot_changes_nothing_about_it() -> None:
    held = lab(HELD, container(), container("other"), failures=[down(0, at=100.0, lasting=20.0)]).run(1000.0)
    [pod] = held.pods()
    assert (pod.phase, pod.running, pod.ready) == (Phase.PENDING, 1, False)
    stuck = lab(Absences(unmounted=MOUNT), failures=[down(0, at=100.0, lasting=20.0)]).run(1000.0)
    [pod] = stuck.pods()
    assert (pod.phase, pod.running, pod.ready) == (Phase.PENDING, 0, False)


def test_a_kubelet_that_is_back_does_not_start_what_runs_already() -> None:
    found = lab(HELD, container(), container("other"))
    [pod] = found.pods()
    found.at(100.0, lambda: found.state.nodes.add_silent_cause(0, "cut", 0))
    found.at(110.0, lambda: found.state.nodes.remove_silent_cause(0, "cut"))
    found.run(110.5)
    assert (pod.running, pod.timer) == (1, None)


def test_a_pod_that_waits_goes_when_it_is_deleted_and_the_next_one_waits_too() -> None:
    found = lab(HELD)
    [pod] = found.pods()
    found.delete(pod, at=50.0)
    found.run(200.0)
    [following] = found.pods()
    assert following is not pod
    assert (following.phase, following.node) == (Phase.PENDING, 0)
    assert found.state.nodes.columns["used"]["cpu"].tolist() == [100]


def test_a_lost_node_makes_it_wait_elsewhere() -> None:
    found = lab(HELD, machines=2, failures=[down(0, at=100.0)])
    [first] = found.pods()
    at = found.run(2000.0).pods()
    assert {pod.phase for pod in at} == {Phase.PENDING}
    assert first.node == 1 or any(pod.node == 1 for pod in at)


def test_a_rollout_to_a_template_that_lacks_an_object_gets_stuck() -> None:
    """With 25 % and 25 % of four one old pod goes, one new one comes beside the one that replaces it, all wait."""
    old = deployment(replicas=4)
    found = Lab(cluster((node("n"),), old), behaviour())
    new = replace(old, template=replace(old.template, absences=HELD))
    found.apply(new, at=100.0)
    found.run(5000.0)
    ready = [pod for pod in found.pods() if pod.ready]
    waiting = [pod for pod in found.pods() if pod.phase is Phase.PENDING]
    assert (len(ready), len(waiting)) == (3, 2)
    assert set(found.simulation.pending().values()) == {CONFIG}
    assert found.times(Kind.DEPLOYMENT_PROGRESSING, 0) == [pytest.approx(700.0, abs=15.0)]
    found.apply(old, at=6000.0)
    found.run(7000.0)
    assert [pod.ready for pod in found.pods()] == [True] * 4
    assert found.simulation.pending() == {}


lacking = st.sampled_from(
    [
        Absences(),
        HELD,
        Absences(unmounted=MOUNT),
        Absences(unschedulable='persistentvolumeclaim "data" not found', unmounted=MOUNT),
        Absences(refused='pods "{}" is forbidden: no PriorityClass with name nope was found'),
    ]
)


@given(data=st.data())
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
def test_whatever_happens_the_state_is_sound_and_no_pod_that_lacks_an_object_answers(data: st.DataObject) -> None:
    drawn = data.draw(clusters())
    apps = [replace(d, template=replace(d.template, absences=data.draw(lacking))) for d in drawn.deployments]
    drawn = replace(drawn, deployments=tuple(apps))
    stories = {"failures": data.draw(failures()), "operations": data.draw(rollouts(drawn))}
    found = watched(drawn, behaviour(), **stories)
    for until in range(int(HOUR), int(DAY), int(HOUR)):
        found.run(until)
        held_up = found.simulation.pending()
        for pod in found.pods():
            if pod.pod_class.template.absences != Absences():
                assert (pod.ready, pod.answering) == (False, False)
                assert pod.phase is Phase.PENDING
                assert pod.deleting or pod.name in held_up
    for spec in apps:
        if spec.template.absences.refused:
            assert found.pods(spec.name) == []
