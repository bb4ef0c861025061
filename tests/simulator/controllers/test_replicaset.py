"""As many active pods as desired, and which go first (kubernetes-behaviour, section 3)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from models.deployment import ReplicaSet
from models.labels import LabelSelector
from models.pod import Probe
from models.timing import Timing
from simulator.controllers.replicaset import _age_bucket
from simulator.log import Kind
from simulator.state.objects import Phase, PodState
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
    template,
)

MINUTE = 60.0


def alone(replicas: int, name: str = "web", **other: object) -> ReplicaSet:
    return ReplicaSet(name, template(name), LabelSelector.of({"app": name}), replicas=replicas, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("age", "bucket"),
    [
        (0.0, -1),
        (-5.0, -1),
        (1e-9, 0),
        (8.58, 32),
        (8.6, 33),
        (17.1, 33),
        (17.2, 34),
        (10 * MINUTE, 39),
        (20 * MINUTE, 40),
        (25 * MINUTE, 40),
        (30 * MINUTE, 40),
        (35 * MINUTE, 40),
        (2200, 41),
        (70369, 46),
    ],
)
def test_ages_are_compared_by_octave(age: float, bucket: int) -> None:
    assert _age_bucket(age) == bucket


def scaled_down(
    count: int, arrange: Callable[[Lab, list[PodState]], object], by: int = 1, machines: int = 4, at: float = 3 * HOUR
) -> list[str]:
    """Names of the pods that go when a Deployment of `count` pods, one a node, is scaled down by `by`."""
    lab = Lab(cluster(nodes(machines), deployment(replicas=count)))
    arrange(lab, lab.pods())
    lab.apply(deployment(replicas=count - by), at)
    lab.run(at + MINUTE)
    return sorted(name for _, name, _ in lab.log(Kind.POD_DELETING, at))


def ready_for(*minutes: float, until: float = 3 * HOUR) -> Callable[[Lab, list[PodState]], None]:
    """Pods became ready so many minutes before `until`."""

    def arrange(lab: Lab, pods: list[PodState]) -> None:
        for pod, age in zip(pods, minutes, strict=True):
            lab.at(until - age * MINUTE, lambda pod=pod: blink(lab, pod))  # type: ignore[misc]

    return arrange


def blink(lab: Lab, pod: PodState) -> None:
    lab.state.pods.set_ready(pod, False, 0)
    lab.state.pods.set_ready(pod, True, 0)


def unready(lab: Lab, pod: PodState) -> None:
    lab.state.pods.set_ready(pod, False, 0)


def test_the_youngest_octave_goes_first() -> None:
    assert scaled_down(4, ready_for(30, 25, 10, 20)) == ["web-2"]
    assert scaled_down(4, ready_for(30, 10, 25, 11), by=2) == ["web-1", "web-3"]


def test_within_an_octave_the_choice_is_by_lot() -> None:
    gone = {scaled_down_with_seed(seed) for seed in range(12)}
    assert len(gone) > 1


def scaled_down_with_seed(seed: int) -> str:
    lab = Lab(cluster(nodes(4), deployment(replicas=4)), seed=seed)
    ready_for(20, 25, 30, 35)(lab, lab.pods())
    lab.apply(deployment(replicas=3), at=3 * HOUR)
    [name] = [name for _, name, _ in lab.run(4 * HOUR).log(Kind.POD_DELETING)]
    return name


def test_a_pod_that_is_not_ready_goes_before_a_younger_one() -> None:
    def arrange(lab: Lab, pods: list[PodState]) -> None:
        ready_for(100, 90, 80, 1)(lab, pods)
        lab.at(2.99 * HOUR, lambda: unready(lab, pods[0]))

    assert scaled_down(4, arrange) == ["web-0"]


def test_a_pod_without_a_node_goes_first() -> None:
    big = template("web", container(cpu=3000))
    lab = Lab(cluster(nodes(3), deployment(replicas=4, pods=big)))
    [waiting] = [pod for pod in lab.pods() if pod.node < 0]
    lab.apply(deployment(replicas=3, pods=big), at=10.0)
    lab.run(MINUTE)
    assert waiting.uid not in lab.state.pods
    assert len(lab.pods()) == 3


def test_a_pending_pod_goes_before_a_running_one() -> None:
    lab = Lab(cluster(nodes(3), deployment(replicas=3)))
    lab.delete(lab.pods()[1], at=10.0)
    lab.apply(deployment(replicas=2), at=10.5)  # its successor has a node, but does not run yet
    lab.run(MINUTE)
    assert [name for _, name, _ in lab.log(Kind.POD_DELETING, 1.0)] == ["web-1", "web-3"]


def test_a_crowded_node_gives_before_a_younger_pod_on_a_node_of_its_own() -> None:
    machines = (*nodes(1, pods=1), *nodes(2)[1:])
    lab = Lab(cluster(machines, deployment(replicas=4)))
    [lone] = [pod for pod in lab.pods() if pod.node == 0]
    lab.at(2.9 * HOUR, lambda: blink(lab, lone))
    lab.apply(deployment(replicas=1), at=3 * HOUR)
    lab.run(4 * HOUR)
    # The crowd is counted once, before sorting: three times on the other node.
    assert lab.pods() == [lone]


def test_restarts_decide_between_pods_that_became_ready_together() -> None:
    def arrange(lab: Lab, pods: list[PodState]) -> None:
        ready_for(60, 60, 60, 60)(lab, pods)
        pods[2].containers[0].restarts = 3

    assert scaled_down(4, arrange) == ["web-2"]


def test_restarts_do_not_matter_to_pods_that_became_ready_at_different_times() -> None:
    def arrange(lab: Lab, pods: list[PodState]) -> None:
        ready_for(100, 90, 80, 10)(lab, pods)
        pods[2].containers[0].restarts = 3

    assert scaled_down(4, arrange) == ["web-3"]


def test_scaling_to_nothing_takes_all() -> None:
    assert scaled_down(4, lambda lab, pods: None, by=4) == ["web-0", "web-1", "web-2", "web-3"]


def test_a_deleted_pod_is_replaced_at_once_and_terminating_ones_do_not_count() -> None:
    web = template("web", container(pre_stop=25.0))
    lab = Lab(cluster(nodes(2), deployment(replicas=2, pods=web)))
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(20.0)
    assert lab.log(Kind.POD_PHASE, 1.0) == [(10.0, "web-2", Phase.PENDING), (11.0, "web-2", Phase.RUNNING)]
    assert len(lab.pods()) == 3
    assert len(lab.replica_sets()[0].pods) == 2
    assert lab.run(HOUR).log(Kind.POD_PHASE, 12.0) == [(36.0, "web-0", Phase.ABSENT)]


def test_a_replica_set_may_stand_alone() -> None:
    load = cluster(nodes(2))
    lab = Lab(type(load)(nodes=load.nodes, replica_sets=(alone(3),)))
    assert [pod.phase for pod in lab.pods()] == [Phase.RUNNING] * 3
    lab.delete(lab.pods()[0], at=10.0)
    lab.apply(alone(5), at=20.0)
    lab.apply(alone(1), at=30.0)
    assert len(lab.run(25.0).pods()) == 5
    assert len(lab.run(HOUR).pods()) == 1


def test_minimum_seconds_of_readiness_make_a_pod_available() -> None:
    lab = Lab(cluster(nodes(2), deployment(replicas=2, min_ready_seconds=30.0)))
    assert lab.times(Kind.POD_AVAILABLE, since=-DAY) == [-DAY + 31.0] * 2
    assert lab.counts() == ((2, 2, 2),)


def test_a_flap_restarts_the_clock_of_availability() -> None:
    lab = Lab(cluster(nodes(1), deployment(min_ready_seconds=30.0)))
    [pod] = lab.pods()
    lab.at(10.0, lambda: unready(lab, pod))
    lab.at(20.0, lambda: lab.state.pods.set_ready(pod, True, 0))
    lab.at(40.0, lambda: blink(lab, pod))
    assert lab.run(HOUR).log(Kind.POD_AVAILABLE, 1.0) == [(10.0, "web-0", 0), (70.0, "web-0", 1)]


def test_counts_follow_readiness_deletion_and_loss() -> None:
    web = template("web", container(readiness=Probe(period=1.0)))
    lab = Lab(cluster(nodes(3), deployment(replicas=3, pods=web)), failures=[down(0, at=0.0)])
    assert lab.counts() == ((3, 3, 3),)
    assert lab.run(100.0).counts() == ((3, 2, 2),)
    lab.delete(next(pod for pod in lab.pods() if pod.node == 1), at=110.0)
    assert lab.run(110.5).counts() == ((3, 1, 1),)
    assert lab.run(200.0).counts() == ((3, 2, 2),)
    assert lab.run(HOUR).counts() == ((3, 3, 3),)


def test_a_pod_on_a_lost_node_counts_until_it_is_evicted() -> None:
    lab = Lab(cluster(nodes(2), deployment(replicas=2)), failures=[down(0, at=0.0)])
    assert len(lab.run(339.0).pods()) == 2
    assert len(lab.run(HOUR).pods()) == 3
    assert len(lab.replica_sets()[0].pods) == 2


@pytest.mark.parametrize("seed", range(6))
def test_the_first_old_pod_to_go_is_on_the_node_that_the_surge_went_to(seed: int) -> None:
    machines = (*nodes(3, cpu=150), *nodes(4, cpu=400)[3:])  # only the last has room for one more
    old = deployment(replicas=4, max_surge=1, max_unavailable=1)
    lab = Lab(cluster(machines, old), behaviour(Timing()), seed=seed)
    crowded = [pod for pod in lab.pods() if pod.node == 3]
    new = replace(old.template, annotations={"release": "2"})
    lab.apply(replace(old, template=new), at=10.0)
    lab.run(10.5)
    [victim] = [pod for pod in lab.pods() if pod.deleting]
    assert len(crowded) == 1
    assert victim is crowded[0]


def test_pods_that_became_ready_within_a_second_are_of_an_age() -> None:
    """The API keeps whole seconds: more restarts decide, not the octave or the lot."""

    def arrange(lab: Lab, pods: list[PodState]) -> None:
        for number, pod in enumerate(pods):
            lab.at(HOUR + 0.2 * number, lambda pod=pod: blink(lab, pod))  # type: ignore[misc]
        pods[1].containers[0].restarts = 3

    assert scaled_down(4, arrange) == ["web-1"]


def test_a_pod_that_fails_while_it_is_ready_is_counted_off_once() -> None:
    """As the pods of a node that is gone: PodGC has them Failed, and deletes them, at once."""
    lab = Lab(cluster(nodes(1), deployment(replicas=3)))
    lost = lab.pods()[0]
    assert lost.ready
    lab.state.pods.fail(lost, 0)
    assert lab.counts() == ((3, 2, 2),)
    lab.state.pods.mark_deleting(lost, 0)
    assert lab.counts() == ((3, 2, 2),)
    assert lab.run(HOUR).counts() == ((3, 3, 3),)
