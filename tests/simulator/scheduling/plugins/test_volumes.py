"""Where pods may go for the sake of their volumes, in Kubernetes' words."""

from dataclasses import replace

import pytest

from models.claim import AccessMode
from models.distributions import Fixed
from models.labels import Operator, Requirement
from models.node import HOSTNAME_LABEL, ZONE_LABEL, volume_limit
from models.pod import NodeSelectorTerm
from models.volume import StorageClass
from simulator.log import Kind
from simulator.state.objects import VolumeWait
from tests.simulator.clusters import Lab, behaviour, container, deployment, down, node, nodes, pod, template
from tests.simulator.volumes import (
    BEGINNING,
    DISKS,
    GIB,
    LOCAL,
    SLOW,
    claim,
    local_volume,
    settled,
    stateful_set,
    volume,
    where,
)

NOT_THERE = "node(s) didn't match PersistentVolume's node affinity"
NONE_LEFT = "node(s) didn't find available persistent volumes to bind"
IN_USE = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
)
WEB = deployment(pods=template("web", claims=("data",)))


def why(lab: Lab) -> str:
    """Of the only pod that waits."""
    [reason] = lab.simulation.pending().values()
    return reason


def test_a_bound_volume_keeps_its_pod_in_its_zone() -> None:
    here = volume("disk", "b"), claim(storage_class="")
    lab = settled(*here, WEB)
    assert set(where(lab)) <= {"node-2", "node-3"}
    lost = settled(*here, WEB, failures=[down(2, 3, at=10.0)]).run(1000.0)
    assert why(lost) == (
        "0/4 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity, "
        "2 node(s) had untolerated taint {node.kubernetes.io/unreachable: }."
    )
    [waiting] = [pod for pod in lost.pods() if pod.node < 0]
    assert waiting.volume_wait is VolumeWait.OUT_OF_REACH


def test_a_local_volume_keeps_its_pod_on_its_node() -> None:
    values = [LOCAL, local_volume("v", "node-1"), claim(storage_class="local"), WEB]
    lab = settled(*values)
    assert where(lab) == ["node-1"]
    lost = settled(*values, failures=[down(1, at=10.0)]).run(1000.0)
    assert "3 node(s) didn't match PersistentVolume's node affinity" in why(lost)


def test_a_claim_that_waits_is_bound_to_the_smallest_volume_of_a_node_that_has_one() -> None:
    large, small = (replace(local_volume(name, "node-2"), capacity=size * GIB) for name, size in (("l", 9), ("s", 5)))
    lab = settled(LOCAL, large, small, claim(storage_class="local", request=GIB), WEB)
    assert where(lab) == ["node-2"]
    found = lab.state.volumes.claims["default", "data"].volume
    assert found is not None
    assert found.spec.name == "s"


def test_each_claim_of_a_pod_needs_a_volume_of_its_own() -> None:
    both = deployment(pods=template("web", claims=("one", "two")))
    claims = [claim(name, storage_class="local") for name in ("one", "two")]
    pair = [local_volume("a", "node-3"), local_volume("b", "node-3"), local_volume("c", "node-0")]
    assert where(settled(LOCAL, *pair, *claims, both)) == ["node-3"]
    assert why(settled(LOCAL, *pair[1:], *claims, both)) == f"0/4 nodes are available: 4 {NONE_LEFT}."


def test_a_class_may_be_made_for_some_zones_only() -> None:
    allowed = (NodeSelectorTerm((Requirement(ZONE_LABEL, Operator.IN, ("b",)),)),)
    lab = settled(replace(DISKS, allowed_topologies=allowed), claim(), WEB)
    assert set(where(lab)) <= {"node-2", "node-3"}
    nowhere = (NodeSelectorTerm((Requirement(ZONE_LABEL, Operator.IN, ("c",)),)),)
    assert why(settled(replace(DISKS, allowed_topologies=nowhere), claim(), WEB)) == (
        f"0/4 nodes are available: 4 {NONE_LEFT}."
    )


def test_claims_that_do_not_exist_or_should_be_bound_already_are_said_before_any_node() -> None:
    assert why(settled(WEB)) == '0/4 nodes are available: persistentvolumeclaim "data" not found.'
    unbound = "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    lab = settled(claim(), WEB)
    assert why(lab) == unbound
    assert lab.pods()[0].volume_wait is VolumeWait.BINDING
    assert why(settled(DISKS, claim(volume_name="gone"), WEB)) == unbound


