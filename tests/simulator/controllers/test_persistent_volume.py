"""How claims get their volumes."""

from dataclasses import replace

import pytest

from models.claim import AccessMode
from models.labels import LabelSelector
from models.volume import ReclaimPolicy, StorageClass
from simulator.log import Kind
from simulator.state.objects import ClaimPhase, VolumePhase
from tests.simulator.clusters import Lab, deployment, nodes, template
from tests.simulator.volumes import (
    BEGINNING,
    DISKS,
    GIB,
    LOCAL,
    claim,
    local_volume,
    settled,
    stateful_set,
    volume,
    where,
)

IMMEDIATE = StorageClass("fast", "ebs.csi.aws.com")


def bound(lab: Lab, name: str = "data") -> str:
    """The name of a claim's volume."""
    found = lab.state.volumes.claims["default", name].volume
    return found.spec.name if found is not None else ""


def test_the_volume_that_a_claim_names_wins_then_the_one_that_is_kept_for_it_then_the_smallest() -> None:
    free = [volume("large", capacity=30 * GIB), volume("small", capacity=10 * GIB), volume("tiny", capacity=GIB)]
    asked = claim(storage_class="", request=5 * GIB)
    assert bound(settled(*free, asked)) == "small"
    assert bound(settled(*free, volume("kept", capacity=40 * GIB, claim=("default", "data")), asked)) == "kept"
    assert bound(settled(*free, replace(asked, volume_name="large"))) == "large"
    assert bound(settled(*free, replace(asked, volume_name="gone"))) == ""
    assert bound(settled(volume("other", claim=("default", "other")), asked)) == ""


def test_a_volume_must_have_the_class_the_modes_the_labels_and_the_size() -> None:
    share = volume("share", access_modes=(AccessMode.READ_WRITE_MANY,), labels={"tier": "slow"}, storage_class="x")
    asked = claim("data", AccessMode.READ_WRITE_MANY, storage_class="x", selector=LabelSelector.of({"tier": "slow"}))
    assert bound(settled(share, asked)) == "share"
    for wrong in (
        replace(asked, storage_class=""),
        replace(asked, access_modes=(AccessMode.READ_WRITE_ONCE,)),
        replace(asked, selector=LabelSelector.of({"tier": "fast"})),
        replace(asked, request=11 * GIB),
        replace(asked, volume_mode="Block"),
    ):
        assert bound(settled(share, wrong)) == ""


def test_two_claims_never_share_a_volume() -> None:
    lab = settled(volume("one"), volume("two"), *(claim(name, storage_class="") for name in ("a", "b", "c")))
    assert [bound(lab, name) for name in ("a", "b", "c")] == ["one", "two", ""]


def test_an_immediate_class_makes_a_volume_before_there_is_a_pod() -> None:
    lab = settled(IMMEDIATE, claim(storage_class="fast"))
    assert lab.log(Kind.CLAIM_PHASE, BEGINNING) == [
        (BEGINNING, "0", ClaimPhase.PENDING),
        (BEGINNING, "0", ClaimPhase.BOUND),
    ]


def test_immediate_claims_of_a_stateful_set_go_round_the_zones() -> None:
    """As the external provisioner does: by the hash of the StatefulSet's name and the ordinal."""
    machines = nodes(6, "abc")
    lab = settled(
        IMMEDIATE, stateful_set(replicas=6, volume_claim_templates=(claim(storage_class="fast"),)), machines=machines
    )
    zones = [machines[pod.node].zone for pod in sorted(lab.pods(), key=lambda pod: pod.ordinal)]
    assert zones[:3] == zones[3:]
    assert sorted(zones[:3]) == ["a", "b", "c"]


def test_a_class_that_waits_makes_the_volume_where_the_first_pod_goes() -> None:
    lab = settled(DISKS, claim(), deployment(pods=template("web", claims=("data",))))
    [pod] = lab.pods()
    [made] = lab.state.volumes.existing
    labels = lab.state.nodes.labels
    assert [made.spec.reaches(labels[n], "") for n in range(4)] == [
        lab.cluster.nodes[n].zone == lab.cluster.nodes[pod.node].zone for n in range(4)
    ]
    assert settled(DISKS, claim()).log(Kind.CLAIM_PHASE, BEGINNING) == [(BEGINNING, "0", ClaimPhase.PENDING)]


def test_a_claim_that_many_nodes_may_write_to_is_a_share() -> None:
    pods = template("web", claims=("data",))
    asked = claim("data", AccessMode.READ_WRITE_MANY, storage_class="fast")
    lab = settled(IMMEDIATE, asked, deployment(replicas=4, pods=pods))
    assert sorted(where(lab)) == ["node-0", "node-1", "node-2", "node-3"]
    assert lab.rows(Kind.VOLUME_ATTACHED, BEGINNING) == []


def test_a_claim_without_a_class_gets_the_default_class() -> None:
    other = replace(DISKS, name="other", is_default=False)
    lab = settled(other, DISKS, claim("mine"), claim("none", storage_class=""), claim("theirs", storage_class="other"))
    classes = {name: found.storage_class for (_, name), found in lab.state.volumes.claims.items()}
    assert classes == {"mine": DISKS, "none": None, "theirs": other}


def test_a_volume_that_comes_later_is_what_a_claim_waited_for() -> None:
    lab = settled(claim(storage_class=""))
    lab.apply(volume("late"), at=10.0)
    lab.run(20.0)
    assert bound(lab) == "late"


@pytest.mark.parametrize(("policy", "left"), [(ReclaimPolicy.DELETE, [VolumePhase.ABSENT]), (ReclaimPolicy.RETAIN, [])])
def test_claims_of_pods_that_are_scaled_away_stay_unless_the_set_says_otherwise(
    policy: ReclaimPolicy, left: list[VolumePhase]
) -> None:
    disks = replace(DISKS, reclaim_policy=policy)
    for keeps in (True, False):
        lab = settled(disks, stateful_set(replicas=3, keeps_claims_when_scaled=keeps))
        lab.apply(stateful_set(replicas=1, keeps_claims_when_scaled=keeps), at=10.0)
        lab.run(100.0)
        names = [name for _, name in lab.state.volumes.claims]
        assert names == [f"data-db-{ordinal}" for ordinal in (range(3) if keeps else range(1))]
        gone = [] if keeps else 2 * [VolumePhase.RELEASED, *left]
        assert [new for _, _, new in lab.log(Kind.VOLUME_PHASE, since=0.0)] == gone


def test_a_pod_that_comes_back_finds_its_own_volume() -> None:
    lab = settled(
        LOCAL,
        *(local_volume(f"v{n}", f"node-{n}") for n in range(4)),
        stateful_set(replicas=3, volume_claim_templates=(claim(storage_class="local"),)),
    )
    before = where(lab)
    lab.delete(lab.pods()[1], at=10.0)
    lab.run(60.0)
    assert sorted(where(lab)) == sorted(before)
    assert len(set(before)) == 3
    assert len(lab.state.volumes.claims) == 3


def test_ephemeral_claims_come_and_go_with_their_pod() -> None:
    lab = settled(DISKS, deployment(replicas=2, pods=template("web", ephemeral_claims=(claim("scratch"),))))
    first = [f"{pod.name}-scratch" for pod in lab.pods()]
    assert [name for _, name in lab.state.volumes.claims] == first
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(100.0)
    assert [name for _, name in lab.state.volumes.claims] == [f"{pod.name}-scratch" for pod in lab.pods()]
    assert len(lab.state.volumes.existing) == 2
