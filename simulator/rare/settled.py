"""Settled states: where pods are and how old everything is, at a moment when nothing is under way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.timing import Timing
from simulator.hazards import Clock
from simulator.simulation import Simulation
from simulator.state.objects import PodState


@dataclass(frozen=True)
class Settled:
    """All that what comes next depends on, but the phases of the control plane's loops."""

    time: float
    """Seconds since failures began."""
    nodes: Mapping[str, str]
    """Replica's place, by the name of its slot -> the node that it is on."""
    images: Mapping[str, Sequence[str]]
    """Node -> the images that it has."""
    ages: Mapping[tuple[str, str], float]
    """(failure mode, what breaks) -> seconds that its clock has been running."""


def settled(simulation: Simulation) -> Settled | None:
    """The state now; None if anything is under way, or has happened that a settled state does not tell of.

    Under way is whatever waits for a time but the clocks of failures; a container that crashed lately remembers it
    (CrashLoopBackOff); and a node that joined, went, or is cordoned or tainted is no longer what the cluster says.
    """
    kernel, state = simulation.kernel, simulation.state
    clocks = simulation.hazards.running
    if not kernel.waits_only_for({clock.timer for clock in clocks if clock.timer is not None}):
        return None
    if not _as_declared(simulation):
        return None
    places: dict[str, str] = {}
    for pod in state.pods.values():
        if pod.deleting or pod.is_over or _remembers(pod, kernel.now, simulation.timing):
            return None
        if pod.node >= 0:
            places[pod.slot.name] = state.nodes.names[pod.node]
    images = simulation.control_plane.kubelet.images.on_nodes()
    ages = {_key(clock): clock.age for clock in clocks}
    by_name = {state.nodes.names[node]: on_node for node, on_node in enumerate(images)}
    return Settled(kernel.now, places, by_name, ages)


def _key(clock: Clock) -> tuple[str, str]:
    return clock.mode, clock.subject


def _remembers(pod: PodState, now: float, timing: Timing) -> bool:
    """Whether a container of the pod would have to wait after another crash."""
    return any(
        container.backoff is not None and now - container.backoff_updated <= timing.crash_loop_reset
        for container in pod.containers
    )


def _as_declared(simulation: Simulation) -> bool:
    """Whether the nodes are those of the cluster, and no spec of a workload has changed."""
    nodes, declared = simulation.state.nodes, simulation.cluster.nodes
    if len(nodes) != len(declared):
        return False
    for i, node in enumerate(declared):
        if not nodes.exists[i] or bool(nodes.unschedulable[i]) is not node.unschedulable:
            return False
        if not node.unschedulable and nodes.taints_of(i) != frozenset(node.taints):
            return False
    return True


def restore(simulation: Simulation, state: Settled) -> bool:
    """Brings a simulation that stands at its time 0, with its failure clocks begun, into this state.

    It must have been deployed with `state.nodes`. False if that was not possible: the pods are elsewhere.
    """
    names = simulation.state.nodes.names
    places = {pod.slot.name: names[pod.node] for pod in simulation.state.pods.values() if pod.node >= 0}
    if places != state.nodes:
        return False
    simulation.control_plane.kubelet.images.have([state.images.get(name, ()) for name in names])
    for clock in list(simulation.hazards.running):
        age = state.ages.get(_key(clock))
        if age is None:
            return False
        clock.stop()
        clock.start(age)
    return True
