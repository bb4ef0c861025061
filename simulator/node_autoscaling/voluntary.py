"""What holds a node that Karpenter would take away: pods that must not be disrupted."""

import math

from models.units import parse_duration
from simulator.controllers.disruption import DisruptionController
from simulator.state.objects import PodState

DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"
"""The annotation: "true", or for how long from the pod's start ("30m")."""


def undisrupted_until(pod: PodState) -> float:
    """Until when its annotation forbids to disrupt the pod; minus infinity if it does not.

    What is neither "true" nor a duration forbids nothing.
    """
    written = pod.pod_class.template.annotations.get(DO_NOT_DISRUPT)
    if written is None or pod.is_over or pod.start_time is None:
        return -math.inf
    if written == "true":
        return math.inf
    try:
        return pod.start_time + parse_duration(written)
    except ValueError:
        return -math.inf


def may_be_disrupted(pod: PodState, now: float) -> bool:
    """Whether its annotation lets the pod be disrupted."""
    return undisrupted_until(pod) <= now


def budget_holds(disruption: DisruptionController, pod: PodState) -> bool:
    """Whether its PodDisruptionBudget lets no pod go now, or there are several, which never let one go.

    Source: karpenter pkg/utils/pdb (CanEvictPods).
    """
    budgets = disruption.budgets_of(pod.pod_class)
    if len(budgets) == 1 and not pod.ready and budgets[0].spec.always_allow_unhealthy:
        return False
    return len(budgets) > 1 or any(budget.allowed == 0 for budget in budgets)
