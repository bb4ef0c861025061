"""Settled states: where pods are and how old everything is, at a moment when nothing is under way."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.cluster import kind_of
from models.configuration import Content
from models.pod import PodTemplate
from models.timing import Timing
from simulator.hazards import Clock
from simulator.simulation import Simulation
from simulator.state.objects import (
    ConfigurationState,
    DaemonSetState,
    DeploymentState,
    PodState,
    StatefulSetState,
    Workload,
)
from simulator.state.objects.service import USUAL


@dataclass(frozen=True)
class Settled:
    """All that what comes next depends on, but the phases of the control plane's loops."""

    time: float
    """Seconds since failures began."""
    nodes: Mapping[str, str]
    """Replica's place, by the name of its slot -> the node that it is on."""
    images: Mapping[str, Sequence[str]]
    """Node -> the images that it has, by the names that the manifests give them."""
    ages: Mapping[tuple[str, str], float]
    """(failure mode, what breaks) -> seconds that its clock has been running."""


def settled(simulation: Simulation) -> Settled | None:
    """The state now; None if anything is under way, or has happened that a settled state does not tell of.

    Under way is whatever waits for a time but the clocks of failures and operations that are due later; a container
    that crashed lately remembers it (CrashLoopBackOff), and an alert what was lost in its window; a node that joined,
    went, or is cordoned, tainted, off, hung or cut off is no longer what the cluster says; and of the specs of
    workloads only images and annotations may have changed: a release that is bad and has not been rolled back is not
    settled, nor is a Rollout that waits in one of its steps.
    """
    kernel, state = simulation.kernel, simulation.state
    clocks = simulation.hazards.running
    timers = {clock.timer for clock in clocks if clock.timer is not None}
    if not kernel.waits_only_for(timers | simulation.world.due) or not _nodes_as_declared(simulation):
        return None
    if not simulation.world.alerts.are_quiet or any(service.rate != USUAL for service in state.services):
        return None
    if any(each.spec.progression is not None and not each.complete for each in state.workloads.of(DeploymentState)):
        return None
    declared = _declared_images(simulation)
    if declared is None:
        return None
    pods = list(state.pods.values())
    if any(pod.deleting or pod.is_over or _remembers(pod, kernel.now, simulation.timing) for pod in pods):
        return None
    names = state.nodes.names
    on_nodes = simulation.control_plane.kubelet.images.on_nodes()
    subjects = _subjects(pods)
    return Settled(
        kernel.now,
        {subjects[pod.slot.name]: names[pod.node] for pod in pods if pod.node >= 0},
        {
            names[node]: [declared.get(i, i) for i in images if i in declared or i not in declared.values()]
            for node, images in enumerate(on_nodes)
        },
        {_key(clock, subjects): clock.age for clock in clocks},
    )


def _subjects(pods: Sequence[PodState]) -> dict[str, str]:
    """What is named by the slot of a replica -> its name if the slots of each workload were taken without gaps.

    Replicas of a Deployment are alike; after a rollout they sit in other slots than at first.
    """
    by_workload = defaultdict[Any, list[PodState]](list)
    for pod in pods:
        by_workload[pod.pod_class.workload].append(pod)
    names: dict[str, str] = {}
    for workload, its in by_workload.items():
        for number, pod in enumerate(sorted(its, key=lambda pod: pod.slot.index)):
            names |= _names(pod, f"{workload}/{number}" if are_alike(workload) else pod.slot.name)
    return names


def are_alike(workload: Workload) -> bool:
    """Whether any replica of the workload may stand for any other: none has a name, a node or volumes of its own."""
    return workload.kind in ("Deployment", "Rollout")


def _key(clock: Clock, subjects: Mapping[str, str]) -> tuple[str, str]:
    return clock.mode, subjects.get(clock.subject, clock.subject)


def _declared_images(simulation: Simulation) -> dict[str, str] | None:
    """Image of a release -> what the manifests call it; None if more than images and annotations has changed."""
    images: dict[str, str] = {}
    for now, declared in _specs(simulation):
        if now is declared:
            continue
        if replace(now, template=declared.template) != declared or not _alike(now.template, declared.template):
            return None
        pairs = zip(now.template.spec.containers, declared.template.spec.containers, strict=True)
        images |= {released.image: first.image for released, first in pairs if released.image != first.image}
    if any(record.content != Content() for record in simulation.state.workloads.of(ConfigurationState)):
        return None
    return images


