"""The updater: slots get tasks of another template, some at a time, until all have, or too many have failed.

Source: swarmkit manager/orchestrator/update/updater.go. As many workers as the parallelism says each take a slot, wait
until its new task runs or has ended, without a time-out, then for the delay, then take the next. The update is watched
for the monitor time after the last slot. A task has failed that ended before it ran, or within the monitor time after.
"""

from collections.abc import Callable
from dataclasses import replace

from models.deployment import Deployment, StrategyType
from models.pod import PodTemplate
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.orchestrators.rolled import REVISION_COMPLETE
from simulator.state.cluster import ClusterState
from simulator.state.objects import DaemonSetState, DeploymentState, PodState
from simulator.swarm.options import FailureAction, Order, UpdateConfig
from simulator.swarm.service import Service

Make = Callable[[Service, int, int, float, PodState | None], PodState]
"""Makes a task: service, slot, cause, delay, and the task before it."""


class Update:
    """How far one service is."""

    __slots__ = (
        "active",
        "cause",
        "config",
        "dirty",
        "failed",
        "is_rollback",
        "order",
        "previous",
        "ran",
        "timers",
        "total",
    )

    def __init__(
        self,
        config: UpdateConfig,
        order: Order,
        dirty: list[int],
        previous: PodTemplate,
        cause: int,
        is_rollback: bool,
    ) -> None:
        self.config, self.order, self.dirty, self.total = config, order, dirty, len(dirty)
        self.previous, self.cause, self.is_rollback = previous, cause, is_rollback
        self.active: dict[int, int] = {}
        """By uid of a task that is waited for: its slot."""
        self.ran: dict[int, float] = {}
        """By uid: since when a new task runs."""
        self.failed: set[int] = set()
        """Slots in which a task failed."""
        self.timers: set[Timer] = set()


