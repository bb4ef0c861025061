"""commonCause: a share of every node's failures strikes its whole group (the beta-factor model)."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution, Scaled
from models.labels import LabelSelector
from models.node import ZONE_LABEL
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.references import LabelKey
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World

_LEAST_SHARE = 1e-9
"""A clock that is slowed down by more never fires."""


@register("failure", "commonCause")
@dataclass(frozen=True)
class CommonCause:
    """Nodes fail one by one or all of a group at once: the beta-factor model of common-cause failures.

    Each node has a clock of its own, and each group one that takes all its nodes down together until they are repaired
    together. A node's own clock is slowed down by 1/(1 - beta) and its group's by 1/beta, so each node fails as often
    as the law says, the share beta of the times with its group. Nodes without the label
    have no group and fail alone.
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From a node's repair (or the start) to its next failure, alone or with its group."""
    time_to_repair: Repair
    """How long a node, or a group, is down."""
    common_share: float = 0.1
    """Beta: the share of a node's failures that is common to its group; below 1."""
    domain: LabelKey = ZONE_LABEL
    """The label whose nodes of one value are a group."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def __post_init__(self) -> None:
        if self.common_share != 0 and not _LEAST_SHARE <= self.common_share < 1:
            raise ValueError(
                f"common_share must be 0, or at least {_LEAST_SHARE:g} and below 1 (got {self.common_share!r})"
            )

    def install(self, world: World) -> None:
        groups = world.domains(self.domain, self.select)

        def tell(node: int) -> Subject:
            grouped = any(node in nodes for nodes in groups.values())
            return self._tell(world, world.node_name(node), [node], 1 - self.common_share if grouped else 1.0)

        world.each_node(self.select, tell)
        for value, nodes in groups.items():
            if self.common_share > 0:
                self._tell(world, f"{self.domain.rsplit('/', 1)[-1]}={value}", nodes, self.common_share)

    def _tell(self, world: World, subject: str, nodes: list[int], share: float) -> Subject:
        law = Scaled(self.time_to_failure, 1 / share)
        return world.tell(self.name, subject, Subject.up_and_down, nodes, law, self.time_to_repair)
