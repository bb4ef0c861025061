"""What a replica that does not answer waits for, and nodes and pods as the transition log tells of them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from simulator.log import Configured, Hold, Kind, Phase, Refusal, VolumeWait
from simulator.processes import Process


class Stage(StrEnum):
    """What a missing replica waits for, in the order in which a lost node's pod goes through it."""

    UNDETECTED = "undetected"
    """Node or container is down or cut off, and the control plane believes that it is well."""
    WAITING = "waiting for eviction"
    """The node is known to be unwell, but not tainted NoExecute yet: the eviction of its zone is rate-limited."""
    TOLERATED = "tolerated"
    """The node is tainted, and the pod's toleration has not run out (or never will)."""
    TERMINATING = "terminating"
    """The replacement waits for the old pod to be gone: StatefulSets, DaemonSets, strategy Recreate."""
    NOT_CREATED = "not created"
    """There is no pod in its place: its controller has not made one yet, or nobody will, or none was ever desired."""
    SCALED_DOWN = "scaled down"
    """None is missing, but fewer are desired than once were; whoever took them away is the cause."""
    OVER_QUOTA = "not created: exceeded quota"
    """The API server refuses to make its pod, since that would exceed a ResourceQuota of its namespace."""
    FORBIDDEN = "not created: forbidden"
    """The API server refuses to make its pod for another reason: what it refers to is not there, or a LimitRange."""
    QUEUED = "queued"
    """The pod has no node: it waits for the scheduler, or is unschedulable."""
    VOLUME_ZONE = "volume out of reach"
    """The pod has no node: of those that its volumes allow, by zone or by name, none takes it."""
    VOLUME = "waiting for a volume"
    """A volume is being made for it, or another node still holds its volume (Multi-Attach), or its data is lost."""
    ATTACHING = "attaching"
    """Its volume is being attached to its node."""
    NO_ROOM = "no room"
    """The pod fits on no node, and waits for one that an autoscaler asked for on its behalf."""
    IMAGE_PULL = "image pull"
    """It waits for images, also behind other pulls on its node."""
    CONFIGURATION = "waiting for configuration"
    """A ConfigMap or Secret that it reads is not to be had."""
    BAD_CONFIGURATION = "bad configuration"
    """What it has read makes it exit, or fail every request."""
    EXPIRED_SECRET = "expired Secret"
    """The same, because a certificate in it has run out."""
    BAD_RELEASE = "bad release"
    """It is of a release that makes it exit, never be ready, or fail every request."""
    DELAYED = "delayed"
    """It could start, and its control plane lets it wait, since what it replaces failed or was lost a moment ago."""
    PREDECESSOR = "waiting for its predecessor"
    """It could start, and what it replaces has not stopped yet."""
    RESTART = "restart"
    """The kubelet noticed that a container is gone, and has not made another yet: stop, back-off, restart."""
    START = "start"
    """Sandbox, init containers, containers, and the application's start-up until it answers."""
    NOT_READY = "not ready"
    """It answers, but its Ready condition does not say so yet."""
    NOT_LISTED = "not an endpoint"
    """It answers and is ready, but is no endpoint of the Service: it has no port of the name that the Service asks for.

    Or nobody lists it: the controller manager is away. Endpoints follow at once else."""

    # Docker Swarm's own words
    NOT_DOWN = "not DOWN yet"
    """Node or container is lost, and its manager waits for the next heartbeat, or for its agent's report."""
    NO_TASK = "no task"
    """There is no task in its slot: the restart policy allows none, there is no leader, or none was ever desired."""
    PENDING = "pending"
    """The task has no node: it waits for the scheduler, or no node is suitable."""
    RESTART_DELAY = "restart delay"
    """The task is there, and waits for the delay of the restart policy."""
    OLD_TASK = "old task stops"
    """The task is there, and waits for the one before it to stop."""
    FAILED = "failed"
    """Its container ended, or is being killed for want of health, and its manager has not made another task yet."""
    NOT_HEALTHY = "not healthy yet"
    """It answers, and its healthcheck has not said so yet."""
    NOT_IN_VIP = "not in the VIP"
    """It answers and is healthy, and the Service does not lead to it."""

    # Plain hosts' own words
    HOST_DOWN = "host down"
    """The load balancers know that its host is lost: nothing takes its place until that is back."""
    UNIT_FAILED = "unit failed"
    """Start limit hit: systemd does not start it again before people reset it, or its host boots."""
    NOT_UP = "not UP yet"
    """It answers, and checks of the load balancers have to say so twice in a row; or its weight is 0."""
    NO_UNIT = "no unit"
    """There is none in its place: it is being updated, or its host is worked on."""


