"""A cluster: nodes, and all that runs on them."""

from dataclasses import dataclass

from models.autoscaling import HorizontalPodAutoscaler
from models.daemonset import DaemonSet
from models.deployment import Deployment, ReplicaSet
from models.disruption import PodDisruptionBudget
from models.node import Node
from models.pod import Pod
from models.service import Service
from models.statefulset import StatefulSet


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that a simulation starts from. Order is the order of creation."""

    nodes: tuple[Node, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    replica_sets: tuple[ReplicaSet, ...] = ()
    pods: tuple[Pod, ...] = ()
    services: tuple[Service, ...] = ()
    budgets: tuple[PodDisruptionBudget, ...] = ()
    autoscalers: tuple[HorizontalPodAutoscaler, ...] = ()
    stateful_sets: tuple[StatefulSet, ...] = ()
    daemon_sets: tuple[DaemonSet, ...] = ()
