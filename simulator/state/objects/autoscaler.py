"""HorizontalPodAutoscalers."""

from models.autoscaling import HorizontalPodAutoscaler


class AutoscalerState:
    """A HorizontalPodAutoscaler: its spec, and the status that its controller keeps."""

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

    @property
    def name(self) -> str:
        """For causes and people: "HorizontalPodAutoscaler/default/web"."""
        return f"HorizontalPodAutoscaler/{self.spec.namespace}/{self.spec.name}"
