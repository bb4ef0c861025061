"""PodDisruptionBudgets: how many pods may be disrupted now, and the eviction API that asks.

Source: pkg/controller/disruption/disruption.go, pkg/registry/core/pod/storage/eviction.go. Only evictions obey budgets.
Whatever else takes pods down (rollouts, scaling, dead nodes, taints, preemption) makes fewer of them healthy.
"""

from collections.abc import Callable
from dataclasses import dataclass

from models.timing import Timing
from simulator.component import Component
from simulator.controllers.expected_pods import controller_of, expected_by_scale
from simulator.controllers.workqueue import WorkQueue
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Disruption, Phase, PodClass, PodState
from simulator.state.objects.disruption import BudgetState

DELETION_TIMEOUT = 120.0
"""An evicted pod that is not deleted after so many seconds counts as not evicted."""

WOULD_VIOLATE = "Cannot evict pod as it would violate the pod's disruption budget."
SEVERAL_BUDGETS = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."

CREATED, NOT_FOUND, CONFLICT, TOO_MANY_REQUESTS, INTERNAL_SERVER_ERROR = 201, 404, 409, 429, 500

CONFLICT_RETRY, CONFLICT_JITTER = 0.5, 0.1
"""Seconds after which the API server judges an eviction anew that read a budget which another one wrote meanwhile, and
by what share more at most (EvictionsRetry of eviction.go; after 20 tries it gives up, which does not happen here: the
jitter keeps evictions apart).
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The eviction API's answer: an HTTP status, and why not, in Kubernetes' words."""

    status: int
    """201 the pod is being deleted; 404 there is no such pod; 409 to be judged anew; 429 not now; 500 never."""
    reason: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the pod is being deleted now."""
        return self.status == CREATED

    @property
    def collided(self) -> bool:
        """Whether another eviction wrote the budget that this one had read: `CONFLICT_RETRY` later it is judged anew.

        The API server does that by itself; whoever asked hears only what comes of it.
        """
        return self.status == CONFLICT

    @property
    def try_again(self) -> bool:
        """Whether the pod's budget does not allow it now, but may later."""
        return self.status == TOO_MANY_REQUESTS

    @property
    def never(self) -> bool:
        """Whether the pod can never be evicted, so that waiting does not help."""
        return self.status == INTERNAL_SERVER_ERROR


