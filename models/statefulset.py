"""StatefulSets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from models.claim import PersistentVolumeClaim
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
    volume_claim_templates: tuple[PersistentVolumeClaim, ...] = ()
    """A claim of each is made for every pod; they are named as its volumes are."""
    keeps_claims_when_scaled: bool = True
    """persistentVolumeClaimRetentionPolicy.whenScaled is Retain: claims of pods that are scaled away stay."""

    @property
    def ordinals(self) -> range:
        """The ordinals of its pods."""
        return range(self.start, self.start + self.replicas)

    def identity_labels(self, ordinal: int) -> dict[str, str]:
        """The labels that tell this pod from the others."""
        return {POD_NAME_LABEL: f"{self.name}-{ordinal}", POD_INDEX_LABEL: str(ordinal)}

    def claims(self, ordinal: int) -> tuple[PersistentVolumeClaim, ...]:
        """The claims of this pod (pkg/controller/statefulset/stateful_set_utils.go, getPersistentVolumeClaimName)."""
        return tuple(
            replace(claim, name=f"{claim.name}-{self.name}-{ordinal}", namespace=self.namespace)
            for claim in self.volume_claim_templates
        )

    def pod_labels(self, ordinal: int) -> dict[str, str]:
        """All labels of this pod but that of its revision."""
        return {**self.template.labels, **self.identity_labels(ordinal)}
