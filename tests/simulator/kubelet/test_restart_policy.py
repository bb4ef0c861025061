"""Which containers are started again, and when a pod has failed."""

from dataclasses import replace

import pytest

from models.deployment import StrategyType
from models.distributions import Fixed
from models.labels import LabelSelector
from models.pod import Probe
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.sandbox_crash import SandboxCrash
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
    nodes,
    pod,
    template,
)

START = -DAY


@pytest.mark.parametrize(
    ("policy", "phase"), [("Always", Phase.RUNNING), ("OnFailure", Phase.RUNNING), ("Never", Phase.FAILED)]
)
def test_after_a_reboot_a_pod_that_is_never_restarted_has_failed(policy: str, phase: Phase) -> None:
    found = Lab(cluster(nodes(1), pod(restart_policy=policy)), failures=[down(0, at=100.0, lasting=20.0)]).run(200.0)
    assert [each.phase for each in found.pods()] == [phase]
    back = [(time, new) for time, _, new in found.log(Kind.POD_CONTAINERS, 101.0)]
    assert back == ([] if policy == "Never" else [(121.0, 1)])
    assert found.state.nodes.used_pods.tolist() == [int(policy != "Never")]
    assert found.pods()[0].ready == (policy != "Never")


def test_a_pod_that_had_not_run_yet_starts_after_the_reboot() -> None:
    slow = behaviour(image_pull=Fixed(DAY + 150.0))
    alone = pod(restart_policy="Never")
    found = Lab(cluster(nodes(1), alone), slow, failures=[down(0, at=100.0, lasting=20.0)]).run(2 * DAY)
    assert [each.phase for each in found.pods()] == [Phase.RUNNING]


@pytest.mark.parametrize(("policy", "phase"), [("OnFailure", Phase.RUNNING), ("Never", Phase.FAILED)])
def test_a_lost_sandbox_is_as_a_reboot(policy: str, phase: Phase) -> None:
    found = Lab(cluster(nodes(1), pod(restart_policy=policy)), failures=[SandboxCrash("s", Fixed(100.0))]).run(150.0)
    assert [each.phase for each in found.pods()] == [phase]


def test_the_other_containers_run_on_until_the_last_has_exited() -> None:
    """Not ready from the first exit on."""
    two = pod("alone", container("a"), container("b", post_start=50.0), restart_policy="Never")
    crash = ContainerCrash("crash", Fixed(100.0), LabelSelector.of({"app": "alone"}))
    found = Lab(cluster(nodes(1), two), failures=[crash])
    [alone] = found.pods()
    alone.containers[1].clocks[0].stop()  # type: ignore[index]
    found.run(200.0)
    assert (alone.phase, alone.running, alone.ready, alone.answering) == (Phase.RUNNING, 1, False, False)
    alone.containers[1].clocks[0].start()  # type: ignore[index]
    found.run(400.0)
    assert found.times(Kind.POD_PHASE, Phase.FAILED) == [300.0]


def test_a_container_may_have_a_policy_of_its_own() -> None:
    crash = ContainerCrash("crash", Fixed(100.0))
    stubborn = pod("alone", container(restart_policy="Always"), restart_policy="Never")
    found = Lab(cluster(nodes(1), stubborn), failures=[crash]).run(150.0)
    assert [each.ready for each in found.pods()] == [True]
    frail = pod("alone", container(restart_policy="Never"))
    found = Lab(cluster(nodes(1), frail), failures=[crash]).run(150.0)
    assert [each.phase for each in found.pods()] == [Phase.FAILED]


def test_sidecars_are_stopped_once_the_main_containers_are_over() -> None:
    proxy = container("proxy", restart_policy="Always", pre_stop=7.0)
    one = pod("alone", container(), init_containers=(proxy,), restart_policy="Never")
    found = Lab(cluster(nodes(1), one), failures=[ContainerCrash("crash", Fixed(100.0))])
    found.pods()[0].containers[1].clocks[0].stop()  # type: ignore[index]
    found.run(200.0)
    assert found.times(Kind.POD_PHASE, Phase.FAILED) == [108.0]


@pytest.mark.parametrize(("policy", "phase"), [("OnFailure", Phase.RUNNING), ("Never", Phase.FAILED)])
def test_what_a_probe_has_killed_is_restarted_by_the_policy(policy: str, phase: Phase) -> None:
    slow = container(liveness=Probe(period=10.0))
    found = Lab(cluster(nodes(1), pod("alone", slow, restart_policy=policy)), behaviour(startup=Fixed(1e6)))
    assert [each.phase for each in found.pods()] == [phase]


def test_a_replica_set_replaces_a_pod_that_has_failed() -> None:
    """Only a container's own policy makes a Deployment's pod fail; the failed object stays."""
    frail = template("web", container(restart_policy="Never"))
    web = deployment(replicas=2, pods=frail)
    found = Lab(cluster(nodes(3), web), failures=[down(0, at=100.0, lasting=20.0)])
    lost = [each for each in found.pods() if each.node == 0]
    found.run(HOUR)
    assert [each.phase for each in lost] == [Phase.FAILED]
    assert found.counts() == ((2, 2, 2),)
    assert [each.slot for each in found.pods()[2:]] == [each.slot for each in lost]
    for each in lost:
        found.delete(each, at=HOUR + 10.0)
    found.run(2 * HOUR)
    assert found.counts() == ((2, 2, 2),)
    assert len(found.pods()) == 2


def test_recreate_does_not_wait_for_pods_that_have_failed() -> None:
    frail = template("web", container(restart_policy="Never"))
    web = deployment(pods=frail, strategy=StrategyType.RECREATE)
    found = Lab(cluster(nodes(1), web), failures=[down(0, at=100.0, lasting=20.0)]).run(HOUR)
    found.apply(replace(web, template=replace(frail, annotations={"release": "2"})), at=HOUR + 10.0)
    assert found.run(2 * HOUR).counts() == ((0, 0, 0), (1, 1, 1))
