"""How resources are counted and scored: every configured one, on nodes that have it."""

from typing import Any

import pytest

from models.node import Node
from simulator.scheduling.plugins.node_ports import NodePorts
from simulator.scheduling.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
from simulator.scheduling.plugins.node_resources_fit import NodeResourcesFit, broken_linear
from simulator.scheduling.views import NodeInfo
from tests.upstream.scene import Object, Scene, node, pod

GPU = "vendor.example/gpu"


def machine(name: str = "n", **allocatable: Any) -> Node:
    """A node; `gpu` and `disk` stand for an extended resource and ephemeral-storage."""
    return node({"metadata": {"name": name}, "status": {"allocatable": {"pods": 110, **named(allocatable)}}})


def named(amounts: dict[str, Any]) -> dict[str, Any]:
    names = {"gpu": GPU, "disk": "ephemeral-storage"}
    return {names.get(key, key): amount for key, amount in amounts.items()}


def asking(where: str = "", whole: dict[str, Any] | None = None, **requests: Any) -> Object:
    spec: dict[str, Any] = {"nodeName": where, "containers": [{"resources": {"requests": named(requests)}}]}
    return {"spec": spec | ({"resources": {"requests": whole}} if whole is not None else {})}


def scores(plugin: Any, asked: Object, machines: list[Node], *existing: Object) -> list[int]:
    """The scores of all nodes, which are the same one by one."""
    scene = Scene(machines, existing)
    found = scene.scores(plugin, pod(asked))
    score = plugin.score(scene.view(pod(asked)), scene.cluster)
    if score is not None:
        assert [int(score(NodeInfo(scene.state.nodes, row))) for row in range(len(machines))] == found
    return found


def fit(strategy: str, *resources: str) -> NodeResourcesFit:
    shape = ((0, 0), (100, 10)) if strategy == "RequestedToCapacityRatio" else ()
    return NodeResourcesFit(strategy, tuple((named({name: 1}).popitem()[0], 1) for name in resources), shape)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("LeastAllocated", [50, 87]), ("MostAllocated", [50, 12]), ("RequestedToCapacityRatio", [50, 12])],
)
def test_every_strategy_scores_extended_resources_that_the_pod_asks_for(strategy: str, expected: list[int]) -> None:
    machines = [machine("small", gpu=4, cpu=4), machine("large", gpu=16, cpu=4)]
    assert scores(fit(strategy, "gpu"), asking(gpu=2), machines) == expected


