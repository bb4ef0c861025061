"""DaemonSets as values."""

from typing import Any

import pytest

from models.daemonset import DaemonSet
from models.deployment import IntOrPercent, Percent
from models.labels import LabelSelector
from models.node import NOT_READY, UNREACHABLE, UNSCHEDULABLE, Taint, TaintEffect
from models.pod import Container, PodSpec, PodTemplate, Toleration


def daemon_set(**other: Any) -> DaemonSet:
    spec = PodSpec((Container("server"),), **other.pop("spec", {}))
    return DaemonSet("agent", PodTemplate(spec, {"app": "agent"}), LabelSelector.of({"app": "agent"}), **other)


@pytest.mark.parametrize(
    ("surge", "unavailable", "desired", "expected"),
    [
        (0, 1, 10, (0, 1)),
        (0, Percent(15), 10, (0, 2)),
        (Percent(15), 0, 10, (2, 0)),
        (0, Percent(100), 3, (0, 3)),
        (0, 0, 3, (0, 1)),
        (0, Percent(50), 0, (0, 1)),
    ],
)
def test_both_percentages_round_up(
    surge: IntOrPercent, unavailable: IntOrPercent, desired: int, expected: tuple[int, int]
) -> None:
    assert daemon_set(max_surge=surge, max_unavailable=unavailable).fence_posts(desired) == expected


def tolerated(made: DaemonSet, key: str, effect: TaintEffect) -> float | None:
    """The first toleration's seconds; raises StopIteration without one."""
    return next(t.seconds for t in made.pod_template.spec.tolerations if t.tolerates(Taint(key, effect)))


@pytest.mark.parametrize(
    ("key", "effect"),
    [
        (NOT_READY, TaintEffect.NO_EXECUTE),
        (UNREACHABLE, TaintEffect.NO_EXECUTE),
        (UNSCHEDULABLE, TaintEffect.NO_SCHEDULE),
        ("node.kubernetes.io/disk-pressure", TaintEffect.NO_SCHEDULE),
        ("node.kubernetes.io/memory-pressure", TaintEffect.NO_SCHEDULE),
        ("node.kubernetes.io/pid-pressure", TaintEffect.NO_SCHEDULE),
    ],
)
def test_its_pods_tolerate_what_is_wrong_with_a_node_for_ever(key: str, effect: TaintEffect) -> None:
    assert tolerated(daemon_set(), key, effect) is None


@pytest.mark.parametrize("key", [NOT_READY, UNREACHABLE])
def test_its_pods_are_not_placed_on_nodes_that_are_not_ready(key: str) -> None:
    with pytest.raises(StopIteration):
        tolerated(daemon_set(), key, TaintEffect.NO_SCHEDULE)


def test_what_admission_added_for_a_time_becomes_for_ever() -> None:
    limited = tuple(Toleration(key, effect=TaintEffect.NO_EXECUTE, seconds=300.0) for key in (UNREACHABLE, NOT_READY))
    own = Toleration("dedicated", "gpu")
    made = daemon_set(spec={"tolerations": (own, *limited)})
    assert tolerated(made, UNREACHABLE, TaintEffect.NO_EXECUTE) is None
    assert made.pod_template.spec.tolerations[0] is own
    assert len(made.pod_template.spec.tolerations) == 7
    assert made.template.spec.tolerations[1].seconds == 300.0


def test_only_pods_in_the_nodes_network_do_without_it() -> None:
    unavailable = ("node.kubernetes.io/network-unavailable", TaintEffect.NO_SCHEDULE)
    assert tolerated(daemon_set(spec={"host_network": True}), *unavailable) is None
    with pytest.raises(StopIteration):
        tolerated(daemon_set(), *unavailable)
