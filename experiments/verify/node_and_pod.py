"""Group c: detection, toleration and rescheduling of a pod whose node is lost."""

import math
from dataclasses import dataclass, replace

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Check, Study
from experiments.verify.systems import (
    INSTANT,
    PROMPT,
    behaviour,
    nodes,
    replications,
)
from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.node import NOT_READY, UNREACHABLE, TaintEffect
from models.pod import Container, PodSpec, PodTemplate, Toleration
from models.service import Service
from models.units import DAY, YEAR
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.log import Kind

UNLIMITED = replace(PROMPT, node_eviction_rate=1e6)
"""No queue before a node's taint, however many nodes are lost at once."""


def _singles(number: int, machines: int, tolerance: float) -> Cluster:
    """`number` Deployments of one replica, each with a Service and an image of its own, over `machines` nodes."""
    tolerations = tuple(
        Toleration(key, effect=TaintEffect.NO_EXECUTE, seconds=tolerance) for key in (NOT_READY, UNREACHABLE)
    )
    names = [f"app-{i}" for i in range(number)]
    return Cluster(
        nodes=nodes(machines),
        deployments=tuple(
            Deployment(
                name,
                PodTemplate(PodSpec((Container("server", image=name),), tolerations=tolerations), {"app": name}),
                LabelSelector.of({"app": name}),
            )
            for name in names
        ),
        services=tuple(Service(name, selector={"app": name}) for name in names),
    )


# Reaction and eviction times


@dataclass(frozen=True)
class _Profile:
    """Settings of the node lifecycle, and the cases that they answer."""

    eviction_case: str
    grace: float
    heartbeat: float
    monitor: float
    toleration: float
    reaction_cases: tuple[str, str] | None = None
    eviction_timeout: float | None = None
    """The rule before taints: counted from the last heartbeat."""


PROFILES = (
    _Profile("c8", 40, 10, 5, 300, ("c6", "c6v")),
    _Profile("c8b", 50, 10, 5, 300),
    _Profile("c7", 40, 10, 5, 300, eviction_timeout=300),
    _Profile("c9_fast", 20, 4, 2, 30),
    _Profile("c9_medium", 120, 20, 5, 60),
    _Profile("c9_low", 300, 60, 5, 60),
)


CRASH_MTTF, RUNS, YEARS = 10 * DAY, 25, 0.02
"""Mean seconds between crashes of a node, runs, and years of each: few crashes of a node in a run."""
MACHINES = 60
CRASHES = MACHINES * RUNS * YEARS * YEAR / CRASH_MTTF


def _detection(profile: _Profile, seed: int, effort: float) -> list[Check]:
    """Crashes of many nodes, and when they are noticed and their pods deleted."""
    timing = replace(
        UNLIMITED,
        node_monitor_grace_period=profile.grace,
        lease_renew_period=profile.heartbeat,
        node_monitor_period=profile.monitor,
        pod_eviction_timeout=profile.eviction_timeout,
    )
    reactions, evictions = [], []
    for run in replications(
        _singles(MACHINES, MACHINES, profile.toleration),
        [NodeCrash("crash", Exponential(CRASH_MTTF), Fixed(3600))],
        number=RUNS * effort,
        years=YEARS,
        seed=seed,
        behaviour=behaviour(timing=timing),
        keep_log=True,
    ):
        assert run.log is not None
        rows = run.log.columns()
        reactions += _delays(rows, Kind.NODE_READY, 2)
        evictions += _delays_of_deletion(rows)
    mean = exact.mean_reaction_time(profile.grace, profile.heartbeat, profile.monitor)
    variance = exact.reaction_time_variance(profile.heartbeat, profile.monitor)
    if profile.eviction_timeout is None:
        eviction = exact.mean_time_to_eviction(profile.grace, profile.toleration, profile.heartbeat, profile.monitor)
        rule = f"grace {profile.grace:g} s, toleration {profile.toleration:g} s"
    else:
        eviction = exact.mean_time_to_eviction_before_taints(
            profile.eviction_timeout, profile.heartbeat, profile.monitor
        )
        rule = f"pod eviction timeout {profile.eviction_timeout:g} s, without taints"
    # The loops of kubelet and monitor keep their phases: crashes of one node in one run share the time between them.
    shared = profile.monitor**2 / 12 * YEARS * YEAR / CRASH_MTTF
    checks = [
        Check(
            profile.eviction_case,
            f"mean seconds from crash to eviction, {rule}",
            eviction,
            float(np.mean(evictions)),
            math.sqrt((variance + shared) / len(evictions)),
        )
    ]
    if profile.reaction_cases is not None:
        mean_case, variance_case = profile.reaction_cases
        # Fourth central moment of a difference of two uniforms: a sum over their widths.
        a, b = profile.heartbeat, profile.monitor
        fourth = (a**4 + b**4) / 80 + 6 * (a * b / 12) ** 2
        n = len(reactions)
        checks += [
            Check(
                mean_case, "mean reaction time (s)", mean, float(np.mean(reactions)), math.sqrt((variance + shared) / n)
            ),
            Check(
                variance_case,
                "variance of the reaction time (s^2)",
                variance,
                float(np.var(reactions, ddof=1)),
                math.sqrt((fourth - variance**2) / n),
            ),
        ]
    return checks


def _delays(rows: np.ndarray, kind: Kind, new: int) -> list[float]:
    """Seconds from each node's loss of power to the transition of this kind that follows."""
    down: dict[float, float] = {}
    delays = []
    for time, row_kind, subject, _, value, _ in rows:
        if row_kind == Kind.NODE_POWER and value == 0:
            down[subject] = time
        elif row_kind == kind and value == new and subject in down:
            delays.append(time - down[subject])
    return delays


