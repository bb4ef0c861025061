"""The orchestrator and its restart supervisor: a task in every slot, and another when one ends or is lost.

Source: swarmkit manager/orchestrator (replicated, global, restart/restart.go). The new task is made at once, gets a
node, its image and its container, and waits there for two things: the delay of the restart policy, also after the loss
of a node, and that the one before it has stopped, for a minute at most, unless its node is DOWN.
"""

import math
from collections.abc import Callable
from functools import partial

from models.pod import PodTemplate
from simulator.component import Component
from simulator.kernel import Kernel, Order
from simulator.kubelet.kubelet import Kubelet
from simulator.log import Hold, Kind, Phase
from simulator.orchestrators.rolled import Rolled
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import DaemonSetState, DeploymentState, PodClass, PodState, StatefulSetState
from simulator.swarm.latencies import ASSIGNMENT, END, LONGEST_WAIT
from simulator.swarm.options import RestartCondition, RestartPolicy
from simulator.swarm.scheduler import TaskScheduler
from simulator.swarm.service import Service
from simulator.swarm.updater import Updater


class _Held:
    """A task that may not start yet: for which reasons, and what starts it."""

    __slots__ = ("reasons", "run")

    def __init__(self) -> None:
        self.reasons: set[Hold] = set()
        self.run: Callable[[], None] | None = None


