"""Pods that name their node, under each control plane."""

import pytest

from models.cluster import Cluster
from simulator.control_planes.kubernetes import Kubernetes
from simulator.control_planes.nomad import Nomad
from simulator.control_planes.plain_hosts import PlainHosts
from simulator.control_planes.swarm import Swarm
from simulator.control_planes.wiring import Orchestrator
from simulator.log import Kind
from tests.simulator.clusters import FOREVER, Lab, cluster, container, deployment, nodes, pod, template


@pytest.mark.parametrize(
    "control_plane", [Kubernetes(), Swarm(), Nomad(), PlainHosts()], ids=lambda plane: plane.called
)
@pytest.mark.parametrize(
    "of",
    [
        cluster(nodes(2), deployment(pods=template("web", container(), node_name="node-1"))),
        cluster(nodes(2), pod("web", container(), node_name="node-1")),
    ],
    ids=["Deployment", "Pod"],
)
def test_a_pod_that_names_its_node_gets_it_once(of: Cluster, control_plane: Orchestrator) -> None:
    found = Lab(of, control_plane=control_plane).run(100.0)
    assert [(each.node, each.running) for each in found.pods()] == [(1, 1)]
    assert len(found.rows(Kind.POD_NODE, -FOREVER)) == 1
    assert found.state.nodes.used_cpu.tolist() == [0, 100]
