"""DefaultPreemption: pods of lower priority make room."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from simulator.registry import register
from simulator.scheduling.views import PodView, RunningPod, WhatIf


@dataclass(frozen=True)
class _Victims:
    """What room on one node costs."""

    node: int
    pods: tuple[RunningPod, ...]
    """The most important first."""
    violations: int

    def cost(self) -> tuple[float, ...]:
        """Less is better, in this order (pkg/scheduler/framework/preemption, pickOneNodeForPreemption)."""
        highest = self.pods[0].priority
        return (
            self.violations,
            highest,
            sum(pod.priority + 2**31 for pod in self.pods),
            len(self.pods),
            -min(pod.start_time for pod in self.pods if pod.priority == highest),
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

    def post_filter(self, pod: PodView, what_if: WhatIf) -> tuple[int, Sequence[int]] | None:
        candidates, allowed = what_if.candidates(), what_if.allowed
        enough = len(candidates) * self.min_candidate_nodes_percentage // 100
        enough = min(len(candidates), max(enough, self.min_candidate_nodes_absolute))
        found: list[_Victims] = []
        for node in candidates:
            victims = _select(pod, node, what_if, allowed)
            if victims is not None:
                found.append(victims)
                if len(found) >= enough and not all(one.violations for one in found):
                    break
        if not found:
            return None
        best = min(found, key=_Victims.cost)
        return best.node, [victim.uid for victim in best.pods]


def _select(pod: PodView, node: int, what_if: WhatIf, allowed: Mapping[str, int]) -> _Victims | None:
    """Strikes all pods of lower priority, then lets back in, the most important first, what fits beside the pod."""
    lower = sorted((p for p in what_if.pods_on(node) if p.priority < pod.priority), key=_importance)
    out = {p.uid for p in lower}
    if not lower or not what_if.fits_without(node, out):
        return None
    violating = _violating(lower, allowed)
    for candidate in sorted(lower, key=lambda p: p.uid not in violating):
        out.discard(candidate.uid)
        if not what_if.fits_without(node, out):
            out.add(candidate.uid)
    victims = tuple(p for p in lower if p.uid in out)
    return _Victims(node, victims, len(out & set(violating))) if victims else None


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
