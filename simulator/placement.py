"""place(): pods come and go, and only the scheduler works. For traces, and to see how fast it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from models.behaviour import Behaviour
from models.node import Node
from models.pod import PodTemplate
from simulator.component import Component
from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.scheduling.framework import Profile
from simulator.scheduling.profile import default_profile
from simulator.scheduling.scheduler import Scheduler
from simulator.scheduling.ties import ties_of
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodClass, PodState
from simulator.streams import Streams


@dataclass(frozen=True, slots=True)
class Arrival:
    """Pods of one workload that come together and go together."""

    workload: str
    template: PodTemplate
    number: int = 1
    at: float = 0.0
    until: float = math.inf
    """When they are deleted and, at once, gone; whether or not they were placed."""


@dataclass(slots=True)
class Placed:
    """What became of the pods, in the order of their creation."""

    nodes: list[int] = field(default_factory=list)
    """Where each was bound, an index into the nodes; -1: nowhere, to the last."""
    waited: list[float] = field(default_factory=list)
    """Seconds until it was bound, or gone."""
    reasons: dict[int, str] = field(default_factory=dict)
    """Why the pods that waited at the end did, in Kubernetes' words, by number."""

    @property
    def placed(self) -> int:
        """How many were bound."""
        return sum(node >= 0 for node in self.nodes)


def place(
    nodes: Sequence[Node], arrivals: Sequence[Arrival], *, profile: Profile | None = None, seed: int = 0
) -> Placed:
    """Lets the pods come and go, at their times, and binds them; kubelets and controllers do nothing.

    Pods of a workload with equal templates are alike to the scheduler. Pods that give way to others are gone at once.
    """
    return _Placing(nodes, profile or default_profile(), Streams(seed, 0)).run(arrivals)


class _Placing:
    def __init__(self, nodes: Sequence[Node], profile: Profile, streams: Streams) -> None:
        behaviour = Behaviour()
        self._kernel = Kernel(-math.inf, math.inf)
        self._kernel.run_until(0.0)
        self._state = ClusterState(self._kernel, nodes, None)
        self._api = Api(self._state, streams, behaviour)
        self._scheduler = Scheduler(
            Component(self._kernel), self._state, behaviour.timing, profile, ties_of(profile, streams)
        )
        self._state.listen(Kind.POD_DELETING, self._deleting)
        self._classes: dict[str, PodClass] = {}
        self._created: list[PodState] = []
        self._gone: list[float] = []

    def run(self, arrivals: Sequence[Arrival]) -> Placed:
        """Everything that happens."""
        kernel = self._kernel
        for arrival in arrivals:
            kernel.timer(arrival.at, partial(self._arrive, arrival))
        while (time := kernel.peek()) < math.inf:
            kernel.run_until(time)
        placed = Placed()
        for pod, gone in zip(self._created, self._gone, strict=True):
            end = gone if pod.start_time is None else pod.start_time
            placed.nodes.append(pod.node)
            placed.waited.append(end - pod.created)
            if pod.node < 0 and pod.uid in self._state.pods:
                placed.reasons[pod.uid] = self._scheduler.reason(pod)
        return placed

    def _arrive(self, arrival: Arrival) -> None:
        pod_class = self._class_of(arrival)
        for _ in range(arrival.number):
            pod = self._state.pods.create(pod_class, None, 0)
            self._created.append(pod)
            self._gone.append(math.inf)
            if arrival.until < math.inf:
                self._kernel.timer(arrival.until - arrival.at, partial(self._leave, pod))

    def _class_of(self, arrival: Arrival) -> PodClass:
        pod_class = self._classes.get(arrival.workload)
        if pod_class is None or (pod_class.template is not arrival.template and pod_class.template != arrival.template):
            workload = self._api.workload("ReplicaSet", "default", arrival.workload)
            pod_class = self._classes[arrival.workload] = self._api.pod_class(workload, arrival.template, {})
        return pod_class

    def _leave(self, pod: PodState) -> None:
        if pod.uid in self._state.pods and not pod.deleting:
            self._state.pods.mark_deleting(pod, 0)

    def _deleting(self, pod: PodState, new: int, cause: int) -> None:
        self._kernel.timer(0.0, lambda: self._remove(pod))

    def _remove(self, pod: PodState) -> None:
        self._gone[pod.uid] = self._kernel.now
        self._state.pods.remove(pod)
