"""Volumes follow their pods from node to node, and sometimes do not."""

from dataclasses import replace

import pytest

from models.claim import AccessMode
from models.deployment import StrategyType
from models.distributions import Fixed
from models.node import OUT_OF_SERVICE, Taint, TaintEffect
from models.timing import Timing
from simulator.log import Kind
from simulator.operations.force_delete import ForceDelete
from simulator.operations.out_of_service import OutOfService
from simulator.state.objects import VolumeWait
from simulator.stories.attempts import Outcome
from tests.simulator.clusters import HOUR, Lab, behaviour, deployment, down, nodes, pod, template
from tests.simulator.controllers.test_job import InTurn
from tests.simulator.volumes import (
    ATTACH,
    BEGINNING,
    DETACH,
    DISKS,
    PROVISION,
    SLOW,
    claim,
    ready_at,
    settled,
    stateful_set,
    volume,
    where,
)

ONE_ZONE = nodes(3)
WEB = deployment(pods=template("web", claims=("data",)))
START = 3.0
"""To running, and to answering; readiness has no probe here."""
STATUS = 10.0


def host(*values: object) -> int:
    """The node that the only pod is on before anything happens."""
    [pod] = settled(*values, machines=ONE_ZONE).pods()
    return pod.node


def on_lost_node(kind: str, lasting: float, *operations: object) -> Lab:
    """The pod's node is lost at 100 s; the lab is run to the end of all that."""
    values = [DISKS, stateful_set("web")] if kind == "StatefulSet" else [DISKS, claim(), WEB]
    lost = down(host(*values), at=100.0, lasting=lasting)
    return settled(*values, machines=ONE_ZONE, failures=[lost], operations=operations).run(5 * HOUR)


def deleted_at(lab: Lab) -> float:
    return lab.times(Kind.POD_DELETING, 1)[0]


def gone_at(lab: Lab) -> float:
    return lab.times(Kind.POD_PHASE, 0)[0]


def test_a_new_pod_waits_for_its_volume_to_be_made_bound_and_attached() -> None:
    lab = settled(DISKS, claim(), WEB)
    assert lab.log(Kind.POD_VOLUMES, BEGINNING) == [
        (BEGINNING, "web-0", VolumeWait.BINDING),
        (BEGINNING + 3.0, "web-0", VolumeWait.NOTHING),  # the scheduler looks every second
        (BEGINNING + 3.0, "web-0", VolumeWait.ATTACHING),
        (BEGINNING + 3.0 + ATTACH, "web-0", VolumeWait.NOTHING),
    ]
    assert 2.0 < PROVISION < 3.0
    assert lab.times(Kind.POD_NODE, since=BEGINNING) == [BEGINNING + 3.0]


def test_what_is_bound_and_attached_is_at_once_there_for_the_next_pod_on_the_node() -> None:
    machines = nodes(1)
    lab = settled(DISKS, claim(), replace(WEB, strategy=StrategyType.RECREATE), machines=machines)
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(100.0)
    assert lab.log(Kind.POD_VOLUMES, since=0.0) == []
    assert lab.rows(Kind.VOLUME_ATTACHED, since=0.0) == []


def test_on_a_node_that_is_well_the_volume_leaves_with_the_kubelets_next_status() -> None:
    lab = settled(DISKS, claim(), replace(WEB, strategy=StrategyType.RECREATE), machines=nodes(2))
    [pod] = lab.pods()
    lab.at(5.0, lambda: lab.state.nodes.set_unschedulable(pod.node, True, 0))
    lab.delete(pod, at=10.0)
    lab.run(100.0)
    [detached, attached] = lab.times(Kind.VOLUME_ATTACHED, since=0.0)
    assert gone_at(lab) + DETACH <= detached <= gone_at(lab) + DETACH + STATUS
    assert attached == detached + ATTACH


def test_two_pods_on_one_node_share_a_volume_and_on_two_nodes_one_waits_for_ever() -> None:
    pair = deployment(replicas=2, pods=template("web", claims=("data",)))
    shared = settled(DISKS, claim(), pair, machines=nodes(1))
    assert [pod.ready for pod in shared.pods()] == [True, True]
    split = settled(volume("disk"), claim(storage_class=""), pair, machines=nodes(2))
    assert sorted(pod.ready for pod in split.pods()) == [False, True]
    [waiting] = [pod for pod in split.pods() if not pod.ready]
    assert waiting.volume_wait is VolumeWait.HELD
    assert waiting.node >= 0


