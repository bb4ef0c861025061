"""The mutable records of a run: workloads, their ReplicaSets and pods, Services.

Nodes are columns, because a scheduler looks at all of them at once. A pod is looked at one at a time, and a scalar
read from a numpy column costs several times an attribute; so pods are slotted records.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from heapq import heapify, heappop, heappush

import numpy as np

from models.behaviour import PodBehaviour
from models.deployment import Deployment
from models.distributions import Distribution, Fixed
from models.pod import Container, PodTemplate
from models.service import Service
from simulator.hazards import Clock
from simulator.kernel import Timer


class Phase(IntEnum):
    """Pod phases; ABSENT before creation and after removal."""

    ABSENT = 0
    PENDING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4


class Rollout(StrEnum):
    """The reason of a Deployment's Progressing condition."""

    UNKNOWN = ""
    UPDATED = "ReplicaSetUpdated"
    AVAILABLE = "NewReplicaSetAvailable"
    DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
    PAUSED = "DeploymentPaused"
    RESUMED = "DeploymentResumed"


@dataclass(slots=True)
class Progress:
    """A Deployment's Progressing condition, and the status that it was last judged by."""

    reason: Rollout = Rollout.UNKNOWN
    since: float = 0.0
    updated: int = 0
    old: int = 0
    ready: int = 0
    available: int = 0


class Slot:
    """The place of one replica in its workload: who fills it inherits its luck.

    Streams are named by slot, not by pod, so that the n-th replica meets the same luck under every policy.
    """

    __slots__ = ("_make_stream", "_streams", "index", "name")

    def __init__(self, workload: str, index: int, make_stream: Callable[[str], np.random.Generator]) -> None:
        self.name = f"{workload}/{index}"
        self.index = index
        self._make_stream = make_stream
        self._streams: dict[str, np.random.Generator] = {}

    def stream(self, purpose: str) -> np.random.Generator:
        """The slot's stream for one purpose ("startup", "failure/oom/server", ...)."""
        stream = self._streams.get(purpose)
        if stream is None:
            stream = self._streams[purpose] = self._make_stream(f"{purpose}/{self.name}")
        return stream

    def draw(self, purpose: str, law: Distribution) -> float:
        """One sample of `law` from the slot's stream for this purpose (a constant needs none)."""
        return law.value if isinstance(law, Fixed) else law.sample(self.stream(purpose))


class Workload:
    """Whatever makes pods: a Deployment, a ReplicaSet of its own, a pod of its own."""

    __slots__ = ("_free", "_make_stream", "_slots", "index", "kind", "name", "namespace")

    def __init__(
        self, index: int, kind: str, namespace: str, name: str, make_stream: Callable[[str], np.random.Generator]
    ) -> None:
        self.index = index
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self._make_stream = make_stream
        self._slots: list[Slot] = []
        self._free: list[int] = []

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"

    def take_slot(self) -> Slot:
        """The free slot with the lowest number."""
        return self._slots[heappop(self._free)] if self._free else self._new_slot()

    def take_slot_number(self, number: int) -> Slot:
        """The slot with this number, which must be free (StatefulSet ordinals)."""
        while len(self._slots) <= number:
            self.free_slot(self._new_slot())
        self._free.remove(number)
        heapify(self._free)
        return self._slots[number]

    def _new_slot(self) -> Slot:
        slot = Slot(str(self), len(self._slots), self._make_stream)
        self._slots.append(slot)
        return slot

    def free_slot(self, slot: Slot) -> None:
        """Gives a slot back; each is given back once."""
        heappush(self._free, slot.index)


class PodClass:
    """What all pods of one template in one workload share, worked out once."""

    __slots__ = (
        "behaviour",
        "images",
        "labels",
        "namespace",
        "requests",
        "scheduling",
        "scored_requests",
        "services",
        "spec",
        "template",
        "workload",
    )

    def __init__(
        self,
        workload: Workload,
        template: PodTemplate,
        labels: Mapping[str, str],
        behaviour: PodBehaviour,
        services: "tuple[ServiceState, ...]",
    ) -> None:
        self.workload = workload
        self.namespace = workload.namespace
        self.template = template
        self.spec = template.spec
        self.labels = labels
        self.behaviour = behaviour
        self.services = services
        self.requests = template.spec.requests
        self.scored_requests = template.spec.scored_requests
        self.images = tuple(
            dict.fromkeys(c.image for c in (*template.spec.init_containers, *template.spec.containers) if c.image)
        )
        self.scheduling: object = None
        """What the scheduler worked out for this class."""


