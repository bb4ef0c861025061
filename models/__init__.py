"""Models: the Kubernetes objects as values, units, probability laws."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.autoscaling import HorizontalPodAutoscaler
    from models.behaviour import Behaviour, BehaviourOverride, PodBehaviour
    from models.cluster import Cluster
    from models.daemonset import DaemonSet
    from models.deployment import Deployment, ReplicaSet
    from models.disruption import PodDisruptionBudget
    from models.distributions import Distribution, Empirical, Exponential, Fixed, Gamma, LogNormal, Uniform, Weibull
    from models.labels import LabelSelector
    from models.load import Load
    from models.node import Node, Resources, Taint
    from models.pod import Container, Pod, PodSpec, PodTemplate, Probe
    from models.service import Service
    from models.statefulset import StatefulSet
    from models.timing import Timing
    from models.traffic import Call, Clients, RequestRate, Retries, Traffic

_HOME = {
    "HorizontalPodAutoscaler": "models.autoscaling",
    "Behaviour": "models.behaviour",
    "BehaviourOverride": "models.behaviour",
    "PodBehaviour": "models.behaviour",
    "Cluster": "models.cluster",
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
}
__all__ = [
    "Behaviour",
    "BehaviourOverride",
    "Call",
    "Clients",
    "Cluster",
    "Container",
    "DaemonSet",
    "Deployment",
    "Distribution",
    "Empirical",
    "Exponential",
    "Fixed",
    "Gamma",
    "HorizontalPodAutoscaler",
    "LabelSelector",
    "Load",
    "LogNormal",
    "Node",
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