class DisruptionController:
    """Keeps the status of every budget, and answers evictions."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing) -> None:
        self._kernel = kernel
        self._state = state
        self._selecting: dict[PodClass, tuple[BudgetState, ...]] = {}
        self._expected: dict[BudgetState, tuple[int, int] | None] = {}
        """By their controllers' scales, until these change."""
        self._queue: WorkQueue[BudgetState] = WorkQueue(kernel, timing.controller_latency, self._sync)
        self._following = False
        self._reconsidered: dict[PodState, list[Callable[[], None]]] = {}
        """Pods that their budgets did not let go, and who wants to know when they may."""
        state.listen(Kind.BUDGET_GENERATION, self._spec_changed)

    def budgets_of(self, pod_class: PodClass) -> tuple[BudgetState, ...]:
        """The budgets that select such pods, oldest first."""
        budgets = self._selecting.get(pod_class)
        if budgets is None:
            budgets = self._selecting[pod_class] = tuple(
                budget
                for budget in self._state.workloads.of(BudgetState)
                if budget.spec.selects(pod_class.namespace, pod_class.labels)
            )
        return budgets

    # Counting: at the cost of what happens to the selected pods, whatever their number

    def _spec_changed(self, budget: BudgetState, new: int, cause: int) -> None:
        self._selecting.clear()
        self._expected.pop(budget, None)
        for pod in list(self._reconsidered):
            self._may_go(pod)
        if new == 0:
            return
        budget.pods = budget.ready = 0
        budget.controllers.clear()
        for pod in self._state.pods.values():
            if budget in self.budgets_of(pod.pod_class):
                self._count(budget, pod, 1)
                budget.ready += pod.ready and not pod.deleting
        self._wake(budget, cause)
        if not self._following:
            self._follow()

    def _follow(self) -> None:
        """Only with the first budget: without any, pods' transitions cost nothing here."""
        self._following = True
        listen = self._state.listen
        listen(Kind.POD_PHASE, self._came_or_went)
        listen(Kind.POD_METADATA, self._metadata_changes)
        listen(Kind.POD_READY, self._ready_changed)
        listen(Kind.POD_DELETING, self._deleted)
        listen(Kind.DEPLOYMENT_GENERATION, self._scaled)
        listen(Kind.REPLICASET_DESIRED, self._scaled)
        listen(Kind.STATEFULSET_GENERATION, self._scaled)

    def _came_or_went(self, pod: PodState, phase: int, cause: int) -> None:
        self._may_go(pod)
        if phase == Phase.PENDING or phase == Phase.ABSENT:
            for budget in self.budgets_of(pod.pod_class):
                self._count(budget, pod, 1 if phase == Phase.PENDING else -1)
                self._wake(budget, cause)

    def _metadata_changes(self, pod: PodState, changed: int, cause: int) -> None:
        self._may_go(pod)
        number = 1 if changed else -1
        for budget in self.budgets_of(pod.pod_class):
            self._count(budget, pod, number)
            budget.ready += number * (pod.ready and not pod.deleting)
            self._wake(budget, cause)

    def _count(self, budget: BudgetState, pod: PodState, number: int) -> None:
        budget.pods += number
        if pod.owner is not None:
            controller = controller_of(pod.owner)
            if controller not in budget.controllers:
                self._expected.pop(budget, None)
            budget.controllers[controller] += number
            if not budget.controllers[controller]:
                del budget.controllers[controller]
                self._expected.pop(budget, None)

    def _ready_changed(self, pod: PodState, ready: int, cause: int) -> None:
        self._may_go(pod)
        if not pod.deleting:
            for budget in self.budgets_of(pod.pod_class):
                budget.ready += 1 if ready else -1
                self._wake(budget, cause)

    def _deleted(self, pod: PodState, new: int, cause: int) -> None:
        self._may_go(pod)
        for budget in self.budgets_of(pod.pod_class):
            budget.ready -= pod.ready
            self._wake(budget, cause)

    def _scaled(self, controller: object, new: int, cause: int) -> None:
        for budget in self._state.workloads.of(BudgetState):
            if controller in budget.controllers:
                self._expected.pop(budget, None)
                self._wake(budget, cause)

    def _wake(self, budget: BudgetState, cause: int) -> None:
        budget.cause = cause
        self._queue.add(budget)

    # The status

    def _sync(self, budget: BudgetState) -> None:
        before = _seen_by_evictions(budget) if self._reconsidered else None
        budget.observed_generation = budget.generation
        disrupted = self._disrupted_pods(budget) if budget.disrupted else 0
        disruptions_allowed = 0
        expected_pod_count = self._expected_pod_count(budget)
        if expected_pod_count is not None:
            budget.expected, budget.desired = expected_pod_count
            budget.healthy = budget.ready - disrupted
            if budget.expected > 0:
                disruptions_allowed = max(0, budget.healthy - budget.desired)
        self._state.workloads.set_status(budget, Kind.BUDGET_ALLOWED, disruptions_allowed, budget.cause)
        if before is not None and _seen_by_evictions(budget) != before:
            for pod in [pod for pod in self._reconsidered if budget in self.budgets_of(pod.pod_class)]:
                self._may_go(pod)

    def _expected_pod_count(self, budget: BudgetState) -> tuple[int, int] | None:
        """(expected pods, desired healthy); None if a controller that has no scale is behind some of the pods."""
        min_available = budget.spec.min_available
        if isinstance(min_available, int):
            return budget.pods, min_available
        if budget not in self._expected:
            self._expected[budget] = expected_by_scale(budget)
        return self._expected[budget]

    def _disrupted_pods(self, budget: BudgetState) -> int:
        """How many ready pods were evicted and do not know it yet.

        Those that are being deleted are not counted anyway; one that is not by now counts again.
        """
        pods, now = self._state.pods, self._kernel.now
        for uid, since in list(budget.disrupted.items()):
            if uid not in pods or pods[uid].deleting or now - since >= DELETION_TIMEOUT:
                del budget.disrupted[uid]
            else:
                self._kernel.timer(since + DELETION_TIMEOUT - now, lambda: self._queue.add(budget))
        return sum(pods[uid].ready for uid in budget.disrupted)

    # The eviction API

    def evict(self, pod: PodState, cause: int) -> Verdict:
        """Deletes the pod if its budget allows it; otherwise nothing happens."""
        if pod.uid not in self._state.pods:
            return Verdict(NOT_FOUND, f'pods "{pod.name}" not found')
        budgets = self.budgets_of(pod.pod_class)
        if pod.phase is Phase.RUNNING and not pod.deleting and budgets:
            if len(budgets) > 1:
                return Verdict(INTERNAL_SERVER_ERROR, SEVERAL_BUDGETS)
            if budgets[0].written == self._kernel.now and not _is_no_loss(budgets[0], pod):
                return Verdict(CONFLICT)
            refusal = self._check_and_decrement(budgets[0], pod, cause)
            if refusal:
                return Verdict(TOO_MANY_REQUESTS, f"{WOULD_VIOLATE} {refusal}")
        self._state.pods.set_disruption_target(pod, Disruption.EVICTION_BY_EVICTION_API, cause)
        if not pod.deleting:
            self._state.pods.mark_deleting(pod, cause)
        return Verdict(CREATED)

    def reconsider(self, pod: PodState, call: Callable[[], None]) -> None:
        """Calls `call()` once, when something happened after which the pod's eviction may be judged otherwise."""
        self._reconsidered.setdefault(pod, []).append(call)

    def _may_go(self, pod: PodState) -> None:
        if self._reconsidered:
            for call in self._reconsidered.pop(pod, ()):
                call()

    def _check_and_decrement(self, budget: BudgetState, pod: PodState, cause: int) -> str:
        """Takes one disruption from the budget, unless the pod is no loss to it; says why it cannot."""
        if _is_no_loss(budget, pod):
            return ""
        name, desired, healthy = budget.spec.name, budget.desired, budget.healthy
        if budget.observed_generation < budget.generation:
            return f"The disruption budget {name} is still being processed by the server."
        if budget.allowed == 0:
            return f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently."
        budget.written = budget.disrupted[pod.uid] = self._kernel.now
        self._state.workloads.set_status(budget, Kind.BUDGET_ALLOWED, budget.allowed - 1, cause)
        return ""


def _seen_by_evictions(budget: BudgetState) -> tuple[int, ...]:
    """All of its status that decides an eviction, or is told as the reason why not."""
    return budget.observed_generation, budget.allowed, budget.healthy, budget.desired


def _is_no_loss(budget: BudgetState, pod: PodState) -> bool:
    """Whether the pod is not ready, and the budget lets such pods go without being asked."""
    return not pod.ready and (budget.spec.always_allow_unhealthy or budget.healthy >= budget.desired > 0)
