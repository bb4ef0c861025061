"""Rollouts step by step (kubernetes-behaviour, section 4): the sequences of the real controller."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from models.behaviour import Behaviour, BehaviourOverride
from models.deployment import Deployment, IntOrPercent, Percent, StrategyType
from models.distributions import Fixed
from models.labels import LabelSelector
from models.pod import PodTemplate, Probe
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.state.objects import DeploymentState
from tests.simulator.clusters import (
    EXACT,
    FOREVER,
    HOUR,
    PROMPT,
    Lab,
    behaviour,
    cluster,
    container,
    deployment,
    down,
    nodes,
    template,
)

DEFAULT = Percent(25)


def release(version: str, **spec: object) -> PodTemplate:
    return template("web", labels={"version": version}, **spec)


def web(
    replicas: int,
    surge: IntOrPercent = DEFAULT,
    unavailable: IntOrPercent = DEFAULT,
    version: str = "1",
    **other: object,
) -> Deployment:
    limits = {"max_surge": surge, "max_unavailable": unavailable}
    return deployment("web", replicas, pods=release(version), **limits, **other)


NEVER = Behaviour(
    PROMPT,
    overrides=(
        BehaviourOverride(replace(PROMPT, start=Fixed(FOREVER)), selector=LabelSelector.of({"version": "broken"})),
    ),
    timing=EXACT,
)
"""Pods of the version "broken" never start."""


def updated(spec: Deployment, version: str = "2", at: float = 100.0, under: Behaviour | None = None) -> Lab:
    """A settled Deployment that is given another template."""
    lab = Lab(cluster(nodes(8, "abc"), spec), under or behaviour())
    lab.apply(replace(spec, template=release(version)), at)
    return lab


STEP_BY_STEP = [
    (10, DEFAULT, DEFAULT, [(3, 10), (3, 8), (5, 8), (5, 3), (10, 3), (10, 0)]),
    (4, DEFAULT, DEFAULT, [(1, 4), (1, 3), (2, 3), (2, 1), (4, 1), (4, 0)]),
    (3, DEFAULT, DEFAULT, [(1, 3), (1, 2), (2, 2), (2, 1), (3, 1), (3, 0)]),
    (2, DEFAULT, DEFAULT, [(1, 2), (1, 1), (2, 1), (2, 0)]),
    (1, DEFAULT, DEFAULT, [(1, 1), (1, 0)]),
    (5, 0, 1, [(0, 4), (1, 4), (1, 3), (2, 3), (2, 2), (3, 2), (3, 1), (4, 1), (4, 0), (5, 0)]),
    (10, Percent(30), 0, [(3, 10), (3, 7), (6, 7), (6, 4), (9, 4), (9, 1), (10, 1), (10, 0)]),
    (10, Percent(100), 0, [(10, 10), (10, 0)]),
    (3, 0, Percent(100), [(0, 0), (3, 0)]),
    (8, Percent(50), Percent(50), [(4, 8), (4, 4), (8, 4), (8, 0)]),
    (3, Percent(0), Percent(10), [(0, 2), (1, 2), (1, 1), (2, 1), (2, 0), (3, 0)]),
    (3, 200, 0, [(3, 3), (3, 0)]),
    (3, 1, 200, [(1, 3), (1, 0), (3, 0)]),
]


@pytest.mark.parametrize(("replicas", "surge", "unavailable", "steps"), STEP_BY_STEP)
def test_rollout_in_waves(
    replicas: int, surge: IntOrPercent, unavailable: IntOrPercent, steps: list[tuple[int, int]]
) -> None:
    lab = updated(web(replicas, surge, unavailable)).run(HOUR)
    assert lab.rollout(since=100.0) == steps
    assert lab.state.workloads.of(DeploymentState)[0].complete
    assert [count for _, _, count in lab.log(Kind.DEPLOYMENT_COMPLETE, 1.0)] == [0, 1]


@pytest.mark.parametrize(("replicas", "surge", "unavailable", "steps"), STEP_BY_STEP)
def test_the_latency_of_controllers_does_not_change_the_last_step(
    replicas: int, surge: IntOrPercent, unavailable: IntOrPercent, steps: list[tuple[int, int]]
) -> None:
    late = replace(EXACT, controller_latency=0.13, scheduler_latency=0.02)
    lab = updated(web(replicas, surge, unavailable), under=behaviour(late)).run(HOUR)
    assert lab.rollout(since=100.0)[-1] == steps[-1]
    assert lab.state.workloads.of(DeploymentState)[0].complete


def ready_one_by_one(lab: Lab, since: float) -> None:
    """Every 10 s one more of the pods of the newest ReplicaSet becomes ready."""

    def turns() -> Iterator[float]:
        time = since
        while True:
            time += 10.0
            yield time

    def next_one() -> None:
        waiting = [pod for pod in lab.replica_sets()[-1].pods.values() if pod.node >= 0 and not pod.ready]
        if waiting:
            lab.state.pods.set_ready(waiting[0], True, 0)

    for _, time in zip(range(30), turns(), strict=False):
        lab.at(time, next_one)


def test_pods_that_become_available_one_at_a_time_are_exchanged_one_by_one() -> None:
    lab = updated(web(10, 3, 2), "broken", under=NEVER)
    ready_one_by_one(lab, 100.0)
    exchanged = [step for n in range(5, 10) for step in ((n, 12 - n), (n + 1, 12 - n))]
    assert lab.run(HOUR).rollout(since=100.0) == [
        (3, 10),
        (3, 8),
        (5, 8),
        *exchanged,
        (10, 2),
        (10, 1),
        (10, 0),
    ]


def test_a_broken_release_stops_at_the_fence() -> None:
    lab = updated(web(10, 3, 2), "broken", under=NEVER).run(10 * HOUR)
    assert lab.rollout(since=100.0) == [(3, 10), (3, 8), (5, 8)]
    assert lab.counts() == ((8, 8, 8), (5, 0, 0))
    assert not lab.state.workloads.of(DeploymentState)[0].complete


def test_a_broken_release_can_be_undone() -> None:
    spec = web(10, 3, 2)
    lab = updated(spec, "broken", under=NEVER)
    lab.apply(spec, at=HOUR)
    # Counted from the broken one, which is the newest ReplicaSet: first it goes, then the old one is filled up again.
    assert lab.run(2 * HOUR).rollout(since=HOUR) == [(0, 8), (0, 10)]
    assert lab.counts() == ((10, 10, 10), (0, 0, 0))
    assert lab.state.workloads.of(DeploymentState)[0].complete


def test_a_template_that_comes_back_has_the_highest_revision_and_the_next_one_more() -> None:
    spec = web(2)
    lab = updated(spec)
    lab.apply(spec, at=1000.0)
    lab.apply(replace(spec, template=release("3")), at=2000.0)
    lab.run(HOUR)
    assert [replica_set.revision for replica_set in lab.replica_sets()] == [3, 2, 4]


def test_replica_sets_are_in_use_that_have_pods_or_are_to_have_some() -> None:
    lab = updated(web(2)).run(HOUR)
    [record] = lab.state.workloads.of(DeploymentState)
    old, new = record.replica_sets
    assert record.in_use() == [new]
    old.desired, new.desired = 1, 0
    assert record.in_use() == [old, new]


def test_a_third_release_takes_over_from_a_broken_second() -> None:
    spec = web(10, 3, 2)
    lab = updated(spec, "broken", under=NEVER)
    lab.apply(replace(spec, template=release("3")), at=HOUR)
    steps = lab.run(2 * HOUR).rollout(since=HOUR)
    assert steps == [(0, 8), (5, 8), (5, 3), (10, 3), (10, 0)]
    assert lab.counts() == ((0, 0, 0), (0, 0, 0), (10, 10, 10))


def test_a_release_in_the_middle_of_another_takes_over() -> None:
    spec = web(10)
    lab = updated(spec)
    lab.apply(replace(spec, template=release("3")), at=100.5)  # the first pods of the second start at 101
    lab.run(HOUR)
    assert [desired for desired, _, _ in lab.counts()] == [0, 0, 10]
    assert lab.state.workloads.of(DeploymentState)[0].complete


def test_an_old_pod_that_is_lost_under_a_broken_release_is_replaced_by_one_of_its_kind() -> None:
    lab = updated(web(10, 3, 2), "broken", under=NEVER).run(HOUR)
    old = next(iter(lab.replica_sets()[0].pods.values()))
    lab.delete(old, at=HOUR + 1)
    assert lab.run(HOUR + 1.5).counts() == ((8, 7, 7), (5, 0, 0))
    assert lab.run(2 * HOUR).counts() == ((8, 8, 8), (5, 0, 0))


def test_scaling_in_the_middle_of_a_rollout_is_shared() -> None:
    spec = web(10, 3, 2)
    lab = updated(spec, "broken", under=NEVER)
    lab.apply(replace(spec, replicas=15, template=release("broken")), at=HOUR)
    assert lab.run(2 * HOUR).rollout(since=HOUR)[-1] == (7, 11)


@pytest.mark.parametrize(("before", "after"), [(3, 5), (5, 3), (5, 0), (0, 4)])
def test_scaling_a_settled_deployment_makes_no_new_release(before: int, after: int) -> None:
    spec = web(before)
    lab = Lab(cluster(nodes(4), spec))
    lab.apply(replace(spec, replicas=after), at=10.0)
    lab.run(HOUR)
    assert lab.counts() == ((after, after, after),)
    assert len(lab.pods()) == after


def test_a_release_after_scaling_goes_by_the_limits_of_the_new_scale() -> None:
    lab = Lab(cluster(nodes(8, "abc"), web(4)), behaviour())
    lab.apply(web(12), at=50.0)
    lab.apply(web(12, version="2"), at=100.0)
    assert lab.run(HOUR).rollout(since=100.0) == updated(web(12)).run(HOUR).rollout(since=100.0)


def test_what_is_not_the_template_starts_no_rollout() -> None:
    spec = web(3)
    lab = Lab(cluster(nodes(4), spec))
    lab.apply(replace(spec, max_surge=3, progress_deadline_seconds=60.0, labels={"team": "a"}), at=10.0)
    lab.run(HOUR)
    assert len(lab.replica_sets()) == 1
    assert lab.log(Kind.POD_PHASE, 1.0) == []


def test_a_paused_deployment_does_not_roll_but_scales() -> None:
    spec = web(4)
    lab = Lab(cluster(nodes(4), spec))
    paused = replace(spec, paused=True, template=release("2"))
    lab.apply(paused, at=10.0)
    assert lab.run(100.0).counts() == ((4, 4, 4),)
    lab.apply(replace(paused, replicas=6), at=110.0)
    assert lab.run(200.0).counts() == ((6, 6, 6),)
    lab.apply(replace(paused, replicas=6, paused=False), at=210.0)
    assert lab.run(HOUR).counts() == ((0, 0, 0), (6, 6, 6))


def test_minimum_seconds_of_readiness_pace_every_wave() -> None:
    probed = container(readiness=Probe(period=1.0))
    slow = behaviour(startup=Fixed(19.0))
    spec = replace(web(3, min_ready_seconds=30.0), template=release("1"))
    lab = Lab(cluster(nodes(4), replace(spec, template=template("web", probed))), slow)
    lab.apply(replace(spec, template=template("web", probed, labels={"version": "2"})), at=100.0)
    lab.run(HOUR)
    [_, (done, _, complete)] = lab.log(Kind.DEPLOYMENT_COMPLETE, 1.0)
    assert complete
    assert done - 100.0 == pytest.approx(3 * 50.0, abs=3.0)


def test_a_change_of_minimum_readiness_holds_for_pods_to_come() -> None:
    spec = web(2)
    lab = Lab(cluster(nodes(2), spec))
    lab.apply(replace(spec, min_ready_seconds=30.0), at=10.0)
    lab.delete(lab.pods()[0], at=20.0)
    assert lab.run(HOUR).log(Kind.POD_AVAILABLE, 1.0) == [(20.0, "web-0", 0), (51.0, "web-2", 1)]


def test_recreate_waits_until_the_last_old_pod_is_gone() -> None:
    spec = web(4, strategy=StrategyType.RECREATE)
    lab = updated(spec, under=behaviour(stop=Fixed(20.0))).run(HOUR)
    assert lab.rollout(since=100.0) == [(0, 0), (4, 0)]
    scaled = [time for time, *_ in lab.rows(Kind.REPLICASET_DESIRED, 100.0)]
    assert scaled == [100.0, 120.0]
    answering = {time: count for time, _, count in lab.log(Kind.SERVICE_ANSWERING, 100.0)}
    assert answering == {100.0: 4, 120.0: 0, 123.0: 4}  # terminating endpoints serve until they stop


def test_recreate_is_blocked_by_a_pod_on_a_dead_node() -> None:
    spec = web(3, strategy=StrategyType.RECREATE)
    lab = Lab(cluster(nodes(3), spec), failures=[down(0, at=0.0, lasting=5000.0)])
    lab.apply(replace(spec, template=release("2")), at=100.0)
    assert lab.run(4999.0).rollout(since=100.0) == [(0, 0)]
    assert lab.run(5100.0).rollout(since=100.0) == [(0, 0), (3, 0)]
    assert lab.state.workloads.of(DeploymentState)[0].complete


def test_recreate_makes_the_new_replica_set_once_the_old_pods_are_gone_and_no_deadline_runs_before() -> None:
    """As recorded in rollouts/recreate-stuck: the condition stays that of the last rollout until then."""
    spec = web(3, strategy=StrategyType.RECREATE, progress_deadline_seconds=60.0)
    lab = Lab(cluster(nodes(3), spec), failures=[down(0, at=0.0, lasting=5000.0)])
    lab.apply(replace(spec, template=release("2")), at=1000.0)
    lab.run(4999.0)
    [record] = lab.state.workloads.of(DeploymentState)
    assert len(record.replica_sets) == 1
    assert record.progressing
    lab.run(5100.0)
    assert [r.revision for r in record.replica_sets] == [1, 2]
    assert lab.log(Kind.DEPLOYMENT_PROGRESSING) == []


def test_a_pause_while_recreate_waits_brings_the_old_pods_back() -> None:
    spec = web(3, strategy=StrategyType.RECREATE)
    lab = Lab(cluster(nodes(3), spec), failures=[down(0, at=0.0, lasting=5000.0)])
    changed = replace(spec, template=release("2"))
    lab.apply(changed, at=1000.0)
    lab.apply(replace(changed, paused=True), at=2000.0)
    lab.run(3000.0)
    assert lab.counts() == ((3, 3, 3),)


def test_scaling_while_paused_with_nothing_there_scales_the_replica_set_of_the_template() -> None:
    spec = web(2)
    lab = updated(spec).run(1000.0)
    lab.apply(replace(spec, replicas=0), at=1000.0)  # the first template again, and no pods
    lab.apply(replace(spec, replicas=0, paused=True), at=1100.0)
    lab.apply(replace(spec, replicas=2, paused=True), at=1200.0)
    lab.run(HOUR)
    assert lab.counts() == ((2, 2, 2), (0, 0, 0))


def test_a_rolling_update_goes_on_past_a_dead_node() -> None:
    lab = Lab(cluster(nodes(4), web(4)), failures=[down(0, at=0.0)])
    lab.apply(replace(web(4), template=release("2")), at=100.0)
    lab.run(HOUR)
    assert lab.counts() == ((0, 0, 0), (4, 4, 4))
    assert lab.state.workloads.of(DeploymentState)[0].complete


@pytest.mark.parametrize(("new_image", "pulled"), [(True, 20.0), (False, 0.0)])
def test_a_release_with_new_images_has_to_pull_them(new_image: bool, pulled: float) -> None:
    operation = Rollout("weekly", "Deployment/web", at=100.0, new_image=new_image)
    lab = Lab(cluster(nodes(1), web(1)), behaviour(image_pull=Fixed(20.0)), operations=[operation]).run(HOUR)
    assert lab.times(Kind.POD_NODE, since=1.0) == [100.0]
    assert lab.times(Kind.POD_CONTAINERS, 1, 1.0) == [100.0 + pulled + 1.0]


def test_releases_come_at_their_times() -> None:
    operation = Rollout("weekly", "Deployment/web", every=1000.0, at=300.0)
    lab = Lab(cluster(nodes(2), web(2)), operations=[operation]).run(2500.0)
    assert lab.times(Kind.DEPLOYMENT_GENERATION, since=1.0) == [300.0, 1300.0, 2300.0]
    assert lab.state.workloads.of(DeploymentState)[0].complete


def test_old_replica_sets_are_kept_as_long_as_the_history_says() -> None:
    operation = Rollout("weekly", "Deployment/web", every=1000.0)
    lab = Lab(cluster(nodes(2), web(2, revision_history_limit=3)), operations=[operation]).run(10_500.0)
    assert [desired for desired, _, _ in lab.counts()] == [0, 0, 0, 2]


@pytest.mark.parametrize("target", ["Deployment/webb", "Deployment/other/web", "web"])
def test_a_rollout_needs_its_target(target: str) -> None:
    with pytest.raises(ValueError, match=f"there is no {target}"):
        Lab(cluster(nodes(1), web(1)), operations=[Rollout("weekly", target, at=10.0)]).run(HOUR)


@pytest.mark.parametrize("target", ["Deployment/web", "Deployment/default/web"])
def test_a_target_may_name_its_namespace(target: str) -> None:
    lab = Lab(cluster(nodes(1), web(1)), operations=[Rollout("weekly", target, at=10.0)]).run(HOUR)
    assert len(lab.replica_sets()) == 2


@pytest.mark.parametrize("times", [{}, {"every": 0.0}, {"every": -1.0}, {"at": -1.0}])
def test_a_rollout_needs_a_time(times: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"every|at"):
        Rollout("weekly", "Deployment/web", **times)
