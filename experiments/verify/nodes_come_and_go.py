"""Group n: pods that wait until a node is provisioned for them, and machines that are taken back."""

import math
from dataclasses import replace
from functools import partial

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Basis, Check, Study
from experiments.verify.systems import INSTANT, behaviour, nodes
from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Distribution, Exponential, Fixed, Uniform
from models.kubelet_configuration import KubeletConfiguration
from models.labels import LabelSelector
from models.node import Node, Resources
from models.node_pool import NodePool
from models.pod import Container, PodSpec, PodTemplate
from models.service import Service
from models.units import DAY
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from simulator.node_autoscaling.fleet import NodeAutoscaler
from simulator.node_autoscaling.karpenter import Karpenter
from simulator.operations.scale import Scale
from simulator.run import simulate

START, STOP = 3.0, 1.0
"""Seconds from a pod's node to its answering, and from its deletion to its end; it answers until then."""
PODS = replace(INSTANT, start=Fixed(START), stop=Fixed(STOP), answers_while_stopping=True)
AT = 100.0
"""When there are more pods than there is room for."""
BOOT = Uniform(30.0, 90.0)
RUNS = 400
MTTF, NOTICE = DAY / 4, 120.0
SPOT_RUNS, SPOT_DAYS = 40, 5.0
"""Short ones: the table of nodes keeps a row for each that ever was."""
KARPENTER = Karpenter(expire_after=None)
KUBELET = KubeletConfiguration(shutdown_grace_period=60.0)


def _web(cpu: int) -> tuple[Deployment, Service]:
    template = PodTemplate(PodSpec((Container("server", image="web", requests=Resources(cpu, 0)),)), {"app": "web"})
    return Deployment("web", template, LabelSelector.of({"app": "web"})), Service("web", selector={"app": "web"})


def _waits(
    autoscaler: NodeAutoscaler, times: tuple[float, ...], boot: Distribution, seed: int, runs: int
) -> list[float]:
    """How long the first of the pods that come at these times, a node each, waits in each of several runs."""
    pool = NodePool("pool", Node("pool", Resources(1000, 2**30)), count=1, min=1, max=40, provisioning=boot)
    deployment, service = _web(600)
    cluster = replace(Cluster.of([pool.node(1, ""), deployment, service]), pools=(pool,))
    scales = [Scale(f"more-{i}", "Deployment/web", at=at, replicas=2 + i) for i, at in enumerate(times)]
    found = []
    for replication in range(runs):
        run = simulate(
            cluster,
            duration=AT + 300.0,
            behaviour=behaviour(PODS),
            operations=scales,
            node_autoscaler=autoscaler,
            seed=seed,
            replication=replication,
        )
        found.append(run.services["web"].answering.time_below(2) - times[0])
    return found


def _provisioned(id_: str, autoscaler: NodeAutoscaler, title: str, seed: int, effort: float) -> list[Check]:
    law = BOOT.mean, (BOOT.high - BOOT.low) ** 2 / 12
    if isinstance(autoscaler, ClusterAutoscaler):
        mean, variance = exact.cluster_autoscaler_wait(autoscaler.scan_interval, law, START)
    else:
        mean, variance = exact.karpenter_wait((), 1.0, 10.0, law, START)
    waits = _waits(autoscaler, (AT,), BOOT, seed, max(30, round(RUNS * effort)))
    error = math.sqrt(variance / len(waits))
    return [Check(id_, f"{title}: mean wait for a node (s)", mean, float(np.mean(waits)), error)]


def _batches(seed: int, effort: float) -> list[Check]:
    checks = []
    for number, (gap, pods) in enumerate(((0.5, 6), (0.9, 20), (2.0, 6)), 1):
        times = tuple(AT + gap * i for i in range(pods))
        expected, _ = exact.karpenter_wait([gap] * (pods - 1), 1.0, 10.0, (60.0, 0.0), START)
        [waited] = _waits(KARPENTER, times, Fixed(60.0), seed, 1)
        title = f"Karpenter, {pods} pods, one every {gap:g} s: wait of the first (s)"
        checks.append(Check(f"n3_{number}", title, expected, waited, basis=Basis.CERTAIN))
    return checks


def _reclaimed(
    id_: str, mode: SpotReclaim, answer: tuple[float, float], title: str, seed: int, effort: float
) -> list[Check]:
    """A single replica on five machines, each replaced at once: practically never are all others on notice."""
    runs = max(1, round(SPOT_RUNS * effort))
    cluster, (share, rate) = Cluster.of([*nodes(5), *_web(100)]), answer
    down = 0.0
    for replication in range(runs):
        run = simulate(
            cluster,
            duration=SPOT_DAYS * DAY,
            behaviour=behaviour(PODS),
            failures=[mode],
            seed=seed,
            replication=replication,
        )
        down += (1 - run.services["web"].answering.mean()) / runs
    error = math.sqrt(rate / (runs * SPOT_DAYS * DAY))
    return [Check(id_, f"spot machines, {title}: unavailability", share, down, error)]


def _spot(drained: bool, kubelet: KubeletConfiguration | None = None) -> SpotReclaim:
    return SpotReclaim(
        "spot", Exponential(MTTF), Fixed(1.0), NOTICE, drained, kubelet=kubelet or KubeletConfiguration()
    )


_AUTOSCALERS: tuple[tuple[str, NodeAutoscaler, str], ...] = (
    ("n1", ClusterAutoscaler(), "Cluster Autoscaler"),
    ("n2", KARPENTER, "Karpenter"),
)
_SPOT = (
    ("n4", _spot(True), exact.reclaimed_drained(MTTF, START, STOP), "drained on notice"),
    ("n5", _spot(False), exact.reclaimed_unheard(MTTF, NOTICE, START), "without anybody who listens"),
    ("n6", _spot(False, KUBELET), exact.reclaimed_shut_down(MTTF, START, STOP), "shut down by their kubelets"),
)
STUDIES = (
    *(
        Study(f"nodes by {title}", partial(_provisioned, id_, autoscaler, title), seconds=5)
        for id_, autoscaler, title in _AUTOSCALERS
    ),
    Study("batches of Karpenter", _batches, seconds=1),
    *(
        Study(
            f"spot machines, {title}",
            partial(_reclaimed, id_, mode, answer, title),
            4,
            events=SPOT_RUNS * SPOT_DAYS * DAY / MTTF,
        )
        for id_, mode, answer, title in _SPOT
    ),
)
