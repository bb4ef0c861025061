"""A disk dies: who stops, who waits, and for what."""

from dataclasses import replace

import pytest

from models.distributions import Fixed
from models.labels import LabelSelector
from simulator.failures.volume_loss import VolumeLoss
from simulator.log import Kind
from simulator.operations.scale import Scale
from simulator.state.objects import VolumeWait
from tests.simulator.clusters import DAY, HOUR, Lab, deployment, pod, template
from tests.simulator.volumes import DISKS, claim, settled, stateful_set

REPAIR, RESYNC, RESTORE = 900.0, 300.0, HOUR
ONCE = 100.0 + REPAIR + RESTORE + 50.0
"""After the first loss, and before the second."""
START = 3.0
"""From the data being there to the application answering."""


def loss(after: float = 100.0, **other: object) -> VolumeLoss:
    laws = {"resync": Fixed(RESYNC), "restore": Fixed(RESTORE)} | other
    return VolumeLoss("disk", Fixed(after), Fixed(REPAIR), **laws)  # type: ignore[arg-type]


def lost_volumes(lab: Lab) -> int:
    return sum(volume.lost for volume in lab.state.volumes.existing)


def away(lab: Lab) -> list[tuple[float, float]]:
    """From when to when each pod did not answer."""
    return list(
        zip(lab.times(Kind.POD_ANSWERING, 0, since=0.0), lab.times(Kind.POD_ANSWERING, 1, since=0.0), strict=True)
    )


def test_a_pod_alone_waits_for_the_repair_and_the_backup() -> None:
    lab = settled(DISKS, stateful_set(), failures=[loss()]).run(ONCE)
    back = 100.0 + REPAIR + RESTORE
    assert away(lab) == [(100.0, back + START)]
    assert lab.log(Kind.POD_VOLUMES, since=0.0) == [
        (101.0, "db-0", VolumeWait.LOST),  # once its containers are stopped
        (back, "db-0", VolumeWait.NOTHING),
    ]
    assert lab.rows(Kind.POD_DELETING, since=0.0) == []


def test_where_other_replicas_have_the_data_it_is_copied() -> None:
    three = stateful_set(replicas=3)
    lab = settled(DISKS, three)
    assert lab.simulation.world.storage.has_copies("default.data-db-0")
    one = LabelSelector.of({"statefulset.kubernetes.io/pod-name": "db-1"})
    copied = settled(DISKS, three, failures=[loss(select=one)]).run(100.0 + REPAIR + RESYNC + 50.0)
    assert away(copied) == [(100.0, 100.0 + REPAIR + RESYNC + START)]


def test_where_most_replicas_lost_their_data_it_comes_from_the_backup() -> None:
    lab = settled(DISKS, stateful_set(replicas=3), failures=[loss()]).run(ONCE)
    assert lost_volumes(lab) == 0
    assert {end - start for start, end in away(lab)} == {REPAIR + RESTORE + START}


@pytest.mark.parametrize("replicas", [2, 4])
def test_half_of_the_replicas_are_no_majority(replicas: int) -> None:
    lab = settled(DISKS, stateful_set(replicas=replicas))
    claims = list(lab.state.volumes.claims.values())
    for lost in claims[: replicas // 2]:
        assert lost.volume is not None
        lab.state.volumes.lose(lost.volume, "disk", 0)
    assert not any(lab.simulation.world.storage.has_copies(f"default.{one.spec.name}") for one in claims)


def test_claims_of_other_workloads_are_no_copies() -> None:
    lab = settled(DISKS, stateful_set("db", 1), stateful_set("cache", 3), claim("data-db-old"), claim("single"))
    of_db = lab.state.volumes.claims["default", "data-db-0"]
    assert of_db.volume is not None
    lab.state.volumes.lose(of_db.volume, "disk", 0)
    assert not lab.simulation.world.storage.has_copies("default.data-db-0")


def test_only_claims_that_pods_use_have_clocks_and_only_of_selected_pods() -> None:
    values = [DISKS, claim("unused"), claim("mine"), claim("theirs")]
    pods = [pod("mine", claims=("mine",)), pod("theirs", claims=("theirs",))]
    every = settled(*values, *pods, failures=[loss()]).run(DAY)
    assert every.simulation.strikes()["disk"] > 2
    mine = settled(*values, *pods, failures=[loss(select=LabelSelector.of({"app": "mine"}))]).run(200.0)
    assert [cause for *_, cause in mine.rows(Kind.VOLUME_LOST)] == ["disk/default.mine"]


@pytest.mark.parametrize("at", [50.0, 150.0])
def test_the_claim_may_be_gone_before_its_disk_dies_and_before_the_repair(at: float) -> None:
    goes = stateful_set(replicas=2, keeps_claims_when_scaled=False)
    lab = settled(DISKS, goes, failures=[loss()])
    lab.apply(replace(goes, replicas=1), at=at)
    lab.run(ONCE)
    assert len(lab.times(Kind.VOLUME_LOST, 1)) == (1 if at < 100.0 else 2)
    assert [volume.lost for volume in lab.state.volumes.existing] == [False]


def test_a_pod_that_moves_meanwhile_does_not_start_before_the_data_is_there() -> None:
    web = deployment(pods=template("web", claims=("data",)))
    lab = settled(DISKS, claim(), web, failures=[loss()])
    lab.delete(lab.pods()[0], at=200.0)
    lab.run(ONCE)
    assert [pod.answering for pod in lab.pods()] == [True]
    assert lab.times(Kind.POD_ANSWERING, 1, since=0.0)[0] >= 100.0 + REPAIR + RESTORE


def test_a_pod_whose_node_is_cut_off_as_the_data_comes_back_starts_once_it_is_connected() -> None:
    lab = settled(DISKS, stateful_set(), failures=[loss(restore=Fixed(0.0))])
    [waiting] = lab.pods()
    back = 100.0 + REPAIR
    lab.at(back - 20.0, lambda: lab.state.nodes.add_silent_cause(waiting.node, "test", 0))
    lab.at(back + 10.0, lambda: lab.state.nodes.remove_silent_cause(waiting.node, "test"))
    assert away(lab.run(back + 60.0)) == [(100.0, back + 10.0 + START)]


def test_a_claim_that_is_deleted_has_nothing_to_lose() -> None:
    fewer = [Scale("fewer", "StatefulSet/db", 1, at=120.0), Scale("more", "StatefulSet/db", 2, at=2.5 * HOUR)]
    databases = stateful_set(replicas=2, keeps_claims_when_scaled=False)
    lab = settled(DISKS, databases, failures=[loss(HOUR, restore=Fixed(0.0), resync=Fixed(0.0))], operations=fewer)
    lab.run(4 * HOUR)
    assert lab.times(Kind.VOLUME_LOST, 1) == [HOUR, 2 * HOUR + REPAIR, 3 * HOUR + 2 * REPAIR, 3 * HOUR + 2 * REPAIR]
    assert lab.simulation.strikes()["disk"] == 6  # of two clocks, also where there was nothing to lose


def test_data_that_is_lost_twice_is_there_when_both_are_made_good() -> None:
    other = VolumeLoss("controller", Fixed(400.0), Fixed(650.0))
    lab = settled(DISKS, stateful_set(), failures=[loss(restore=Fixed(0.0)), other]).run(100.0 + REPAIR + 90.0)
    assert away(lab) == [(100.0, 400.0 + 650.0 + START)]
