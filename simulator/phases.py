"""Where the periodic loops of the control plane and the kubelets stand: drawn once a run."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.timing import Timing
from simulator.streams import Streams


@dataclass(frozen=True)
class Phases:
    """A time at which each loop ticks, in seconds; its other ticks lie whole periods away."""

    node_monitor: float
    pod_gc: float
    leases: Sequence[float]
    """One a node, in their order."""
    resource_quota_sync: float = 0.0

    @classmethod
    def drawn(cls, timing: Timing, streams: Streams, nodes: Sequence[str]) -> "Phases":
        """Uniform and independent."""
        return cls(
            node_monitor=timing.node_monitor_period * streams.stream("phase/node-monitor").random(),
            pod_gc=timing.pod_gc_period * streams.stream("phase/pod-gc").random(),
            leases=[timing.lease_renew_period * streams.stream(f"phase/lease/{name}").random() for name in nodes],
            resource_quota_sync=timing.resource_quota_sync_period * streams.stream("phase/resource-quota").random(),
        )
