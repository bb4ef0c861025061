"""PriorityClasses."""

from dataclasses import dataclass

SYSTEM_PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}

CRITICAL = min(SYSTEM_PRIORITIES.values())
"""The lowest priority of pods that a node cannot do without (pkg/apis/scheduling, SystemCriticalPriority)."""


@dataclass(frozen=True, slots=True)
class PriorityClass:
    """A named pod priority; `preempts` is false for preemptionPolicy Never."""

    name: str
    value: int
    global_default: bool = False
    preempts: bool = True
