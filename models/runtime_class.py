"""RuntimeClasses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.node import Resources
from models.pod import Toleration


@dataclass(frozen=True, slots=True)
class RuntimeClass:
    """A way of running pods: what it takes by itself, and the nodes that have it."""

    name: str
    overhead: Resources | None = None
    """None: not given, so its pods may have none."""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
