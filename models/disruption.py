"""PodDisruptionBudgets."""

from dataclasses import dataclass

from models.deployment import IntOrPercent
from models.labels import Labels, LabelSelector


@dataclass(frozen=True, slots=True)
class PodDisruptionBudget:
    """How many of the selected pods voluntary evictions must leave healthy. At most one of the two limits is set."""

    name: str
    selector: LabelSelector | None
    namespace: str = "default"
    min_available: IntOrPercent | None = None
    max_unavailable: IntOrPercent | None = None
    always_allow_unhealthy: bool = False
    """unhealthyPodEvictionPolicy is AlwaysAllow."""

    def selects(self, namespace: str, labels: Labels) -> bool:
        """Whether it covers a pod with these labels (an empty selector covers all pods of the namespace)."""
        return namespace == self.namespace and self.selector is not None and self.selector.matches(labels)
