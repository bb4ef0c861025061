"""References from pods to other objects, and what becomes of a pod if one leads nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class References(StrEnum):
    """What holds of objects that are referred to and not given."""

    ASSUMED = "assumed"
    """They are taken to be there."""
    STRICT = "strict"
    """They are not there, and it acts as in Kubernetes."""


@dataclass(frozen=True, slots=True)
class Absences:
    """What objects that are not there do to the pods of a template, in Kubernetes' words; "" and {}: nothing."""

    refused: str = ""
    """Why the API server makes none of them, whatever its reason; {} stands for the name of the pod."""
    unschedulable: str = ""
    """Why the scheduler places none of them (PreFilter of VolumeBinding)."""
    unmounted: str = ""
    """Why the kubelet starts nothing of them: a volume that cannot be mounted."""
    held_back: Mapping[str, str] = field(default_factory=dict)
    """Name of a container, of whatever kind -> why the kubelet does not start it: its image does not exist, or its
    environment lacks something."""
    lacks_configuration: bool = False
    """A ConfigMap or Secret is among what its kubelet waits for."""
