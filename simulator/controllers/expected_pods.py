"""How many pods a PodDisruptionBudget expects: by the scale of the controllers behind those that it selects.

Source: pkg/controller/disruption/disruption.go (getExpectedPodCount, getExpectedScale).
"""

from models.deployment import scaled
from simulator.state.objects import DeploymentState, ReplicaSetState, StatefulSetState
from simulator.state.objects.disruption import BudgetState


def controller_of(owner: object) -> object:
    """Whose scale counts: of a ReplicaSet that a Deployment made, the Deployment's."""
    if isinstance(owner, ReplicaSetState) and owner.deployment is not None:
        return owner.deployment
    return owner


def expected_by_scale(budget: BudgetState) -> tuple[int, int] | None:
    """Those of a budget that does not tell how many pods it wants in all."""
    spec = budget.spec
    if spec.min_available is None and spec.max_unavailable is None:
        return 0, 0
    expected = 0
    for controller in budget.controllers:
        scale = _scale(controller)
        if scale is None:
            return None
        expected += scale
    if spec.min_available is not None:
        return expected, scaled(spec.min_available, expected, round_up=True)
    assert spec.max_unavailable is not None
    max_unavailable = scaled(spec.max_unavailable, expected, round_up=True)
    return expected, max(0, expected - max_unavailable)


def _scale(controller: object) -> int | None:
    """spec.replicas; None for what has none, such as a DaemonSet."""
    match controller:
        case ReplicaSetState():
            return controller.desired
        case DeploymentState() | StatefulSetState():
            return controller.spec.replicas
    return None
