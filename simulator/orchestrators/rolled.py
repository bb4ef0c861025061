"""Workloads whose pods are replaced by those of another release, version or template."""

from simulator.log import Kind
from simulator.state.objects import DaemonSetState, DeploymentState, StatefulSetState

Rolled = DeploymentState | StatefulSetState | DaemonSetState
"""What services and units are made of."""
REVISION_COMPLETE = {
    DeploymentState: Kind.DEPLOYMENT_COMPLETE,
    StatefulSetState: Kind.STATEFULSET_COMPLETE,
    DaemonSetState: Kind.DAEMONSET_COMPLETE,
}
"""What tells that an update is complete."""