def test_a_read_only_volume_is_attached_to_every_node() -> None:
    read = claim("data", AccessMode.READ_ONLY_MANY, storage_class="")
    disk = volume("disk", access_modes=(AccessMode.READ_ONLY_MANY,))
    lab = settled(disk, read, deployment(replicas=3, pods=template("web", claims=("data",))), machines=ONE_ZONE)
    assert all(pod.ready for pod in lab.pods())
    assert [new for _, _, new in lab.log(Kind.VOLUME_ATTACHED, BEGINNING)] == [1, 2, 3]


def test_a_rolling_update_of_one_replica_waits_for_the_disk_of_the_pod_that_waits_for_it() -> None:
    """Surge 1, unavailable 0: the new pod never starts, the old one serves on (progressDeadlineSeconds says so)."""
    lab = settled(DISKS, claim(), WEB, machines=nodes(2))
    release = replace(WEB, template=replace(WEB.template, annotations={"release": "2"}))
    lab.at(5.0, lambda: lab.state.nodes.set_unschedulable(lab.pods()[0].node, True, 0))
    lab.apply(release, at=10.0)
    lab.run(2 * HOUR)
    assert len(set(where(lab))) == 2
    assert [pod.ready for pod in lab.pods()] == [True, False]
    assert lab.times(Kind.DEPLOYMENT_PROGRESSING, 0) != []


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_nobody_takes_the_volume_from_a_lost_node_while_its_pod_object_is_there(kind: str) -> None:
    lab = on_lost_node(kind, 4 * HOUR)
    back = 100.0 + 4 * HOUR
    [ready] = ready_at(lab)
    assert gone_at(lab) == back
    assert all(time > back for time in lab.times(Kind.VOLUME_ATTACHED, since=0.0))
    if kind == "Deployment":  # its replacement is on another node
        assert back + DETACH + ATTACH <= ready <= back + STATUS + DETACH + ATTACH + START
    else:  # it may come back to its node, and find its volume there
        assert back <= ready


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_volume_is_taken_by_force_six_minutes_after_the_pod_object_is_gone(kind: str) -> None:
    lab = on_lost_node(kind, 4 * HOUR, ForceDelete("help", Fixed(200.0)))
    assert gone_at(lab) == deleted_at(lab) + 200.0
    assert lab.times(Kind.VOLUME_ATTACHED, 0)[:1] == [round(gone_at(lab) + 360.0 + DETACH, 3)]
    assert ready_at(lab)[0] == pytest.approx(gone_at(lab) + 360.0 + DETACH + ATTACH + 1.0, abs=0.001)


def test_a_pod_hangs_from_when_its_node_is_not_ready_whatever_it_is_then() -> None:
    """The node says itself that it is unwell, and falls silent later."""
    help_ = ForceDelete("help", InTurn(200.0, 10.0))
    lab = settled(DISKS, stateful_set("web"), machines=ONE_ZONE, operations=[help_])
    [pod] = lab.pods()
    node = pod.node
    lab.at(90.0, lambda: lab.state.nodes.add_unhealthy_cause(node, "test", 0))
    lab.at(100.0, lambda: lab.state.nodes.add_down_cause(node, "test", 0))
    lab.delete(pod, at=101.0)
    lab.run(HOUR)
    assert gone_at(lab) == 101.0 + 200.0


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_from_a_node_out_of_service_a_volume_is_taken_when_its_pod_is_collected(kind: str) -> None:
    lab = on_lost_node(kind, 4 * HOUR, OutOfService("help", Fixed(60.0)))
    noticed = lab.times(Kind.NODE_READY, 2)[0]
    assert deleted_at(lab) == noticed + 60.0
    assert noticed + 60.0 <= gone_at(lab) <= noticed + 80.0
    assert lab.times(Kind.VOLUME_ATTACHED, 0)[:1] == [round(gone_at(lab) + DETACH, 3)]
    [attempt] = lab.simulation.world.journal.attempts(5 * HOUR)
    assert (attempt.outcome, attempt.ended) == (Outcome.DONE, 100.0 + 4 * HOUR)
    assert attempt.begun == pytest.approx(noticed + 60.0, abs=0.001)
    assert not any(taint.key == OUT_OF_SERVICE for n in range(3) for taint in lab.state.nodes.taints_of(n))