KUBERNETES = tuple(Stage)[: list(Stage).index(Stage.NOT_DOWN)]
"""The stages of Kubernetes, and those that all control planes have."""


class Spell(NamedTuple):
    """One missing replica over [start, end), in seconds."""

    start: float
    end: float
    cause: str
    """What made it unwell last: "mode/subject"; "" if nothing broke."""
    stage: Stage


REFUSED: dict[int, Stage] = {
    Refusal.NONE: Stage.NOT_CREATED,
    Refusal.FORBIDDEN: Stage.FORBIDDEN,
    Refusal.QUOTA: Stage.OVER_QUOTA,
}
"""What a replica waits for that has no pod, by why the API server makes none."""
_VOLUME_STAGES: dict[int, Stage] = {
    VolumeWait.BINDING: Stage.VOLUME,
    VolumeWait.OUT_OF_REACH: Stage.VOLUME_ZONE,
    VolumeWait.HELD: Stage.VOLUME,
    VolumeWait.ATTACHING: Stage.ATTACHING,
    VolumeWait.LOST: Stage.VOLUME,
}
_OF_HOLDS: dict[int, Stage] = {Hold.DELAY: Stage.DELAYED, Hold.PREDECESSOR: Stage.PREDECESSOR}
_OF_CONFIGURATION = {
    Configured.AWAITED: Stage.CONFIGURATION,
    Configured.BAD: Stage.BAD_CONFIGURATION,
    Configured.EXPIRED: Stage.EXPIRED_SECRET,
    Configured.BAD_RELEASE: Stage.BAD_RELEASE,
}
OF_PODS = (
    *(Kind.POD_PHASE, Kind.POD_NODE, Kind.POD_DELETING, Kind.POD_PULLING),
    *(Kind.POD_CONTAINERS, Kind.POD_ANSWERING, Kind.POD_READY),
    *(Kind.POD_AWAITING_NODE, Kind.POD_VOLUMES, Kind.POD_CONFIGURATION, Kind.POD_STUCK, Kind.POD_SELECTED),
    Kind.POD_HELD,
)
"""What decides where a pod is on its way."""
OF_NODES = (Kind.NODE_POWER, Kind.NODE_READY, Kind.NODE_REPORTING, Kind.NODE_EVICTING, Kind.NODE_REACHABLE)
"""What of a node does."""
POD_NUMBERS, NODE_NUMBERS = frozenset(map(int, OF_PODS)), frozenset(map(int, OF_NODES))
"""The same as the numbers that rows of a log have."""
# What a log tells of most, looked up once: before Python 3.12, each look-up of a member costs more than a call.
_NODE_READY, _NODE_REPORTING, _NODE_EVICTING = Kind.NODE_READY, Kind.NODE_REPORTING, Kind.NODE_EVICTING
_NODE_REACHABLE, _POD_PULLING = Kind.NODE_REACHABLE, Kind.POD_PULLING
_POD_READY, _POD_ANSWERING, _POD_CONTAINERS = Kind.POD_READY, Kind.POD_ANSWERING, Kind.POD_CONTAINERS
CONTROLLERS, SCHEDULER = map(list(Process).index, (Process.CONTROLLER_MANAGER, Process.SCHEDULER))
"""The numbers of the processes without which nothing heals."""
READY = 1
"""The Ready condition of a node that is well: see `simulator.log.Kind`."""


class Node:
    """A node as the log tells of it."""

    __slots__ = ("cut_off_by", "evicting", "pods", "powered", "reachable", "ready", "reporting", "silenced_by")

    def __init__(self) -> None:
        self.powered = self.reporting = self.reachable = True
        self.cut_off_by = 0
        """What last cut its pods off from users."""
        self.silenced_by = 0
        """Why its kubelet was last cut off."""
        self.ready = READY
        self.evicting = False
        self.pods: dict[int, Pod] = {}

    def read(self, kind: int, new: int, cause: int) -> None:
        """Takes note of a row about it, of the kinds `OF_NODES`."""
        if kind == _NODE_READY:
            self.ready = new
        elif kind == _NODE_REPORTING:
            self.reporting = bool(new)
            self.silenced_by = cause
        elif kind == _NODE_EVICTING:
            self.evicting = bool(new)
        elif kind == _NODE_REACHABLE:
            self.reachable = bool(new)
            self.cut_off_by = cause
        else:
            self.powered = bool(new)
            if not new:
                for pod in self.pods.values():
                    pod.fell(cause)


