"""What requests ask of pods: CPU time, capacity and queue, of which the third follows from two."""

import math
from dataclasses import replace

import pytest

from models.autoscaling import HorizontalPodAutoscaler
from models.cluster import Cluster
from models.demand import Demand, cpu_limit, measured, notes, shortage
from models.deployment import Deployment
from models.distributions import Fixed
from models.labels import LabelSelector
from models.load import Load
from models.node import Resources
from models.pod import Container, PodResources, PodSpec, PodTemplate
from models.request_level import FirstComeFirstServed, Poisson, ProcessorSharing, RequestLevel
from models.service import Service
from models.traffic import RequestRate, Traffic

WEB = Traffic("web", RequestRate.constant(100.0))


def spec(cpu: int = 500, limit: int = 0, **other: object) -> PodSpec:
    container = Container("server", requests=Resources(cpu), limits=Resources(limit), declared=frozenset({"cpu"}))
    return PodSpec((container,), **other)  # type: ignore[arg-type]


def cluster(pods: PodSpec) -> Cluster:
    labels = {"app": "web"}
    return Cluster(
        services=(Service("web", selector=labels),),
        deployments=(Deployment("web", PodTemplate(pods, labels), LabelSelector.of(labels)),),
        autoscalers=(HorizontalPodAutoscaler("h", "Deployment", "web", 10),),
    )


@pytest.mark.parametrize(
    ("traffic", "pods", "cost", "capacity"),
    [
        (replace(WEB, capacity=100.0), spec(500), 5.0, 100.0),  # all of the request, without a limit
        (replace(WEB, capacity=100.0), spec(500, 1000), 10.0, 100.0),
        (replace(WEB, cpu_per_request=0.02), spec(500, 1000), 20.0, 50.0),
        (replace(WEB, cpu_per_request=0.02), spec(500), 20.0, math.inf),
        (replace(WEB, cpu_per_request=0.02, capacity=10.0), spec(500, 1000), 20.0, 10.0),
        (replace(WEB, cpu_per_request=0.02, capacity=90.0), spec(500, 1000), 20.0, 50.0),
        (WEB, spec(500, 1000), None, math.inf),
        (replace(WEB, capacity=100.0), spec(0), None, 100.0),
    ],
)
def test_an_endpoint_that_gets_all_it_can_answer_uses_all_its_cpu(
    traffic: Traffic, pods: PodSpec, cost: float | None, capacity: float
) -> None:
    found = Demand.of(traffic, pods)
    assert found.cost == (None if cost is None else pytest.approx(cost))
    assert found.capacity == pytest.approx(capacity)


@pytest.mark.parametrize(
    ("pod", "capacity", "waiting"),
    [
        (FirstComeFirstServed(4), 40.0, 4096),
        (FirstComeFirstServed(4, queue=8), 40.0, 8),
        (ProcessorSharing(2), 20.0, 4096),
        (ProcessorSharing(2, limit=12), 20.0, 10),
        (ProcessorSharing(), math.inf, 4096),
    ],
)
def test_workers_bound_what_an_endpoint_can_answer(
    pod: FirstComeFirstServed | ProcessorSharing, capacity: float, waiting: int
) -> None:
    level = RequestLevel(Poisson(), pod)
    found = Demand.of(replace(WEB, service_time=Fixed(0.1), requests=level), spec())
    assert found.capacity == pytest.approx(capacity)
    assert found.queue == waiting


def test_a_queue_that_is_given_holds() -> None:
    assert Demand.of(replace(WEB, capacity=10.0, queue=5), spec()).queue == 5
    assert Demand.of(replace(WEB, capacity=10.0), spec()).queue == 4096


def test_without_a_bound_of_its_own_a_pod_is_bounded_by_its_node() -> None:
    costly = replace(WEB, cpu_per_request=0.02)
    assert Demand.of(costly, spec()).capacity_with(2000.0) == 100.0
    assert Demand.of(costly, spec(limit=500)).capacity_with(2000.0) == 25.0
    assert Demand.of(WEB, spec()).capacity_with(2000.0) == math.inf


def test_the_limit_of_the_pod_goes_before_those_of_its_containers() -> None:
    assert cpu_limit(spec(limit=700)) == 700
    assert cpu_limit(spec(limit=700, resources=PodResources({}, {"cpu": 900}))) == 900
    assert cpu_limit(replace(spec(limit=700), init_containers=(Container("proxy", restart_policy="Always"),))) is None


def test_autoscalers_measure_the_traffic_to_the_services_before_their_targets() -> None:
    costly = replace(WEB, cpu_per_request=0.01, rate_metric="rps")
    target = "Deployment/default/web"
    assert measured(cluster(spec()), [costly]) == {(target, "cpu"): (costly,), (target, "rps"): (costly,)}
    assert measured(cluster(spec()), [WEB]) == {}
    assert measured(replace(cluster(spec()), autoscalers=()), [costly]) == {}


def test_what_is_assumed_of_cpu_is_said() -> None:
    [note] = notes(cluster(spec()), (), (replace(WEB, capacity=100.0),))
    assert note == (
        "traffic to web: without cpuPerRequest, an endpoint that answers 100 requests/s, all it can, is taken to use "
        "its CPU request of 500m: 5ms of a core a request"
    )
    assert notes(cluster(spec()), (), (replace(WEB, cpu_per_request=0.01),)) == ()
    by_hand = (Load("Deployment/web", ((0.0, 1.0),)),)
    assert notes(cluster(spec()), by_hand, (replace(WEB, capacity=100.0),)) == ()
    [note] = notes(cluster(spec()), (), (WEB,))
    assert note.startswith("HorizontalPodAutoscaler/h: no load is given for Deployment/web (cpu)")


def test_a_cpu_limit_bounds_requests_with_a_cpu_time() -> None:
    costly = replace(WEB, cpu_per_request=0.02, service_time=Fixed(0.1))
    found = shortage(costly, cluster(spec(limit=500)))
    assert found is not None
    assert found.capacity == pytest.approx(25.0)
    assert found.at_full_speed == pytest.approx(2.5)
    assert shortage(costly, cluster(spec())) is None
    assert shortage(WEB, cluster(spec(limit=500))) is None


@pytest.mark.parametrize("wrong", [{"cpu_per_request": 0.0}, {"idle_cpu": -1}, {"queue": -1}])
def test_nonsense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        replace(WEB, **wrong)  # type: ignore[arg-type]