def test_a_pod_that_waits_for_a_claim_or_a_volume_is_placed_when_it_comes() -> None:
    lab = settled(DISKS, WEB)
    lab.apply(claim(), at=10.0)
    lab.run(100.0)
    assert len(where(lab)) == 1
    late = settled(claim(storage_class=""), WEB)
    late.apply(volume("disk"), at=10.0)
    late.run(100.0)
    assert len(where(late)) == 1


def test_pods_that_share_a_claim_go_to_the_node_that_its_volume_is_being_made_for() -> None:
    lab = settled(DISKS, claim(), deployment(replicas=3, pods=template("web", claims=("data",))))
    assert len(set(where(lab))) == 1


def test_while_a_volume_is_being_made_its_pod_has_its_room() -> None:
    full = [node("node-0", cpu=1000)]
    lab = settled(DISKS, claim(), machines=full)
    lab.apply(pod("first", container(cpu=800), claims=("data",)), at=10.0)
    lab.apply(pod("second", container(cpu=800)), at=11.0)
    lab.run(100.0)
    assert [p.pod_class.workload.name for p in lab.pods() if p.node >= 0] == ["first"]
    assert lab.times(Kind.POD_NODE) == [13.0]


def test_a_pod_that_is_deleted_meanwhile_gives_its_room_back() -> None:
    full = [node("node-0", cpu=1000)]
    first = pod("first", container(cpu=800), claims=("data",))
    lab = settled(DISKS, claim(), machines=full)
    lab.apply(first, at=10.0)
    lab.at(11.0, lambda: lab.state.pods.mark_deleting(lab.pods()[0], 0))
    lab.apply(pod("second", container(cpu=800)), at=12.0)
    lab.run(100.0)
    assert [p.pod_class.workload.name for p in lab.pods() if p.node >= 0] == ["second"]


def test_after_ten_minutes_the_scheduler_gives_up_and_tries_anew() -> None:
    timing = replace(SLOW.timing, volume_bind_timeout=2.2)
    lab = settled(DISKS, claim(), WEB, laws=replace(SLOW, timing=timing))
    [pod] = lab.pods()
    assert pod.node >= 0
    assert lab.times(Kind.POD_NODE, since=BEGINNING) == [BEGINNING + 2.2 + 1.0]


def test_labels_of_a_volume_may_name_its_zones() -> None:
    for zones, expected in (("b", {"node-2", "node-3"}), ("a__b", {"node-0", "node-1", "node-2", "node-3"})):
        labelled = volume("disk", labels={ZONE_LABEL: zones})
        assert set(where(settled(labelled, claim(storage_class=""), WEB))) <= expected
    away = volume("disk", labels={ZONE_LABEL: "c"})
    assert why(settled(away, claim(storage_class=""), WEB)) == (
        "0/4 nodes are available: 4 node(s) had no available volume zone."
    )
    assert len(where(settled(away, claim(storage_class=""), WEB, machines=nodes(1, ("",))))) == 1


@pytest.fixture
def alone() -> tuple[object, ...]:
    mode = AccessMode.READ_WRITE_ONCE_POD
    return volume("disk", access_modes=(mode,)), claim("data", mode, storage_class="")


def test_a_claim_for_one_pod_keeps_the_second_from_every_node(alone: tuple[object, ...]) -> None:
    lab = settled(*alone, deployment(replicas=2, pods=template("web", claims=("data",))))
    assert len(where(lab)) == 1
    assert why(lab) == f"0/4 nodes are available: 4 {IN_USE}."
    [first] = [pod for pod in lab.pods() if pod.node >= 0]
    lab.delete(first, at=10.0)
    lab.run(100.0)
    assert len(where(lab)) == 1
    assert len(lab.pods()) == 2


def test_a_pod_that_is_more_important_takes_the_claim_from_the_other(alone: tuple[object, ...]) -> None:
    low = pod("low", claims=("data",))
    lab = settled(*alone, low)
    lab.apply(pod("high", claims=("data",), priority=100), at=10.0)
    lab.run(100.0)
    assert [p.pod_class.workload.name for p in lab.pods()] == ["high"]
    assert len(where(lab)) == 1


def test_a_node_takes_as_many_volumes_of_a_driver_as_it_says() -> None:
    limit = {volume_limit(DISKS.provisioner): 2}
    machines = (node("node-0", resources=limit), node("node-1", resources=limit))
    lab = settled(DISKS, stateful_set(replicas=5, pod_management_policy="Parallel"), machines=machines)
    assert sorted(where(lab)) == ["node-0", "node-0", "node-1", "node-1"]
    assert why(lab) == "0/2 nodes are available: 2 node(s) exceed max volume count."
    other = StorageClass("other", "pd.csi.storage.gke.io", DISKS.binding_mode)
    free = settled(other, stateful_set(volume_claim_templates=(claim(storage_class="other"),)), machines=machines)
    assert len(where(free)) == 1


