"""A Service as rare events see it: whether all its endpoints answer, and what would take one away."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import cast

from models.service import service_names
from simulator.hazards import Clock
from simulator.log import Kind
from simulator.simulation import Simulation
from simulator.state.objects import PodState, ServiceState

Up = Callable[[int, int], bool]
"""Whether a Service is available, by the endpoints that answer and the replicas that are desired."""


class Watched:
    """One Service of a simulation that is deployed and stands at time 0."""

    def __init__(self, simulation: Simulation, name: str, up: Up) -> None:
        names = service_names([service.spec for service in simulation.state.services])
        self.name = name
        self._service: ServiceState = simulation.state.services[names.index(name)]
        self._up = up
        self._hazards = simulation.hazards
        self.never_there = max(0, self._service.desired - self._service.answering)
        """Replicas that do not answer though all is well: they have no room, or cannot start."""
        self.on_change: list[Callable[[], object]] = []
        """Called after each change of how many answer, or are to."""
        for kind in (Kind.SERVICE_ANSWERING, Kind.SERVICE_DESIRED):
            simulation.state.listen(kind, self._changed)

    def _changed(self, service: ServiceState, new: int, cause: int) -> None:
        if service is self._service:
            for listener in self.on_change:
                listener()

    @property
    def is_full(self) -> bool:
        """Whether as many endpoints answer as do when all is well, and that is enough."""
        return self._service.answering >= self._service.desired - self.never_there and self.is_up

    @property
    def answering(self) -> int:
        """How many endpoints answer."""
        return self._service.answering

    @property
    def is_up(self) -> bool:
        """Whether it is available."""
        return self._up(self._service.answering, self._service.desired)

    def _answering(self) -> Iterator[PodState]:
        pods = (cast(PodState, pod) for pod in self._service.in_use.values())
        return (pod for pod in pods if pod.answering)

    def is_critical(self, clock: Clock) -> bool:
        """Whether an endpoint that answers would stop at once if the clock fired now, as far as one can tell.

        False for a law without a hazard rate: it cannot be made to fire at another time.
        """
        if clock.rate is None:
            return False
        if clock.nodes:
            return any(pod.node in clock.nodes for pod in self._answering())
        return any(clock in _own_clocks(pod) for pod in self._answering())

    def critical_clocks(self) -> dict[str, list[Clock]]:
        """The running clocks that are critical, by their `kind`, in an order that any run repeats."""
        found: dict[str, list[Clock]] = {}
        for clock, taken in self._critical():
            left = self._service.answering - taken
            fatal = not self._up(left, self._service.desired)
            found.setdefault(kind(clock.mode, taken, fatal), []).append(clock)
        return dict(sorted(found.items()))

    def _critical(self) -> Iterator[tuple[Clock, int]]:
        """The running clocks that are critical, and how many endpoints that answer each would take away."""
        own = {clock for pod in self._answering() for clock in _own_clocks(pod)}
        on_node = Counter(pod.node for pod in self._answering())
        for clock in self._hazards.running:
            taken = sum(on_node[node] for node in clock.nodes) if clock.nodes else int(clock in own)
            if taken and clock.rate is not None:
                yield clock, taken

    def fatal_clocks(self, usual: Collection[str]) -> list[Clock]:
        """The critical clocks that would be an outage at once, those of these failure modes left out."""
        desired, answering = self._service.desired, self._service.answering
        return [
            clock
            for clock, taken in self._critical()
            if clock.mode not in usual and not self._up(answering - taken, desired)
        ]

    def weakening_clocks(self) -> dict[str, list[Clock]]:
        """The running clocks that would take nodes away but no endpoint that answers, by their `kind`."""
        on_nodes = {pod.node for pod in self._answering()}
        found: dict[str, list[Clock]] = {}
        for clock in self._hazards.running:
            if clock.nodes and clock.rate is not None and on_nodes.isdisjoint(clock.nodes):
                found.setdefault(kind(clock.mode, 0, False), []).append(clock)
        return dict(sorted(found.items()))

    @property
    def moving_rate(self) -> float:
        """How often, per second, a node of endpoints that answer is lost: they may come to lie elsewhere then."""
        return math.fsum(clock.rate or 0.0 for clock, _ in self._critical() if clock.nodes)

    @property
    def layout(self) -> str:
        """How endpoints that answer lie together: how many each clock takes away, and how many such clocks there are.

        States of the same layout are about as far from an outage.
        """
        alike = Counter((clock.mode, taken) for clock, taken in self._critical())
        return " ".join(f"{mode}:{taken}x{number}" for (mode, taken), number in sorted(alike.items()))


def kind(mode: str, taken: int, fatal: bool) -> str:
    """What clocks are called that would do alike: "zone*2!" of the mode zone, takes away 2, an outage at once."""
    return mode + (f"*{taken}" if taken != 1 else "") + ("!" if fatal else "")


def mode_of(kind: str) -> str:
    """The failure mode of clocks that are called so."""
    name = kind.removesuffix("!")
    mode, _, taken = name.rpartition("*")
    return mode if taken.isdecimal() else name


def is_fatal(kind: str) -> bool:
    """Whether clocks that are called so would make the Service unavailable at once."""
    return kind.endswith("!")


def _own_clocks(pod: PodState) -> Iterator[Clock]:
    """Those of its sandbox and its containers."""
    yield from pod.clocks
    for container in pod.containers:
        yield from container.clocks or ()
