"""Pods that name their node pass its kubelet, not the scheduler."""

from dataclasses import replace
from typing import Any

import pytest

from models.node import Taint, TaintEffect
from models.pod import Pod, Toleration
from simulator.log import Kind
from simulator.operations.drain import Drain
from simulator.state.objects import Phase
from tests.simulator.clusters import DAY, Lab, cluster, container, deployment, down, node, nodes, pod, template

START = -DAY
CONTROL_PLANE = Taint("node-role.kubernetes.io/control-plane", TaintEffect.NO_SCHEDULE)
NO_EXECUTE = Taint("dedicated", TaintEffect.NO_EXECUTE)


def named(name: str = "alone", **other: Any) -> Pod:
    return pod(name, *other.pop("containers", ()), node_name=other.pop("where", "node-0"), **other)


def lab(*workloads: Any, **other: Any) -> Lab:
    return Lab(cluster((node("node-0", **other),), *workloads))


@pytest.mark.parametrize("machine", [{"taints": (CONTROL_PLANE,)}, {"unschedulable": True}])
def test_neither_taints_of_no_schedule_nor_cordons_hold_it_back(machine: dict[str, Any]) -> None:
    found = lab(named(), **machine)
    assert found.log(Kind.POD_NODE, START) == [(START, "alone-0", 0)]
    assert found.pods()[0].ready


REFUSED = [
    (
        {"containers": (container(cpu=5000),)},
        "Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000",
    ),
    (
        {"node_selector": {"disk": "ssd"}},
        "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ),
]


@pytest.mark.parametrize(("asks", "reason"), REFUSED)
def test_a_pod_that_the_kubelet_refuses_has_failed(asks: dict[str, Any], reason: str) -> None:
    found = lab(named(**asks))
    assert [pod.phase for pod in found.pods()] == [Phase.FAILED]
    assert found.simulation.pending() == {"alone": f"Pod was rejected: {reason}"}
    assert found.state.nodes.used_pods.tolist() == [0]
    found.state.pods.mark_deleting(found.pods()[0], 0)
    assert found.run(10.0).pods() == []


def test_what_others_have_taken_counts() -> None:
    found = lab(named("a", containers=(container(cpu=3000),)), named("b", containers=(container(cpu=2000),)))
    assert [pod.phase for pod in found.pods()] == [Phase.RUNNING, Phase.FAILED]
    ports = (container(host_ports=((80, "TCP", "0.0.0.0"),)),)
    found = lab(named("a", containers=ports), named("b", containers=ports))
    assert [pod.phase for pod in found.pods()] == [Phase.RUNNING, Phase.FAILED]
    assert "NodePorts" in found.simulation.pending()["b"]
    found = lab(named("a"), named("b"), pods=1)
    assert "enough resource: pods, requested: 1, used: 1, capacity: 1" in found.simulation.pending()["b"]


def test_a_taint_of_no_execute_has_to_be_tolerated_but_by_static_pods() -> None:
    found = lab(named(), taints=(NO_EXECUTE,))
    assert "TaintToleration" in found.simulation.pending()["alone"]
    tolerant = named(tolerations=(Toleration("dedicated"),))
    assert lab(tolerant, taints=(NO_EXECUTE,)).pods()[0].ready


def test_the_pod_of_a_controller_runs_as_soon_as_there_is_room() -> None:
    first = named("first", containers=(container(cpu=3000),))
    web = deployment(pods=template("web", container(cpu=2000), node_name="node-0"))
    found = lab(first, web)
    [reason] = found.simulation.pending().values()
    assert "enough resource: cpu, requested: 2000, used: 3000" in reason
    [holder] = found.pods("first")
    found.delete(holder, at=10.0)
    found.run(20.0)
    assert found.log(Kind.POD_NODE, 1.0) == [(11.0, "web-0", 0)]


def test_a_kubelet_that_is_not_there_lets_it_in_when_it_is_back() -> None:
    machines = nodes(1)
    found = Lab(cluster(machines), failures=[down(0, at=10.0, lasting=100.0)])
    found.apply(named(), at=20.0)
    assert found.run(100.0).simulation.pending() == {"alone": "the kubelet of node-0 is not there"}
    assert found.run(200.0).pods()[0].ready


def test_a_node_that_does_not_exist_runs_nothing() -> None:
    found = lab(named(where="elsewhere"))
    assert found.run(1000.0).simulation.pending() == {"alone": 'node "elsewhere" not found'}
    found.state.nodes.join(node("elsewhere"))
    assert found.run(2000.0).pods()[0].ready


def test_taints_of_no_execute_evict_it_later() -> None:
    found = lab(named())
    found.at(10.0, lambda: found.state.nodes.set_taints(0, frozenset({NO_EXECUTE}), 0))
    assert found.run(100.0).pods() == []


def test_static_pods_are_neither_refused_nor_evicted_nor_drained() -> None:
    static = named()
    static = replace(static, template=replace(static.template, annotations={"kubernetes.io/config.mirror": "x"}))
    assert lab(static, taints=(NO_EXECUTE,)).pods()[0].ready
    found = Lab(cluster(nodes(1), static), operations=[Drain("drain", at=20.0)])
    found.at(10.0, lambda: found.state.nodes.set_taints(0, frozenset({NO_EXECUTE}), 0))
    assert found.run(100.0).pods()[0].ready
