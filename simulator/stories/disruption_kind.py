"""Kinds of disruptions: what a failure mode or operation strikes."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from simulator.demand.overload import OVERLOAD


class DisruptionKind(StrEnum):
    """What is struck, in the words of reports and objectives.

    A failure mode or operation says so by a class attribute: `disruption: ClassVar = DisruptionKind.ZONE`.
    """

    CONTAINER = "container"
    NODE = "node"
    RACK = "rack"
    """Several nodes that share something smaller than a zone."""
    ZONE = "zone"
    NETWORK = "network"
    VOLUME = "volume"
    CONTROL_PLANE = "controlPlane"
    RELEASE = "release"
    DRAIN = "drain"
    """Nodes that people empty, or take away."""
    OVERLOAD = "overload"
    CONFIGURATION = "configuration"
    OTHER = "other"
    """What says nothing of itself."""


class Striking(Protocol):
    """A failure mode or operation."""

    @property
    def name(self) -> str:
        """The user's name for it."""
        ...


def kind_of(story: object) -> DisruptionKind:
    """The kind of the disruptions by a failure mode or operation, or by one of this class."""
    return getattr(story, "disruption", DisruptionKind.OTHER)


def kinds_of(stories: Iterable[Striking]) -> dict[str, DisruptionKind]:
    """Name of a failure mode or operation, or of what else takes replicas away -> kind of disruption."""
    return {OVERLOAD: DisruptionKind.OVERLOAD, **{story.name: kind_of(story) for story in stories}}
