"""Services and their endpoints."""

from typing import Protocol

from models.service import Service


class Endpoint(Protocol):
    """A pod as its Services know it."""

    uid: int

    @property
    def name(self) -> str:
        """The pod's name."""
        ...


class ServiceState:
    """A Service and its endpoints."""

    __slots__ = ("answering", "desired", "endpoints", "index", "spec")

    def __init__(self, index: int, spec: Service) -> None:
        self.index = index
        self.spec = spec
        self.endpoints: dict[int, Endpoint] = {}
        """The ready ones, by uid."""
        self.answering = 0
        """How many of them can answer."""
        self.desired = 0
        """Replicas desired of the workloads behind it."""
