"""In which state the nodes, and the pods behind a Service, are, as the transitions of a run pass by."""

from collections import defaultdict
from typing import NamedTuple

from experiments.attribution.pods import NODE_NUMBERS, POD_NUMBERS, READY, Node, Pod
from experiments.timeline.timeline import Interval
from simulator.log import Kind, Phase, TransitionLog

ANSWERING, TERMINATING, OTHER_VERSION = "answering", "terminating", "other version"
"""States of a pod beside those that `attribution.stages.Stage` has for what it waits for."""
ENDED = {Phase.SUCCEEDED: "completed", Phase.FAILED: "failed"}
READY_NODE, CORDONED = "Ready", "cordoned"
AWAY = "away"


class Transition(NamedTuple):
    """A row of the log."""

    time: float
    kind: int
    subject: int
    old: int
    new: int
    cause: int


class _Track:
    """The states of one thing until now."""

    def __init__(self) -> None:
        self.past: list[Interval] = []
        self._now: tuple[float, str, str] | None = None

    def enter(self, time: float, state: str | None, cause: str = "") -> None:
        """It is in this state now; None: it is not there."""
        if self._now is not None:
            since, before, why = self._now
            if (before, why) == (state, cause):
                return
            if time > since:
                self.past.append(Interval(since, time, before, why))
        self._now = None if state is None else (time, state, cause)


class States:
    """All nodes, and the pods that the Service with a certain number selects; `read` the rows in their order."""

    def __init__(self, log: TransitionLog, service: int) -> None:
        self._causes = log.causes
        self._published = service in log.publishing
        self.nodes: defaultdict[int, Node] = defaultdict(Node)
        self.cordoned: set[int] = set()
        joined = {int(row[2]) for row in log.of_kind(Kind.NODE_EXISTS) if row[4]}
        self.there = set(range(len(log.zones))) - joined
        """The nodes that exist."""
        self.pods: dict[int, Pod] = {}
        """Those that are there, deleted or not."""
        self.leaving: set[int] = set()
        """Those of them that are being deleted."""
        self.node_of: dict[int, int] = {}
        """Pod -> the node that it is, or was, on."""
        self._ended: dict[int, int] = {}
        self.away: dict[int, int] = {}
        """Processes of the control plane that are away, and why."""
        self._tracks: defaultdict[tuple[str, int], _Track] = defaultdict(_Track)
        for node in sorted(self.there):
            self._tracks["node", node].enter(float("-inf"), READY_NODE)

    def read(self, row: Transition) -> None:
        """Takes note of a row."""
        if row.kind in POD_NUMBERS:
            self._read_pod(row)
        elif row.kind in NODE_NUMBERS:
            self.nodes[row.subject].read(row.kind, row.new, row.cause)
            self._look_at_node(row)
        elif row.kind == Kind.NODE_UNSCHEDULABLE:
            (self.cordoned.add if row.new else self.cordoned.discard)(row.subject)
            self._look_at_node(row)
        elif row.kind == Kind.NODE_EXISTS:
            (self.there.add if row.new else self.there.discard)(row.subject)
            self._look_at_node(row)
        elif row.kind == Kind.COMPONENT_UP:
            self._read_process(row)

    def intervals(self, what: str, number: int, end: float) -> list[Interval]:
        """The states of a node, pod or process until `end`; nothing is read afterwards."""
        track = self._tracks[what, number]
        track.enter(end, None)
        return track.past

    @property
    def seen(self) -> list[tuple[str, int]]:
        """All that has, or had, a state: "node", "pod" or "process", and its number."""
        return sorted(self._tracks)

    # Pods

    def _read_pod(self, row: Transition) -> None:
        uid = row.subject
        if row.kind == Kind.POD_PHASE:
            self._enter_phase(row)
        elif uid not in self.pods:
            return
        elif row.kind == Kind.POD_DELETING:
            self.leaving.add(uid)
            self._leave_node(uid)
        elif row.kind == Kind.POD_SELECTED:
            self.pods[uid].selected = bool(row.new)
        elif row.kind == Kind.POD_NODE:
            node = self.pods[uid].node = self.nodes[row.new]
            node.pods[uid] = self.pods[uid]
            self.node_of[uid] = row.new
        elif row.kind != Kind.POD_STUCK:
            self.pods[uid].read(row.kind, row.new, row.cause)
        self._look_at_pod(uid, row.time)

    def _enter_phase(self, row: Transition) -> None:
        uid = row.subject
        if row.new == Phase.PENDING:
            self.pods[uid] = Pod(row.cause, row.time)
        elif row.new == Phase.RUNNING and uid in self.pods:
            self.pods[uid].phase = row.new
        elif row.new in ENDED:
            self._ended[uid] = row.new
        else:
            self._leave_node(uid)
            self.pods.pop(uid, None)
            self.leaving.discard(uid)
            self._ended.pop(uid, None)

    def _leave_node(self, uid: int) -> None:
        pod = self.pods.get(uid)
        if pod is not None and pod.node is not None:
            pod.node.pods.pop(uid, None)

    def _look_at_pod(self, uid: int, time: float) -> None:
        track = self._tracks["pod", uid]
        pod = self.pods.get(uid)
        if pod is None:
            track.enter(time, None)
        elif uid in self._ended:
            track.enter(time, ENDED[Phase(self._ended[uid])])
        elif uid in self.leaving:
            track.enter(time, TERMINATING)
        elif not pod.selected:
            track.enter(time, OTHER_VERSION)
        elif (stage := pod.waits_for(self._published)) is None:
            track.enter(time, ANSWERING)
        else:
            track.enter(time, str(stage), self._causes[pod.to_blame(self.away)])

    # Nodes and processes

    def _look_at_node(self, row: Transition) -> None:
        self._tracks["node", row.subject].enter(row.time, self._state_of(row.subject))
        for uid in self.nodes[row.subject].pods:
            self._look_at_pod(uid, row.time)

    def _state_of(self, number: int) -> str | None:
        """A node's, as it truly is, and as the control plane sees it."""
        node = self.nodes[number]
        if number not in self.there:
            return None
        if node.ready != READY:
            seen = "NotReady, NoExecute" if node.evicting else "NotReady"
            return seen if node.powered else f"down, {seen}"
        if not node.powered:
            return "down, still Ready"
        if not node.reporting:
            return "silent, still Ready"
        if not node.reachable:
            return "cut off from users"
        return CORDONED if number in self.cordoned else READY_NODE

    def _read_process(self, row: Transition) -> None:
        if row.new:
            self.away.pop(row.subject, None)
        else:
            self.away[row.subject] = row.cause
        self._tracks["process", row.subject].enter(row.time, None if row.new else AWAY, self._causes[row.cause])
        for uid in self.pods:
            self._look_at_pod(uid, row.time)
