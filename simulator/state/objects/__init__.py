"""The mutable records of a run: workloads, their pods, Services; only the verbs of the state change them.

Nodes are columns, because a scheduler looks at all of them at once. A pod is looked at one at a time, and a scalar
read from a numpy column costs several times an attribute; so pods are slotted records.
"""

from simulator.log import Disruption, Phase, VolumeWait
from simulator.state.objects.configuration import ConfigurationState
from simulator.state.objects.cronjob import CronJobState
from simulator.state.objects.daemonset import DaemonSetState
from simulator.state.objects.deployment import TEMPLATE_HASH_LABEL, DeploymentState, Progress, ReplicaSetState, Rollout
from simulator.state.objects.job import JobState
from simulator.state.objects.pod import ContainerState, PodClass, PodOwner, PodState, Stuck
from simulator.state.objects.resource_quota import QuotaState
from simulator.state.objects.revision import REVISION_LABEL, Revision, RevisionHistory
from simulator.state.objects.service import ServiceState
from simulator.state.objects.statefulset import StatefulSetState
from simulator.state.objects.volume import ClaimKey, ClaimPhase, ClaimState, VolumePhase, VolumeState
from simulator.state.objects.workload import Slot, Workload

__all__ = [
    "REVISION_LABEL",
    "TEMPLATE_HASH_LABEL",
    "ClaimKey",
    "ClaimPhase",
    "ClaimState",
    "ConfigurationState",
    "ContainerState",
    "CronJobState",
    "DaemonSetState",
    "DeploymentState",
    "Disruption",
    "JobState",
    "Phase",
    "PodClass",
    "PodOwner",
    "PodState",
    "Progress",
    "QuotaState",
    "ReplicaSetState",
    "Revision",
    "RevisionHistory",
    "Rollout",
    "ServiceState",
    "Slot",
    "StatefulSetState",
    "Stuck",
    "VolumePhase",
    "VolumeState",
    "VolumeWait",
    "Workload",
]
