"""Models: the Kubernetes objects as values, units, probability laws."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.autoscaling import HorizontalPodAutoscaler
    from models.behaviour import Behaviour, BehaviourOverride, PodBehaviour
    from models.claim import PersistentVolumeClaim
    from models.cluster import Cluster
    from models.cronjob import CronJob
    from models.daemonset import DaemonSet
    from models.deployment import Deployment, ReplicaSet
    from models.disruption import PodDisruptionBudget
    from models.distributions import Distribution, Empirical, Exponential, Fixed, Gamma, LogNormal, Uniform, Weibull
    from models.job import Job
    from models.labels import LabelSelector
    from models.load import Load
    from models.node import Node, Resources, Taint
    from models.pod import Container, Pod, PodSpec, PodTemplate, Probe
    from models.service import Service
    from models.statefulset import StatefulSet
    from models.timing import Timing
    from models.traffic import Call, Clients, RequestRate, Retries, Traffic
    from models.volume import PersistentVolume, StorageClass

_HOME = {
    "HorizontalPodAutoscaler": "models.autoscaling",
    "Behaviour": "models.behaviour",
    "BehaviourOverride": "models.behaviour",
    "PodBehaviour": "models.behaviour",
    "PersistentVolumeClaim": "models.claim",
    "Cluster": "models.cluster",
    "CronJob": "models.cronjob",
    "DaemonSet": "models.daemonset",
    "Deployment": "models.deployment",
    "ReplicaSet": "models.deployment",
    "PodDisruptionBudget": "models.disruption",
    "Distribution": "models.distributions",
    "Empirical": "models.distributions",
    "Exponential": "models.distributions",
    "Fixed": "models.distributions",
    "Gamma": "models.distributions",
    "LogNormal": "models.distributions",
    "Uniform": "models.distributions",
    "Weibull": "models.distributions",
    "Job": "models.job",
    "LabelSelector": "models.labels",
    "Load": "models.load",
    "Node": "models.node",
    "Resources": "models.node",
    "Taint": "models.node",
    "Container": "models.pod",
    "Pod": "models.pod",
    "PodSpec": "models.pod",
    "PodTemplate": "models.pod",
    "Probe": "models.pod",
    "Service": "models.service",
    "StatefulSet": "models.statefulset",
    "Timing": "models.timing",
    "Call": "models.traffic",
    "Clients": "models.traffic",
    "RequestRate": "models.traffic",
    "Retries": "models.traffic",
    "Traffic": "models.traffic",
    "PersistentVolume": "models.volume",
    "StorageClass": "models.volume",
}
__all__ = [
    "Behaviour",
    "BehaviourOverride",
    "Call",
    "Clients",
    "Cluster",
    "Container",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Distribution",
    "Empirical",
    "Exponential",
    "Fixed",
    "Gamma",
    "HorizontalPodAutoscaler",
    "Job",
    "LabelSelector",
    "Load",
    "LogNormal",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodBehaviour",
    "PodDisruptionBudget",
    "PodSpec",
    "PodTemplate",
    "Probe",
    "ReplicaSet",
    "RequestRate",
    "Resources",
    "Retries",
    "Service",
    "StatefulSet",
    "StorageClass",
    "Taint",
    "Timing",
    "Traffic",
    "Uniform",
    "Weibull",
]


def __dir__() -> list[str]:
    """The public names, which are imported when they are first used."""
    return [*globals(), *__all__]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: importing the package stays light."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