def test_a_volume_that_pods_of_a_node_share_counts_once() -> None:
    machines = (node("node-0", resources={volume_limit(DISKS.provisioner): 1}),)
    lab = settled(DISKS, claim(), deployment(replicas=3, pods=template("web", claims=("data",))), machines=machines)
    assert where(lab) == ["node-0"] * 3


def test_room_for_a_volume_is_there_once_another_is_detached() -> None:
    machines = (node("node-0", resources={volume_limit(DISKS.provisioner): 1}),)
    pods = [pod(name, claims=(name,)) for name in ("first", "second")]
    lab = settled(DISKS, claim("first"), claim("second"), *pods, machines=machines)
    lab.delete(lab.pods("first")[0], at=10.0)
    lab.run(100.0)
    [detached] = lab.times(Kind.VOLUME_ATTACHED, 0)
    assert lab.times(Kind.POD_NODE) == [detached + 3.0]  # a look a second, for the 2.5 s that making it takes


@pytest.mark.parametrize("kind", ["claim", "ephemeral"])
def test_a_node_that_goes_while_a_volume_is_made_for_it_gives_the_pod_back(kind: str) -> None:
    laws = behaviour(attach=Fixed(0.0), detach=Fixed(0.0), provision=Fixed(60.0))
    lab = settled(DISKS, claim(), machines=nodes(2, "ab"), laws=laws)
    own = {"claims": ("data",)} if kind == "claim" else {"ephemeral_claims": (claim("own"),)}
    lab.apply(pod("web", **own), at=10.0)
    gone: list[int] = []

    def delete() -> None:
        [waiting] = [one for one in lab.state.volumes.claims.values() if one.selected_node >= 0]
        gone.append(waiting.selected_node)
        lab.state.nodes.delete(waiting.selected_node, 0)

    lab.at(40.0, delete)
    lab.run(60.0)
    waits = kind == "claim"  # until the one who makes its volume finds that the node is gone
    assert lab.simulation.pending() == ({"web": f"0/1 nodes are available: 1 {NONE_LEFT}."} if waits else {})
    lab.run(200.0)
    assert lab.times(Kind.POD_NODE) == [(70.0 if waits else 40.0) + 60.0]
    [placed] = lab.pods()
    assert [placed.node] == [1 - node for node in gone]
    assert lab.state.nodes.used_pods.tolist()[gone[0]] == 0
    [volume] = lab.state.volumes.existing
    assert volume.spec.node_affinity is not None


def test_a_pod_whose_claims_are_being_bound_is_not_scheduled_again() -> None:
    """Room for the nominated pod comes up on two nodes at once, by the end of three pods."""
    low = [pod(f"low-{i}", container(cpu=1500), node_selector={HOSTNAME_LABEL: "node-0"}) for i in range(2)]
    other = pod("other", container(cpu=4000), priority=200, node_selector={HOSTNAME_LABEL: "node-1"})
    lab = settled(LOCAL, volume("disk", storage_class="local"), *low, other, machines=nodes(2))
    lab.apply(claim(storage_class="local"), at=100.0)
    lab.apply(pod("high", container(cpu=3500), claims=("data",), priority=100), at=100.0)
    lab.delete(lab.pods("other")[0], at=100.0)
    lab.run(200.0)
    assert lab.times(Kind.POD_NODE) == [102.0]
    assert sorted(lab.state.nodes.used_cpu.tolist()) == [0, 3500]


def test_a_node_takes_as_many_volumes_of_pods_own_as_it_says() -> None:
    machines = (node("node-0", resources={volume_limit(DISKS.provisioner): 2}),)
    own = template("web", ephemeral_claims=(claim("own"),))
    lab = settled(DISKS, deployment(replicas=5, pods=own), machines=machines)
    assert where(lab) == ["node-0"] * 2


def test_a_volume_that_all_nodes_reach_is_not_out_of_reach_because_a_node_is_gone() -> None:
    machines = [node(f"node-{i}", "a", cpu=1000) for i in range(2)]
    disk = volume("disk", "a"), claim(storage_class="")
    lab = settled(*disk, pod("web", container(cpu=800), claims=("data",)), machines=machines)
    lab.state.nodes.delete(1 - lab.pods()[0].node, 0)
    lab.apply(pod("second", container(cpu=800), claims=("data",)), at=10.0)
    lab.run(20.0)
    [waiting] = lab.pods("second")
    assert (waiting.node, waiting.volume_wait) == (-1, VolumeWait.NOTHING)
