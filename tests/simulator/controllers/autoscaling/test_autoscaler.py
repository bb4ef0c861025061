"""Autoscalers in a running cluster: from the load to the replicas."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.autoscaling import (
    HorizontalPodAutoscaler,
    Metric,
    MetricSource,
    PolicyType,
    ScalingBehavior,
    ScalingPolicy,
    ScalingRules,
    TargetType,
)
from models.cluster import Cluster
from models.deployment import Deployment, ReplicaSet
from models.distributions import Fixed
from models.labels import LabelSelector
from models.load import Load
from models.pod import PodResources
from models.statefulset import StatefulSet
from simulator.controllers.autoscaling.autoscaler import AutoscalerController
from simulator.log import Kind
from simulator.run import simulate
from simulator.simulation import Simulation
from simulator.state.objects import DeploymentState
from simulator.state.objects.autoscaler import AutoscalerState
from tests.simulator.clusters import (
    DAY,
    EXACT,
    MIB,
    Lab,
    behaviour,
    cluster,
    container,
    deployment,
    down,
    nodes,
    template,
)

CPU_50_PERCENT = Metric(MetricSource.RESOURCE, "cpu", TargetType.UTILIZATION, 50)
INSTANT = replace(EXACT, metrics_resolution=5.0, metrics_delay=0.0, metrics_container_age=0.0, metrics_window=10.0)
"""Samples every 5 s, at once."""


def autoscaler(most: int = 10, least: int = 1, *metrics: Metric, **other: object) -> HorizontalPodAutoscaler:
    return HorizontalPodAutoscaler(
        "web",
        "Deployment",
        "web",
        most,
        least,
        metrics or (CPU_50_PERCENT,),
        **other,  # type: ignore[arg-type]
    )


def load(*steps: tuple[float, float], metric: str = "cpu") -> Load:
    """Steps of (seconds, millicores)."""
    return Load("Deployment/web", steps, metric)


def lab(
    scaler: HorizontalPodAutoscaler,
    *loads: Load,
    web: Deployment | None = None,
    machines: int = 10,
    **other: object,
) -> Lab:
    described = cluster(nodes(machines), web or deployment(replicas=2))
    scaled = replace(described, autoscalers=(scaler,))
    other.setdefault("behaviour", behaviour(INSTANT))
    return Lab(scaled, before=lambda simulation: _feed(simulation, loads), **other)  # type: ignore[arg-type]


def _feed(simulation: Simulation, loads: Sequence[Load]) -> None:
    simulation.loads = loads


def changes(world: Lab, since: float = 0.0) -> list[tuple[float, int]]:
    """When the autoscaler wanted another number, and which; times from its tick before."""
    return [(time, new) for time, _, new in world.log(Kind.AUTOSCALER_DESIRED, since)]


def replicas(world: Lab) -> int:
    return world.state.workloads.of(DeploymentState)[0].spec.replicas


def test_a_cluster_is_scaled_to_its_load_before_time_0() -> None:
    world = lab(autoscaler(), load((0.0, 250.0)))
    assert replicas(world) == 5
    assert world.counts() == ((5, 5, 5),)


def test_a_step_of_load_is_followed_within_a_tick_and_back_after_five_minutes() -> None:
    world = lab(autoscaler(), load((0.0, 100.0), (100.0, 400.0), (1000.0, 100.0))).run(2000.0)
    times, counts = zip(*changes(world), strict=True)
    assert counts == (4, 8, 2)
    assert 100.0 < times[0] <= 120.0
    assert times[1] - times[0] == pytest.approx(15.0, abs=0.002)
    assert 1285.0 < times[2] <= 1320.0


def test_the_autoscaler_looks_15_seconds_after_it_was_made_and_every_15_seconds_from_then_on() -> None:
    described = cluster(nodes(10), deployment(replicas=2))
    world = Lab(described, behaviour(INSTANT))
    world.at(
        8.0, lambda: world.simulation.control_plane.autoscalers.feed(load((8.0, 100.0), (68.0, 450.0), (158.0, 120.0)))
    )
    world.apply(autoscaler(least=2), at=15.0)
    world.run(600.0)
    assert changes(world) == [(30.0, 2), (75.0, 4), (90.0, 8), (105.0, 9), (450.0, 3)]


def test_replicas_outside_the_bounds_are_corrected_without_any_metric() -> None:
    world = lab(autoscaler(most=8, least=3))
    assert replicas(world) == 3
    assert world.state.workloads.of(AutoscalerState)[0].scaling_active == "FailedGetResourceMetric"
    world.apply(deployment(replicas=9), at=100.0)
    assert replicas(world.run(200.0)) == 8


def test_without_a_load_the_run_says_so() -> None:
    described = replace(cluster(nodes(2), deployment(replicas=2)), autoscalers=(autoscaler(),))
    run = simulate(described, duration=10.0)
    assert run.notes == (
        "HorizontalPodAutoscaler/web: no load is given for Deployment/web (cpu): "
        "it only keeps web within 1 to 10 replicas",
    )
    assert simulate(described, duration=10.0, loads=[load((0.0, 100.0))]).notes == ()


def test_zero_replicas_switch_the_autoscaler_off() -> None:
    world = lab(autoscaler(), load((0.0, 1000.0)), web=deployment(replicas=0))
    assert replicas(world) == 0
    assert world.state.workloads.of(AutoscalerState)[0].scaling_active == "ScalingDisabled"


def test_a_container_without_a_request_stops_utilisation_but_not_values() -> None:
    web = deployment(replicas=2, pods=template("web", container(cpu=None)))
    assert replicas(lab(autoscaler(), load((0.0, 500.0)), web=web)) == 2
    value = Metric(MetricSource.RESOURCE, "cpu", TargetType.AVERAGE_VALUE, 50)
    assert replicas(lab(autoscaler(10, 1, value), load((0.0, 500.0)), web=web)) == 10


def test_utilisation_is_that_of_what_the_pod_as_a_whole_requests_unless_a_container_is_asked_about() -> None:
    web = template("web", container(cpu=100), resources=PodResources({"cpu": 200}))
    assert replicas(lab(autoscaler(), load((0.0, 300.0)), web=deployment(replicas=2, pods=web))) == 3
    server = Metric(MetricSource.CONTAINER_RESOURCE, "cpu", TargetType.UTILIZATION, 50, "server")
    assert replicas(lab(autoscaler(10, 1, server), load((0.0, 300.0)), web=deployment(replicas=2, pods=web))) == 6
    bare = template("web", container(cpu=None), resources=PodResources({"memory": 200}))
    assert replicas(lab(autoscaler(), load((0.0, 300.0)), web=deployment(replicas=2, pods=bare))) == 2


def test_memory_pods_object_and_external_metrics() -> None:
    gib = 1000 * 128 * MIB
    cases = [
        (Metric(MetricSource.RESOURCE, "memory", TargetType.UTILIZATION, 50), 3 * gib, 6),
        (Metric(MetricSource.CONTAINER_RESOURCE, "cpu", TargetType.UTILIZATION, 50, "server"), 300, 6),
        (Metric(MetricSource.PODS, "requests", TargetType.AVERAGE_VALUE, 10_000), 55_000, 6),
        (Metric(MetricSource.EXTERNAL, "queue", TargetType.AVERAGE_VALUE, 30_000), 91_000, 4),
        (Metric(MetricSource.OBJECT, "connections", TargetType.VALUE, 30_000), 31_000, 2),
    ]
    for metric, total, expected in cases:
        world = lab(autoscaler(10, 1, metric), load((0.0, float(total)), metric=metric.name))
        assert replicas(world) == expected, metric


def test_of_several_metrics_the_highest_wins_and_one_without_samples_forbids_scaling_down() -> None:
    queue = Metric(MetricSource.EXTERNAL, "queue", TargetType.AVERAGE_VALUE, 1000)
    both = autoscaler(10, 1, CPU_50_PERCENT, queue)
    assert replicas(lab(both, load((0.0, 100.0)), load((0.0, 7000.0), metric="queue"))) == 7
    assert replicas(lab(both, load((0.0, 200.0)))) == 4
    assert replicas(lab(both, load((0.0, 10.0)))) == 2


@pytest.mark.parametrize("kind", ["ReplicaSet", "StatefulSet"])
def test_other_workloads_are_scaled_too(kind: str) -> None:
    pods, selector = template("web", container()), LabelSelector.of({"app": "web"})
    described = Cluster(
        nodes(4),
        replica_sets=(ReplicaSet("web", pods, selector, replicas=2),) if kind == "ReplicaSet" else (),
        stateful_sets=(StatefulSet("web", pods, selector, replicas=2),) if kind == "StatefulSet" else (),
        autoscalers=(replace(autoscaler(), target_kind=kind),),
    )
    offered = [Load(f"{kind}/web", ((0.0, 300.0),))]
    world = Lab(described, behaviour(INSTANT), before=lambda simulation: _feed(simulation, offered))
    assert sum(pod.ready for pod in world.state.pods.values()) == 6


def test_a_daemon_set_has_no_scale() -> None:
    world = lab(replace(autoscaler(), target_kind="DaemonSet"))
    assert world.state.workloads.of(AutoscalerState)[0].able_to_scale == "FailedGetScale"


def test_a_behavior_limits_the_rate() -> None:
    rules = ScalingRules((ScalingPolicy(PolicyType.PODS, 1, 30.0),), stabilization_window=0.0)
    slow = ScalingBehavior(scale_up=rules, scale_down=replace(rules, stabilization_window=30.0))
    world = lab(autoscaler(behavior=slow), load((0.0, 100.0), (100.0, 250.0), (300.0, 100.0))).run(600.0)
    times, counts = zip(*changes(world), strict=True)
    assert counts == (3, 4, 5, 4, 3, 2)
    gaps = [round(later - earlier, 3) for earlier, later in pairwise(times)]
    assert gaps[:2] == [30.0, 30.0]
    assert gaps[3:] == [30.0, 30.0]


def test_pods_of_a_dead_node_are_missing_and_their_share_is_nobodys_until_they_are_unready() -> None:
    web = deployment(replicas=4)
    world = lab(autoscaler(least=2), load((0.0, 200.0)), web=web, machines=4, failures=[down(0, at=100.0)])
    assert replicas(world) == 4
    world.run(145.0)
    assert replicas(world) == 4
    world.run(400.0)
    assert replicas(world) >= 4


def test_new_pods_have_no_sample_until_metrics_server_has_seen_them_for_10_seconds() -> None:
    timing = replace(EXACT, metrics_delay=0.0)
    world = lab(autoscaler(), load((0.0, 100.0), (100.0, 400.0)), behaviour=behaviour(timing, startup=Fixed(20.0)))
    world.run(300.0)
    assert changes(world)[-1][1] == 8


def test_only_ticks_that_can_change_something_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    reconcile = AutoscalerController._reconcile

    def counted(self: AutoscalerController, loop: object) -> float:
        looks.append(self._kernel.now)
        return reconcile(self, loop)  # type: ignore[arg-type]

    monkeypatch.setattr(AutoscalerController, "_reconcile", counted)
    world = lab(autoscaler(least=2), load((0.0, 200.0), (5 * DAY, 400.0), (6 * DAY, 200.0)), end=10 * DAY).run(10 * DAY)
    assert replicas(world) == 4
    assert len(looks) < 50


totals = st.sampled_from([0.0, 100.0, 230.0, 300.0, 450.0, 700.0, 900.0])
rules = st.none() | st.builds(
    ScalingBehavior,
    st.builds(
        ScalingRules,
        st.just((ScalingPolicy(PolicyType.PODS, 2, 45.0), ScalingPolicy(PolicyType.PERCENT, 50, 20.0))),
        stabilization_window=st.sampled_from([0.0, 60.0]),
    ),
    st.builds(
        ScalingRules,
        st.just((ScalingPolicy(PolicyType.PERCENT, 30, 60.0),)),
        stabilization_window=st.sampled_from([0.0, 40.0, None]),
    ),
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1.0, 900.0), totals), min_size=1, max_size=5),
    rules,
    st.sampled_from([2.0, 25.0]),
    st.booleans(),
    st.integers(0, 5),
)
def test_leaving_ticks_out_changes_nothing(
    steps: list[tuple[float, float]],
    behavior: ScalingBehavior | None,
    startup: float,
    crash: bool,
    seed: int,
) -> None:
    offered = load(*sorted({0.0: 200.0, **dict(steps)}.items()))
    timing = replace(EXACT, metrics_delay=7.0)

    def run(*, every_tick: bool) -> list[tuple[float, int]]:
        def feed(simulation: Simulation) -> None:
            simulation.loads = [offered]
            if every_tick:
                look_always = partial(simulation.control_plane.autoscalers._wake, "Deployment/default/web", DAY)
                simulation.kernel.timer(DAY - 600.0, look_always)

        world = Lab(
            replace(cluster(nodes(4), deployment(replicas=4)), autoscalers=(autoscaler(least=2, behavior=behavior),)),
            behaviour(timing, startup=Fixed(startup)),
            failures=[down(0, at=200.0, lasting=400.0)] if crash else [],
            seed=seed,
            end=2000.0,
            before=feed,
        )
        return changes(world.run(2000.0), since=-DAY)

    assert run(every_tick=False) == run(every_tick=True)
