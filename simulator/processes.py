"""The processes of a control plane that may fail by themselves, whatever control plane it is."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.distributions import Distribution, Uniform

ELECTION = Uniform(15.0, 24.0)
"""Seconds until a lease that was not given back has run out (15) and one of those who wait looks again (2 to 4.4)."""


class Process(StrEnum):
    """A process of the control plane."""

    API_SERVER = "apiServer"
    """All API servers, or what they all need: without it nobody learns or changes anything."""
    CONTROLLER_MANAGER = "controllerManager"
    """All replicas of kube-controller-manager: replacements, endpoints, node health, scaling, garbage collection."""
    SCHEDULER = "scheduler"
    """All replicas of kube-scheduler."""


def elections(law: Distribution, own: Distribution, rng: np.random.Generator) -> dict[Process, float]:
    """How long each process is without a leader: by a law that was given, or by a control plane's `own`.

    That of Kubernetes is the default of failure modes, and so not given.
    """
    chosen = own if law == ELECTION else law
    return {process: chosen.sample(rng) for process in Process}


@dataclass(frozen=True, eq=False)
class ProcessOutage:
    """A reason for which a process is down."""

    process: Process
    cause: int
