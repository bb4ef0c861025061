"""Pods and their containers."""

from collections.abc import Mapping
from typing import NamedTuple

from models.behaviour import PodBehaviour
from models.pod import Container, PodTemplate
from simulator.hazards import Clock
from simulator.kernel import Timer
from simulator.log import Configured, Disruption, Hold, Phase, VolumeWait
from simulator.state.objects.affinity import Namespaces, PodAffinity
from simulator.state.objects.service import ServiceState
from simulator.state.objects.start_order import start_order
from simulator.state.objects.workload import Slot, Workload

_SUCCEEDED = Phase.SUCCEEDED  # looked up once, as in `simulator.state.pods`
ALL = 1_000_000
"""Of the requests to a pod: shares of them are kept in parts per million."""


class Stuck(NamedTuple):
    """What keeps a pod that is being deleted from going away when it should."""

    finalizer: bool
    """Its object stays, though its containers are down; else its processes cannot be killed."""
    seconds: float
    cause: int


class PodClass:
    """What all pods of one template in one workload share, worked out once."""

    __slots__ = (
        "affinity",
        "behaviour",
        "claims",
        "deletion_cost",
        "endpoint_of",
        "has_volumes",
        "host_ports",
        "images",
        "labels",
        "namespace",
        "requests",
        "scheduling",
        "scored_requests",
        "services",
        "spec",
        "stages",
        "template",
        "workload",
    )

    def __init__(
        self,
        workload: Workload,
        template: PodTemplate,
        labels: Mapping[str, str],
        behaviour: PodBehaviour,
        services: tuple[ServiceState, ...],
        namespaces: Namespaces,
    ) -> None:
        self.workload = workload
        self.namespace = workload.namespace
        self.template = template
        self.spec = template.spec
        self.labels = labels
        self.behaviour = behaviour
        self.services: tuple[ServiceState, ...] = ()
        """Those that select its pods."""
        self.endpoint_of: tuple[ServiceState, ...] = ()
        """Those of which its pods can be endpoints: a port of the Service leads to one of theirs."""
        for service in services:
            self.stand_behind(service)
        self.affinity = PodAffinity.of(template.spec.affinity, workload.namespace, labels, namespaces)
        self.requests = template.spec.requests
        self.host_ports = template.spec.host_ports
        self.claims = tuple((workload.namespace, claim) for claim in template.spec.claims)
        """Those that all its pods use: (namespace, name)."""
        self.has_volumes = bool(self.claims or template.spec.ephemeral_claims)
        """Whether its pods use any claims, of their own or not."""
        self.scored_requests = template.spec.scored_requests
        self.images = tuple(
            dict.fromkeys(c.image for c in (*template.spec.init_containers, *template.spec.containers) if c.image)
        )
        self.deletion_cost = template.deletion_cost
        self.stages = start_order(template.spec)
        self.scheduling: object = None
        """What the scheduler worked out for this class."""

    def stand_behind(self, service: ServiceState) -> None:
        """The Service selects its pods."""
        self.services = (*self.services, service)
        if service.spec.reaches(self.spec.named_ports):
            self.endpoint_of = (*self.endpoint_of, service)


class ContainerState:
    """One application container (or sidecar) of a pod, as its kubelet sees it."""

    __slots__ = (
        "backoff",
        "backoff_updated",
        "clocks",
        "exit_code",
        "finished",
        "healthy",
        "over",
        "ready",
        "restarts",
        "running",
        "spec",
        "started",
        "timers",
    )

    def __init__(self, spec: Container) -> None:
        self.spec = spec
        self.running = False
        self.healthy = False
        """The application answers: it runs and has started up."""
        self.ready = False
        self.over = False
        """It has exited, and by its restart policy it is not started again."""
        self.restarts = 0
        self.backoff: float | None = None
        self.backoff_updated = 0.0
        self.started = 0.0
        self.finished = 0.0
        self.exit_code: int | None = None
        """Of its last end; None while it runs, or if nobody saw it end."""
        self.clocks: list[Clock] | None = None
        self.timers: list[Timer] = []


class PodOwner:
    """What makes pods and replaces them; `pods` and `objects` are kept by the state's verbs."""

    __slots__ = ("cause", "created_pods", "objects", "pods", "refusal", "workload")

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.pods: dict[int, PodState] = {}
        """Active pods: not terminal, not being deleted."""
        self.objects: dict[int, PodState] = {}
        """All pods that exist, being deleted or not."""
        self.created_pods = 0
        self.cause = 0
        """Why it last lost a pod, or why its spec last changed."""
        self.refusal = ""
        """Why the API server makes the pods that it lacks not, in Kubernetes' words ({} stands for their name)."""

    @property
    def name(self) -> str:
        """Its name; pods are named after it."""
        return self.workload.name

    def status(self) -> Mapping[str, int]:
        """Its status as it would be now, by the names of Kubernetes' fields."""
        raise NotImplementedError


