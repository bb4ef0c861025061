"""What a stack file says of services and an experiment of all of them: restart_policy, update_config and its like.

Source: moby/swarmkit api/defaults/service.go.
"""

from dataclasses import dataclass
from enum import StrEnum


class RestartCondition(StrEnum):
    """After which ends a task is replaced."""

    ANY = "any"
    ON_FAILURE = "on-failure"
    NONE = "none"


@dataclass(frozen=True)
class RestartPolicy:
    """restart_policy: when a task that has ended is replaced in its slot. There is no back-off."""

    condition: RestartCondition = RestartCondition.ANY
    """After which ends: any, on-failure or none."""
    delay: float = 5.0
    """From then to the start of the new task; also after the loss of a node, but not when a node is drained."""
    max_attempts: int = 0
    """So many new tasks in a slot at most, within `window`; 0: without end."""
    window: float = 0.0
    """The time before an end in which attempts count; 0: all since the service changed last."""

    def __post_init__(self) -> None:
        if self.delay < 0 or self.window < 0 or self.max_attempts < 0:
            raise ValueError("`delay`, `window` and `maxAttempts` must not be negative")


class Order(StrEnum):
    """What comes first when a slot gets a new task."""

    STOP_FIRST = "stop-first"
    START_FIRST = "start-first"


class FailureAction(StrEnum):
    """What becomes of an update that fails."""

    PAUSE = "pause"
    CONTINUE = "continue"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class UpdateConfig:
    """update_config, and rollback_config: how the slots of a service get new tasks."""

    parallelism: int | None = None
    """How many slots at once, 0 for all; by default what the manifest's strategy says: its surge, or else how many may
    be unavailable."""
    order: Order | None = None
    """stop-first or start-first; by default what the manifest's strategy says: start-first where it has a surge."""
    delay: float = 0.0
    """From when a new task runs to the next slot."""
    failure_action: FailureAction = FailureAction.PAUSE
    """pause, continue or rollback."""
    monitor: float = 5.0
    """A new task that ends so soon after it ran has failed; what ends later is not seen."""
    max_failure_ratio: float = 0.0
    """The share of the slots that may fail."""

    def __post_init__(self) -> None:
        if (self.parallelism or 0) < 0 or self.delay < 0 or self.monitor < 0:
            raise ValueError("`parallelism`, `delay` and `monitor` must not be negative")
        if not 0 <= self.max_failure_ratio <= 1:
            raise ValueError("`maxFailureRatio` must be from 0 to 1")
