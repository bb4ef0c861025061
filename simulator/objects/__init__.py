"""The mutable records of a run: workloads, their pods, Services; only `ClusterState` changes them.

Nodes are columns, because a scheduler looks at all of them at once. A pod is looked at one at a time, and a scalar
read from a numpy column costs several times an attribute; so pods are slotted records.
"""

from simulator.objects.autoscaler import AutoscalerState
from simulator.objects.deployment import DeploymentState, Progress, ReplicaSetState, Rollout
from simulator.objects.disruption import BudgetState
from simulator.objects.pod import ContainerState, Disruption, Phase, PodClass, PodState
from simulator.objects.service import ServiceState
from simulator.objects.workload import PodOwner, Slot, Workload

__all__ = [
    "AutoscalerState",
    "BudgetState",
    "ContainerState",
    "DeploymentState",
    "Disruption",
    "Phase",
    "PodClass",
    "PodOwner",
    "PodState",
    "Progress",
    "ReplicaSetState",
    "Rollout",
    "ServiceState",
    "Slot",
    "Workload",
]