class Pod:
    """A pod as the log tells of it; `stage` is None while it is an endpoint that answers."""

    __slots__ = (
        *(
            "answering",
            "awaiting_node",
            "blamed",
            "cause",
            "configuration",
            "fallen",
            "held",
            "node",
            "phase",
            "pulling",
        ),
        *("ready", "running", "selected", "since", "stage", "volume_wait"),
    )

    def __init__(self, cause: int, now: float) -> None:
        self.cause = self.blamed = cause
        self.node: Node | None = None
        self.phase: int = Phase.PENDING
        self.running = 0
        self.ready = self.answering = self.pulling = self.awaiting_node = False
        self.volume_wait: int = VolumeWait.NOTHING
        self.configuration: int = Configured.WELL
        self.held: int = Hold.NOT
        self.fallen = False
        """A container or the sandbox died, the node being well; no container was started since."""
        self.selected = True
        """The Service selects it, and no other version."""
        self.since = now
        self.stage: Stage | None = Stage.QUEUED

    def read(self, kind: int, new: int, cause: int) -> None:
        """Takes note of a row about it, of those of `OF_PODS` that tell what it waits for."""
        if kind == _POD_READY:
            self.ready = bool(new)
            if not new:
                self.cause = cause
        elif kind == _POD_ANSWERING:
            self.answering = bool(new)
            if not new:
                self.fell(cause)
            else:
                self.fallen = False
        elif kind == _POD_CONTAINERS:
            if new < self.running:
                self.fell(cause)
            else:
                self.fallen = False
            self.running = new
        elif kind == _POD_PULLING:
            self.pulling = bool(new)
            if new:
                self.cause = cause
        elif kind == Kind.POD_VOLUMES:
            self.volume_wait = new
        elif kind == Kind.POD_HELD:
            self.held = new
        elif kind == Kind.POD_CONFIGURATION:
            self.configuration = new
            if new:
                self.cause = cause
        else:
            self.awaiting_node = bool(new)

    def fell(self, cause: int) -> None:
        """It got worse, for this cause."""
        self.cause = cause
        self.fallen = self.node is not None and self.node.powered

    def to_blame(self, away: Mapping[int, int]) -> int:
        """What keeps it from answering: what made it unwell, or what keeps others from helping, or hearing that it is.

        `away` are the processes that are not there, and why. What a kubelet does by itself needs none.
        """
        node = self.node
        if node is None:
            return away.get(SCHEDULER, 0) or self.cause
        if not node.reachable and self._serves:
            return node.cut_off_by
        if self.answering and node.ready == READY and not node.reporting:
            return node.silenced_by
        is_lost = node.ready != READY or not node.powered
        return (away.get(CONTROLLERS, 0) if is_lost else 0) or self.cause

    @property
    def _serves(self) -> bool:
        """It runs and is ready, and answers whom its node lets reach it."""
        return self.ready and self.running > 0

    def waits_for(self, published: bool) -> Stage | None:
        """What keeps it from answering; `published` if the Service lists pods that are not ready."""
        if self.answering and (self.phase == Phase.RUNNING if published else self.ready):
            return None
        node = self.node
        if node is None:
            return Stage.NO_ROOM if self.awaiting_node else _VOLUME_STAGES.get(self.volume_wait, Stage.QUEUED)
        if node.ready != READY:
            return Stage.TOLERATED if node.evicting else Stage.WAITING
        if not node.reporting:
            return Stage.NOT_READY if self.answering else Stage.UNDETECTED
        if self.volume_wait:
            return _VOLUME_STAGES[self.volume_wait]
        if self.held:
            return _OF_HOLDS[self.held]
        if self.configuration:
            return _OF_CONFIGURATION[Configured(self.configuration)]
        if self.pulling:
            return Stage.IMAGE_PULL
        if self.fallen or (not node.reachable and self._serves):
            return Stage.UNDETECTED if self.ready else Stage.RESTART
        return Stage.NOT_READY if self.answering else Stage.START
