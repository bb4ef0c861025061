"""The quality of service that requests and limits give."""

import pytest

from models.node import Resources
from models.pod import Container, PodResources, PodSpec
from models.qos import QosClass, qos_class


def asking(requests: Resources, limits: Resources = Resources(), **other: object) -> Container:
    return Container("c", requests=requests, limits=limits, **other)  # type: ignore[arg-type]


NOTHING = asking(Resources())
FULL = asking(Resources(100, 10), Resources(100, 10))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (PodSpec((NOTHING,)), QosClass.BEST_EFFORT),
        (PodSpec((asking(Resources(0, 0, {"gpu": 1})),)), QosClass.BEST_EFFORT),
        (PodSpec((FULL,)), QosClass.GUARANTEED),
        (PodSpec((FULL, FULL)), QosClass.GUARANTEED),
        (PodSpec((FULL, NOTHING)), QosClass.BURSTABLE),
        (PodSpec((FULL,), init_containers=(NOTHING,)), QosClass.BURSTABLE),
        (PodSpec((asking(Resources(100)),)), QosClass.BURSTABLE),
        (PodSpec((asking(Resources(50, 10), Resources(100, 10)),)), QosClass.BURSTABLE),
        (PodSpec((asking(Resources(100), Resources(100)),)), QosClass.BURSTABLE),
    ],
)
def test_every_container_needs_requests_and_limits_that_are_equal(spec: PodSpec, expected: QosClass) -> None:
    assert qos_class(spec) is expected


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (PodResources({"cpu": 100, "memory": 10}, {"cpu": 100, "memory": 10}), QosClass.GUARANTEED),
        (PodResources({"cpu": 100, "memory": 10}, {"cpu": 200, "memory": 10}), QosClass.BURSTABLE),
        (PodResources({"cpu": 100}, {"cpu": 100}), QosClass.BURSTABLE),
        (PodResources({"cpu": 100, "memory": 10}), QosClass.BURSTABLE),
        (PodResources({"hugepages-2Mi": 1}, {"hugepages-2Mi": 1}), QosClass.BEST_EFFORT),
    ],
)
def test_what_the_pod_as_a_whole_requests_is_all_that_counts(whole: PodResources, expected: QosClass) -> None:
    assert qos_class(PodSpec((NOTHING,), resources=whole)) is expected
    assert qos_class(PodSpec((FULL,), resources=whole)) is expected