def _delays_of_deletion(rows: np.ndarray) -> list[float]:
    """Seconds from each node's loss of power to the deletion of the first pod that was on it."""
    down: dict[float, float] = {}
    node_of: dict[float, float] = {}
    delays = []
    for time, kind, subject, _, value, _ in rows:
        if kind == Kind.POD_NODE:
            node_of[subject] = value
        elif kind == Kind.NODE_POWER and value == 0:
            down[subject] = time
        elif kind == Kind.POD_DELETING and node_of[subject] in down:
            delays.append(time - down.pop(node_of[subject]))
    return delays


# Downtime of a single replica


def _pod_and_node(seed: int, effort: float) -> list[Check]:
    """Container crashes restart in place in 10 s; a lost node moves the pod after 345 s + 15 s."""
    pod_mttf, restart, node_mttf, away, reschedule = 2 * DAY, 10.0, 120 * DAY, 345.0, 15.0
    timing = replace(UNLIMITED, node_monitor_grace_period=50.0)
    toleration = away - exact.mean_reaction_time(50.0, timing.lease_renew_period, timing.node_monitor_period)
    years, apps, runs = 2.0, 20, max(2, round(12 * effort))
    unavailable = [
        run.services[name].answering.time_below(1)
        for run in replications(
            _singles(apps, 40, toleration),
            [
                NodeCrash("node", Exponential(node_mttf), Fixed(7200)),
                ContainerCrash("pod", Exponential(pod_mttf)),
            ],
            number=runs,
            years=years,
            seed=seed,
            behaviour=behaviour(replace(INSTANT, start=Fixed(reschedule), restart=Fixed(restart)), timing),
        )
        for name in run.services
    ]
    expected = exact.pod_on_node_unavailability_fixed_restart(pod_mttf, restart, node_mttf, away, reschedule)
    variance_rate = restart**2 / pod_mttf + (away + reschedule) ** 2 / node_mttf
    # Pods that share a node fall together, 20 pods on 40 nodes: about every other one has a companion.
    crowding = 1 + apps / 40
    return [
        Check(
            "c2",
            "steady-state unavailability of a pod on failing nodes, fixed restart",
            expected,
            float(np.sum(unavailable)) / (len(unavailable) * years * YEAR),
            math.sqrt(crowding * variance_rate / (len(unavailable) * years * YEAR)),
        )
    ]


TOLERATIONS = (0.0, 30.0, 60.0, 300.0, 900.0)


def _transient(toleration: float, seed: int, effort: float) -> list[Check]:
    """Node outages of 30 min on average: those that end before the eviction cost a restart, the others a move."""
    node_mttf, outage, grace, reschedule, restart = 120 * DAY, 1800.0, 40.0, 15.0, 5.0
    timing = replace(UNLIMITED, node_monitor_grace_period=grace)
    # So that detection and toleration together take grace + toleration on average.
    slack = grace - exact.mean_reaction_time(grace, timing.lease_renew_period, timing.node_monitor_period)
    away = grace + toleration
    # Many machines for a short time: a pod hardly ever comes back to a node that has its image.
    years, apps, machines = 0.5, 60, 480
    downtime, outages = 0.0, 0
    for run in replications(
        _singles(apps, machines, toleration + slack),
        [NodeCrash("node", Exponential(node_mttf), Exponential(outage))],
        number=32 * effort,
        years=years,
        seed=seed,
        # A pod that moves pulls its image onto a node that has never seen it; one that stays has it.
        behaviour=behaviour(replace(INSTANT, start=Fixed(restart), image_pull=Fixed(reschedule - restart)), timing),
    ):
        for history in run.services.values():
            downtime += history.answering.time_below(1)
            outages += len(history.answering.intervals_below(1))
    mean = exact.mean_downtime_of_a_node_outage(outage, away, reschedule, restart)
    short = -math.expm1(-away / outage)
    # E[(X + restart)^2; X <= away] + P(X > away) (away + reschedule)^2, X exponential.
    grid = np.linspace(0, away, 20_001)
    within = float(np.trapezoid((grid + restart) ** 2 * np.exp(-grid / outage) / outage, grid)) if away else 0.0
    variance = within + (1 - short) * (away + reschedule) ** 2 - mean**2
    checks = [
        Check(
            f"c5_tol{toleration:g}",
            f"mean pod downtime of a node outage (s), toleration {toleration:g} s",
            mean,
            downtime / outages,
            math.sqrt(variance / outages),
        )
    ]
    if toleration == 300:
        simulated = len(run.services) * max(2, round(32 * effort)) * years * YEAR
        down = mean / (node_mttf + mean)
        error = math.sqrt((variance + mean**2) / node_mttf / simulated)
        quantity = "steady-state unavailability of a single replica, transient node outages"
        checks += [
            replace(checks[0], id="c3"),
            Check("c4", quantity, down, downtime / simulated, error),
        ]
    return checks


@dataclass(frozen=True)
class _Detection:
    profile: _Profile

    def __call__(self, seed: int, effort: float) -> list[Check]:
        return _detection(self.profile, seed, effort)


@dataclass(frozen=True)
class _Transient:
    toleration: float

    def __call__(self, seed: int, effort: float) -> list[Check]:
        return _transient(self.toleration, seed, effort)


STUDIES = (
    *(
        Study(f"detection, {profile.eviction_case}", _Detection(profile), seconds=4, events=CRASHES)
        for profile in PROFILES
    ),
    Study("pod and node", _pod_and_node, seconds=20),
    *(Study(f"transient outages, toleration {t:g} s", _Transient(t), seconds=25) for t in TOLERATIONS),
)
