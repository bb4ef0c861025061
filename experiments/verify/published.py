"""Group v: the published outages of a single replica, by their mechanism.

Vayghan, Saied, Toeroe, Khendek (CLOUD 2018): default configuration, no redundancy, quoted second-hand. A failure is
followed by the first reaction; from there on, repair lasts until a container of the pod runs again and recovery until
it answers. The measured repair and recovery of a killed container are what the simulator is told about this container,
and the reaction to it how often the kubelet looks; so of that trigger only the outage as a whole is held against the
table. The rest follows from Kubernetes: relists, the grace period, heartbeats, the eviction timeout of 2018.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from experiments.verify.check import Basis, Check, Study
from experiments.verify.systems import behaviour, nodes, replications
from models.arrays import Floats
from models.behaviour import PodBehaviour
from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.pod import Container, PodSpec, PodTemplate
from models.service import Service
from models.timing import Timing
from models.units import DAY
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.sandbox_crash import SandboxCrash
from simulator.log import Kind
from simulator.run import Run
from simulator.stories.protocols import FailureMode

SERVER = PodBehaviour(
    image_pull=Fixed(0.0),
    start=Fixed(2.0),
    restart=Fixed(0.472),
    startup=Fixed(0.578),
    stop=Fixed(30.0),
)
"""A new sandbox takes about 2 s; the application ignores SIGTERM, and answers 0.578 s after its container runs."""
OF_2018 = replace(
    Timing(),
    node_monitor_grace_period=40.0,
    pod_eviction_timeout=300.0,
    controller_latency=0.0,
    creation_latency=0.0,
    scheduler_latency=0.0,
)
PHASES = ("reaction", "repair", "recovery", "outage")


@dataclass(frozen=True)
class _Trigger:
    """What fails, and the mean seconds that were measured of each phase that is held against the table."""

    case: str
    failure: FailureMode
    measured: dict[str, float]
    timing: Timing = OF_2018


TRIGGERS = (
    _Trigger(
        "VLC",
        ContainerCrash("container", Exponential(5 * DAY)),
        {"outage": 1.766},
        # The relist period of 1 s counts from the end of the last relist; half of all that is the measured reaction.
        replace(OF_2018, pleg_relist_period=2 * 0.716),
    ),
    _Trigger(
        "pod",
        SandboxCrash("sandbox", Exponential(5 * DAY)),
        {"reaction": 0.496, "repair": 32.570, "recovery": 31.523, "outage": 32.019},
    ),
    _Trigger(
        "node",
        NodeCrash("node", Exponential(5 * DAY), Fixed(7200.0)),
        {"reaction": 38.187, "repair": 262.542, "recovery": 262.665, "outage": 300.852},
    ),
)


def _check(trigger: _Trigger, seed: int, effort: float) -> list[Check]:
    template = PodTemplate(PodSpec((Container("server", image="server"),)), {"app": "server"})
    cluster = Cluster(
        nodes=nodes(3),
        deployments=(Deployment("server", template, LabelSelector.of({"app": "server"})),),
        services=(Service("server", selector={"app": "server"}),),
    )
    # Many short runs: the loops of the control plane keep their phases for a whole run.
    runs = replications(
        cluster,
        [trigger.failure],
        number=80,
        years=0.25,
        seed=seed,
        behaviour=behaviour(SERVER, trigger.timing),
        keep_log=True,
    )
    phases = np.concatenate([_phases(run) for run in runs])
    return [
        Check(
            f"v_{trigger.case}_{phase}",
            f"{trigger.failure.name} fails: mean {phase} (s), {len(phases)} failures",
            seconds,
            float(phases[:, PHASES.index(phase)].mean()),
            basis=Basis.PUBLISHED,
        )
        for phase, seconds in trigger.measured.items()
    ]


def _phases(run: Run) -> Floats:
    """Seconds of reaction, repair, recovery and outage, a row per outage that ended within the run."""
    assert run.log is not None
    rows: list[tuple[float, float, float, float]] = []
    failed = reacted = repaired = np.nan
    for time, kind, _, _, new, _ in run.log.columns():
        if kind == Kind.POD_ANSWERING and not new:
            failed, reacted, repaired = time, np.nan, np.nan
        elif kind == Kind.POD_READY and not new and np.isnan(reacted):
            reacted = time
        elif kind == Kind.POD_CONTAINERS and new and not np.isnan(reacted):
            repaired = time
        elif kind == Kind.POD_ANSWERING and new and not np.isnan(repaired):
            rows.append((reacted - failed, repaired - reacted, time - reacted, time - failed))
    return np.array(rows).reshape(-1, len(PHASES))


STUDIES = tuple(
    Study(f"published, {trigger.failure.name}", partial(_check, trigger), seconds=3) for trigger in TRIGGERS
)
