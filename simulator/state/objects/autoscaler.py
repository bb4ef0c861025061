"""HorizontalPodAutoscalers."""

from collections.abc import Mapping
from typing import ClassVar

from models.autoscaling import HorizontalPodAutoscaler
from simulator.log import Kind
from simulator.state.objects.record import MakeWorkload, record_of


@record_of(HorizontalPodAutoscaler)
class AutoscalerState:
    """A HorizontalPodAutoscaler: its spec, and the status that its controller keeps."""

    GENERATION: ClassVar = Kind.AUTOSCALER_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {Kind.AUTOSCALER_DESIRED: "desired_replicas"}
    __slots__ = (
        "able_to_scale",
        "current_replicas",
        "desired_replicas",
        "generation",
        "index",
        "scaling_active",
        "scaling_limited",
        "spec",
    )

    def __init__(self, index: int, spec: HorizontalPodAutoscaler) -> None:
        self.index = index
        self.spec = spec
        self.generation = 1
        self.current_replicas: int | None = None
        """status.currentReplicas; None until it was first looked at."""
        self.desired_replicas = 0
        self.able_to_scale = ""
        """The reasons of its conditions, "" until they are first set."""
        self.scaling_active = ""
        self.scaling_limited = ""

    @classmethod
    def made(cls, index: int, spec: HorizontalPodAutoscaler, make_workload: MakeWorkload) -> "AutoscalerState":
        """A new autoscaler, which has not looked at anything yet."""
        return cls(index, spec)

    def renew(self, spec: HorizontalPodAutoscaler, cause: int) -> tuple[()]:
        """Its controller looks again."""
        self.spec = spec
        return ()

    @property
    def name(self) -> str:
        """For causes and people: "HorizontalPodAutoscaler/default/web"."""
        return f"HorizontalPodAutoscaler/{self.spec.namespace}/{self.spec.name}"
