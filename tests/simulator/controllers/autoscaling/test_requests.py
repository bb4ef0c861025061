"""Autoscalers that measure what the requests to their Services ask for."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from models.autoscaling import HorizontalPodAutoscaler, Metric, MetricSource, TargetType
from models.cluster import Cluster
from models.load import Load
from models.node import Resources
from models.service import Service
from models.traffic import RequestRate, Traffic
from simulator.log import Kind
from simulator.state.objects import DeploymentState
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, container, deployment, nodes, template

CPU_50_PERCENT = Metric(MetricSource.RESOURCE, "cpu", TargetType.UTILIZATION, 50)
COST = 0.01
"""Seconds of a core."""


def described(*metrics: Metric, limit: int = 0, most: int = 30) -> Cluster:
    pods = template("web", container(cpu=200, limits=Resources(limit)))
    scaler = HorizontalPodAutoscaler("web", "Deployment", "web", most, 1, metrics or (CPU_50_PERCENT,))
    return replace(cluster(nodes(10), deployment(replicas=2, pods=pods)), autoscalers=(scaler,))


def traffic(rate: float | RequestRate, service: str = "web", **other: Any) -> Traffic:
    return Traffic(service, rate if isinstance(rate, RequestRate) else RequestRate.constant(rate), **other)


def lab(asked: Sequence[Traffic], of: Cluster | None = None, **other: Any) -> Lab:
    return Lab(of or described(), behaviour(), traffic=asked, **other)


def replicas(world: Lab) -> int:
    return world.state.workloads.of(DeploymentState)[0].spec.replicas


@pytest.mark.parametrize("rate", [5.0, 45.0, 99.0, 101.0, 137.0, 250.0])
def test_replicas_are_the_rate_times_the_cost_over_the_target(rate: float) -> None:
    """Unless the ratio is within the tolerance of 10 %, in which the autoscaler leaves what it has found."""
    found = replicas(lab([traffic(rate, cpu_per_request=COST)]))
    wanted = rate * 1000 * COST / (0.5 * 200)
    assert found == math.ceil(wanted) or abs(wanted / found - 1) <= 0.11


def test_idle_pods_use_what_they_use() -> None:
    """200m of requests, and 20m by each pod: 100m a pod are reached with 200 / (100 - 20)."""
    assert replicas(lab([traffic(20.0, cpu_per_request=COST, idle_cpu=20)])) == 3


def test_a_pod_uses_no_more_than_its_limit_and_answers_no_more_than_its_capacity() -> None:
    for bounded in (
        lab([traffic(1000.0, cpu_per_request=COST)], described(limit=250, most=3)),
        lab([traffic(1000.0, cpu_per_request=COST, capacity=25.0)], described(most=3)),
    ):
        server = bounded.simulation.control_plane.autoscalers._metrics["Deployment/default/web"]
        samples = server.samples("cpu")
        assert samples is not None
        assert [sample.usage for sample in samples.values()] == [250, 250, 250]


def test_without_a_cost_an_endpoint_at_its_capacity_uses_its_request() -> None:
    """200m at 20 requests a second: 50 % of it at 10."""
    assert replicas(lab([traffic(70.0, capacity=20.0)])) == 7


def test_the_requests_of_several_services_add_up() -> None:
    of = described()
    both = replace(of, services=(*of.services, Service("also", selector={"app": "web"})))
    asked = [traffic(30.0, cpu_per_request=COST), traffic(20.0, "also", cpu_per_request=2 * COST)]
    assert replicas(lab(asked, both)) == 7


def test_a_service_in_front_of_two_workloads_gives_each_pod_its_share() -> None:
    of = described(most=3)
    canary = deployment("canary", 3, pods=template("web", container(cpu=200)))
    shared = replace(of, deployments=(*of.deployments, canary))
    assert replicas(lab([traffic(60.0, cpu_per_request=COST)], shared)) == 3
    server = lab([traffic(60.0, cpu_per_request=COST)], shared)
    samples = server.simulation.control_plane.autoscalers._metrics["Deployment/default/web"].samples("cpu")
    assert samples is not None
    assert {sample.usage for sample in samples.values()} == {100}


def test_a_step_of_the_rate_is_followed() -> None:
    steps = RequestRate(((0.0, 20.0), (100.0, 80.0), (1000.0, 20.0)))
    world = lab([traffic(steps, cpu_per_request=COST)]).run(2000.0)
    wanted = [(time, new) for time, _, new in world.log(Kind.AUTOSCALER_DESIRED, 0.0)]
    assert [new for _, new in wanted] == [4, 8, 2]
    assert 100.0 < wanted[0][0] < 190.0
    assert 1285.0 < wanted[2][0] < 1400.0


def test_a_daily_wave_goes_on_for_days() -> None:
    wave = RequestRate.wave(100.0, 180.0, 20 * HOUR)
    world = lab([traffic(wave, cpu_per_request=COST)]).run(72 * HOUR)
    wanted = [(time, new) for time, _, new in world.log(Kind.AUTOSCALER_DESIRED, 0.0)]
    for day in range(3):
        today = [new for time, new in wanted if 24 * HOUR * day <= time < 24 * HOUR * (day + 1)]
        assert max(today) in (17, 18, 19)
        assert min(today) in (2, 3)


def test_steps_that_come_faster_than_samples_cost_no_more_than_samples() -> None:
    fast = RequestRate(tuple((float(second), 40.0 + second % 2) for second in range(600)))
    world = lab([traffic(fast, cpu_per_request=COST)])
    before = next(world.kernel._eid)
    world.run(600.0)
    assert replicas(world) == 4
    assert next(world.kernel._eid) - before < 5 * 600 / 15  # of a sample, a tick and a step each


@pytest.mark.parametrize("source", [MetricSource.PODS, MetricSource.OBJECT, MetricSource.EXTERNAL])
def test_requests_per_second_are_a_metric_by_the_name_that_traffic_gives(source: MetricSource) -> None:
    metric = Metric(source, "http_requests_per_second", TargetType.AVERAGE_VALUE, 10_000)
    asked = [traffic(65.0, rate_metric="http_requests_per_second")]
    assert replicas(lab(asked, described(metric))) == 7


def test_a_load_that_is_given_goes_before_what_requests_ask_for() -> None:
    def feed(simulation: Any) -> None:
        simulation.loads = (Load("Deployment/web", ((0.0, 500.0),)),)

    assert replicas(lab([traffic(1000.0, cpu_per_request=COST)], before=feed)) == 5


def test_traffic_to_other_services_is_not_measured() -> None:
    of = described()
    other = replace(of, services=(*of.services, Service("other", selector={"app": "other"})))
    assert replicas(lab([traffic(1000.0, "other", cpu_per_request=COST)], other)) == 2


def test_traffic_to_no_service_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is no Service 'wob'"):
        lab([traffic(1.0, "wob")])
