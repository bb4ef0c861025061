"""Services and their endpoints."""

from collections.abc import Mapping
from typing import Protocol

from models.service import Service
from simulator.log import Refusal

USUAL = 1_000_000
"""Millionths of the requests that usually come, as long as nothing makes them more or less."""


class Endpoint(Protocol):
    """A pod as its Services know it."""

    uid: int
    answering: bool
    failing: int

    @property
    def name(self) -> str:
        """The pod's name."""
        ...


class ServiceState:
    """A Service and its endpoints."""

    __slots__ = (
        "answering",
        "circuit_open",
        "desired",
        "endpoints",
        "in_use",
        "index",
        "rate",
        "refused",
        "spec",
        "terminating",
    )

    def __init__(self, index: int, spec: Service) -> None:
        self.index = index
        self.spec = spec
        self.endpoints: dict[int, Endpoint] = {}
        """The ready ones, by uid."""
        self.terminating: dict[int, Endpoint] = {}
        """Those that are being deleted and still serve, by uid."""
        self.in_use: Mapping[int, Endpoint] = {}
        """The endpoints that clients are sent to: the ready ones; if there is none, those that terminate.

        Source: KEP-1669, pkg/proxy/topology.go (CategorizeEndpoints). The names of a headless Service lead to ready
        ones only.
        """
        self.choose_endpoints()
        self.answering = 0
        """How many of those in use can answer."""
        self.desired = 0
        """Replicas desired of the workloads behind it."""
        self.rate = USUAL
        """Millionths of the requests that usually come."""
        self.circuit_open = False
        """Whether the circuit breakers of its clients let nothing through."""
        self.refused = Refusal.NONE
        """Why pods of theirs are not made."""

    def choose_endpoints(self) -> None:
        """To be called when the first endpoint has become ready, or the last has ceased to be."""
        self.in_use = self.endpoints if self.endpoints or self.spec.headless else self.terminating
