"""Pods that name their node, and pods that lack something, under each control plane."""

from dataclasses import replace

import pytest

from models.cluster import Cluster
from models.pod import Absences
from simulator.control_planes.kubernetes import Kubernetes
from simulator.control_planes.nomad import Nomad
from simulator.control_planes.plain_hosts import PlainHosts
from simulator.control_planes.swarm import Swarm
from simulator.control_planes.wiring import Orchestrator
from simulator.log import Kind
from tests.simulator.clusters import FOREVER, Lab, cluster, container, deployment, nodes, pod, template

PLANES = (Kubernetes(), Swarm(), Nomad(), PlainHosts())
NAMED = cluster(nodes(2), pod("web", container(), node_name="node-1"))
NAMED_BY_TEMPLATE = cluster(nodes(2), deployment(pods=template("web", container(), node_name="node-1")))


@pytest.mark.parametrize("control_plane", PLANES, ids=lambda plane: plane.called)
@pytest.mark.parametrize("of", [NAMED, NAMED_BY_TEMPLATE], ids=["Pod", "Deployment"])
def test_a_pod_that_names_its_node_gets_it_once(of: Cluster, control_plane: Orchestrator) -> None:
    found = Lab(of, control_plane=control_plane).run(100.0)
    assert [(each.node, each.running) for each in found.pods()] == [(1, 1)]
    assert len(found.rows(Kind.POD_NODE, -FOREVER)) == 1
    assert found.state.nodes.used_cpu.tolist() == [0, 100]


@pytest.mark.parametrize("control_plane", PLANES, ids=lambda plane: plane.called)
@pytest.mark.parametrize("lacks", [Absences(held_back={"server": "no image"}), Absences(unmounted="no image")])
def test_a_pod_that_lacks_something_is_named(lacks: Absences, control_plane: Orchestrator) -> None:
    pods = replace(template("web", container()), absences=lacks)
    found = Lab(cluster(nodes(2), deployment(pods=pods)), control_plane=control_plane).run(100.0)
    assert list(found.simulation.pending().values()) == ["no image"]
