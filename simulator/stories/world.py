"""What stories may do: wait for a failure clock, sleep, take nodes down, drain them, roll a Deployment out."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.controllers.disruption import DisruptionController, Verdict
from simulator.hazards import Hazards
from simulator.kernel import Event, Kernel, Order, Story
from simulator.kubelet.failure_clocks import CrashMode
from simulator.kubelet.kubelet import Kubelet
from simulator.log import Kind
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import DeploymentState, Phase, PodState
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
            state.nodes.add_down_cause(node, self, cause)

    def end(self) -> None:
        """Takes this cause away from its nodes.

        To be called once, never from a `finally` or `with`: a story that is still waiting when the run ends would
        report a repair that never was.
        """
        for node in self._nodes:
            self._state.nodes.remove_down_cause(node, self)


class Cordon:
    """Nodes that were cordoned together. A node is uncordoned when every cordon that holds it has ended."""

    def __init__(self, state: ClusterState, holders: Counter[int], nodes: Iterable[int], cause: int) -> None:
        self._state = state
        self._holders = holders
        self._nodes = tuple(nodes)
        self._cause = cause
        for node in self._nodes:
            holders[node] += 1
            state.nodes.set_unschedulable(node, True, cause)

    def end(self) -> None:
        """Lets go of its nodes. To be called once, as `Outage.end`."""
        for node in self._nodes:
            self._holders[node] -= 1
            if not self._holders[node]:
                self._state.nodes.set_unschedulable(node, False, self._cause)


class Crew:
    """So many people, each of whom does one thing at a time; first come, first served."""

    def __init__(self, kernel: Kernel, size: int) -> None:
        self._kernel = kernel
        self._idle = size
        self._waiting: deque[Event] = deque()

    def turn(self) -> Event:
        """An event to yield: succeeds when one of them is free, and yours until `done`."""
        event = self._kernel.event()
        self._waiting.append(event)
        self._serve()
        return event

    def done(self) -> None:
        """Lets go of one. To be called once a turn, as `Outage.end`."""
        self._idle += 1
        self._serve()

    def _serve(self) -> None:
        while self._idle and self._waiting:
            self._idle -= 1
            self._waiting.popleft().succeed()


@dataclass(slots=True)
class Drains:
    """What the drains of one operation came to."""

    emptied: int = 0
    """Nodes that were empty in time."""
    given_up: int = 0
    """Nodes that were not."""
    evicted: int = 0
    """Evictions that were allowed."""
    refused: int = 0
    """Evictions that were not, each try counted."""
    last_refusal: str = ""
    """Why, in Kubernetes' words, the last time."""


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

    def take_down_for(self, seconds: float, nodes: Iterable[int]) -> None:
        """The same, and they get it back after `seconds`, whatever the story does until then."""
        self._world.end_after(seconds, self.take_down(nodes))

    def up_and_down(self, nodes: Sequence[int], time_to_failure: Distribution, time_to_repair: Distribution) -> Story:
        """The story of nodes that fail together, are repaired together, and start anew."""
        while True:
            yield self.failure_after(time_to_failure)
            outage = self.take_down(nodes)
            yield self._world.sleep(time_to_repair.sample(self.rng))
            outage.end()


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
        disruption: DisruptionController,
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._api = api
        self._hazards = hazards
        self._streams = streams
        self._kubelet = kubelet
        self._disruption = disruption
        self._cordons = Counter(node for node in range(len(state.nodes)) if state.nodes.unschedulable[node])
        self._leaving: list[tuple[set[int], Event]] = []
        """Pods that somebody waits to see gone."""
        self.strikes: Counter[str] = Counter()
        """How often each failure mode of nodes, or operation, struck."""
        self.drains: defaultdict[str, Drains] = defaultdict(Drains)
        """By operation."""
        state.listen(Kind.POD_PHASE, self._pod_left)

    # What there is

    @property
    def now(self) -> float:
        """Seconds since time 0."""
        return self._kernel.now

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

    def domains(self, label: str, select: LabelSelector = LabelSelector()) -> dict[str, list[int]]:
        """The nodes that share a value of this label, by value; those without the label are in none."""
        domains: dict[str, list[int]] = {}
        for node in self.nodes(select):
            if (value := self._state.nodes.labels[node].get(label)) is not None:
                domains.setdefault(value, []).append(node)
        return dict(sorted(domains.items()))

    def deployment(self, target: str) -> DeploymentState:
        """The Deployment meant by "Deployment/name" or "Deployment/namespace/name"; raises ValueError if none is."""
        return self._api.deployment(target)

    def pods_to_drain(self, node: int) -> list[PodState]:
        """The pods on a node that a drain is about: all but those of DaemonSets, oldest first."""
        pods = self._state.nodes.running[node].values()
        return sorted((p for p in pods if p.pod_class.workload.kind != "DaemonSet"), key=lambda pod: pod.uid)

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
        return self.switch_off(nodes, mode, subject)

    def switch_off(self, nodes: Iterable[int], mode: str, subject: str) -> Outage:
        """The same as a part of something larger: it does not count as a strike."""
        return Outage(self._state, nodes, self._state.cause(f"{mode}/{subject}"))

    def end_after(self, seconds: float, outage: Outage) -> None:
        """Ends an outage after `seconds`."""
        self._kernel.timer(seconds, outage.end, Order.REPAIR)

    def crash_containers(self, mode: str, law: Distribution, select: LabelSelector) -> None:
        """From now on, containers of the selected pods crash: a clock each, from each start of the container."""
        self._kubelet.arm_containers(CrashMode(mode, law, select))

    def crew(self, size: int) -> Crew:
        """People who share the work of several stories."""
        return Crew(self._kernel, size)

    def cordon(self, nodes: Iterable[int], operation: str, subject: str) -> Cordon:
        """The nodes take no new pods."""
        self.strikes[operation] += 1
        return Cordon(self._state, self._cordons, nodes, self._state.cause(f"{operation}/{subject}"))

    def evict(self, pod: PodState, operation: str, subject: str) -> Verdict:
        """Asks the eviction API to delete the pod, which its budget may forbid."""
        verdict = self._disruption.evict(pod, self._state.cause(f"{operation}/{subject}"))
        drains = self.drains[operation]
        if verdict.allowed:
            drains.evicted += 1
        elif verdict.try_again or verdict.never:
            drains.refused += 1
            drains.last_refusal = verdict.reason
        return verdict

    def gone(self, pods: Sequence[PodState]) -> Event:
        """An event to yield: succeeds when none of the pods exists any more."""
        event = self._kernel.event()
        left = {pod.uid for pod in pods if pod.uid in self._state.pods}
        if left:
            self._leaving.append((left, event))
        else:
            event.succeed()
        return event

    def _pod_left(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.ABSENT and self._leaving:
            for left, event in self._leaving:
                left.discard(pod.uid)
                if not left:
                    event.succeed()
            self._leaving = [(left, event) for left, event in self._leaving if left]

    def crash_sandboxes(self, mode: str, law: Distribution, select: LabelSelector) -> None:
        """From now on, sandboxes of the selected pods die: a clock each, from each start of the sandbox."""
        self._kubelet.arm_sandboxes(CrashMode(mode, law, select))

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
