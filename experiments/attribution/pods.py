"""Nodes and pods as the transition log tells of them: what a pod waits for, and what is to blame."""

from collections.abc import Mapping

from experiments.attribution.stages import Stage
from simulator.log import Configured, Hold, Kind, Phase, VolumeWait
from simulator.processes import Process

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
# What a log tells of most, and pods wait for most, looked up once: before Python 3.12, each look-up of a member costs
# more than a call.
_NODE_READY, _NODE_REPORTING, _NODE_EVICTING = Kind.NODE_READY, Kind.NODE_REPORTING, Kind.NODE_EVICTING
_NODE_REACHABLE, _POD_PULLING = Kind.NODE_REACHABLE, Kind.POD_PULLING
_POD_READY, _POD_ANSWERING, _POD_CONTAINERS = Kind.POD_READY, Kind.POD_ANSWERING, Kind.POD_CONTAINERS
_QUEUED, _IMAGE_PULL, _START, _NOT_READY = Stage.QUEUED, Stage.IMAGE_PULL, Stage.START, Stage.NOT_READY
_UNDETECTED, _WAITING, _RESTART = Stage.UNDETECTED, Stage.WAITING, Stage.RESTART
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
        self.stage: Stage | None = _QUEUED

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
            return Stage.NO_ROOM if self.awaiting_node else _VOLUME_STAGES.get(self.volume_wait, _QUEUED)
        if node.ready != READY:
            return Stage.TOLERATED if node.evicting else _WAITING
        if not node.reporting:
            return _NOT_READY if self.answering else _UNDETECTED
        if self.volume_wait:
            return _VOLUME_STAGES[self.volume_wait]
        if self.held:
            return _OF_HOLDS[self.held]
        if self.configuration:
            return _OF_CONFIGURATION[Configured(self.configuration)]
        if self.pulling:
            return _IMAGE_PULL
        if self.fallen or (not node.reachable and self._serves):
            return _UNDETECTED if self.ready else _RESTART
        return _NOT_READY if self.answering else _START
