"""Downtime that is due to nodes cut off, hung or short of memory, and to pods that do not go away."""

import math
from typing import Any

import pytest

from experiments.attribution.losses import Loss, attribute
from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Stage
from models.distributions import Exponential, Fixed
from simulator.failures.disk_pressure import DiskPressure
from simulator.failures.kubelet_outage import Component, KubeletOutage
from simulator.failures.memory_pressure import MemoryPressure
from simulator.failures.network_partition import NetworkPartition, Peer
from simulator.failures.node_reboot import NodeReboot
from simulator.failures.oom_kill import OomKill
from simulator.failures.stuck_terminating import Holder, StuckTerminating
from simulator.failures.system_oom import SystemOOM
from simulator.failures.zone_outage import ZoneOutage
from simulator.run import Run, simulate
from tests.simulator.clusters import DAY, GIB, HOUR, Lab, behaviour, cluster, deployment, nodes
from tests.simulator.controllers.test_statefulset import lab_of, stateful_set

USERS = (Peer.USERS,)


def losses_of(found: Run) -> list[Loss]:
    assert found.log is not None
    outages = found.services["web"].answering.intervals_below(1.0)
    losses = attribute(missing_replicas(found.log, ["web"], found.end)["web"], outages)
    assert math.fsum(loss.seconds for loss in losses) == math.fsum(float(end - start) for start, end in outages)
    return losses


def run(*failures: Any, machines: int = 1, days: float = 200.0) -> list[Loss]:
    load = cluster(nodes(machines, ("a", "b")), deployment())
    return losses_of(
        simulate(load, failures=failures, behaviour=behaviour(), duration=days * DAY, keep_log=True, seed=3)
    )


@pytest.mark.parametrize("cut_from", [USERS, (Peer.API_SERVER,), (Peer.API_SERVER, Peer.USERS)])
def test_every_second_of_a_cut_is_due_to_it(cut_from: tuple[Peer, ...]) -> None:
    losses = run(NetworkPartition("cut", Exponential(2 * DAY), Fixed(HOUR), cut_from))
    assert {loss.cause for loss in losses} == {"cut/node-0"}
    if cut_from == USERS:
        assert {loss.stage for loss in losses} == {Stage.UNDETECTED}


def test_pods_that_start_on_a_node_without_users_are_due_to_the_cut() -> None:
    """Deleted by hand meanwhile: their successors answer no more than they did."""
    cut = NetworkPartition("cut", Fixed(HOUR), Fixed(2 * HOUR), USERS)
    found = Lab(cluster(nodes(1), deployment()), failures=[cut])
    [old] = found.pods()
    found.delete(old, at=1.5 * HOUR)
    found.run(3.5 * HOUR)
    log = found.simulation.completed_log()
    assert log is not None
    spells = missing_replicas(log, ["web"], 3.5 * HOUR)["web"]
    of_cut = [(spell.start, spell.end) for spell in spells if spell.cause == "cut/node-0"]
    assert min(start for start, _ in of_cut) == HOUR
    assert max(end for _, end in of_cut) == 3 * HOUR


@pytest.mark.parametrize("held_by", list(Holder))
def test_a_stateful_set_that_waits_for_a_pod_does_so_for_what_holds_it(held_by: Holder) -> None:
    lab = lab_of(stateful_set(1), failures=[StuckTerminating("stuck", Fixed(HOUR), 1.0, held_by)])
    lab.delete(lab.pods()[0], at=100.0)
    lab.run(2 * HOUR)
    log = lab.simulation.completed_log()
    assert log is not None
    outages = lab.simulation.recorder.histories(0.0, 2 * HOUR)["db"].answering.intervals_below(1.0)
    losses = attribute(missing_replicas(log, ["db"], 2 * HOUR)["db"], outages)
    due = [loss.seconds for loss in losses if loss.cause.startswith("stuck/") and loss.stage is Stage.TERMINATING]
    assert math.fsum(due) == pytest.approx(HOUR)
    assert math.fsum(loss.seconds for loss in losses) == math.fsum(float(end - start) for start, end in outages)


def test_with_all_of_them_at_once_the_causes_sum_to_the_downtime_and_nothing_is_nobodys() -> None:
    law, hour = Exponential(8 * DAY), Exponential(HOUR)
    losses = run(
        NodeReboot("reboot", law),
        KubeletOutage("kubelet", law, hour),
        KubeletOutage("runtime", law, hour, Component.RUNTIME),
        NetworkPartition("users", law, hour, USERS),
        NetworkPartition("cut", law, hour),
        MemoryPressure("memory", law, hour),
        DiskPressure("disk", law, hour, 20 * GIB),
        OomKill("limit", law),
        SystemOOM("oom", law),
        StuckTerminating("stuck", hour, 0.5),
        ZoneOutage("zone", law, hour),
        machines=2,
        days=700.0,
    )
    causes = {loss.cause.partition("/")[0] for loss in losses}
    assert causes >= {"reboot", "kubelet", "users", "cut", "memory", "disk", "limit", "oom", "zone"}
    assert "" not in causes
