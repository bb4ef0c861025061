"""A cluster that might be: what is tried on it is taken back."""

from simulator.control_planes.kubernetes import KubernetesControlPlane
from simulator.node_autoscaling.karpenter import Karpenter
from tests.simulator.clusters import container, deployment, template
from tests.simulator.node_autoscaling.pools import lab, pool, pooled


def test_without_some_nodes_pods_go_elsewhere_and_all_is_as_it_was_afterwards() -> None:
    load = pooled([pool(count=3, least=3)], deployment(replicas=4, pods=template("web", container(cpu=400))))
    found = lab(load, Karpenter())
    [pod_class] = {pod.pod_class for pod in found.pods()}
    control_plane = found.simulation.control_plane
    assert isinstance(control_plane, KubernetesControlPlane)
    assert control_plane.fleet is not None
    snapshot = control_plane.fleet.expected()
    before = snapshot.nodes.used_cpu.tolist()
    with snapshot.without(["general-1"]):
        assert snapshot.nodes.used_cpu.tolist() == [0, *before[1:]]
        placed = [snapshot.place(pod_class) for _ in range(5)]
        assert "general-1" not in placed
        assert sum(name is not None for name in placed) == 4 - sum(before[1:]) // 400  # two on each of the others
    assert snapshot.nodes.used_cpu.tolist() == before
    room = 6 - sum(before) // 400
    assert [snapshot.place(pod_class) is not None for _ in range(3)] == [True] * room + [False] * (3 - room)
