"""The preemption evaluator: which pods might make room for one that fits nowhere, and whether that would help.

Source: pkg/scheduler/framework/preemption (Evaluator).
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from simulator.scheduling.choosing import Chooser, CycleState
from simulator.scheduling.snapshot import Snapshot
from simulator.scheduling.ties import Ties
from simulator.scheduling.views import RunningPod
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodClass, PodState
from simulator.state.objects.disruption import BudgetState


class Evaluator:
    """Answers a post-filter plugin's questions about one pod that fits nowhere (a `DryRun`)."""

    def __init__(
        self,
        pod: PodState,
        cycle_state: CycleState,
        state: ClusterState,
        chooser: Chooser,
        snapshot: Snapshot,
        ties: Ties,
    ) -> None:
        self._pod = pod
        self._cycle_state = cycle_state
        self._state = state
        self._chooser = chooser
        self._snapshot = snapshot
        self._ties = ties
        self._budgets: dict[PodClass, tuple[BudgetState, ...]] = {}

    @property
    def disruptions_allowed(self) -> Mapping[str, int]:
        """By budget ("namespace/name"), how many disruptions it allows."""
        return {_name(budget): budget.allowed for budget in self._state.workloads.of(BudgetState)}

    def potential_nodes(self) -> Sequence[int]:
        """The nodes where fewer pods may help, from one that is drawn on."""
        nodes = self._chooser.resolvable(self._cycle_state)
        if self._pod.only_node is not None:
            nodes = [node for node in nodes if node == self._pod.only_node]
        if len(nodes) < 2:
            return nodes
        first = nodes.index(self._ties.choose(np.array(nodes)))
        return [*nodes[first:], *nodes[:first]]

    def pods_on(self, node: int) -> Sequence[RunningPod]:
        """The pods on `node`, in order of arrival."""
        return [
            RunningPod(pod.uid, pod.pod_class.spec.priority, pod.start_time or 0.0, self._budgets_of(pod))
            for pod in self._state.nodes.running[node].values()
        ]

    def _budgets_of(self, pod: PodState) -> tuple[str, ...]:
        """The budgets that a disruption of the pod would come out of; the scheduler ignores those without selector."""
        pod_class = pod.pod_class
        if pod_class not in self._budgets:
            self._budgets[pod_class] = tuple(
                budget
                for budget in self._state.workloads.of(BudgetState)
                if budget.spec.selector is not None
                and budget.spec.selector.requirements
                and budget.spec.selects(pod_class.namespace, pod_class.labels)
            )
        return tuple(_name(b) for b in self._budgets[pod_class] if pod.uid not in b.disrupted)

    def fits_without(self, node: int, uids: Collection[int]) -> bool:
        """Whether the pod would pass all filters on `node` if the pods `uids` were gone."""
        with self._snapshot.without_pods(self._state.pods[uid] for uid in uids):
            return self._chooser.fits(self._cycle_state, node)


def _name(budget: BudgetState) -> str:
    return f"{budget.spec.namespace}/{budget.spec.name}"
