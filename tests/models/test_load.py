import pytest

from models.autoscaling import HorizontalPodAutoscaler, Metric, MetricSource, TargetType
from models.load import Load, without_load


def test_a_load_is_constant_between_steps() -> None:
    load = Load("Deployment/web", ((10.0, 100.0), (20.0, 300.0)))
    assert [load.at(time) for time in (0.0, 10.0, 19.9, 20.0, 99.0)] == [100.0, 100.0, 100.0, 300.0, 300.0]
    assert [load.next_step(time) for time in (0.0, 10.0, 20.0)] == [10.0, 20.0, None]


@pytest.mark.parametrize(
    ("target", "workload"),
    [("Deployment/web", "Deployment/default/web"), ("StatefulSet/shop/cart", "StatefulSet/shop/cart")],
)
def test_a_target_may_leave_out_the_default_namespace(target: str, workload: str) -> None:
    assert Load(target, ((0.0, 1.0),)).workload == workload


@pytest.mark.parametrize(
    ("target", "steps", "message"),
    [
        ("web", ((0.0, 1.0),), "expected a target like Deployment/web"),
        ("Deployment/web", (), "needs at least one step"),
        ("Deployment/web", ((5.0, 1.0), (5.0, 2.0)), "must increase in time"),
        ("Deployment/web", ((0.0, -1.0),), "must not be negative"),
    ],
)
def test_impossible_loads_are_refused(target: str, steps: tuple[tuple[float, float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Load(target, steps)


def test_an_autoscaler_without_a_load_is_named_with_what_it_does() -> None:
    queue = Metric(MetricSource.EXTERNAL, "queue", TargetType.VALUE, 1000)
    plain = HorizontalPodAutoscaler("a", "Deployment", "web", 5, 2)
    both = HorizontalPodAutoscaler("b", "Deployment", "web", 5, 2, (*plain.metrics, queue))
    cpu = Load("Deployment/web", ((0.0, 1.0),))
    assert without_load([plain, both], []) == (
        "HorizontalPodAutoscaler/a: no load is given for Deployment/web (cpu): "
        "it only keeps web within 2 to 5 replicas",
        "HorizontalPodAutoscaler/b: no load is given for Deployment/web (cpu, queue): "
        "it only keeps web within 2 to 5 replicas",
    )
    assert without_load([plain, both], [cpu]) == (
        "HorizontalPodAutoscaler/b: no load is given for Deployment/web (queue): it never scales down",
    )