class Updater:
    """Moves every update on."""

    def __init__(self, manager: Component, state: ClusterState, update: UpdateConfig, rollback: UpdateConfig) -> None:
        self._manager = manager
        self._state = state
        self._update, self._rollback = update, rollback
        self._updates: dict[Service, Update] = {}
        """Those that are under way, or watched."""
        self._asked: dict[Service, PodTemplate] = {}
        """The template that each service was told to have last, whatever it was rolled back to."""
        self.make: Make
        self.shut_down: Callable[[Service, int, int], PodState | None]
        self.stop_extra: Callable[[Service, int, int], None]

    def asked_for(self, service: Service) -> PodTemplate:
        """The template that the service was told to have last."""
        return self._asked.get(service, service.template)

    def begin(self, service: Service, template: PodTemplate, previous: PodTemplate, cause: int) -> None:
        """The service is to have another template; an update that is under way is given up."""
        self._asked[service] = template
        record = service.record
        if isinstance(record, DeploymentState):
            self._state.workloads.set_status(record, Kind.DEPLOYMENT_ABORTED, False, cause)
            self._state.workloads.set_status(record, Kind.DEPLOYMENT_PROGRESSING, True, cause)
        self._state.workloads.set_status(record, REVISION_COMPLETE[type(record)], False, cause)
        self._begin(service, template, previous, cause, self._update, False)

    def _begin(
        self,
        service: Service,
        template: PodTemplate,
        previous: PodTemplate,
        cause: int,
        config: UpdateConfig,
        is_rollback: bool,
    ) -> None:
        if (before := self._updates.pop(service, None)) is not None:
            for timer in before.timers:
                timer.cancel()
        service.template = template
        service.restarts.clear()
        config, order = resolved(config, service)
        slots = service.tasks if service.is_global else service.slots
        dirty = [slot for slot in sorted(slots) if service.is_dirty(slot)]
        update = self._updates[service] = Update(config, order, dirty, previous, cause, is_rollback)
        for _ in range(config.parallelism or len(dirty) or 1):
            self._next(service, update)

    # Workers

    def _next(self, service: Service, update: Update) -> None:
        """A worker takes the next slot; the last one begins the time for which the update is watched."""
        if self._updates.get(service) is not update:
            return
        if not service.is_global:  # it may have fewer slots by now
            update.dirty = [slot for slot in update.dirty if slot in service.slots]
        if not update.dirty:
            if not update.active and not update.timers:
                config = update.config
                watched = max(config.monitor, config.delay + 1 if config.delay >= config.monitor else 0.0)
                self._after(update, watched, lambda: self._complete(service, update))
            return
        slot = update.dirty.pop(0)
        extra = service.extras.get(slot)
        if extra is not None and extra.pod_class.template == service.template:  # it never went: it stays
            self.shut_down(service, slot, update.cause)
            service.tasks[slot] = service.extras.pop(slot)
            self._after(update, update.config.delay, lambda: self._next(service, update))
            return
        if update.order is Order.START_FIRST and slot in service.tasks and not service.is_stateful:
            self.stop_extra(service, slot, update.cause)
            service.extras[slot] = service.tasks.pop(slot)
            task = self.make(service, slot, update.cause, 0.0, None)
        else:
            before = self.shut_down(service, slot, update.cause)
            task = self.make(service, slot, update.cause, 0.0, before)
        update.active[task.uid] = slot

    def _after(self, update: Update, seconds: float, call: Callable[[], None]) -> None:
        def due() -> None:
            update.timers.discard(timer)
            call()

        timer = self._manager.timer(seconds, due)
        update.timers.add(timer)

    def _proceed(self, service: Service, update: Update, task: PodState) -> None:
        """The worker that waited for the task goes on."""
        if update.active.pop(task.uid, None) is not None:
            self._after(update, update.config.delay, lambda: self._next(service, update))

    # What tasks do

    def runs(self, service: Service, task: PodState) -> None:
        """A task runs, and is routable."""
        update = self._updates.get(service)
        if update is not None and task.pod_class.template == service.template:
            update.ran.setdefault(task.uid, self._manager.now)
            self._proceed(service, update, task)

    def waits_for(self, service: Service, task: PodState) -> bool:
        """Whether a worker waits for the task."""
        update = self._updates.get(service)
        return update is not None and task.uid in update.active

    def stopped(self, service: Service, task: PodState) -> None:
        """A task has stopped, before it ran, as its manager told it to: its worker waits no more."""
        update = self._updates.get(service)
        if update is not None:
            self._proceed(service, update, task)

    def ended(self, service: Service, task: PodState) -> None:
        """A task has ended by itself."""
        update = self._updates.get(service)
        if update is None or task.pod_class.template != service.template:
            return
        since = update.ran.get(task.uid)
        slot = update.active.get(task.uid, task.uid)
        if since is None or self._manager.now - since <= update.config.monitor:
            update.failed.add(slot)
            if len(update.failed) > update.config.max_failure_ratio * max(1, update.total):
                self._fail(service, update)
        self._proceed(service, update, task)

    # The end

    def _fail(self, service: Service, update: Update) -> None:
        action = update.config.failure_action
        if action is FailureAction.CONTINUE:
            return
        del self._updates[service]
        for timer in update.timers:
            timer.cancel()
        record, cause = service.record, update.cause
        if action is FailureAction.ROLLBACK and not update.is_rollback:
            if isinstance(record, DeploymentState):
                self._state.workloads.set_status(record, Kind.DEPLOYMENT_ABORTED, True, cause)
            self._begin(service, update.previous, service.template, cause, self._rollback, True)
        elif isinstance(record, DeploymentState):
            self._state.workloads.set_status(record, Kind.DEPLOYMENT_PROGRESSING, False, cause)

    def _complete(self, service: Service, update: Update) -> None:
        if self._updates.get(service) is update:
            del self._updates[service]
            record = service.record
            self._state.workloads.set_status(record, REVISION_COMPLETE[type(record)], True, update.cause)


def resolved(config: UpdateConfig, service: Service) -> tuple[UpdateConfig, Order]:
    """The parallelism and the order of a service, as given or by the strategy of its manifest."""
    spec = service.record.spec
    surge, unavailable = 0, 1
    if isinstance(spec, Deployment):
        surge, unavailable = spec.fence_posts()
        if spec.strategy is StrategyType.RECREATE:
            surge, unavailable = 0, 0
    elif isinstance(service.record, DaemonSetState):
        surge, unavailable = service.record.spec.fence_posts(max(1, service.record.desired))
    order = config.order or (Order.START_FIRST if surge else Order.STOP_FIRST)
    parallelism = config.parallelism
    if parallelism is None:
        parallelism = surge or unavailable
    return replace(config, parallelism=parallelism), order