class PodState:
    """A pod."""

    __slots__ = (
        "answering",
        "available",
        "awaiting_node",
        "cause",
        "clocks",
        "conditions",
        "configuration",
        "containers",
        "created",
        "deleting",
        "deletion_cost",
        "disruption",
        "failing",
        "held",
        "holds_up",
        "late",
        "maker",
        "node",
        "only_node",
        "ordinal",
        "owner",
        "phase",
        "pod_class",
        "pulling",
        "ready",
        "ready_since",
        "running",
        "running_since",
        "scheduling_gates",
        "selected",
        "serving",
        "slot",
        "stage",
        "start_time",
        "stopping",
        "stuck",
        "timer",
        "uid",
        "volume_wait",
        "without_sandbox",
    )

    def __init__(
        self, uid: int, ordinal: int, pod_class: PodClass, owner: PodOwner | None, slot: Slot, now: float
    ) -> None:
        self.uid = uid
        self.ordinal = ordinal
        self.pod_class = pod_class
        self.owner = owner
        self.maker = owner
        """Who made it, and gave it its name; its owner may be another (`PodClaims`)."""
        self.slot = slot
        self.created = now
        self.start_time: float | None = None
        """status.startTime: when it was bound."""
        self.phase = Phase.ABSENT
        self.node = -1
        self.only_node: int | None = None
        """The only node that its affinity allows, by name: what a DaemonSet gives each of its pods."""
        self.scheduling_gates = pod_class.spec.scheduling_gates
        """Those that nobody has removed yet."""
        self.deleting = False
        self.disruption = Disruption.NONE
        self.deletion_cost = pod_class.deletion_cost
        """controller.kubernetes.io/pod-deletion-cost."""
        self.ready = False
        self.ready_since = now
        self.available = False
        """Ready for minReadySeconds; kept by its ReplicaSet's controller."""
        self.volume_wait = VolumeWait.NOTHING
        """What its volumes keep it waiting for."""
        self.awaiting_node = False
        """A node was asked for because the pod fits nowhere."""
        self.pulling = False
        """Bound, and some of its images are not on the node yet."""
        self.serving = False
        """Whether it can answer requests that reach it."""
        self.answering = False
        """Whether it does: it serves, and its node is not cut off from users."""
        self.late = 0
        """Milliseconds of the longest time-out of clients that a request to it waits longer than."""
        self.selected = True
        """The Services in front of it select it: False for the version of a blue-green Rollout that is not active."""
        self.failing = 0
        """Of a million requests that it gets, how many it fails though it answers; negative: it answers too late."""
        self.running = 0
        """How many of its containers run."""
        self.running_since = now
        """Since when any of them does."""
        self.containers: list[ContainerState] = []
        """The main containers, then the sidecars; none before the pod starts."""
        self.held = Hold.NOT
        """Why its control plane lets it wait, though it could start."""
        self.stage = -1
        """How far its start is, an index into the stages of its class; -1 before."""
        self.holds_up: ContainerState | None = None
        """The container that has to be started before the next stage may begin."""
        self.without_sandbox = False
        """It has lost its sandbox: its containers are stopped, and start with the next, not by themselves."""
        self.stopping = False
        """Its kubelet stops its containers for good, or has done so and could not say it yet."""
        self.stuck: Stuck | None = None
        """What will keep it from going away."""
        self.conditions: set[str] = set()
        """Of the conditions of its readiness gates, those that are True."""
        self.configuration = Configured.WELL
        """What is the matter with the ConfigMaps and Secrets that it reads."""
        self.timer: Timer | None = None
        self.clocks: list[Clock] = []
        """Failure clocks of its sandbox."""
        self.cause = 0
        """Why it is not well, or was made: an index into the causes of the log."""

    @property
    def is_over(self) -> bool:
        """Whether it has succeeded or failed: it holds no resources any more."""
        return self.phase >= _SUCCEEDED

    def is_healthy(self) -> bool:
        """Whether all its containers answer."""
        # Not all(), which takes twice as long: this is asked at every start.
        for container in self.containers:  # noqa: SIM110
            if not container.healthy:
                return False
        return True

    def has_ready_containers(self) -> bool:
        """Whether all its containers are ready."""
        for container in self.containers:  # noqa: SIM110
            if not container.ready:
                return False
        return True

    @property
    def main_containers(self) -> list[ContainerState]:
        """Those of its containers that are no sidecars."""
        return self.containers[: len(self.pod_class.spec.containers)]

    @property
    def sidecars(self) -> list[ContainerState]:
        """Its sidecars, in the order in which they start."""
        return self.containers[len(self.pod_class.spec.containers) :]

    @property
    def name(self) -> str:
        """The pod's name: its maker's, and a number."""
        return self.pod_class.workload.name if self.maker is None else f"{self.maker.name}-{self.ordinal}"
