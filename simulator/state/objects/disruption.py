"""PodDisruptionBudgets."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from models.disruption import PodDisruptionBudget
from simulator.log import Kind
from simulator.state.objects.record import MakeWorkload, record_of


@record_of(PodDisruptionBudget)
class BudgetState:
    """A PodDisruptionBudget: its spec, its status, and the counts that its controller works that out from."""

    GENERATION: ClassVar = Kind.BUDGET_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {Kind.BUDGET_ALLOWED: "allowed"}
    __slots__ = (
        "allowed",
        "cause",
        "controllers",
        "desired",
        "disrupted",
        "expected",
        "generation",
        "healthy",
        "index",
        "observed_generation",
        "pods",
        "ready",
        "spec",
        "written",
    )

    def __init__(self, index: int, spec: PodDisruptionBudget) -> None:
        self.index = index
        self.spec = spec
        self.generation = 1
        self.observed_generation = 0
        self.expected = 0
        """status.expectedPods."""
        self.desired = 0
        """status.desiredHealthy."""
        self.healthy = 0
        """status.currentHealthy."""
        self.allowed = 0
        """status.disruptionsAllowed."""
        self.disrupted: dict[int, float] = {}
        """status.disruptedPods: evicted, not yet seen to be deleted; by uid, the time of the eviction."""
        self.pods = 0
        """Selected pods that exist, in whatever phase."""
        self.ready = 0
        """Those that are Ready and not being deleted."""
        self.controllers: Counter[object] = Counter()
        """How many of them each controller has whose scale is asked for."""
        self.written = -math.inf
        """When an eviction last wrote its status."""
        self.cause = 0
        """Why its counts last changed."""

    @classmethod
    def made(cls, index: int, spec: PodDisruptionBudget, make_workload: MakeWorkload) -> "BudgetState":
        """A new budget, of which nothing is counted yet."""
        return cls(index, spec)

    def renew(self, spec: PodDisruptionBudget, cause: int) -> tuple[()]:
        """Its controller counts anew."""
        self.spec = spec
        return ()
