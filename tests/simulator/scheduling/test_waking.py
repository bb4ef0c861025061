"""Whatever happens, no pod waits though a node would take it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest

from models.deployment import Deployment
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, ZONE_LABEL
from models.pod import Affinity, PodAffinityTerm, TopologySpreadConstraint, WhenUnsatisfiable
from tests.simulator.clusters import Lab, cluster, container, deployment, nodes, template

APPS = ("a", "b", "c")
STEP = 100.0
"""Seconds between what happens: long enough for all of it to be over."""


T = TypeVar("T")


def one(rng: np.random.Generator, items: Sequence[T]) -> T:
    return items[int(rng.integers(len(items)))]


def choosy(app: str, rng: np.random.Generator) -> Deployment:
    """A few large pods that mind where others are."""
    key, other = one(rng, [HOSTNAME_LABEL, ZONE_LABEL]), LabelSelector.of({"app": one(rng, APPS)})
    near = Affinity(pod_required=(PodAffinityTerm(other, key),))
    apart = Affinity(pod_anti_required=(PodAffinityTerm(other, key),))
    hard = WhenUnsatisfiable.DO_NOT_SCHEDULE
    even = (TopologySpreadConstraint(1, key, hard, other, honor_node_taints=rng.random() < 0.5),)
    wishes: list[dict[str, Any]] = [
        {},
        {"affinity": near},
        {"affinity": apart},
        {"topology_spread_constraints": even},
    ]
    minds = one(rng, wishes)
    pods = template(app, container(cpu=one(rng, [500, 1000, 2000, 3000])), **minds)
    return deployment(app, one(rng, [1, 2, 3]), pods=pods)


def happens(lab: Lab, machines: int, rng: np.random.Generator) -> None:
    """Pods are deleted, nodes are cordoned, drained or opened again, or a Deployment is scaled."""
    node, there = int(rng.integers(machines)), [pod for pod in lab.pods() if not pod.deleting and pod.node >= 0]
    match one(rng, ["delete", "cordon", "drain", "uncordon", "scale"]):
        case "delete" if there:
            lab.state.pods.mark_deleting(one(rng, there), 0)
        case "cordon":
            lab.state.nodes.set_unschedulable(node, True, 0)
        case "drain":
            lab.state.nodes.set_unschedulable(node, True, 0)
            for pod in there:
                if pod.node == node:
                    lab.state.pods.mark_deleting(pod, 0)
        case "uncordon":
            lab.state.nodes.set_unschedulable(node, False, 0)
        case "scale":
            lab.simulation.api.apply(replace(one(rng, lab.cluster.deployments), replicas=int(rng.integers(4))))


@pytest.mark.parametrize("seed", range(60))
def test_no_pod_waits_that_a_node_would_take(seed: int) -> None:
    rng = np.random.default_rng(seed)
    machines = one(rng, [2, 3, 4])
    lab = Lab(cluster(nodes(machines, "ab"), *(choosy(app, rng) for app in APPS)))
    scheduler = lab.simulation.control_plane.scheduler
    for step in range(1, 25):
        happens(lab, machines, rng)
        lab.run(step * STEP)
        assert [pod.name for pod in scheduler.unschedulable() if len(scheduler.feasible(pod))] == []
