"""What came of draining nodes."""

from dataclasses import dataclass


@dataclass(slots=True)
class Drains:
    """What the drains of one operation came to."""

    emptied: int = 0
    """Nodes that were empty in time."""
    given_up: int = 0
    """Nodes that were not."""
    evicted: int = 0
    """Evictions that were allowed."""
    refused: int = 0
    """Evictions that were not, each try counted."""
    last_refusal: str = ""
    """Why, in Kubernetes' words, the last time."""
