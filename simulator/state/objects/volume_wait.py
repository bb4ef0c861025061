"""What volumes keep a pod waiting for."""

from enum import IntEnum


class VolumeWait(IntEnum):
    """What the volumes of a pod keep it waiting for."""

    NOTHING = 0
    BINDING = 1
    """A claim of it has no volume, or one that is being made; so it has no node, unless it names its node itself."""
    OUT_OF_REACH = 2
    """It has no node: of those that its volumes allow, none takes it."""
    HELD = 3
    """Another node has a volume of it, which can be attached to one node at a time."""
    ATTACHING = 4
    LOST = 5
    """The data of a volume is lost, and not back yet."""
