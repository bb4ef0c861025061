"""StatefulSets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.labels import LabelSelector
from models.pod import PodTemplate

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"


class PodManagementPolicy(StrEnum):
    """Whether a StatefulSet scales one pod after the other or all at once. Updates go one by one in any case."""

    ORDERED_READY = "OrderedReady"
    PARALLEL = "Parallel"


@dataclass(frozen=True, slots=True)
class StatefulSet:
    """Keeps `replicas` pods with ordinals and names that stay: `start`, `start` + 1, ..."""

    name: str
    template: PodTemplate
    selector: LabelSelector
    namespace: str = "default"
    replicas: int = 1
    pod_management_policy: PodManagementPolicy = PodManagementPolicy.ORDERED_READY
    on_delete: bool = False
    """Update strategy OnDelete: a pod gets the new template when somebody deletes it."""
    partition: int = 0
    """Strategy RollingUpdate: the first so many pods keep the old template."""
    min_ready_seconds: float = 0.0
    start: int = 0
    """The first ordinal (spec.ordinals.start)."""
    service_name: str = ""
    revision_history_limit: int = 10
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def ordinals(self) -> range:
        """The ordinals of its pods."""
        return range(self.start, self.start + self.replicas)

    def identity_labels(self, ordinal: int) -> dict[str, str]:
        """The labels that tell this pod from the others."""
        return {POD_NAME_LABEL: f"{self.name}-{ordinal}", POD_INDEX_LABEL: str(ordinal)}

    def pod_labels(self, ordinal: int) -> dict[str, str]:
        """All labels of this pod but that of its revision."""
        return {**self.template.labels, **self.identity_labels(ordinal)}
