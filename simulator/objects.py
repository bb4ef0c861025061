"""The mutable records of a run: workloads, their ReplicaSets and pods, Services.

Nodes are columns, because a scheduler looks at all of them at once. A pod is looked at one at a time, and a scalar
read from a numpy column costs several times an attribute; so pods are slotted records.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from heapq import heappop, heappush

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
        if self._free:
            return self._slots[heappop(self._free)]
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
        self, uid: int, ordinal: int, pod_class: PodClass, owner: "ReplicaSetState | None", slot: Slot, now: float
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


class ReplicaSetState:
    """A ReplicaSet: spec (`desired`), and the status that its controller keeps."""

    __slots__ = (
        "available",
        "cause",
        "created_pods",
        "deployment",
        "desired",
        "index",
        "min_ready",
        "objects",
        "pod_class",
        "pods",
        "ready",
        "revision",
        "workload",
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
        self.index = index
        self.workload = workload
        self.pod_class = pod_class
        self.revision = revision
        self.min_ready = min_ready
        self.deployment = deployment
        self.desired = 0
        self.pods: dict[int, PodState] = {}
        """Active pods: not terminal, not being deleted."""
        self.objects: dict[int, PodState] = {}
        """All pods that exist and are not terminal, being deleted or not."""
        self.ready = 0
        self.available = 0
        self.created_pods = 0
        self.cause = 0
        """Why it last lost a pod."""

    @property
    def name(self) -> str:
        """Its own name, or that of its Deployment and the revision."""
        return self.workload.name if self.deployment is None else f"{self.workload.name}-r{self.revision}"


class DeploymentState:
    """A Deployment, its revisions and how far its rollout is."""

    __slots__ = (
        "cause",
        "complete",
        "desired",
        "index",
        "replica_sets",
        "revision",
        "revisions",
        "spec",
        "template",
        "workload",
    )

    def __init__(self, index: int, workload: Workload, spec: Deployment) -> None:
        self.index = index
        self.workload = workload
        self.spec = spec
        self.template = spec.template
        self.desired = spec.replicas
        self.revision = 1
        self.revisions = 1
        """The highest revision there ever was."""
        self.replica_sets: list[ReplicaSetState] = []
        """Oldest first."""
        self.complete = False
        self.cause = 0
        """Why its template last changed."""


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
