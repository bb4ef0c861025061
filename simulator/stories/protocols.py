"""Failure modes and operations: what happens to a cluster, by accident or on purpose."""

from typing import Protocol

from simulator.stories.world import World


class FailureMode(Protocol):
    """A way in which things break: a frozen dataclass, registered as "failure"."""

    @property
    def name(self) -> str:
        """The user's name for it; causes and streams carry it."""
        ...

    def install(self, world: World) -> None:
        """Called once, at time 0: tells its stories, one a subject. Must not keep state of its own."""
        ...


class Operation(Protocol):
    """Something that people do to the cluster on purpose: a frozen dataclass, registered as "operation"."""

    @property
    def name(self) -> str:
        """The user's name for it."""
        ...

    def install(self, world: World) -> None:
        """Called once, at time 0."""
        ...
