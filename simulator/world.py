"""What stories may do: wait for a failure clock, sleep, take nodes down, roll a Deployment out."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

import numpy as np

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.api import Api
from simulator.controllers.kubelet import CrashMode, Kubelet
from simulator.hazards import Hazards
from simulator.kernel import Event, Kernel, Order, Story
from simulator.objects import DeploymentState
from simulator.state import ClusterState
from simulator.streams import Streams


class FailureMode(Protocol):
    """A way in which things break: a frozen dataclass, registered as "failure"."""

    @property
    def name(self) -> str:
        """The user's name for it; causes and streams carry it."""
        ...

    def install(self, world: "World") -> None:
        """Called once, at time 0: tells its stories, one a subject. Must not keep state of its own."""
        ...


class Operation(Protocol):
    """Something that people do to the cluster on purpose: a frozen dataclass, registered as "operation"."""

    @property
    def name(self) -> str:
        """The user's name for it."""
        ...

    def install(self, world: "World") -> None:
        """Called once, at time 0."""
        ...


class Outage:
    """Nodes that were taken down together. A node is up again when every outage that holds it has ended."""

    def __init__(self, state: ClusterState, nodes: Iterable[int], cause: int) -> None:
        self._state = state
        self._nodes = tuple(nodes)
        for node in self._nodes:
            state.add_down_cause(node, self, cause)

    def end(self) -> None:
        """Takes this cause away from its nodes.

        To be called once, never from a `finally` or `with`: a story that is still waiting when the run ends would
        report a repair that never was.
        """
        for node in self._nodes:
            self._state.remove_down_cause(node, self)


class Subject:
    """One thing that a story happens to: its own luck, its own clock."""

    def __init__(self, world: "World", mode: str, name: str, rng: np.random.Generator) -> None:
        self._world = world
        self.mode = mode
        self.name = name
        self.rng = rng

    def failure_after(self, law: Distribution) -> Event:
        """An event to yield: a failure clock with this law runs from now, at age 0, until it fires."""
        return self._world.failure_after(self.mode, law, self.rng)

    def take_down(self, nodes: Iterable[int]) -> Outage:
        """The nodes lose power, for the cause "mode/subject"."""
        return self._world.take_down(nodes, self.mode, self.name)


class World:
    """The narrow door between stories and the cluster."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        api: Api,
        hazards: Hazards,
        streams: Streams,
        kubelet: Kubelet,
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._api = api
        self._hazards = hazards
        self._streams = streams
        self._kubelet = kubelet
        self.strikes: Counter[str] = Counter()
        """How often each failure mode of nodes, or operation, struck."""

    # What there is

    def nodes(self, select: LabelSelector = LabelSelector()) -> list[int]:
        """The nodes whose labels match."""
        return [node for node, labels in enumerate(self._state.nodes.labels) if select.matches(labels)]

    def node_name(self, node: int) -> str:
        """The node's name."""
        return self._state.nodes.names[node]

    def zones(self) -> dict[str, list[int]]:
        """The nodes of every zone, by name."""
        zones: dict[str, list[int]] = {}
        for node, (_, zone) in enumerate(self._state.nodes.regions_and_zones):
            zones.setdefault(zone, []).append(node)
        return dict(sorted(zones.items()))

    def deployment(self, target: str) -> DeploymentState:
        """The Deployment meant by "Deployment/name" or "Deployment/namespace/name"; raises ValueError if none is."""
        return self._api.deployment(target)

    # What happens

    def tell(self, mode: str, subject: str, story: Callable[[Subject], Story]) -> None:
        """Starts a story about `subject`, with a stream of its own: "failure/mode/subject"."""
        rng = self._streams.stream(f"failure/{mode}/{subject}")
        self._kernel.tell(story(Subject(self, mode, subject, rng)))

    def sleep(self, seconds: float) -> Event:
        """An event to yield: succeeds after `seconds`."""
        return self._kernel.sleep(seconds, Order.REPAIR)

    def failure_after(self, mode: str, law: Distribution, rng: np.random.Generator) -> Event:
        """An event to yield: succeeds when a failure clock, started now, fires."""
        event = self._kernel.event()
        self._hazards.clock(mode, law, rng, event.succeed).start()
        return event

    def take_down(self, nodes: Iterable[int], mode: str, subject: str) -> Outage:
        """The nodes lose power at once; nobody in the cluster is told."""
        self.strikes[mode] += 1
        return Outage(self._state, nodes, self._state.cause(f"{mode}/{subject}"))

    def crash_containers(self, mode: str, law: Distribution, select: LabelSelector) -> None:
        """From now on, containers of the selected pods crash: a clock each, from each start of the container."""
        self.strikes[mode] += 0
        self._kubelet.arm(CrashMode(mode, law, select))

    def roll_out(self, operation: str, deployment: DeploymentState, new_image: bool) -> None:
        """The Deployment's template changes: to images that no node has yet, or only in an annotation."""
        self.strikes[operation] += 1
        template = deployment.spec.template
        release = f"{operation}/{deployment.generation}"
        if new_image:
            containers = tuple(replace(c, image=f"{c.image.split('@')[0]}@{release}") for c in template.spec.containers)
            template = replace(template, spec=replace(template.spec, containers=containers))
        else:
            annotations = {**template.annotations, "kubectl.kubernetes.io/restartedAt": release}
            template = replace(template, annotations=annotations)
        cause = self._state.cause(f"{operation}/{deployment.workload}")
        self._api.apply(replace(deployment.spec, template=template), cause)
