"""Whom the kernel kills when a node has no memory left."""

import pytest

from models.priority import SYSTEM_PRIORITIES
from simulator.kubelet.oom import oom_score_adj, victims
from simulator.state.objects import PodState
from tests.simulator.clusters import GIB, MIB, Lab, Resources, cluster, container, nodes, pod


def placed(*containers: object, **spec: object) -> PodState:
    return Lab(cluster(nodes(1), pod("alone", *containers, **spec))).pods()[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(("request_", "expected"), [(GIB, 750), (16 * MIB, 997), (0, 999), (4 * GIB, 3)])
def test_burstable_containers_are_the_safer_the_more_they_request(request_: int, expected: int) -> None:
    """The checks of pkg/kubelet/qos on a node of 4 GiB."""
    found = placed(container(memory=request_ or None))
    assert oom_score_adj(found, found.containers[0], 4 * GIB) == expected


def test_best_effort_pods_are_first_guaranteed_and_node_critical_ones_last() -> None:
    assert score(container(cpu=None, memory=None)) == 1000
    assert score(container(cpu=100, memory=GIB, limits=Resources(100, GIB))) == -997
    assert score(container(), priority=SYSTEM_PRIORITIES["system-node-critical"]) == -997


def score(one: object, **spec: object) -> int:
    found = placed(one, **spec)
    return oom_score_adj(found, found.containers[0], 4 * GIB)


def test_it_kills_until_enough_is_free() -> None:
    """Of 16 GiB: what `b` uses beyond `a` weighs more than the sixteenth by which its request makes it safer."""
    found = placed(container("a", memory=GIB), container("b", memory=2 * GIB))
    used = {"a": GIB, "b": 4 * GIB}
    killed = [
        [each.spec.name for _, each in victims([found], 16 * GIB, shortage, lambda _, each: used[each.spec.name])]
        for shortage in (0, 1, 4 * GIB, 4 * GIB + 1)
    ]
    assert killed == [[], ["b"], ["b"], ["b", "a"]]
