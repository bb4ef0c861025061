"""Group s: how long a volume keeps its replica away, when a node, a zone or its data is lost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from experiments import closed_form as exact
from experiments.verify.check import Check, Study
from experiments.verify.systems import INSTANT, PROMPT, behaviour, nodes
from models.claim import PersistentVolumeClaim
from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Exponential, Fixed, Uniform
from models.labels import LabelSelector
from models.node import NOT_READY, UNREACHABLE, TaintEffect
from models.pod import Container, PodSpec, PodTemplate, Toleration
from models.service import Service
from models.statefulset import StatefulSet
from models.units import DAY, HOUR, YEAR
from models.volume import StorageClass, VolumeBindingMode
from simulator.failures.node_crash import NodeCrash
from simulator.failures.volume_loss import VolumeLoss
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.force_delete import ForceDelete
from simulator.operations.out_of_service import OutOfService
from simulator.run import Run, simulate
from simulator.stories.protocols import FailureMode, Operation

TOLERATION, DETACH, ATTACH, START = 30.0, 12.0, 20.0, 8.0
TIMING = replace(PROMPT, node_eviction_rate=1e6)
STORED = replace(INSTANT, start=Fixed(START), attach=Fixed(ATTACH), detach=Fixed(DETACH), provision=Fixed(0.0))
DISKS = StorageClass("disks", "disks.example.org", VolumeBindingMode.WAIT_FOR_FIRST_CONSUMER, is_default=True)
APPS, MACHINES = 40, 120
CRASH_MTTF, RUNS, YEARS = 1000 * DAY, 60, 0.3
"""Mean seconds between crashes of a node, runs, and years of each: a second crash hardly ever meets the first."""


def _databases(kind: str, machines: Sequence[str], number: int) -> Cluster:
    """`number` workloads of one replica with a volume and a Service each; node i lies in the zone machines[i]."""
    tolerations = tuple(
        Toleration(key, effect=TaintEffect.NO_EXECUTE, seconds=TOLERATION) for key in (NOT_READY, UNREACHABLE)
    )
    values: list[object] = [*nodes(len(machines), machines), DISKS]
    for name in (f"db-{i}" for i in range(number)):
        selector = LabelSelector.of({"app": name})
        spec = PodSpec((Container("server", image=name),), tolerations=tolerations)
        values.append(Service(name, selector={"app": name}))
        if kind == "Deployment":
            values += [
                PersistentVolumeClaim(name),
                Deployment(name, PodTemplate(replace(spec, claims=(name,)), {"app": name}), selector),
            ]
        else:
            claims = (PersistentVolumeClaim("data"),)
            template = PodTemplate(spec, {"app": name})
            values.append(StatefulSet(name, template, selector, volume_claim_templates=claims))
    return Cluster.of(values)


def _run(
    cluster: Cluster,
    failures: Sequence[FailureMode],
    operations: Sequence[Operation],
    years: float,
    seed: int,
    run: int,
) -> Run:
    return simulate(
        cluster,
        duration=years * YEAR,
        behaviour=behaviour(STORED, TIMING),
        failures=failures,
        operations=operations,
        seed=seed,
        replication=run,
    )


@dataclass(frozen=True)
class _NodeLost:
    """Nodes crash for `outage`, and `help` is what somebody does about it; `mean` and `variance` are the downtime's."""

    id: str
    kind: str
    outage: float
    help: Operation | None
    mean: float
    variance: float
    quantity: str

    def __call__(self, seed: int, effort: float) -> list[Check]:
        cluster = _databases(self.kind, [""] * MACHINES, APPS)
        crash = NodeCrash("crash", Exponential(CRASH_MTTF), Fixed(self.outage))
        operations = [] if self.help is None else [self.help]
        downtime, outages = 0.0, 0
        for number in range(max(2, round(RUNS * effort))):
            run = _run(cluster, [crash], operations, YEARS, seed, number)
            for history in run.services.values():
                lengths = [end - start for start, end in history.answering.intervals_below(1) if end < run.end]
                downtime += math.fsum(lengths)
                outages += len(lengths)
        error = math.sqrt(self.variance / outages)
        return [Check(self.id, f"{self.quantity} (s), a {self.kind}", self.mean, downtime / outages, error)]


DETECTION = exact.mean_reaction_time(
    TIMING.node_monitor_grace_period, TIMING.lease_renew_period, TIMING.node_monitor_period
)
NOTICED = exact.reaction_time_variance(TIMING.lease_renew_period, TIMING.node_monitor_period)
DELETED, DECLARED = Uniform(60.0, 180.0), Uniform(120.0, 160.0)


