"""Events of an outage: transitions in Kubernetes' words, with what was known when they happened."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from experiments.attribution.pods import READY, SCHEDULER
from experiments.timeline.states import States, Transition
from experiments.timeline.timeline import Event, EventType
from experiments.timeline.words import ALWAYS, FACT, NORMAL, OWN, WARNING, WORDS, because
from models.units import format_duration
from simulator.log import Kind, Phase, TransitionLog, VolumeWait
from simulator.processes import Process

BACK_OFF = 5.0
"""Seconds without a container from which on it is a back-off, and no restart."""
SCHEDULING = 1.0
"""Seconds without a node from which on a pod was refused by the scheduler."""
SHOWN = 3
"""How often the same of one object is told before it is counted."""
PROCESSES = {
    Process.API_SERVER: "kube-apiserver",
    Process.CONTROLLER_MANAGER: "kube-controller-manager",
    Process.SCHEDULER: "kube-scheduler",
}
OBJECTS = {
    "NODE": "Node",
    "POD": "Pod",
    "DEPLOYMENT": "Deployment",
    "REPLICASET": "ReplicaSet",
    "STATEFULSET": "StatefulSet",
    "DAEMONSET": "DaemonSet",
    "SERVICE": "Service",
    "COMPONENT": "Pod",
    "DNS": "Service",
}
"""The first word of a kind of transition -> what its subjects are."""


class EventRecorder:
    """Turns rows of a log into events; `states` have read each row, and no later one, when it is recorded."""

    def __init__(self, log: TransitionLog, states: States, service: str) -> None:
        self.events: list[Event] = []
        self._service = service
        self._log = log
        self._states = states
        self._waiting: dict[int, tuple[float, str]] = {}
        """Pod without a node -> since when, and why."""
        self._pulling: dict[int, float] = {}
        self._died: dict[int, float] = {}
        """Pod with a container less -> since when."""
        self._surplus: defaultdict[str, int] = defaultdict(int)
        """Pods that a ReplicaSet is to delete."""

    def record(self, row: Transition) -> None:
        """Tells of a row, if there is anything to tell."""
        kind = Kind(row.kind)
        own = OWN.get(self._log.control_plane, {}).get(kind)
        by_kind = WORDS.get(kind, {}) if own is None else own
        words = by_kind.get(row.new, by_kind.get(ALWAYS))
        if words is not None:
            name = self._name(row)
            message = words.about(name, row.new, self._log.causes[row.cause])
            self._tell_of(row, words.type, words.reason, message)
        if own is not None:
            return
        match kind:
            case Kind.POD_PHASE if row.new == Phase.PENDING:
                self._created(row)
            case Kind.POD_NODE:
                self._scheduled(row)
            case Kind.POD_PULLING:
                self._pulled(row)
            case Kind.POD_CONTAINERS:
                self._containers(row)
            case Kind.POD_ANSWERING:
                self._answering(row)
            case Kind.POD_READY:
                self._ready(row)
            case Kind.POD_DELETING:
                self._deleted(row)
            case Kind.POD_VOLUMES if row.old == VolumeWait.ATTACHING and row.new == VolumeWait.NOTHING:
                self._tell_of(row, NORMAL, "SuccessfulAttachVolume", "AttachVolume.Attach succeeded")
            case Kind.POD_VOLUMES | Kind.POD_CONFIGURATION if row.new:
                self._died.pop(row.subject, None)  # it waits for something, and is not held back
            case Kind.POD_FAILING:
                self._failing(row)
            case Kind.POD_SELECTED if row.new:
                self._switched(row)
            case Kind.NODE_REPORTING if self._states.nodes[row.subject].powered and not row.new:
                self._tell_of(
                    row, FACT, "KubeletSilent", f"Its kubelet renews no lease{because(self._log.causes[row.cause])}"
                )
            case Kind.NODE_CUT_IN | Kind.NODE_CUT_OUT:
                text = "It is cut off from pods of other nodes" if row.new else "It reaches pods of other nodes again"
                self._tell_of(row, FACT, "NetworkPartition" if row.new else "NetworkRestored", text)
            case Kind.SERVICE_RATE:
                self._tell_of(row, FACT, "RequestRate", f"Requests come at {row.new / 1e6:.0%} of the usual rate")
            case Kind.CONFIGURATION_GENERATION:
                mode, _, about = self._log.causes[row.cause].partition("/")
                self._tell(row.time, NORMAL, "ContentChanged", about, f"Its content changes: {mode}")
            case Kind.REPLICASET_DESIRED:
                self._scaled(row)

    def finish(self, end: float) -> list[Event]:
        """All events until `end`, in order of time."""
        for uid in list(self._waiting):
            self._was_unscheduled(uid, end)
        for uid in list(self._died):
            self._backed_off(uid, end)
        return sorted(dict.fromkeys(self.events), key=lambda event: event.time)

    # Names

    def _name(self, row: Transition) -> str:
        group = Kind(row.kind).name.partition("_")[0]
        name = self._log.names[group][row.subject]
        return PROCESSES.get(Process(name), name) if group == "COMPONENT" else name

    def _object(self, row: Transition) -> str:
        name = self._name(row)  # "Rollout/web" has its kind already
        return name if "/" in name and name.startswith("Rollout/") else self._kind(row) + name

    def _kind(self, row: Transition) -> str:
        return OBJECTS[Kind(row.kind).name.partition("_")[0]] + "/"

    def _tell(self, time: float, type_: EventType, reason: str, about: str, message: str) -> None:
        self.events.append(Event(time, type_, reason, about, message))

    def _tell_of(self, row: Transition, type_: EventType, reason: str, message: str) -> None:
        self._tell(row.time, type_, reason, self._object(row), message)

    def _owner(self, pod: str) -> str:
        """The object that makes the pod, as far as its name tells; else the pod itself."""
        names = self._log.names
        owner = pod.rpartition("-")[0]
        for group in ("REPLICASET", "STATEFULSET"):
            if owner in names[group]:
                return f"{OBJECTS[group]}/{owner}"
        owners = [name for name in names["DAEMONSET"] if pod.startswith(f"{name}-")]
        return f"DaemonSet/{max(owners, key=len)}" if owners else f"Pod/{pod}"

    # Pods

    def _created(self, row: Transition) -> None:
        name = self._name(row)
        self._tell(row.time, NORMAL, "SuccessfulCreate", self._owner(name), f"Created pod: {name}")
        self._waiting[row.subject] = row.time, self._why_unscheduled()

    def _why_unscheduled(self) -> str:
        """Why no node takes a pod now, as far as what is wrong with the nodes themselves tells."""
        states = self._states
        reasons: defaultdict[str, int] = defaultdict(int)
        for number in states.there:
            node = states.nodes[number]
            if node.ready != READY:
                taint = "unreachable" if node.ready == 2 else "not-ready"
                reasons[f"node(s) had untolerated taint {{node.kubernetes.io/{taint}: }}"] += 1
            elif number in states.cordoned:
                reasons["node(s) were unschedulable"] += 1
        if left := len(states.there) - sum(reasons.values()):
            reasons["node(s) did not take it for another reason"] = left
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        return f"0/{len(states.there)} nodes are available: {told}."

    def _was_unscheduled(self, uid: int, until: float) -> None:
        since, why = self._waiting.pop(uid, (until, ""))
        if until - since > SCHEDULING and SCHEDULER not in self._states.away:
            self._tell(since, WARNING, "FailedScheduling", f"Pod/{self._log.names['POD'][uid]}", why)

    def _scheduled(self, row: Transition) -> None:
        if row.new < 0:
            return
        self._was_unscheduled(row.subject, row.time)
        name = self._name(row)
        to = self._log.names["NODE"][row.new]
        self._tell_of(row, NORMAL, "Scheduled", f"Successfully assigned {name} to {to}")

    def _pulled(self, row: Transition) -> None:
        if row.new:
            self._pulling[row.subject] = row.time
            self._tell_of(row, NORMAL, "Pulling", "Pulling images")
        elif row.subject in self._pulling:
            took = format_duration(row.time - self._pulling.pop(row.subject))
            self._tell_of(row, NORMAL, "Pulled", f"Successfully pulled images in {took}")

    def _containers(self, row: Transition) -> None:
        uid = row.subject
        if row.new > row.old:
            self._backed_off(uid, row.time)
            self._tell_of(row, NORMAL, "Started", "Container created and started")
        elif self._runs(uid):
            self._died.setdefault(uid, row.time)
            self._tell_of(row, FACT, "ContainerDied", f"A container has died{because(self._log.causes[row.cause])}")

    def _backed_off(self, uid: int, until: float) -> None:
        since = self._died.pop(uid, until)
        if until - since > BACK_OFF:
            message = f"Back-off restarting failed container, for {format_duration(until - since)}"
            self._tell(since, WARNING, "BackOff", f"Pod/{self._log.names['POD'][uid]}", message)

    def _runs(self, uid: int) -> bool:
        """Whether what becomes of the pod is its own affair: its node is up, and nobody has deleted it."""
        pod = self._states.pods.get(uid)
        if pod is None or uid in self._states.leaving:
            return False
        return pod.node is not None and pod.node.powered

    def _answering(self, row: Transition) -> None:
        if row.new:
            self._tell_of(row, FACT, "Answering", "It can answer requests")
        elif self._runs(row.subject) and self._died.get(row.subject) != row.time:
            self._tell_of(row, FACT, "NotAnswering", "It can answer requests no more")

    def _ready(self, row: Transition) -> None:
        pod = self._states.pods.get(row.subject)
        if pod is None or row.subject in self._states.leaving:
            return
        if row.new:
            self._tell_of(row, NORMAL, "Ready", "Its Ready condition is True: it is listed as an endpoint")
        elif pod.node is not None and pod.node.ready != READY:
            self._tell_of(row, WARNING, "NodeNotReady", "Node is not ready")
        elif pod.fallen:
            self._tell_of(row, WARNING, "ContainersNotReady", "Its Ready condition is False: a container does not run")
        else:
            self._tell_of(row, WARNING, "Unhealthy", "Readiness probe failed")

    def _failing(self, row: Transition) -> None:
        if not row.new:
            self._tell_of(row, FACT, "FailsNoMore", "Its answers are good again")
            return
        how = "come too late" if row.new < 0 else "are errors"
        self._tell_of(row, FACT, "Failing", f"Of its answers {abs(row.new) / 1e6:.0%} {how}, though it answers")

    def _deleted(self, row: Transition) -> None:
        name = self._name(row)
        self._backed_off(row.subject, row.time)
        owner = self._owner(name)
        if self._surplus[owner] > 0:
            self._surplus[owner] -= 1
            self._tell(row.time, NORMAL, "SuccessfulDelete", owner, f"Deleted pod: {name}")
        pod = self._states.pods.get(row.subject)
        node = None if pod is None else pod.node
        if node is not None and node.powered and node.reporting:
            self._tell_of(row, NORMAL, "Killing", "Stopping container")

    # Workloads

    def _switched(self, row: Transition) -> None:
        """Blue-green: the Service selects another version now, which is told once for all pods of it."""
        owner = self._owner(self._name(row))
        self._tell(row.time, NORMAL, "SwitchService", f"Service/{self._service}", f"It selects {owner} now")

    def _scaled(self, row: Transition) -> None:
        name = self._name(row)
        self._surplus[f"ReplicaSet/{name}"] = max(0, self._surplus[f"ReplicaSet/{name}"] + row.old - row.new)
        workload = name.rpartition("-r")[0]
        owners = {each.removeprefix("Rollout/"): each for each in self._log.names["DEPLOYMENT"]}
        owner = owners.get(workload, workload)
        direction = "up" if row.new > row.old else "down"
        message = f"Scaled {direction} replica set {name} from {row.old} to {row.new}"
        about = owner if owner.startswith("Rollout/") else f"Deployment/{owner}"
        self._tell(row.time, NORMAL, "ScalingReplicaSet", about, message)


def repeated(events: Iterable[Event], began: float, over: float) -> list[Event]:
    """The events, of which those that come again and again are told a few times, and the others as one, counted.

    Before, during and after an outage over [began, over) by themselves. Of pods all with the same reason are the same,
    and the last message counts; of other objects those that say the same.
    """
    told: defaultdict[tuple[str, str, str, int], list[int]] = defaultdict(list)
    kept: list[Event] = []
    for event in events:
        message = "" if event.object.startswith("Pod/") else event.message
        places = told[event.object, event.reason, message, (event.time >= began) + (event.time >= over)]
        if len(places) > SHOWN:
            first = kept[places[-1]]
            kept[places[-1]] = replace(first, message=event.message, count=first.count + 1, until=event.time)
        else:
            places.append(len(kept))
            kept.append(event)
    return kept
