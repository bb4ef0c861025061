"""Deployments and ReplicaSets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.labels import LabelSelector
from models.pod import PodTemplate
from models.rollout import Progression


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of the replicas, e.g. Percent(25)."""

    value: int

    def __str__(self) -> str:
        return f"{self.value}%"


IntOrPercent = int | Percent


def scaled(value: IntOrPercent, replicas: int, *, round_up: bool) -> int:
    """The number of replicas that `value` stands for (k8s.io/apimachinery/pkg/util/intstr)."""
    if isinstance(value, Percent):
        exact = value.value * replicas
        return -(-exact // 100) if round_up else exact // 100
    return value


class StrategyType(StrEnum):
    """How a Deployment replaces old pods."""

    ROLLING_UPDATE = "RollingUpdate"
    RECREATE = "Recreate"


NO_DEADLINE = 2147483647.0
"""The progressDeadlineSeconds of a Deployment whose progress is not judged (the largest integer that it can be)."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Keeps `replicas` pods of `template` running and replaces them when the template changes."""

    name: str
    template: PodTemplate
    selector: LabelSelector
    namespace: str = "default"
    replicas: int = 1
    strategy: StrategyType = StrategyType.ROLLING_UPDATE
    max_surge: IntOrPercent = Percent(25)
    max_unavailable: IntOrPercent = Percent(25)
    min_ready_seconds: float = 0.0
    revision_history_limit: int = 10
    progress_deadline_seconds: float = 600.0
    paused: bool = False
    kind: str = "Deployment"
    """Or "Rollout", of Argo Rollouts."""
    progression: Progression | None = None
    """How a Rollout brings a new version: a canary, or blue and green; None: by its strategy."""
    aborts_at_deadline: bool = False
    """Whether a Rollout that is beyond progressDeadlineSeconds is aborted."""
    labels: Mapping[str, str] = field(default_factory=dict)

    def fence_posts(self, replicas: int | None = None) -> tuple[int, int]:
        """(maxSurge, maxUnavailable) in pods for this number of replicas (its own by default).

        Surge rounds up and unavailable down; both zero becomes one unavailable
        (pkg/controller/deployment/util: ResolveFenceposts, MaxUnavailable).
        """
        desired = self.replicas if replicas is None else replicas
        surge = scaled(self.max_surge, desired, round_up=True)
        unavailable = scaled(self.max_unavailable, desired, round_up=False)
        if surge == 0 and unavailable == 0:
            unavailable = 1
        return surge, min(unavailable, desired)


@dataclass(frozen=True, slots=True)
class ReplicaSet:
    """Keeps `replicas` pods of `template` running; one that stands alone, without a Deployment.

    A ReplicationController is one of another kind: it does the same.
    """

    name: str
    template: PodTemplate
    selector: LabelSelector
    namespace: str = "default"
    replicas: int = 1
    min_ready_seconds: float = 0.0
    kind: str = "ReplicaSet"
    """Or "ReplicationController"."""