@pytest.mark.parametrize("strategy", ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"])
def test_extended_resources_that_the_pod_does_not_ask_for_are_skipped(strategy: str) -> None:
    machines = [machine("used", gpu=4, cpu=4), machine("free", gpu=4, cpu=4)]
    existing = asking("used", gpu=4, cpu=1)
    assert scores(fit(strategy, "gpu"), asking(cpu=1), machines, existing) == [0, 0]
    with_gpu, without = (scores(fit(strategy, *names), asking(cpu=1), machines) for names in (["cpu", "gpu"], ["cpu"]))
    assert with_gpu == without


def test_storage_counts_whether_the_pod_asks_for_it_or_not() -> None:
    machines = [machine("used", cpu=4, disk=100), machine("free", cpu=4, disk=100)]
    assert scores(fit("LeastAllocated", "disk"), asking(cpu=1), machines, asking("used", disk=40)) == [60, 100]
    balanced = NodeResourcesBalancedAllocation(("cpu", "ephemeral-storage"))
    assert scores(balanced, asking(cpu=1), machines, asking("used", disk=50)) == [81, 68]


def test_most_allocated_over_an_extended_resource_fills_one_node_after_the_other() -> None:
    machines = [machine("half", gpu=4, cpu=4), machine("empty", gpu=4, cpu=4)]
    assert scores(fit("MostAllocated", "gpu"), asking(gpu=1), machines, asking("half", gpu=2)) == [75, 25]


@pytest.mark.parametrize(("strategy", "expected"), [("LeastAllocated", 75), ("MostAllocated", 25)])
def test_a_resource_that_a_node_has_none_of_is_no_part_of_its_mean(strategy: str, expected: int) -> None:
    machines = [machine("bare", cpu=4, memory=0), machine("nothing", cpu=0, memory=0)]
    assert scores(fit(strategy, "cpu", "memory"), asking(cpu=1), machines) == [expected, 0]


def test_a_resource_that_a_node_has_none_of_is_no_part_of_its_balance() -> None:
    machines = [
        machine("whole", cpu=4, memory=4, disk=4),
        machine("bare", cpu=4, memory=0, disk=4),
        machine("alone", cpu=4),
    ]
    three = NodeResourcesBalancedAllocation(("cpu", "memory", "ephemeral-storage"))
    assert scores(three, asking(cpu=2, memory=2, disk=1), machines) == [69, 68, 75]
    two = NodeResourcesBalancedAllocation()
    assert scores(two, asking(cpu=2, memory=1), machines) == [68, 75, 75]


def test_the_balance_is_the_same_beside_nodes_that_lack_a_resource() -> None:
    full = [machine(f"n{i}", cpu=3 + i, memory=7 + i) for i in range(6)]
    existing = [asking(f"n{i}", cpu=1, memory=i) for i in range(6)]
    plugin = NodeResourcesBalancedAllocation()
    alone = scores(plugin, asking(cpu=1, memory=3), full, *existing)
    assert scores(plugin, asking(cpu=1, memory=3), [*full, machine("bare", cpu=4)], *existing)[:6] == alone


def rejected(plugin: Any, asked: Object, allocatable: Node, *existing: Object) -> list[str]:
    [reasons] = Scene([allocatable], existing).reasons(plugin, pod(asked))
    return reasons


def test_ignored_resources_need_no_room() -> None:
    asked = asking(gpu=2, cpu=1)
    assert rejected(NodeResourcesFit(), asked, machine(cpu=4)) == [f"Insufficient {GPU}"]
    assert rejected(NodeResourcesFit(ignored_resources=(GPU,)), asked, machine(cpu=4)) == []
    assert rejected(NodeResourcesFit(ignored_resource_groups=("vendor.example",)), asked, machine(cpu=4)) == []
    other = NodeResourcesFit(ignored_resources=("other.example/gpu",), ignored_resource_groups=("vendor",))
    assert rejected(other, asked, machine(cpu=4)) == [f"Insufficient {GPU}"]


def test_only_extended_resources_can_be_ignored() -> None:
    plugin = NodeResourcesFit(ignored_resources=("cpu", "ephemeral-storage"))
    assert rejected(plugin, asking(cpu=2, disk=2), machine(cpu=1, disk=1)) == [
        "Insufficient cpu",
        "Insufficient ephemeral-storage",
    ]


def test_what_the_pod_as_a_whole_requests_is_what_has_to_fit() -> None:
    small = machine(cpu=4, memory=100)
    assert rejected(NodeResourcesFit(), asking(whole={"cpu": 5}, cpu=1), small) == ["Insufficient cpu"]
    assert rejected(NodeResourcesFit(), asking(whole={"cpu": 3}, cpu=1, memory=200), small) == ["Insufficient memory"]
    assert rejected(NodeResourcesFit(), asking(cpu=2), small, asking("n", whole={"cpu": 3})) == ["Insufficient cpu"]


def test_what_the_pod_as_a_whole_requests_is_what_scores() -> None:
    machines = [machine("small", cpu=4), machine("large", cpu=8)]
    assert scores(fit("LeastAllocated", "cpu"), asking(whole={"cpu": 2}), machines) == [50, 75]


def test_lines_are_level_beyond_their_points_and_division_goes_towards_zero() -> None:
    points = ((10, 10), (90, 0))
    assert [broken_linear(x, points) for x in (0, 10, 11, 50, 89, 90, 100)] == [10, 10, 10, 5, 1, 0, 0]


def taking(where: str, containers: str, port: int, **other: Any) -> Object:
    return {"spec": {"nodeName": where, containers: [{"ports": [{"hostPort": port}], **other}]}}


@pytest.mark.parametrize(
    ("asked", "there", "refused"),
    [
        (taking("", "containers", 80), taking("n", "containers", 80), True),
        (taking("", "initContainers", 80), taking("n", "containers", 80), False),
        (taking("", "containers", 80), taking("n", "initContainers", 80), False),
        (taking("", "initContainers", 80, restartPolicy="Always"), taking("n", "containers", 80), True),
        (taking("", "containers", 80), taking("n", "initContainers", 80, restartPolicy="Always"), True),
    ],
)
def test_host_ports_are_those_of_containers_and_sidecars(asked: Object, there: Object, refused: bool) -> None:
    assert bool(rejected(NodePorts(), asked, machine(), there)) is refused
