"""DefaultPreemption: pods of lower priority make room."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from simulator.registry import register
from simulator.scheduling.views import DryRun, PodView, RunningPod


@dataclass(frozen=True)
class Candidate:
    """A node where the pod would fit, and what that costs."""

    node: int
    victims: tuple[RunningPod, ...]
    """The most important first."""
    violations: int
    """How many of them a budget would not allow to go."""

    def cost(self) -> tuple[float, ...]:
        """Less is better, in this order (pkg/scheduler/framework/preemption, pickOneNodeForPreemption)."""
        highest = self.victims[0].priority
        return (
            self.violations,
            highest,
            sum(pod.priority + 2**31 for pod in self.victims),
            len(self.victims),
            -min(pod.start_time for pod in self.victims if pod.priority == highest),
        )


@register("plugin", "DefaultPreemption")
@dataclass(frozen=True)
class DefaultPreemption:
    """Takes the node where the least important pods have to go; budgets are respected where that is possible.

    Source: pkg/scheduler/framework/plugins/defaultpreemption, pkg/scheduler/framework/preemption. Upstream leaves
    out nodes with other unresolvable reasons before it counts its candidates; here they are tried in vain.
    """

    min_candidate_nodes_percentage: int = 10
    min_candidate_nodes_absolute: int = 100

    def __post_init__(self) -> None:
        if not 0 <= self.min_candidate_nodes_percentage <= 100:
            raise ValueError("minCandidateNodesPercentage must be 0 to 100")
        if self.min_candidate_nodes_absolute < 0:
            raise ValueError("minCandidateNodesAbsolute must not be negative")

    def post_filter(self, pod: PodView, dry_run: DryRun) -> tuple[int, Sequence[int]] | None:
        potential_nodes, allowed = dry_run.potential_nodes(), dry_run.disruptions_allowed
        enough = len(potential_nodes) * self.min_candidate_nodes_percentage // 100
        enough = min(len(potential_nodes), max(enough, self.min_candidate_nodes_absolute))
        candidates: list[Candidate] = []
        for node in potential_nodes:
            candidate = select_victims(pod, node, dry_run, allowed)
            if candidate is not None:
                candidates.append(candidate)
                if len(candidates) >= enough and not all(candidate.violations for candidate in candidates):
                    break
        if not candidates:
            return None
        best = min(candidates, key=Candidate.cost)
        return best.node, [victim.uid for victim in best.victims]


def select_victims(pod: PodView, node: int, dry_run: DryRun, allowed: Mapping[str, int]) -> Candidate | None:
    """Removes all pods of lower priority, then reprieves, the most important first, those that fit beside the pod.

    Pods that a budget would not allow to go are reprieved before the others (SelectVictimsOnNode).
    """
    lower = sorted((p for p in dry_run.pods_on(node) if p.priority < pod.priority), key=_importance)
    removed = {p.uid for p in lower}
    if not lower or not dry_run.fits_without(node, removed):
        return None
    violating = _violating(lower, allowed)
    for reprieved in sorted(lower, key=lambda p: p.uid not in violating):
        removed.discard(reprieved.uid)
        if not dry_run.fits_without(node, removed):
            removed.add(reprieved.uid)
    victims = tuple(p for p in lower if p.uid in removed)
    return Candidate(node, victims, len(removed & set(violating))) if victims else None


def _importance(pod: RunningPod) -> tuple[float, ...]:
    return -pod.priority, pod.start_time, pod.uid


def _violating(pods: Sequence[RunningPod], allowed: Mapping[str, int]) -> Collection[int]:
    """Those that some budget would not allow to go, after those before them."""
    left = dict(allowed)
    violating = set()
    for pod in pods:
        for budget in pod.budgets:
            left[budget] -= 1
            if left[budget] < 0:
                violating.add(pod.uid)
    return violating
