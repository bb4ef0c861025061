"""The DaemonSet controller: a pod on every node that suits it, and their replacement when the template changes.

Source: pkg/controller/daemon (daemon_controller.go, update.go). Kubernetes goes over the nodes in the order of a Go
map, which is random: here every DaemonSet draws an order once a run. Only nodes where something happened are looked at.
Pods that fail are replaced without the real controller's back-off.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from heapq import nsmallest

from models.pod import PodTemplate
from models.timing import Timing
from simulator.component import Component
from simulator.controllers.daemon_availability import DaemonAvailability
from simulator.controllers.daemon_placement import DaemonPlacement
from simulator.controllers.pod_control import PodControl
from simulator.controllers.workqueue import WorkQueue
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import REVISION_LABEL, DaemonSetState, Phase, PodClass, PodState, Workload
from simulator.streams import Streams

MakePodClass = Callable[[Workload, PodTemplate, Mapping[str, str]], PodClass]
_FINISHED = (Phase.FAILED, Phase.SUCCEEDED)


class DaemonSetController:
    """Keeps every DaemonSet's nodes supplied, and rolls them towards its template."""

    def __init__(
        self, kernel: Component, state: ClusterState, timing: Timing, streams: Streams, make_pod_class: MakePodClass
    ) -> None:
        self._state = state
        self._streams = streams
        self._make_pod_class = make_pod_class
        self._placements: dict[DaemonSetState, DaemonPlacement] = {}
        self._ranks: dict[DaemonSetState, list[int]] = {}
        """Each node's place in the order of going over them."""
        self._changed: defaultdict[DaemonSetState, dict[int, int]] = defaultdict(dict)
        """Nodes to be looked at, and why."""
        self._refused: dict[DaemonSetState, dict[int, int]] = {}
        """Nodes that their pods were refused for in the last pass, and why they lack them."""
        self._queue: WorkQueue[DaemonSetState] = WorkQueue(kernel, timing.controller_latency, self._sync)
        waits = timing.create_backoff_initial, timing.create_backoff_max
        self._pod_control: PodControl[DaemonSetState] = PodControl(
            kernel, state, waits, self._queue.add, self._queue.add
        )
        self._availability = DaemonAvailability(kernel, state.pods, self._queue.add)
        state.listen(Kind.DAEMONSET_GENERATION, self._spec_changed)
        state.listen(Kind.NODE_TAINTS, self._taints_changed)
        state.listen(Kind.NODE_EXISTS, self._node_joined_or_gone)
        state.listen(Kind.POD_PHASE, self._phase_changed, DaemonSetState)
        state.listen(Kind.POD_DELETING, self._pod_changed, DaemonSetState)
        state.listen(Kind.POD_READY, self._ready_changed, DaemonSetState)
        state.listen(Kind.POD_AVAILABLE, self._pod_changed, DaemonSetState)

    # What happens, and where

    def _spec_changed(self, daemon_set: DaemonSetState, new: int, cause: int) -> None:
        nodes = self._state.nodes
        if daemon_set not in self._ranks:
            rng = self._streams.stream(f"daemonset/order/{daemon_set.workload}")
            self._ranks[daemon_set] = rng.permutation(len(nodes)).tolist()
        self._placements[daemon_set] = DaemonPlacement(daemon_set.spec.pod_template.spec, nodes)
        for pod in list(daemon_set.pods.values()):
            self._availability.judge(daemon_set, pod, cause)
        self._changed[daemon_set].update(dict.fromkeys(range(len(nodes)), cause))
        self._queue.add(daemon_set)

    def _taints_changed(self, node: int, new: int, cause: int) -> None:
        for daemon_set in self._state.workloads.of(DaemonSetState):
            self._enqueue(daemon_set, node, cause)

    def _node_joined_or_gone(self, node: int, exists: int, cause: int) -> None:
        for daemon_set in self._state.workloads.of(DaemonSetState):
            if exists:
                self._ranks[daemon_set].append(node)
            self._placements[daemon_set].joined_or_gone(node)
            self._enqueue(daemon_set, node, cause)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        owner = pod.owner
        if not isinstance(owner, DaemonSetState):
            return
        assert pod.only_node is not None
        if phase == Phase.PENDING:
            owner.by_node.setdefault(pod.only_node, []).append(pod)
        elif phase == Phase.ABSENT:
            pods = owner.by_node[pod.only_node]
            pods.remove(pod)
            if not pods:
                del owner.by_node[pod.only_node]
            self._availability.gone(owner, pod, cause)
        self._enqueue(owner, pod.only_node, cause)

    def _ready_changed(self, pod: PodState, ready: int, cause: int) -> None:
        if isinstance(pod.owner, DaemonSetState):
            self._availability.judge(pod.owner, pod, cause)
            self._pod_changed(pod, ready, cause)

    def _pod_changed(self, pod: PodState, new: int, cause: int) -> None:
        if isinstance(pod.owner, DaemonSetState) and pod.only_node is not None:
            self._enqueue(pod.owner, pod.only_node, cause)

    def _enqueue(self, daemon_set: DaemonSetState, node: int, cause: int) -> None:
        self._changed[daemon_set][node] = cause
        self._queue.add(daemon_set)

    # A pass

    def _sync(self, daemon_set: DaemonSetState) -> None:
        """Supplies the nodes; once there is nothing to do about that, a step of the rolling update."""
        self._availability.look(daemon_set)
        changed = {**self._refused.pop(daemon_set, {}), **self._changed.pop(daemon_set, {})}
        self._construct_history(daemon_set)
        for node in changed:
            suits = self._placements[daemon_set][node]
            _set_member(daemon_set.wanted, node, suits.should_run)
            _set_member(daemon_set.meant, node, suits.meant)
        self._state.workloads.set_status(daemon_set, Kind.DAEMONSET_DESIRED, len(daemon_set.meant), daemon_set.cause)
        acted = [self._manage(daemon_set, node, cause) for node, cause in sorted(changed.items())]
        for node in changed:
            self._take_stock(daemon_set, node)
        if not daemon_set.complete and _is_rolled_out(daemon_set):
            self._state.workloads.set_status(daemon_set, Kind.DAEMONSET_COMPLETE, True, daemon_set.cause)
        if daemon_set not in self._refused:  # a pass that fails to make a pod ends there
            self._update(daemon_set, any(acted))
        self._pod_control.settle(daemon_set)

    def _update(self, daemon_set: DaemonSetState, acted: bool) -> None:
        if acted or not daemon_set.outdated or daemon_set.spec.on_delete:
            return
        max_surge, max_unavailable = daemon_set.spec.fence_posts(len(daemon_set.wanted))
        if max_surge > 0:
            self._rolling_update_with_surge(daemon_set, max_surge)
        else:
            self._rolling_update(daemon_set, max_unavailable)

    def _construct_history(self, daemon_set: DaemonSetState) -> None:
        """Enters the template into the history, and forgets revisions that nothing uses."""
        history = daemon_set.history
        count = len(history.revisions)
        newest = history.adopt(daemon_set.spec.template)
        if len(history.revisions) > count:
            live = {pod.pod_class.labels[REVISION_LABEL] for pod in daemon_set.objects.values()}
            history.truncate({newest.hash, *live}, daemon_set.spec.revision_history_limit)

    def _create(self, daemon_set: DaemonSetState, node: int, cause: int) -> None:
        newest = daemon_set.history.revisions[-1]
        pod_class = newest.classes.get(0)
        if pod_class is None:
            labels = {REVISION_LABEL: newest.hash}
            pod_class = self._make_pod_class(daemon_set.workload, daemon_set.spec.pod_template, labels)
            newest.classes[0] = pod_class
        if self._pod_control.create(pod_class, daemon_set, cause, only_node=node) is None:
            self._refused.setdefault(daemon_set, {})[node] = cause

    def _manage(self, daemon_set: DaemonSetState, node: int, cause: int) -> bool:
        """Makes the pod that a node lacks, deletes those that it should not have; says whether there were any.

        With a surge, one that is being deleted is not waited for.
        """
        suits = self._placements[daemon_set][node]
        pods = list(daemon_set.by_node.get(node, ()))
        staying = [pod for pod in pods if not pod.deleting]
        running = [pod for pod in staying if pod.phase not in _FINISHED]
        surges = _surges(daemon_set)
        missing = suits.should_run and not (running if surges else pods)
        if suits.should_continue_running:
            unfit = [pod for pod in staying if pod.phase in _FINISHED]
            surplus = _surplus_of_surge(daemon_set, running) if surges else _oldest_first(running)[1:]
        elif self._state.nodes.exists[node]:
            unfit, surplus = staying, []
        else:  # pods that are bound to a node that is gone are the garbage collector's
            unfit, surplus = [pod for pod in staying if pod.node < 0], []
        for pod in unfit:
            self._state.pods.mark_deleting(pod, cause)
        for pod in surplus:
            self._state.pods.mark_deleting(pod, daemon_set.cause)
        if missing:
            self._create(daemon_set, node, cause)
        return bool(missing or unfit or surplus)

    def _take_stock(self, daemon_set: DaemonSetState, node: int) -> None:
        """What the rolling update has to know of a node."""
        pods = daemon_set.by_node.get(node, ())
        staying = [pod for pod in pods if not pod.deleting]
        newest = daemon_set.history.revisions[-1]
        settled = len(staying) == 1 and staying[0].available
        _set_member(daemon_set.unsettled, node, (node in daemon_set.wanted or bool(pods)) and not settled)
        _set_member(daemon_set.outdated, node, any(not newest.made(pod) for pod in staying))

    # A step of the rolling update

    def _rolling_update(self, daemon_set: DaemonSetState, max_unavailable: int) -> None:
        """Deletes old pods: those that are not available in any case, others as far as the budget goes.

        Every node without an available pod uses up the budget, also one that is dead.
        """
        rank = self._ranks[daemon_set].__getitem__
        num_unavailable = len(daemon_set.unsettled)
        allowed_replacement = sorted(daemon_set.outdated & daemon_set.unsettled, key=rank)
        remaining_unavailable = max(0, max_unavailable - num_unavailable)
        candidates = nsmallest(remaining_unavailable, daemon_set.outdated - daemon_set.unsettled, key=rank)
        for node in (*allowed_replacement, *candidates):
            staying = [pod for pod in daemon_set.by_node[node] if not pod.deleting]
            if len(staying) == 1:
                self._state.pods.mark_deleting(staying[0], daemon_set.cause)

    def _rolling_update_with_surge(self, daemon_set: DaemonSetState, max_surge: int) -> None:
        """Makes new pods beside old ones, and deletes the old ones whose successor is available.

        Old pods that are not available do not count; nodes that should run no pod lose theirs only as far as enough
        others are available.
        """
        placement = self._placements[daemon_set]
        num_surge = 0
        old_pods_to_delete: list[PodState] = []
        should_not_run: list[PodState] = []
        allowed_new_nodes: list[int] = []
        candidate_new_nodes: list[int] = []
        for node in sorted(daemon_set.outdated, key=self._ranks[daemon_set].__getitem__):
            old, new = _old_and_new(daemon_set, node)
            if len(old) > 1 or len(new) > 1 or (new and not new[0].available):
                num_surge += 1
            elif new:
                old_pods_to_delete.append(old[0])
            elif placement[node].should_run:
                (candidate_new_nodes if old[0].available else allowed_new_nodes).append(node)
            else:
                (should_not_run if old[0].available else old_pods_to_delete).append(old[0])
        if should_not_run:
            num_available = _available_nodes(daemon_set)
            old_pods_to_delete += should_not_run[: max(0, num_available - len(daemon_set.wanted))]
        for pod in old_pods_to_delete:
            self._state.pods.mark_deleting(pod, daemon_set.cause)
        remaining_surge = max(0, max_surge - num_surge)
        for node in (*allowed_new_nodes, *candidate_new_nodes[:remaining_surge]):
            self._create(daemon_set, node, daemon_set.cause)