def test_a_node_that_is_back_before_the_six_minutes_are_over_gives_its_volume_up_itself() -> None:
    lab = on_lost_node("Deployment", 700.0, ForceDelete("help", Fixed(0.0)))
    back = 800.0
    assert back < gone_at(lab) + 360.0
    [detached] = lab.times(Kind.VOLUME_ATTACHED, 0)
    assert back + DETACH <= detached <= back + STATUS + DETACH


def test_a_node_that_only_its_taint_says_is_out_of_service_loses_its_volumes_too() -> None:
    lab = settled(DISKS, claim(), WEB, machines=ONE_ZONE)
    [pod] = lab.pods()
    node = pod.node
    lab.at(10.0, lambda: lab.state.nodes.add_silent_cause(node, "test", 0))
    lab.at(20.0, lambda: lab.state.pods.mark_deleting(pod, 0))
    lab.at(30.0, lambda: lab.state.pods.remove(pod))
    taint = Taint(OUT_OF_SERVICE, TaintEffect.NO_EXECUTE)
    lab.at(40.0, lambda: lab.state.nodes.set_taints(node, frozenset({taint}), 0))
    lab.run(200.0)
    assert lab.times(Kind.VOLUME_ATTACHED, 0) == [40.0 + DETACH]


def test_the_force_can_come_at_another_time() -> None:
    timing = replace(SLOW.timing, force_detach_timeout=30.0)
    values = (DISKS, claim(), WEB)
    lost = down(host(*values), at=100.0, lasting=4 * HOUR)
    lab = settled(
        *values,
        machines=ONE_ZONE,
        laws=replace(SLOW, timing=timing),
        failures=[lost],
        operations=[ForceDelete("help", Fixed(0.0))],
    ).run(HOUR)
    assert lab.times(Kind.VOLUME_ATTACHED, 0)[:1] == [round(gone_at(lab) + 30.0 + DETACH, 3)]


def test_a_node_that_crashes_for_a_moment_keeps_its_volume() -> None:
    lab = on_lost_node("Deployment", 60.0)
    assert lab.rows(Kind.VOLUME_ATTACHED, since=0.0) == []
    assert len(ready_at(lab)) == 1


def test_claims_cost_nothing_where_there_are_none() -> None:
    lab = Lab(settled(deployment(replicas=3)).cluster, behaviour(Timing()))
    kinds = (Kind.POD_VOLUMES, Kind.CLAIM_PHASE, Kind.VOLUME_PHASE, Kind.VOLUME_ATTACHED)
    assert [row for kind in kinds for row in lab.rows(kind, BEGINNING)] == []


def test_what_a_pod_waits_for_on_its_node_is_said_in_kubernetes_words() -> None:
    pair = deployment(replicas=2, pods=template("web", claims=("data",)))
    lab = settled(volume("disk"), claim(storage_class=""), pair, machines=nodes(2))
    assert list(lab.simulation.pending().values()) == [
        'FailedAttachVolume: Multi-Attach error for volume "disk" Volume is already exclusively attached to one node '
        "and can't be attached to another"
    ]


def test_a_pod_that_names_its_node_chooses_none_for_its_claim() -> None:
    """The scheduler never sees it, so a claim that waits for the first pod waits for ever."""
    alone = pod("alone", claims=("data",), node_name="node-0")
    lab = settled(DISKS, claim(), alone, machines=ONE_ZONE)
    assert lab.simulation.pending() == {"alone": "FailedMount: error processing PVC default/data: PVC is not bound"}
    lab.apply(pod("other", claims=("data",)), at=10.0)
    lab.run(100.0)
    assert where(lab, "other") == where(lab, "alone") or len(ready_at(lab)) == 1
    bound = settled(volume("disk"), claim(storage_class=""), alone, machines=ONE_ZONE)
    assert [one.ready for one in bound.pods()] == [True]
