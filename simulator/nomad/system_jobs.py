"""System jobs: an allocation on every node that is eligible.

Source: scheduler/scheduler_system.go, scheduler/util.go (diffSystemAllocs). An allocation that has failed is placed
again at the job's next evaluation, which comes with its next version, or when a node changes; not by itself. A new
version comes to max_parallel nodes at a time.
"""

from collections.abc import Callable, Mapping

from models.pod import PodTemplate
from simulator.component import Component
from simulator.controllers.workqueue import WorkQueue
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.nomad.allocations import MIN_HEALTHY_TIME
from simulator.nomad.latencies import EVALUATION
from simulator.nomad.options import Update
from simulator.nomad.predecessors import Predecessors
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import DaemonSetState, Phase, PodClass, PodState, Workload

MakePodClass = Callable[[Workload, PodTemplate, Mapping[str, str]], PodClass]


class SystemJobs:
    """Keeps one allocation of every system job on each node; `suits` says whether constraints allow a node."""

    def __init__(
        self,
        servers: Component,
        state: ClusterState,
        update: Update,
        predecessors: Predecessors,
        make_pod_class: MakePodClass,
        suits: Callable[[int, PodClass], bool],
    ) -> None:
        self._servers = servers
        self._state = state
        self._update = update
        self._predecessors = predecessors
        self._make_pod_class = make_pod_class
        self._suits = suits
        self._versions: dict[DaemonSetState, list[PodClass]] = {}
        """Of each job, the newest last."""
        self._healthy: dict[int, Timer | None] = {}
        """By uid of an allocation that passes its checks: when it is healthy; None: it is."""
        self._queue: WorkQueue[DaemonSetState] = WorkQueue(servers, EVALUATION, self._evaluate)
        state.listen(Kind.DAEMONSET_GENERATION, self._spec_changed)
        for kind in (Kind.NODE_READY, Kind.NODE_EXISTS, Kind.NODE_UNSCHEDULABLE):
            state.listen(kind, lambda node, new, cause: self._node_changed())
        state.listen(Kind.POD_READY, self._ready_changed, DaemonSetState)
        state.listen(Kind.POD_PHASE, self._phase_changed, DaemonSetState)
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: self._queue.add(pod.owner), DaemonSetState)

    def _spec_changed(self, job: DaemonSetState, generation: int, cause: int) -> None:
        versions = self._versions.setdefault(job, [])
        found = next((each for each in versions if each.template == job.spec.template), None)
        if found is not None:
            versions.remove(found)
        versions.append(found or self._make_pod_class(job.workload, job.spec.template, {}))
        job.cause = cause
        self._queue.add(job)

    def _node_changed(self) -> None:
        for job in self._versions:
            self._queue.add(job)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.ABSENT:
            self._forget(pod)
            if isinstance(pod.owner, DaemonSetState) and pod.deleting:
                self._queue.add(pod.owner)

    def _forget(self, pod: PodState) -> None:
        timer = self._healthy.pop(pod.uid, None)
        if timer is not None:
            timer.cancel()

    def _ready_changed(self, pod: PodState, ready: int, cause: int) -> None:
        self._forget(pod)
        if ready:
            wait = self._update.min_healthy_time
            if wait is None:
                assert isinstance(pod.owner, DaemonSetState)
                wait = pod.owner.spec.min_ready_seconds or MIN_HEALTHY_TIME
            self._healthy[pod.uid] = self._servers.timer(wait, lambda: self._stayed_well(pod))

    def _stayed_well(self, pod: PodState) -> None:
        self._healthy[pod.uid] = None
        if isinstance(pod.owner, DaemonSetState):
            self._queue.add(pod.owner)

    def _is_healthy(self, pod: PodState) -> bool:
        return self._healthy.get(pod.uid, self) is None

    # Evaluation

    def _evaluate(self, job: DaemonSetState) -> None:
        nodes, version = self._state.nodes, self._versions[job][-1]
        meant = [node for node in range(len(nodes)) if nodes.exists[node] and self._suits(node, version)]
        self._state.workloads.set_status(job, Kind.DAEMONSET_DESIRED, len(meant), job.cause)
        by_node: dict[int, list[PodState]] = {}
        for pod in list(job.objects.values()):
            by_node.setdefault(pod.node if pod.only_node is None else pod.only_node, []).append(pod)
        for node, pods in by_node.items():
            for pod in pods:
                if not pod.deleting and (pod.is_over or node not in meant):
                    self._state.pods.mark_deleting(pod, pod.cause if pod.is_over else job.cause)
        for node in meant:
            there = [pod for pod in by_node.get(node, ()) if not pod.deleting]
            if not there and nodes.ready[node] == TRUE and not nodes.unschedulable[node]:
                gone = [pod for pod in by_node.get(node, ()) if pod.uid in self._state.pods]
                self._place(job, version, node, gone)
        self._roll(job, version)

    def _place(self, job: DaemonSetState, version: PodClass, node: int, gone: list[PodState]) -> None:
        cause = gone[-1].cause if gone else job.cause
        pod = self._state.pods.create(version, job, cause, only_node=node)
        for previous in gone:
            self._predecessors.await_end(pod, previous)

    def _roll(self, job: DaemonSetState, version: PodClass) -> None:
        """Stops as many of an old version as max_parallel leaves; their nodes get the new one in the same plan."""
        pods = list(job.pods.values())
        old = [pod for pod in pods if pod.pod_class is not version]
        under_way = sum(pod.pod_class is version and not self._is_healthy(pod) for pod in pods)
        limit = self._update.max_parallel
        if limit is None:
            limit = max(1, job.spec.fence_posts(max(1, job.desired))[1])
        for pod in old if not limit else old[: max(0, limit - under_way)]:
            self._state.pods.mark_deleting(pod, job.cause)
        done = not old and not under_way
        self._state.workloads.set_status(job, Kind.DAEMONSET_COMPLETE, done, job.cause)
