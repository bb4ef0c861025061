"""Whose turn it is to be scheduled, and who waits behind whom."""

from collections.abc import Iterator

from models.node import HOSTNAME_LABEL
from models.pod import TopologySpreadConstraint, WhenUnsatisfiable
from simulator.scheduling.queue import SchedulingQueue
from simulator.state.objects import PodState
from tests.simulator.clusters import Lab, cluster, deployment, template

SPREAD = TopologySpreadConstraint(1, HOSTNAME_LABEL, WhenUnsatisfiable.DO_NOT_SCHEDULE)


def pods() -> list[PodState]:
    """Two pods of each of two templates, the second of which is more important and spread."""
    important = template("b", priority=10, topology_spread_constraints=(SPREAD,))
    return Lab(cluster((), deployment("a", 2), deployment("b", 2, pods=important))).pods()


def drained(queue: SchedulingQueue) -> Iterator[int]:
    while (pod := queue.pop()) is not None:
        yield pod.uid


def test_pods_go_by_priority_then_by_arrival() -> None:
    called: list[None] = []
    queue = SchedulingQueue(lambda: called.append(None))
    a0, a1, b0, b1 = sorted(pods(), key=lambda pod: (pod.pod_class.spec.priority, pod.uid))
    for pod in (a1, b1, a0, b0):
        queue.add(pod)
    assert list(drained(queue)) == [b0.uid, b1.uid, a0.uid, a1.uid]
    assert len(called) == 4


def test_equals_of_a_rejected_pod_are_rejected_until_something_happens_and_then_go_one_by_one() -> None:
    queue = SchedulingQueue(lambda: None)
    a0, a1, b0, _ = sorted(pods(), key=lambda pod: (pod.pod_class.spec.priority, pod.uid))
    queue.reject(a0)
    assert queue.is_rejected(a1)
    assert not queue.is_rejected(b0)
    queue.add_unschedulable(a1)
    assert list(drained(queue)) == []
    queue.activate_all()
    assert not queue.is_rejected(a1)
    assert list(drained(queue)) == [a0.uid]
    queue.activate_next(a0)
    assert list(drained(queue)) == [a1.uid]
    queue.activate_next(a0)
    assert list(drained(queue)) == []


def test_what_helps_some_templates_wakes_only_those() -> None:
    queue = SchedulingQueue(lambda: None)
    a0, _, b0, _ = sorted(pods(), key=lambda pod: (pod.pod_class.spec.priority, pod.uid))
    queue.reject(a0)
    queue.reject(b0)
    queue.activate_where(lambda pod_class, _: bool(pod_class.spec.topology_spread_constraints))
    assert list(drained(queue)) == [b0.uid]
    assert queue.is_rejected(a0)
    assert not queue.is_rejected(b0)


def test_a_pod_that_got_other_labels_holds_none_of_its_former_equals_back() -> None:
    queue = SchedulingQueue(lambda: None)
    a0, a1, b0, _ = sorted(pods(), key=lambda pod: (pod.pod_class.spec.priority, pod.uid))
    queue.reject(a0)
    queue.add_unschedulable(a1)
    a0.pod_class = b0.pod_class
    queue.activate_all()
    assert list(drained(queue)) == [a1.uid]


def test_a_pod_that_comes_when_no_equal_waits_any_more_is_tried_though_one_was_rejected_once() -> None:
    queue = SchedulingQueue(lambda: None)
    a0, a1, *_ = sorted(pods(), key=lambda pod: (pod.pod_class.spec.priority, pod.uid))
    queue.reject(a0)
    queue.activate_next(a0)
    assert list(drained(queue)) == [a0.uid]  # it was deleted: nobody waits, so no event will wake its kind
    queue.activate_next(a0)
    assert not queue.is_rejected(a1)
