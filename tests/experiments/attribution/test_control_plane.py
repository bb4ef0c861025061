"""What a control plane that is away adds to an outage is its own; the rest is of what broke."""

import math
from dataclasses import replace

import numpy as np
import pytest

from experiments.attribution.losses import attribute
from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Stage
from experiments.design.goal import Capacity, ReadyEndpoints
from experiments.metrics.observation import Observation
from models.distributions import Exponential, Fixed, Uniform
from models.pod import Probe
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.control_plane_outage import ControlPlaneOutage
from simulator.failures.etcd_quorum_loss import EtcdQuorumLoss
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.processes import Process
from simulator.run import simulate
from tests.experiments.attribution.scenarios import home, lost, run
from tests.simulator.clusters import DAY, HOUR, behaviour, cluster, container, deployment, down, nodes, template
from tests.simulator.failures.test_control_plane_outage import ELECTION, GRACE, INSTANT, START, TOLERATED, Away

LOAD = cluster(nodes(2), deployment())
HOME = home(LOAD)
EXACTLY = behaviour(INSTANT)


def rounded(found: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """To a tenth of a second: loops take a millisecond. What is less is left out."""
    return {why: round(seconds, 1) for why, seconds in found.items() if seconds > 0.05}


@pytest.mark.parametrize("process", [Process.API_SERVER, Process.CONTROLLER_MANAGER])
def test_the_time_in_which_nobody_looks_is_the_absences(process: Process) -> None:
    crash = down(HOME, at=150.0)
    found = run(LOAD, Away(process, 100.0, 1000.0), crash, under=EXACTLY)
    assert rounded(lost(found)) == {
        ("away", Stage.UNDETECTED): 950.0 + ELECTION,
        (crash.name, Stage.UNDETECTED): GRACE,
        (crash.name, Stage.TOLERATED): TOLERATED,
        (crash.name, Stage.START): START,
    }


def test_a_toleration_that_begins_anew_is_of_the_crash() -> None:
    crash = down(HOME, at=100.0)
    found = run(LOAD, Away(Process.CONTROLLER_MANAGER, 400.0, 100.0), crash, under=EXACTLY)
    assert rounded(lost(found)) == {
        (crash.name, Stage.UNDETECTED): GRACE,
        (crash.name, Stage.TOLERATED): 250.0 + TOLERATED,
        ("away", Stage.TOLERATED): 100.0 + ELECTION,
        (crash.name, Stage.START): START,
    }


def test_a_pod_without_a_node_waits_for_the_scheduler() -> None:
    crash = down(HOME, at=150.0)
    found = run(LOAD, Away(Process.SCHEDULER, 100.0, 1000.0), crash, under=EXACTLY)
    created = 150.0 + GRACE + TOLERATED
    assert rounded(lost(found))["away", Stage.QUEUED] == 1100.0 + ELECTION - created


UNHEARD = {
    Process.API_SERVER: {
        ("crash", Stage.START): 30.0,
        ("crash", Stage.UNDETECTED): 30.0,
        ("away", Stage.NOT_READY): 470.0,
        ("away", Stage.NOT_LISTED): ELECTION,
    },
    Process.CONTROLLER_MANAGER: {("crash", Stage.START): 60.0, ("away", Stage.NOT_LISTED): 470.0 + ELECTION},
}


@pytest.mark.parametrize("process", UNHEARD)
def test_a_pod_that_answers_and_is_not_listed_waits_for_those_who_are_away(process: Process) -> None:
    """A crash at 1000, up again at 1060; from 1030 to 1530 nobody hears of it, or nobody lists it."""
    slow = behaviour(replace(INSTANT, crash_loop_initial=0.0), startup=Fixed(60.0))
    probed = cluster(nodes(2), deployment(pods=template("web", container(readiness=Probe(period=1.0)))))
    stories = ContainerCrash("crash", Fixed(1000.0)), Away(process, 1030.0, 500.0)
    assert rounded(lost(run(probed, *stories, until=1900.0, under=slow))) == UNHEARD[process]


def test_all_of_them_at_once_sum_to_the_downtime() -> None:
    load = cluster(nodes(4, ("a", "b")), deployment(replicas=3), deployment("lone"))
    found = simulate(
        load,
        failures=[
            NodeCrash("node-crash", Exponential(DAY), Exponential(HOUR)),
            ZoneOutage("zone-outage", Exponential(4 * DAY), Exponential(HOUR)),
            ContainerCrash("crash", Exponential(DAY / 2)),
            EtcdQuorumLoss("etcd", Exponential(8 * HOUR), Exponential(2 * HOUR)),
            *(
                ControlPlaneOutage(f"no-{process.lower()}", process, Exponential(5 * HOUR), Uniform(0.0, 2 * HOUR))
                for process in Process
            ),
        ],
        operations=[
            Rollout("release", "Deployment/web", every=DAY / 2),
            Drain("patching", every=3 * DAY, timeout=600.0, maintenance=Fixed(600.0), reboot=True),
        ],
        duration=20 * DAY,
        seed=3,
        keep_log=True,
    )
    assert found.log is not None
    causes = set()
    for name, history in found.services.items():
        for available in (ReadyEndpoints(1), ReadyEndpoints(3), Capacity(1.0)):
            outages = Observation.of(history, available, found.start, found.end).outages
            losses = attribute(missing_replicas(found.log, [name], found.end)[name], outages)
            for number, (start, end) in enumerate(outages.tolist()):
                assert math.fsum(loss.seconds for loss in losses if loss.outage == number) == end - start
            assert all(loss.seconds >= 0 for loss in losses)
            causes |= {loss.cause.partition("/")[0] for loss in losses}
            assert np.isfinite([loss.seconds for loss in losses]).all()
    assert causes >= {"node-crash", "zone-outage", "crash", "etcd", *(f"no-{process.lower()}" for process in Process)}
