"""Services and their endpoints."""

from typing import TYPE_CHECKING

from models.service import Service

if TYPE_CHECKING:
    from simulator.state.objects.pod import PodState


class ServiceState:
    """A Service and its endpoints."""

    __slots__ = ("answering", "desired", "endpoints", "index", "spec")

    def __init__(self, index: int, spec: Service) -> None:
        self.index = index
        self.spec = spec
        self.endpoints: dict[int, PodState] = {}
        """Ready endpoints."""
        self.answering = 0
        """How many of them can answer."""
        self.desired = 0
        """Replicas desired of the workloads behind it."""