def _specs(simulation: Simulation) -> Iterator[tuple[Any, Any]]:
    """What each Deployment, StatefulSet and DaemonSet is to be now, and by the manifests."""
    cluster, workloads = simulation.cluster, simulation.state.workloads
    written: tuple[Any, ...] = (*cluster.deployments, *cluster.stateful_sets, *cluster.daemon_sets)
    declared = {(kind_of(spec), spec.namespace, spec.name): spec for spec in written}
    specs: tuple[Any, ...] = (
        *(record.spec for record in workloads.of(DeploymentState)),
        *(record.spec for record in workloads.of(StatefulSetState)),
        *(record.spec for record in workloads.of(DaemonSetState)),
    )
    for spec in specs:
        yield spec, declared[kind_of(spec), spec.namespace, spec.name]


def _alike(now: PodTemplate, declared: PodTemplate) -> bool:
    """Whether two templates differ in annotations and the images of containers alone."""
    if len(now.spec.containers) != len(declared.spec.containers):
        return False
    pairs = zip(now.spec.containers, declared.spec.containers, strict=True)
    containers = tuple(replace(mine, image=theirs.image) for mine, theirs in pairs)
    return replace(now, annotations=declared.annotations, spec=replace(now.spec, containers=containers)) == declared


def _remembers(pod: PodState, now: float, timing: Timing) -> bool:
    """Whether a container of the pod would have to wait after another crash."""
    return any(
        container.backoff is not None and now - container.backoff_updated <= timing.crash_loop_reset
        for container in pod.containers
    )


def _nodes_as_declared(simulation: Simulation) -> bool:
    """Whether the nodes are those of the cluster, and as they are there."""
    nodes, declared = simulation.state.nodes, simulation.cluster.nodes
    if len(nodes) != len(declared):
        return False
    for i, node in enumerate(declared):
        if not nodes.exists[i] or bool(nodes.unschedulable[i]) is not node.unschedulable:
            return False
        if not node.unschedulable and nodes.taints_of(i) != frozenset(node.taints):
            return False
        if not (nodes.powered[i] and nodes.reporting[i] and nodes.healthy[i] and nodes.reachable[i]):
            return False
    return True


def restore(simulation: Simulation, state: Settled) -> bool:
    """Brings a settled simulation whose pods are where they are in this state into it: images, and ages of clocks.

    False if that is not possible: the pods are elsewhere, or other clocks run.
    """
    subjects = _in_their_places(simulation, state)
    if subjects is None:
        return False
    clocks = {_key(clock, subjects): clock for clock in simulation.hazards.running}
    if clocks.keys() != state.ages.keys():
        return False
    names = simulation.state.nodes.names
    simulation.control_plane.kubelet.images.have([state.images.get(name, ()) for name in names])
    for key, clock in clocks.items():
        clock.stop()
        clock.start(state.ages[key])
    return True


def _in_their_places(simulation: Simulation, state: Settled) -> dict[str, str] | None:
    """What is named by the slot of a replica -> its name in the state; None if any is not where it is there.

    Replicas that are alike are told apart by their nodes: each is taken for one that is on its node in the state.
    """
    names = simulation.state.nodes.names
    free = defaultdict[tuple[str, str], list[str]](list)
    for name, node in reversed(list(state.nodes.items())):
        free[name.rpartition("/")[0], node].append(name)
    subjects: dict[str, str] = {}
    placed = [pod for pod in simulation.state.pods.values() if pod.node >= 0]
    for pod in sorted(placed, key=lambda pod: pod.slot.index):
        name, node = pod.slot.name, names[pod.node]
        workload = pod.pod_class.workload
        if are_alike(workload):
            of = free[str(workload), node]
            if not of:
                return None
            subjects |= _names(pod, of.pop())
        elif state.nodes.get(name) != node:
            return None
    return subjects if len(placed) == len(state.nodes) else None


def _names(pod: PodState, name: str) -> dict[str, str]:
    """What is named by the pod's slot -> what it is called with this name for the slot."""
    old = pod.slot.name
    return {old: name} | {f"{old}/{c.spec.name}": f"{name}/{c.spec.name}" for c in pod.containers}
