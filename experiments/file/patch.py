"""How a patch is written: what it changes, by path, by merging, or in a word."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from experiments.file.fields import FileModel, Labels, WrittenCountOrShare
from models.manifests import Manifest
from models.node import HOSTNAME_LABEL, ZONE_LABEL

_SPREAD_OVER = {"zone": ZONE_LABEL, "node": HOSTNAME_LABEL}


class TargetFile(FileModel):
    """Which objects a patch changes; every condition that is given must hold."""

    kind: str
    """Their kind: `Deployment`."""
    name: str | None = None
    """Only the one of this name."""
    namespace: str | None = None
    """Only those in this namespace."""
    labels: Labels | None = None
    """A selector on the objects' own labels."""


class BudgetFile(FileModel):
    """A PodDisruptionBudget: how many pods evictions must leave, or may take, at a time."""

    min_available: WrittenCountOrShare | None = None
    """So many pods, or such a share of them, must stay."""
    max_unavailable: WrittenCountOrShare | None = None
    """So many pods, or such a share of them, may be away."""
    unhealthy_pod_eviction_policy: Literal["IfHealthyBudget", "AlwaysAllow"] | None = None
    """Whether pods that are not ready may be evicted whatever the budget says."""

    @model_validator(mode="after")
    def _has_a_limit(self) -> "BudgetFile":
        if (self.min_available is None) == (self.max_unavailable is None):
            raise ValueError("expected exactly one of 'minAvailable' and 'maxUnavailable'")
        return self


class ShortForms(FileModel):
    """Changes of workloads in a word."""

    replicas: Annotated[int, Field(ge=0)] | None = None
    """How many pods each has."""
    spread: Literal["zone", "node"] | None = None
    """Each is spread evenly over zones or nodes: a hard topology spread constraint on its own pods."""
    budget: BudgetFile | None = None
    """A PodDisruptionBudget for each, with its name and selector, in place of any with either: `{minAvailable: 1}`."""


class PatchFile(ShortForms):
    """A change to every object that the target matches."""

    target: TargetFile
    """Which objects."""
    set: dict[str, Any] = Field(default={})
    """Path to value: `spec.template.spec.containers[server].resources.requests.cpu: 200m`."""
    merge: dict[str, Any] = Field(default={})
    """A strategic-merge patch."""

    def merges(self, workload: Manifest) -> dict[str, dict[str, Any]]:
        """The strategic-merge patches of an object, by the field that says them, in their order."""
        spread = {
            "maxSkew": 1,
            "topologyKey": _SPREAD_OVER.get(self.spread or ""),
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": selector_of(workload),
        }
        found: dict[str, dict[str, Any]] = {
            "replicas": {"spec": {"replicas": self.replicas}},
            "spread": {"spec": {"template": {"spec": {"topologySpreadConstraints": [spread]}}}},
            "merge": self.merge,
        }
        return {field: patch for field, patch in found.items() if getattr(self, field) not in (None, {})}

    def disruption_budget(self, workload: Manifest) -> dict[str, Any] | None:
        """The PodDisruptionBudget of an object; None without `budget`."""
        if self.budget is None:
            return None
        limits = self.budget.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": workload.name, "namespace": workload.namespace},
            "spec": {"selector": selector_of(workload), **limits},
        }

    @model_validator(mode="after")
    def _changes_something(self) -> "PatchFile":
        if not self.set and not self.merge and all(getattr(self, field) is None for field in ShortForms.model_fields):
            raise ValueError(f"expected {', '.join(map(repr, ('set', 'merge', 'replicas', 'spread')))} or 'budget'")
        return self


def selector_of(manifest: Manifest) -> Any:
    """The selector of an object of whatever shape: objects are checked only after they are patched."""
    spec = manifest.value.get("spec")
    return spec.get("selector") if isinstance(spec, dict) else None