class ContainerState:
    """One application container (or sidecar) of a pod, as its kubelet sees it."""

    __slots__ = (
        "backoff",
        "backoff_updated",
        "clocks",
        "finished",
        "healthy",
        "ready",
        "restarts",
        "running",
        "spec",
        "timers",
    )

    def __init__(self, spec: Container) -> None:
        self.spec = spec
        self.running = False
        self.healthy = False
        """The application answers: it runs and has started up."""
        self.ready = False
        self.restarts = 0
        self.backoff: float | None = None
        self.backoff_updated = 0.0
        self.finished = 0.0
        self.clocks: list[Clock] | None = None
        self.timers: list[Timer] = []


class PodState:
    """A pod."""

    __slots__ = (
        "answering",
        "available",
        "cause",
        "containers",
        "created",
        "deleting",
        "deletion_cost",
        "endpoint",
        "node",
        "ordinal",
        "owner",
        "phase",
        "pod_class",
        "ready",
        "ready_since",
        "running",
        "slot",
        "timer",
        "uid",
    )

    def __init__(
        self, uid: int, ordinal: int, pod_class: PodClass, owner: "PodOwner | None", slot: Slot, now: float
    ) -> None:
        self.uid = uid
        self.ordinal = ordinal
        self.pod_class = pod_class
        self.owner = owner
        self.slot = slot
        self.created = now
        self.phase = Phase.ABSENT
        self.node = -1
        self.deleting = False
        self.deletion_cost = 0
        """controller.kubernetes.io/pod-deletion-cost."""
        self.ready = False
        self.ready_since = now
        self.available = False
        """Ready for minReadySeconds; kept by its ReplicaSet's controller."""
        self.endpoint = False
        """Listed as a ready endpoint by the Services that select it."""
        self.answering = False
        self.running = 0
        """How many of its containers run."""
        self.containers: list[ContainerState] = []
        self.timer: Timer | None = None
        self.cause = 0
        """Why it is not well, or was made: an index into the causes of the log."""

    @property
    def name(self) -> str:
        """The pod's name: its owner's, and a number."""
        return self.pod_class.workload.name if self.owner is None else f"{self.owner.name}-{self.ordinal}"


class PodOwner:
    """What makes pods and replaces them; `pods` and `objects` are kept by the state's verbs."""

    __slots__ = ("cause", "created_pods", "objects", "pods", "workload")

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.pods: dict[int, PodState] = {}
        """Active pods: not terminal, not being deleted."""
        self.objects: dict[int, PodState] = {}
        """All pods that exist and are not terminal, being deleted or not."""
        self.created_pods = 0
        self.cause = 0
        """Why it last lost a pod."""

    @property
    def name(self) -> str:
        """Its name; pods are named after it."""
        return self.workload.name


class ReplicaSetState(PodOwner):
    """A ReplicaSet: spec (`desired`), and the status that its controller keeps."""

    __slots__ = (
        "annotated_desired",
        "annotated_max",
        "available",
        "deployment",
        "desired",
        "index",
        "min_ready",
        "pod_class",
        "ready",
        "revision",
    )

    def __init__(
        self,
        index: int,
        workload: Workload,
        pod_class: PodClass,
        revision: int,
        min_ready: float,
        deployment: "DeploymentState | None",
    ) -> None:
        super().__init__(workload)
        self.index = index
        self.pod_class = pod_class
        self.revision = revision
        self.min_ready = min_ready
        self.deployment = deployment
        self.desired = 0
        self.annotated_desired = 0
        """deployment.kubernetes.io/desired-replicas: the Deployment's replicas when it last scaled this one."""
        self.annotated_max = 0
        """deployment.kubernetes.io/max-replicas: those and the surge."""
        self.ready = 0
        self.available = 0

    @property
    def name(self) -> str:
        """Its own name, or that of its Deployment and its number."""
        return self.workload.name if self.deployment is None else f"{self.workload.name}-r{self.index}"


class DeploymentState:
    """A Deployment, its ReplicaSets and how far its rollout is."""

    __slots__ = ("cause", "complete", "generation", "index", "progress", "replica_sets", "spec", "workload")

    def __init__(self, index: int, workload: Workload, spec: Deployment) -> None:
        self.index = index
        self.workload = workload
        self.spec = spec
        self.generation = 1
        self.replica_sets: list[ReplicaSetState] = []
        """Oldest first, by creation."""
        self.complete = False
        """The controller has nothing left to do until the spec changes."""
        self.progress = Progress()
        self.cause = 0
        """Why its spec last changed."""


class ServiceState:
    """A Service and its endpoints."""

    __slots__ = ("answering", "endpoints", "index", "name", "spec")

    def __init__(self, index: int, name: str, spec: Service) -> None:
        self.index = index
        self.name = name
        self.spec = spec
        self.endpoints: dict[int, PodState] = {}
        """Ready endpoints."""
        self.answering = 0
        """How many of them can answer."""
