"""The blocks of a job file and of agents, as an experiment says them for all jobs: restart, reschedule, update, ...

Source: nomad/structs/structs.go, group.go (defaults of service jobs).
"""

from dataclasses import dataclass
from enum import StrEnum


class RestartMode(StrEnum):
    """What comes after the last attempt of an interval."""

    FAIL = "fail"
    """The allocation has failed: it is rescheduled."""
    DELAY = "delay"
    """The next attempt waits for the end of the interval."""


@dataclass(frozen=True)
class Restart:
    """restart: how often a task that has ended is started again on its node."""

    attempts: int = 2
    """So many within an interval."""
    interval: float = 1800.0
    """From the start of the allocation, and from the first end after each interval."""
    delay: float = 15.0
    """From the end of a task to its next start; up to a quarter more, at random."""
    mode: RestartMode = RestartMode.FAIL
    """What comes after the last attempt: fail (the allocation is rescheduled) or delay (the interval is waited for)."""

    def __post_init__(self) -> None:
        if self.attempts < 0:
            raise ValueError("`attempts` must not be negative")


class DelayFunction(StrEnum):
    """How the delay of one reschedule follows from those before."""

    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    """Twice the last."""
    FIBONACCI = "fibonacci"
    """The sum of the last two."""


@dataclass(frozen=True)
class Reschedule:
    """reschedule: when an allocation that has failed is replaced, on another node if there is one as good."""

    delay: float = 30.0
    """From its end to its first replacement."""
    delay_function: DelayFunction = DelayFunction.EXPONENTIAL
    """constant, exponential (twice the last) or fibonacci (the sum of the last two)."""
    max_delay: float = 3600.0
    """The longest delay; an allocation that then ran for longer begins with `delay` again."""
    attempts: int | None = None
    """So many replacements at most; without it, no end."""

    def __post_init__(self) -> None:
        if self.attempts is not None and self.attempts < 0:
            raise ValueError("`attempts` must not be negative")


@dataclass(frozen=True)
class Update:
    """update: how the allocations of a job get another version."""

    max_parallel: int | None = None
    """How many at once, 0 for all; by default the manifest's maxUnavailable, or 1 (all, if its strategy is
    Recreate)."""
    min_healthy_time: float | None = None
    """How long its checks have to pass before an allocation is healthy; by default minReadySeconds, or else 10 s."""
    healthy_deadline: float = 300.0
    """An allocation that is not healthy after this time is unhealthy."""
    progress_deadline: float | None = None
    """A deployment without another healthy allocation for so long has failed; by default progressDeadlineSeconds."""
    auto_revert: bool = False
    """Whether the last version that was stable comes back when a deployment has failed."""

    def __post_init__(self) -> None:
        if (self.max_parallel or 0) < 0:
            raise ValueError("`maxParallel` must not be negative")


@dataclass(frozen=True)
class Migrate:
    """migrate: how allocations leave a node that is drained."""

    max_parallel: int = 1
    """How many of a group may be missing at once."""
    min_healthy_time: float = 10.0
    """How long its checks have to pass before a replacement is healthy."""
    healthy_deadline: float = 300.0
    """A replacement that is not healthy after this time is unhealthy."""

    def __post_init__(self) -> None:
        if self.max_parallel < 1:
            raise ValueError("`maxParallel` must be at least 1")


class Reconcile(StrEnum):
    """Which of two allocations stays when a node is back whose allocation was replaced."""

    BEST_SCORE = "best_score"
    """The one whose node scored better; the original, if they are equal."""
    KEEP_ORIGINAL = "keep_original"
    KEEP_REPLACEMENT = "keep_replacement"
    LONGEST_RUNNING = "longest_running"


@dataclass(frozen=True)
class Disconnect:
    """disconnect: what becomes of allocations on a node that is silent. The two times exclude each other."""

    lost_after: float | None = None
    """So long allocations are unknown, not lost: if the node is back by then they stay."""
    stop_on_client_after: float | None = None
    """A client that has been cut off for so long stops its allocations; nothing is placed before it must have."""
    replace: bool = True
    """Whether an unknown allocation is replaced meanwhile; that is a reschedule, and waits as one does."""
    reconcile: Reconcile = Reconcile.BEST_SCORE
    """Which one stays then: best_score, keep_original, keep_replacement or longest_running."""

    def __post_init__(self) -> None:
        if (self.lost_after is None) is (self.stop_on_client_after is None):
            raise ValueError("give one of `lostAfter` and `stopOnClientAfter`")


class Algorithm(StrEnum):
    """What the scheduler likes."""

    BINPACK = "binpack"
    """Full nodes."""
    SPREAD = "spread"
    """Empty nodes."""


class Provider(StrEnum):
    """Who keeps the catalogue of services."""

    CONSUL = "consul"
    """Its agents notice within 5 to 10 s that a node is gone."""
    NOMAD = "nomad"
    """Nomad itself: a node's services leave when it is down."""


RESTART, RESCHEDULE, UPDATE, MIGRATE = Restart(), Reschedule(), Update(), Migrate()
"""The blocks of a job that says nothing."""
