"""Services: which pods answer under one name."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Service:
    """Selects pods of its namespace by labels; `selector` None: no endpoints are made for it."""

    name: str
    namespace: str = "default"
    selector: Mapping[str, str] | None = field(default_factory=dict)
    headless: bool = False
    publish_not_ready_addresses: bool = False
    session_affinity_seconds: float | None = None
    """sessionAffinity ClientIP's time-out, or None."""

    def selects(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether a pod with these labels is one of its endpoints (an empty selector selects nothing)."""
        return (
            bool(self.selector)
            and namespace == self.namespace
            and all(labels.get(k) == v for k, v in (self.selector or {}).items())
        )
