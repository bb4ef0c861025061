"""Claims: what a pod asks for that needs storage beyond its own life."""

from dataclasses import dataclass
from enum import StrEnum

from models.labels import LabelSelector


class AccessMode(StrEnum):
    """From how many nodes, or pods, a volume may be used at once."""

    READ_WRITE_ONCE = "ReadWriteOnce"
    READ_WRITE_ONCE_POD = "ReadWriteOncePod"
    READ_WRITE_MANY = "ReadWriteMany"
    READ_ONLY_MANY = "ReadOnlyMany"


@dataclass(frozen=True, slots=True)
class PersistentVolumeClaim:
    """A request for storage; it is bound to one volume, for good."""

    name: str
    namespace: str = "default"
    access_modes: tuple[AccessMode, ...] = (AccessMode.READ_WRITE_ONCE,)
    storage_class: str | None = None
    """None: that of the default class; "": of no class, only volumes without one will do."""
    request: int = 0
    """Bytes."""
    volume_name: str = ""
    """The only volume that will do; "": any that matches."""
    selector: LabelSelector | None = None
    """On the labels of volumes; with one, none is made for the claim."""
    volume_mode: str = "Filesystem"

    @property
    def is_for_one_pod(self) -> bool:
        """Whether one pod of the whole cluster may use it at a time."""
        return AccessMode.READ_WRITE_ONCE_POD in self.access_modes
