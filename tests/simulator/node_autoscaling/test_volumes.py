"""Volumes and node autoscalers: nodes come where volumes are, and stay where they are bound to them."""

from dataclasses import replace
from typing import Any

import pytest

from models.deployment import Percent
from models.distributions import Fixed
from models.labels import LabelSelector
from models.statefulset import StatefulSet
from simulator.log import Kind
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from simulator.node_autoscaling.consolidation import Budget, Disruption
from simulator.node_autoscaling.fleet import NodeAutoscaler
from simulator.node_autoscaling.karpenter import Karpenter
from simulator.node_autoscaling.scale_down import SAFE_TO_EVICT, ScaleDownRules
from simulator.operations.remove_node import RemoveNode
from tests.simulator.clusters import HOUR, Lab, behaviour, container, deployment, template
from tests.simulator.node_autoscaling.pools import lab, pool, pooled
from tests.simulator.volumes import DISKS, LOCAL, claim, local_volume, stateful_set, volume, where

KARPENTER = Karpenter(disruption=Disruption(budgets=(Budget(Percent(100)),)), expire_after=None)
BOTH = pytest.mark.parametrize("autoscaler", [ClusterAutoscaler(), KARPENTER], ids=["cluster-autoscaler", "karpenter"])


def database(replicas: int = 1, cpu: int = 600, storage_class: str | None = None) -> StatefulSet:
    """Pods of which one fits on a node."""
    return stateful_set(
        replicas=replicas,
        pods=template("db", container(cpu=cpu)),
        volume_claim_templates=(claim(storage_class=storage_class),),
    )


def running(autoscaler: NodeAutoscaler, pools: Any, *values: object, **settings: Any) -> Lab:
    return lab(pooled(pools).with_values(values), autoscaler, **settings)


def gone(found: Lab) -> list[str]:
    return [name for _, name, new in found.log(Kind.NODE_EXISTS, -1e9) if not new]


@BOTH
@pytest.mark.parametrize("zone", ["a", "b", "c"])
def test_a_volume_bound_to_a_zone_makes_the_pool_grow_there(autoscaler: NodeAutoscaler, zone: str) -> None:
    pools = [pool(count=0, most=9, zones="abc")]
    volumes = [volume(f"v{i}", zone, storage_class="local") for i in range(2)]
    found = running(autoscaler, pools, LOCAL, *volumes, database(2, storage_class="local")).run(HOUR)
    assert len(where(found, "db")) == 2
    assert {found.state.nodes.regions_and_zones[pod.node][1] for pod in found.pods("db")} == {zone}


@BOTH
def test_a_pod_goes_back_to_the_zone_of_its_volume_when_its_node_is_gone(autoscaler: NodeAutoscaler) -> None:
    pools = [pool(count=2, least=0, most=9, zones="ab")]
    remove = RemoveNode("fewer", at=100.0, drained=False, count=2)
    found = running(autoscaler, pools, DISKS, database(), operations=[remove])
    [before] = [found.state.nodes.regions_and_zones[pod.node] for pod in found.pods("db")]
    found.run(HOUR)
    [after] = [found.state.nodes.regions_and_zones[pod.node] for pod in found.pods("db")]
    assert after == before
    assert all(pod.ready for pod in found.pods("db"))


@BOTH
def test_a_local_volume_holds_its_node(autoscaler: NodeAutoscaler) -> None:
    pools = [pool(count=2, least=1)]
    keeps = local_volume("disk", "general-1")
    small = database(cpu=100, storage_class="local")
    found = running(autoscaler, pools, LOCAL, keeps, small, deployment(pods=template("web", container(cpu=100))))
    found.run(2 * HOUR)
    assert gone(found) == ["general-2"]
    assert where(found) == ["general-1", "general-1"]


LOCAL_STORAGE = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"


@pytest.mark.parametrize(
    ("annotations", "rules", "held"),
    [
        ({}, ScaleDownRules(), True),
        ({LOCAL_STORAGE: "cache"}, ScaleDownRules(), True),
        ({LOCAL_STORAGE: "cache,scratch"}, ScaleDownRules(), False),
        ({SAFE_TO_EVICT: "true"}, ScaleDownRules(), False),
        ({}, ScaleDownRules(skip_nodes_with_local_storage=False), False),
    ],
)
def test_storage_of_the_node_holds_it_unless_it_is_said_not_to_matter(
    annotations: dict[str, str], rules: ScaleDownRules, held: bool
) -> None:
    pods = replace(template("web", container(cpu=400), local_volumes=("cache", "scratch")), annotations=annotations)
    found = running(
        ClusterAutoscaler(scale_down=rules), [pool(count=2, least=1)], deployment(replicas=2, pods=pods)
    ).run(HOUR)
    assert (gone(found) == []) is held


def test_karpenter_does_not_care_for_storage_of_the_node() -> None:
    pods = template("web", container(cpu=400), local_volumes=("cache",))
    found = running(KARPENTER, [pool(count=2, least=1)], deployment(replicas=2, pods=pods)).run(HOUR)
    assert len(gone(found)) == 1


@BOTH
def test_limits_of_volumes_are_those_of_the_nodes_that_are_there(autoscaler: NodeAutoscaler) -> None:
    """Rows of nodes that are gone are no rows of the cluster that an autoscaler thinks of."""
    pools = [pool(count=3, least=0, most=9, resources={"attachable-volumes-csi-ebs.csi.aws.com": 1})]
    first = LabelSelector.of({"kubernetes.io/hostname": "general-1"})
    remove = RemoveNode("fewer", at=100.0, select=first)
    found = running(
        autoscaler, pools, DISKS, database(3, cpu=10), behaviour=behaviour(detach=Fixed(1.0)), operations=[remove]
    )
    found.run(HOUR)
    assert "general-1" in gone(found)
    assert len(set(where(found, "db"))) == 3
    assert all(pod.ready for pod in found.pods("db"))