def _set_member(nodes: set[int], node: int, belongs: bool) -> None:
    if belongs:
        nodes.add(node)
    else:
        nodes.discard(node)


def _is_rolled_out(daemon_set: DaemonSetState) -> bool:
    """Every node that should run a pod has one of the template that is available, as `kubectl rollout status` says."""
    return not daemon_set.outdated and daemon_set.unsettled.isdisjoint(daemon_set.wanted)


def _surges(daemon_set: DaemonSetState) -> bool:
    return not daemon_set.spec.on_delete and daemon_set.spec.fence_posts(1)[0] > 0


def _oldest_first(pods: Iterable[PodState]) -> list[PodState]:
    return sorted(pods, key=lambda pod: (pod.node < 0, pod.created, pod.uid))


def _old_and_new(daemon_set: DaemonSetState, node: int) -> tuple[list[PodState], list[PodState]]:
    """The pods of a node that stay, by revision; the oldest first."""
    newest = daemon_set.history.revisions[-1]
    staying = _oldest_first(pod for pod in daemon_set.by_node.get(node, ()) if not pod.deleting)
    return [pod for pod in staying if not newest.made(pod)], [pod for pod in staying if newest.made(pod)]


def _surplus_of_surge(daemon_set: DaemonSetState, running: list[PodState]) -> list[PodState]:
    """One old and one new pod may be side by side while the old one is ready and the new one not yet available."""
    newest = daemon_set.history.revisions[-1]
    pods = _oldest_first(running)
    old, new = [pod for pod in pods if not newest.made(pod)], [pod for pod in pods if newest.made(pod)]
    replaced = old[:1] if new and old and (not old[0].ready or new[0].available) else []
    return [*new[1:], *old[1:], *replaced]


def _available_nodes(daemon_set: DaemonSetState) -> int:
    """Nodes whose old pod, or new one without an old one, is available."""
    count = 0
    for node in daemon_set.by_node:
        old, new = _old_and_new(daemon_set, node)
        count += len(old) <= 1 and len(new) <= 1 and any(pod.available for pod in (old or new))
    return count
