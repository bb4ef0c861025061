"""What a control plane is made of: the parts of a run that it is wired to, and what a user's choice of one says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from models.behaviour import Behaviour
from models.cluster import Cluster
from simulator.control_plane import ControlPlane
from simulator.hazards import Hazards
from simulator.kernel import Kernel
from simulator.node_autoscaling.fleet import NodeAutoscaler
from simulator.node_autoscaling.pool_members import PoolMembers
from simulator.phases import Phases
from simulator.scheduling.framework import Profile
from simulator.scheduling.ties import Ties
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.streams import Streams


@dataclass(frozen=True, eq=False)
class Parts:
    """What all control planes are wired to; those that are None are for Kubernetes to choose."""

    kernel: Kernel
    state: ClusterState
    api: Api
    hazards: Hazards
    streams: Streams
    behaviour: Behaviour
    pools: PoolMembers
    phases: Phases | None = None
    ties: Ties | None = None
    profile: Profile | None = None
    node_autoscaler: NodeAutoscaler | None = None


class Orchestrator(Protocol):
    """A choice of a control plane: a frozen dataclass, registered as "controlPlane", whose fields are its options."""

    called: ClassVar[str]
    """The name that it is registered by."""
    without: ClassVar[Mapping[str, str]]
    """Types of failure modes and operations, and fields of an experiment, that have no counterpart in it, and why.

    They are named, and nothing comes of them.
    """
    restores: ClassVar[bool]
    """Whether all that comes next in a settled state is in the state: else rare outages cannot be begun in it."""

    def as_read(self, cluster: Cluster) -> Cluster:
        """The cluster as this control plane reads it: without what has no counterpart in it.

        Raises ValueError if an option names what the cluster has not.
        """
        ...

    def wired(self, parts: Parts) -> ControlPlane:
        """The control plane of one run, its loops listening."""
        ...
