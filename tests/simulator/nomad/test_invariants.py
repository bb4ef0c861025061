"""What must hold under Nomad, whatever happens: after each transition, and once nothing is left to do."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from models.cluster import Cluster
from simulator.control_planes.nomad import Nomad
from simulator.failures.kubelet_outage import KubeletOutage
from simulator.failures.network_partition import NetworkPartition
from simulator.failures.node_reboot import NodeReboot
from simulator.failures.oom_kill import OomKill
from simulator.failures.stuck_terminating import StuckTerminating
from simulator.failures.system_oom import SystemOOM
from simulator.log import Kind
from simulator.nomad.allocations import Status, TaskGroup
from simulator.nomad.options import Disconnect, Restart
from simulator.simulation import Simulation
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import PodState
from simulator.stories.protocols import FailureMode
from tests.simulator.clusters import DAY, HOUR, Lab
from tests.simulator.strategies import impairments, maintained
from tests.simulator.test_invariants import LIVELY, SETTINGS, History, check_pods, check_services, histories

KEPT = KubeletOutage, NetworkPartition, NodeReboot, OomKill, StuckTerminating, SystemOOM
"""The impairments that Nomad has a counterpart for."""
CHOICES = (
    Nomad(),
    Nomad(disconnect=Disconnect(lost_after=600.0)),
    Nomad(disconnect=Disconnect(stop_on_client_after=60.0), restart=Restart(attempts=0)),
)


def groups(state: ClusterState) -> list[TaskGroup]:
    found = {pod.owner: None for pod in state.pods.values()}
    return [owner for owner in found if isinstance(owner, TaskGroup)]


def check_nodes(state: ClusterState) -> None:
    """What is to stay on a node fits there; what is there is what is said to be."""
    for node, there in enumerate(state.nodes.running):
        staying = [pod.pod_class.requests for pod in there.values() if not pod.deleting]
        assert sum(requests.cpu for requests in staying) <= state.nodes.cpu[node]
        assert sum(requests.memory for requests in staying) <= state.nodes.memory[node]
        assert all(pod.node == node and not pod.is_over for pod in there.values())


def check_groups(simulation: Simulation) -> None:
    """No group has more allocations than it is to have, and nothing starts beside what it replaces."""
    state = simulation.state
    for group in groups(state):
        assert set(group.allocations) <= set(group.objects)
        assert len(group.holding()) <= group.count
        for allocation in group.allocations.values():
            assert not (allocation.counts and allocation.pod.deleting)
            assert not allocation.unknown or allocation.pod.node >= 0


def check_predecessors(state: ClusterState, pod: PodState) -> None:
    """Called as the first task of an allocation starts."""
    owner = pod.owner
    if not isinstance(owner, TaskGroup):
        return
    replaced = [each for each in owner.allocations.values() if each.replacement and each.replacement.pod is pod]
    for each in replaced:
        assert each.pod.is_over or state.nodes.ready[each.pod.node] != TRUE or each.unknown or not each.pod.running


def watch(simulation: Simulation) -> None:
    state = simulation.state
    emit: Callable[..., None] = state.transitions.emit
    depth = 0

    def checked(kind: Kind, subject: object, number: int, old: int, new: int, cause: int, *owner_class: type) -> None:
        nonlocal depth
        if kind is Kind.POD_CONTAINERS and isinstance(subject, PodState) and not old and not subject.answering:
            check_predecessors(state, subject)
        if kind is Kind.POD_NODE:
            assert not state.nodes.unschedulable[new]
        depth += 1
        emit(kind, subject, number, old, new, cause, *owner_class)
        depth -= 1
        if depth == 0:
            check_nodes(state)
            check_pods(state)
            check_services(state)
            check_groups(simulation)

    for part in (state.nodes, state.pods, state.workloads, state.services):
        part._emit = checked


def check_settled(lab: Lab) -> None:
    """Long after the last failure every group has its count, on nodes or without a place, and what runs answers."""
    state = lab.state
    for group in groups(state):
        holding = group.holding()
        assert len(holding) == group.count
        placed = all(each.pod.node >= 0 for each in holding)
        if placed and group.deployment.status is not Status.FAILED:
            assert group.record.complete
        for each in holding:
            assert each.pod.node >= 0 or not [
                node for node in range(len(state.nodes)) if lab.simulation.control_plane.placement._fits(node, each.pod)
            ]
    for pod in state.pods.values():
        assert not pod.deleting or state.nodes.ready[pod.node] != TRUE or not state.nodes.reporting[pod.node]


def watched(cluster: Cluster, nomad: Nomad, **other: object) -> Lab:
    return Lab(cluster, LIVELY, before=watch, control_plane=nomad, **other)  # type: ignore[arg-type]


@SETTINGS
@given(histories(repeated=False), st.sampled_from(CHOICES))
def test_the_state_is_consistent_through_failures_and_releases(history: History, nomad: Nomad) -> None:
    cluster, modes, operations, seed = history
    lab = watched(cluster, nomad, failures=modes, operations=operations, seed=seed, end=8 * HOUR).run(8 * HOUR)
    lab.run(3 * DAY)
    check_settled(lab)


@SETTINGS
@given(histories(), st.data(), st.sampled_from(CHOICES))
def test_the_state_is_consistent_through_maintenance(history: History, data: st.DataObject, nomad: Nomad) -> None:
    cluster, modes, operations, seed = history
    cluster, upkeep = data.draw(maintained(cluster))
    both = (*operations, *upkeep)
    watched(cluster, nomad, failures=modes, operations=both, seed=seed, end=8 * HOUR).run(8 * HOUR)


@SETTINGS
@given(histories(), impairments(), st.sampled_from(CHOICES))
def test_the_state_is_consistent_while_nodes_hang_and_are_cut_off(
    history: History, impaired: tuple[FailureMode, ...], nomad: Nomad
) -> None:
    cluster, modes, operations, seed = history
    failures = (*modes, *(mode for mode in impaired if isinstance(mode, KEPT)))
    watched(cluster, nomad, failures=failures, operations=operations, seed=seed, end=8 * HOUR).run(8 * HOUR)