def _variance(law: Uniform) -> float:
    return (law.high - law.low) ** 2 / 12


def _studies_of_nodes() -> list[Study]:
    found = []
    for kind in ("Deployment", "StatefulSet"):
        forced = exact.mean_downtime_until_force_detach(
            *(DETECTION, TOLERATION, DELETED.mean, TIMING.force_detach_timeout, DETACH, ATTACH, START)
        )
        declared = exact.mean_downtime_until_out_of_service(
            *(DETECTION, DECLARED.mean, TIMING.pod_gc_period, DETACH, ATTACH, START)
        )
        cases = [
            _NodeLost(
                *(f"s1_{kind.lower()}", kind, 4 * HOUR, ForceDelete("delete", DELETED)),
                *(forced, NOTICED + _variance(DELETED), "downtime with a forced detach"),
            ),
            _NodeLost(
                *(f"s2_{kind.lower()}", kind, 4 * HOUR, OutOfService("declare", DECLARED)),
                *(declared, NOTICED + _variance(DECLARED) + TIMING.pod_gc_period**2 / 12),
                "downtime with the taint out-of-service",
            ),
        ]
        if kind == "Deployment":
            status = TIMING.node_status_period
            back = exact.mean_downtime_until_return(600.0, status, DETACH, ATTACH, START)
            cases.append(_NodeLost("s3", kind, 600.0, None, back, status**2 / 12, "downtime until the node is back"))
        found += [Study(f"volume of a lost node, {case.id}", case, seconds=8) for case in cases]
    return found


ZONE_MTTF, ZONE_OUTAGE = 20 * DAY, 6 * HOUR


def _depends(id_: str, quantity: str, mttf: float, outage: float, down: float, seconds: float) -> Check:
    """Renewal-reward: cycles of an exponential time up and a fixed time down."""
    away = outage + START
    error = math.sqrt(away**2 * mttf**2 / (mttf + away) ** 3 / seconds)
    return Check(id_, quantity, exact.dependent_unavailability(mttf, outage, START), down / seconds, error)


def _zone_lost(seed: int, effort: float) -> list[Check]:
    """A zone of one node has outages; one with another node has none, and the volume is not there."""
    outage = ZoneOutage("outage", Exponential(ZONE_MTTF), Fixed(ZONE_OUTAGE), zones=("a",))
    cluster = _databases("StatefulSet", ["a", "b"], 8)
    down = seconds = 0.0
    for number in range(max(2, round(30 * effort))):
        run = _run(cluster, [outage], [], 1.0, seed, number)
        bound = [history for history in run.services.values() if history.answering.time_below(1)]
        down += bound[0].answering.time_below(1) if bound else 0.0
        seconds += run.end - run.start
    return [_depends("s4", "unavailability of a replica bound to a zone", ZONE_MTTF, ZONE_OUTAGE, down, seconds)]


DISK_MTTF, DISK_REPAIR, RESYNC, RESTORE = 1000 * DAY, HOUR, HOUR / 2, 5 * HOUR


def _data_lost(seed: int, effort: float) -> list[Check]:
    """Disks die: of replicas that are alone, and of sets of three of which the others have the data.

    That two of a set are lost at once happens to one loss in 8000, which makes it four times as long.
    """
    loss = VolumeLoss("disk", Exponential(DISK_MTTF), Fixed(DISK_REPAIR), Fixed(RESYNC), Fixed(RESTORE))
    checks = []
    for id_, replicas, copying, what in (
        ("s5_alone", 1, RESTORE, "of a replica whose data comes from a backup"),
        ("s5_three", 3, RESYNC, "of one of three replicas, whose data comes from the others"),
    ):
        cluster = _databases("StatefulSet", [""] * 8, 10)
        sets = tuple(replace(one, replicas=replicas) for one in cluster.stateful_sets)
        down = seconds = 0.0
        for number in range(max(2, round(12 * effort))):
            run = _run(replace(cluster, stateful_sets=sets), [loss], [], 5.0, seed, number)
            for history in run.services.values():
                down += sum(history.answering.time_below(level) for level in range(1, replicas + 1))
                seconds += replicas * (run.end - run.start)
        outage = DISK_REPAIR + copying
        checks.append(_depends(id_, f"unavailability {what}", DISK_MTTF, outage, down, seconds))
    return checks


STUDIES = (
    *_studies_of_nodes(),
    Study("volume of a lost zone", _zone_lost, seconds=4),
    Study("lost data", _data_lost, seconds=4),
)