class Orchestrator:
    """Keeps every service at its number of tasks."""

    def __init__(
        self,
        kernel: Kernel,
        manager: Component,
        state: ClusterState,
        api: Api,
        kubelet: Kubelet,
        scheduler: TaskScheduler,
        updater: Updater,
        policy: RestartPolicy,
    ) -> None:
        self._kernel = kernel
        self._manager = manager
        self._state = state
        self._api = api
        self._kubelet = kubelet
        self._scheduler = scheduler
        self._updater = updater
        self._policy = policy
        self._services: dict[Rolled, Service] = {}
        self._held: dict[int, _Held] = {}
        """By uid of a task that is to wait."""
        self._successors: dict[int, PodState] = {}
        """By uid of a task that is to stop: the one that waits for that."""
        self._unheard: dict[int, Callable[[], None]] = {}
        """By uid of a task on a node that is cut off: what its agent, or its manager, does once they are in touch."""
        for kind in (Kind.DEPLOYMENT_GENERATION, Kind.STATEFULSET_GENERATION, Kind.DAEMONSET_GENERATION):
            state.listen(kind, lambda record, new, cause: self._soon(lambda: self._changed(record, cause)))
        state.listen(Kind.POD_PHASE, self._phase_changed, Service)
        state.listen(Kind.POD_READY, self._ready_changed, Service)
        state.listen(Kind.POD_DELETING, self._deleting, Service)
        state.listen(Kind.NODE_EXISTS, lambda node, new, cause: self._soon(lambda: self._spread_all(cause)))
        state.listen(Kind.NODE_UNSCHEDULABLE, lambda node, new, cause: self._soon(lambda: self._spread_all(cause)))

    def _soon(self, call: Callable[[], None]) -> None:
        """At once, or when there is a leader."""
        self._manager.timer(0.0, call)

    # Services

    def _changed(self, record: Rolled, cause: int) -> None:
        """The service is new, or has another template, or another number of replicas."""
        service = self._services.get(record)
        if service is None:
            service = self._services[record] = Service(record, partial(self._class, record))
            if isinstance(record, DeploymentState):
                self._state.workloads.set_status(record, Kind.DEPLOYMENT_COMPLETE, True, cause)
            self._scale(service, cause)
            return
        service.cause = cause
        before = service.template
        self._scale(service, cause)
        if record.spec.template != self._updater.asked_for(service):
            self._updater.begin(service, record.spec.template, before, cause)

    def _class(self, record: Rolled, template: PodTemplate, slot: int) -> PodClass:
        extra = record.spec.identity_labels(slot) if isinstance(record, StatefulSetState) else {}
        return self._api.pod_class(record.workload, template, extra)

    def _spread_all(self, cause: int) -> None:
        for service in self._services.values():
            if service.is_global:
                self._scale(service, cause)

    def _slots(self, service: Service) -> list[int]:
        """The slots that are to have a task; of a global service the nodes that suit it."""
        if not service.is_global:
            return service.slots
        nodes, pods = self._state.nodes, service.template.spec
        return [
            node
            for node, name in enumerate(nodes.names)
            if nodes.exists[node] and pods.node_name in (None, name) and pods.allows_node(nodes.labels[node], name)
        ]

    def _scale(self, service: Service, cause: int) -> None:
        if not service.is_global:
            service.resize()
        slots = self._slots(service)
        if isinstance(service.record, DaemonSetState):
            self._state.workloads.set_status(service.record, Kind.DAEMONSET_DESIRED, len(slots), cause)
        for slot in sorted((service.tasks.keys() | service.extras.keys()) - set(slots)):
            self.stop_extra(service, slot, cause)
            self.shut_down(service, slot, cause)
        for slot in slots:
            if slot not in service.tasks and self._has_attempts(service, slot) and self._may_run(service, slot):
                self.make(service, slot, cause)

    def _may_run(self, service: Service, slot: int) -> bool:
        nodes = self._state.nodes
        return not service.is_global or (nodes.ready[slot] == 1 and not nodes.unschedulable[slot])

    # Tasks

    def make(
        self,
        service: Service,
        slot: int,
        cause: int,
        delay: float = 0.0,
        predecessor: PodState | None = None,
    ) -> PodState:
        """A new task in the slot, which starts after the delay, and after the one before it has stopped."""
        task = self._state.pods.create(
            service.pod_class(slot),
            service,
            cause,
            ordinal=slot if service.is_stateful else None,
            only_node=slot if service.is_global else None,
        )
        service.tasks[slot] = task
        held = _Held()
        if delay > 0:
            held.reasons.add(Hold.DELAY)
            self._manager.timer(delay + ASSIGNMENT, lambda: self._release(task, Hold.DELAY))
        if predecessor is not None and predecessor.uid in self._state.pods:
            held.reasons.add(Hold.PREDECESSOR)
            self._successors[predecessor.uid] = task
            self._manager.timer(LONGEST_WAIT, lambda: self._release(task, Hold.PREDECESSOR))
        if held.reasons:
            self._held[task.uid] = held
        return task

    def holds(self, task: PodState, run: Callable[[], None]) -> bool:
        """Whether the task, which could start, may not yet; it is started by `run` then."""
        held = self._held.get(task.uid)
        if held is None:
            return False
        held.run = run
        self._state.pods.set_held(task, min(held.reasons), task.cause)
        return True

    def _release(self, task: PodState, reason: Hold) -> None:
        held = self._held.get(task.uid)
        if held is None or reason not in held.reasons:
            return
        held.reasons.discard(reason)
        if held.reasons:
            if held.run is not None:
                self._state.pods.set_held(task, min(held.reasons), task.cause)
            return
        del self._held[task.uid]
        if held.run is not None:
            self._start(task, held.run)

    def _start(self, task: PodState, run: Callable[[], None]) -> None:
        """Its agent starts it, once it hears of that."""
        if task.deleting or task.uid not in self._state.pods:
            return
        if not self._state.nodes.reporting[task.node]:
            self._unheard[task.uid] = lambda: self._start(task, run)
            return
        task.timer = self._kernel.timer(0.0, run, Order.KUBELET)
        self._state.pods.set_held(task, Hold.NOT, task.cause)

    def shut_down(self, service: Service, slot: int, cause: int) -> PodState | None:
        """The task of the slot is to stop; its agent takes it out of the Services first."""
        task = service.tasks.pop(slot, None)
        if task is not None:
            self._stop(task, cause)
        return task

    def _stop(self, task: PodState, cause: int) -> None:
        if task.deleting or task.uid not in self._state.pods:
            return
        if task.node >= 0:
            self._state.pods.set_ready(task, False, cause)
        self._state.pods.mark_deleting(task, cause)

    def stop_extra(self, service: Service, slot: int, cause: int) -> None:
        """The task that ran until its successor did is to stop."""
        if (task := service.extras.pop(slot, None)) is not None:
            self._stop(task, cause)

    # What happens to them

    def ended(self, task: PodState) -> None:
        """A container of the task is down: the agent reports it as ended, once it can."""
        if task.uid not in self._state.pods or task.is_over:
            return
        if not self._state.nodes.reporting[task.node]:
            self._unheard[task.uid] = lambda: self.ended(task)
        elif self._manager.is_down:
            self._soon(lambda: self.ended(task))
        else:
            self._end(task)

    def _end(self, task: PodState) -> None:
        service = task.owner
        assert isinstance(service, Service)
        was_stopping = task.deleting
        self._kubelet.finish(task)
        if was_stopping:
            return
        failed = any(container.exit_code != 0 for container in task.main_containers)
        if failed:
            self._scheduler.failed(task)
        slot, cause = self._leave(service, task), task.cause
        self._state.pods.mark_deleting(task, cause)  # which leaves nothing of one that has ended
        self._updater.ended(service, task)
        if slot is not None and slot not in service.tasks:
            self._restart(service, slot, cause, failed, self._policy.delay)

    @staticmethod
    def _leave(service: Service, task: PodState) -> int | None:
        """The task is none that is to run any more; the slot that is free now, if any."""
        if (extra := _slot_of(service.extras, task)) is not None:
            del service.extras[extra]
        if (slot := _slot_of(service.tasks, task)) is not None:
            del service.tasks[slot]
        return slot

    def _restart(
        self, service: Service, slot: int, cause: int, failed: bool, delay: float, predecessor: PodState | None = None
    ) -> None:
        if slot in self._slots(service) and self._may_run(service, slot) and self._allows(service, slot, failed):
            if self._policy.max_attempts:
                service.restarts[slot].append(self._kernel.now)
            self.make(service, slot, cause, delay, predecessor)

    def _allows(self, service: Service, slot: int, failed: bool) -> bool:
        policy = self._policy
        if policy.condition is RestartCondition.NONE or (
            policy.condition is RestartCondition.ON_FAILURE and not failed
        ):
            return False
        return self._has_attempts(service, slot)

    def _has_attempts(self, service: Service, slot: int) -> bool:
        """Whether the slot may have another task yet."""
        policy = self._policy
        if not policy.max_attempts:
            return True
        since = self._kernel.now - policy.window if policy.window else -math.inf
        attempts = service.restarts[slot] = [time for time in service.restarts[slot] if time >= since]
        return len(attempts) < policy.max_attempts

    def drained(self, task: PodState, cause: int) -> None:
        """The node of the task is drained: it stops, and another starts elsewhere once it has, without a delay."""
        service = task.owner
        if not isinstance(service, Service) or task.deleting:
            return
        slot = self._leave(service, task)
        self._stop(task, cause)
        if slot is not None:
            self._restart(service, slot, cause, True, 0.0, task)

    def lost(self, node: int, cause: int) -> None:
        """The node is DOWN: each of its tasks is replaced after the delay, and stops when its agent is back."""
        for task in list(self._state.nodes.running[node].values()):
            service = task.owner
            if not isinstance(service, Service) or task.deleting:
                continue
            slot = self._leave(service, task)
            self._stop(task, cause)
            if slot is not None:
                self._restart(service, slot, cause, True, self._policy.delay)
            if not self._state.nodes.exists[node]:
                self._state.pods.remove(task)

    def orphaned(self, node: int) -> None:
        """The node was DOWN for a day: its tasks are not on record any more."""
        for task in list(self._state.nodes.running[node].values()):
            if task.deleting:
                self._state.pods.remove(task)

    def in_touch(self, node: int, cause: int) -> None:
        """The agent of the node has registered: what it could not say, or was not told, is said now."""
        for task in list(self._state.nodes.running[node].values()):
            if (call := self._unheard.pop(task.uid, None)) is not None:
                call()
        self._spread_all(cause)

    def _ready_changed(self, task: PodState, ready: int, cause: int) -> None:
        service = task.owner
        if ready and isinstance(service, Service) and not task.deleting:
            if (slot := _slot_of(service.tasks, task)) is not None:
                self.stop_extra(service, slot, service.cause)
            self._updater.runs(service, task)

    def _deleting(self, task: PodState, new: int, cause: int) -> None:
        """Somebody else than the orchestrator takes the task away: another comes in its place."""
        service = task.owner
        if isinstance(service, Service) and not task.is_over and (slot := self._leave(service, task)) is not None:
            self._soon(lambda: self._refill(service, slot, cause, task))

    def _refill(self, service: Service, slot: int, cause: int, before: PodState) -> None:
        if slot not in service.tasks and slot in self._slots(service) and self._may_run(service, slot):
            self.make(service, slot, cause, predecessor=before)

    def _phase_changed(self, task: PodState, phase: int, cause: int) -> None:
        if phase != Phase.ABSENT and not task.is_over:
            return
        self._held.pop(task.uid, None)
        self._unheard.pop(task.uid, None)
        if isinstance(service := task.owner, Service) and self._updater.waits_for(service, task):
            self._soon(lambda: self._updater.stopped(service, task))
        if (successor := self._successors.pop(task.uid, None)) is not None:
            self._manager.timer(END + ASSIGNMENT, lambda: self._release(successor, Hold.PREDECESSOR))


def _slot_of(tasks: dict[int, PodState], task: PodState) -> int | None:
    return next((slot for slot, each in tasks.items() if each is task), None)
