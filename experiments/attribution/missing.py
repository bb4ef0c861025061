"""The missing replicas of a Service, read from the transition log of a run.

A replica is missing while its pod is no endpoint that answers, or while there are fewer pods than replicas desired.
While fewer are desired than once were, there is one spell of that besides (`Stage.SCALED_DOWN`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from experiments.attribution.pods import CONTROLLERS, OF_NODES, OF_PODS, SCHEDULER, Node, Pod
from experiments.attribution.rows import Row, Rows
from experiments.attribution.stages import REFUSED, Spell, Stage
from experiments.attribution.words import own_words
from simulator.log import Kind, Phase, TransitionLog

# Looked up once, as in `pods`.
_ABSENT, _PENDING, _RUNNING = Phase.ABSENT, Phase.PENDING, Phase.RUNNING
_TERMINATING, _NOT_LISTED = Stage.TERMINATING, Stage.NOT_LISTED


def missing_replicas(log: TransitionLog, services: Iterable[str], end: float) -> dict[str, list[Spell]]:
    """The missing replicas of each Service from the beginning of the log until `end`, in no certain order.

    KeyError for a Service that is not in the log.
    """
    names = list(log.names["SERVICE"])
    rows = Rows(log, end)
    found = {}
    for service in services:
        if service not in names:
            raise KeyError(f"unknown Service {service!r}; expected one of {', '.join(map(repr, names))}")
        found[service] = own_words(_missing(log, names.index(service), rows, end), log.control_plane)
    return found


def _missing(log: TransitionLog, service: int, rows: Rows, end: float) -> list[Spell]:
    """The missing replicas of the Service with this number, until `end` (seconds).

    A node that is down for several reasons counts against the first of them. Desired replicas and pods are compared
    over all workloads behind the Service together.
    """
    reader = _Reader(log, service)
    reader.read(rows.about(service))
    reader.close(end)
    return reader.spells


class _Gap:
    """A replica without a pod, since its pod `name` was deleted; `gone` is when that pod was removed, if it was."""

    __slots__ = ("cause", "gone", "name", "since")

    def __init__(self, name: str, since: float, cause: int) -> None:
        self.name, self.since, self.cause = name, since, cause
        self.gone: float | None = None


class _Reader:
    """Reads the rows about one Service in order, and writes down how long each replica was missing, and why."""

    def __init__(self, log: TransitionLog, service: int) -> None:
        self.spells: list[Spell] = []
        self._causes = log.causes
        self._names = log.names["POD"]
        self._published = service in log.publishing
        self._nodes: defaultdict[int, Node] = defaultdict(Node)
        self._pods: dict[int, Pod] = {}
        """Those that are to stay: not failed, not being deleted."""
        self._aside = 0
        """How many of them the Service does not select, but another version."""
        self._gaps: list[_Gap] = []
        self._leaving: dict[int, _Gap] = {}
        """By pod that is being deleted: the gap that it left."""
        self._without_pod = Stage.NOT_CREATED
        """What replicas without a pod wait for now."""
        self._desired = self._listed = self._answering = 0
        self._cuts: list[tuple[int, int]] = []
        """(replicas desired before, cause) of each time that fewer were, while there are not so many again."""
        self._cut_since = 0.0
        self._unlisted: list[tuple[float, int]] = []
        """Since when pods answer, and are ready, without being listed; and why."""
        self._away = {CONTROLLERS: 0, SCHEDULER: 0}
        """Why the controller manager is away, and the scheduler: nothing heals then; 0: it is there."""

    def read(self, rows: Iterable[Row]) -> None:
        """Takes note of rows."""
        readers: dict[int, Callable[[float, int, int, int, int], None]] = {
            **dict.fromkeys(map(int, OF_NODES), self._read_node),
            **dict.fromkeys(map(int, OF_PODS), self._read_pod),
            Kind.POD_PHASE: self._read_phase,
            Kind.POD_NODE: self._read_binding,
            Kind.POD_DELETING: self._read_deletion,
            Kind.POD_STUCK: self._read_stuck,
            Kind.POD_SELECTED: self._read_selection,
            Kind.SERVICE_DESIRED: self._read_desired,
            Kind.SERVICE_ANSWERING: self._read_listed,
            Kind.SERVICE_REFUSED: self._read_refusal,
            Kind.COMPONENT_UP: self._read_process,
        }
        for time, kind, subject, new, cause in rows:
            readers[kind](time, kind, subject, new, cause)
            if self._unlisted or self._answering > self._listed:
                self._count_unlisted(time)

    def close(self, end: float) -> None:
        """Nothing more happens before `end`."""
        self._note_cut(end)
        for pod in self._pods.values():
            self._leave_stage(pod, end)
        for gap in self._gaps:
            gap.gone = end if gap.gone is None else gap.gone
            self._fill(gap, end)
        self._listed = self._answering
        self._count_unlisted(end)

    # Pods

    def _read_pod(self, time: float, kind: int, uid: int, new: int, cause: int) -> None:
        pod = self._pods.get(uid)
        if pod is not None:
            pod.read(kind, new, cause)
            self._look(time, pod)

    def _read_binding(self, time: float, _: int, uid: int, new: int, cause: int) -> None:
        pod = self._pods.get(uid)
        if pod is not None:
            pod.node = self._nodes[new]
            pod.node.pods[uid] = pod
            self._look(time, pod)

    def _read_phase(self, time: float, _: int, uid: int, phase: int, cause: int) -> None:
        if phase == _PENDING:
            self._pods[uid] = Pod(cause, time)
            self._look(time, self._pods[uid])
            self._count_gaps(time, self._names[uid], cause)
        elif phase == _RUNNING:
            if uid in self._pods:
                self._pods[uid].phase = phase
                self._look(time, self._pods[uid])
        else:
            failed = uid in self._pods
            if failed:
                self._lose(time, uid, cause)
            gap = self._leaving.pop(uid, None) if failed or phase == _ABSENT else None
            if gap is not None:
                gap.gone = time

    def _read_deletion(self, time: float, _: int, uid: int, new: int, cause: int) -> None:
        if uid in self._pods:
            self._lose(time, uid, cause)

    def _lose(self, time: float, uid: int, cause: int) -> None:
        """The pod does not count any more: a replacement is due, unless there are pods enough."""
        pod = self._pods.pop(uid)
        self._leave_stage(pod, time)
        self._answering -= pod.selected and pod.stage is None
        if pod.node is not None:
            del pod.node.pods[uid]
        self._aside -= not pod.selected
        if pod.selected:
            gap = self._leaving[uid] = _Gap(self._names[uid], time, cause)
            self._gaps.append(gap)
        self._count_gaps(time, "", cause)

    def _read_stuck(self, time: float, _: int, uid: int, new: int, cause: int) -> None:
        """A pod that is being deleted should be gone: whoever waits for that does so for another reason now."""
        gap = self._leaving.get(uid)
        if gap is not None and gap in self._gaps:
            self._note(gap.since, time, gap.cause, _TERMINATING)
            gap.since, gap.cause = time, cause

    def _look(self, time: float, pod: Pod) -> None:
        """Has the pod change its stage, if something else keeps it from answering now."""
        stage = pod.waits_for(self._published)
        if (stage is None and pod.stage is None) or not pod.selected:
            return
        cause = 0 if stage is None else pod.to_blame(self._away)
        if stage is pod.stage and cause == pod.blamed:
            return
        if pod.stage is not None:
            self._note(pod.since, time, pod.blamed, pod.stage)
        self._answering += (stage is None) - (pod.stage is None)
        pod.stage, pod.blamed, pod.since = stage, cause, time

    def _read_selection(self, time: float, _: int, uid: int, selected: int, cause: int) -> None:
        """A pod of a version that no Service selects does not count, whatever becomes of it."""
        pod = self._pods.get(uid)
        if pod is None:
            return
        if selected:
            self._aside -= 1
            pod.stage, pod.blamed, pod.since = pod.waits_for(self._published), pod.to_blame(self._away), time
            self._answering += pod.stage is None
        else:
            self._aside += 1
            self._leave_stage(pod, time)
            self._answering -= pod.stage is None
        pod.selected = bool(selected)
        self._count_gaps(time, "", cause)

    def _leave_stage(self, pod: Pod, time: float) -> None:
        if pod.stage is not None and pod.selected:
            self._note(pod.since, time, pod.blamed, pod.stage)

    def _note(self, since: float, time: float, cause: int, stage: Stage) -> None:
        if time > since:
            self.spells.append(Spell(since, time, self._causes[cause], stage))

    # Nodes

    def _read_node(self, time: float, kind: int, number: int, new: int, cause: int) -> None:
        node = self._nodes[number]
        node.read(kind, new, cause)
        for pod in node.pods.values():
            self._look(time, pod)

    # Replicas that are not desired any more, those without a pod, and pods without an entry

    def _read_desired(self, time: float, _: int, service: int, replicas: int, cause: int) -> None:
        """As many as are desired when the cluster has settled, at time 0, are what it begins with."""
        self._note_cut(time)
        if replicas < self._desired and time >= 0:
            self._cuts.append((self._desired, cause))
        while self._cuts and self._cuts[-1][0] <= replicas:
            self._cuts.pop()
        self._desired = replicas
        self._count_gaps(time, "", cause)

    def _note_cut(self, time: float) -> None:
        """The last cut is the one to blame."""
        if self._cuts:
            self._note(self._cut_since, time, self._cuts[-1][1], Stage.SCALED_DOWN)
        self._cut_since = time

    def _count_gaps(self, time: float, name: str, cause: int) -> None:
        """As many gaps as pods are missing. A new pod fills the gap of its namesake, or else one whose pod is gone."""
        missing = max(0, self._desired - (len(self._pods) - self._aside))
        while len(self._gaps) > missing:
            gap = min(self._gaps, key=lambda gap: (gap.name != name, gap.gone is None))
            self._gaps.remove(gap)
            self._fill(gap, time)
        while len(self._gaps) < missing:
            gap = _Gap("", time, cause)
            gap.gone = time
            self._gaps.append(gap)

    def _read_refusal(self, time: float, _: int, service: int, refusal: int, cause: int) -> None:
        self._part_gaps(time)
        self._without_pod = REFUSED[refusal]

    def _part_gaps(self, time: float) -> None:
        """From now on replicas without a pod wait for something else."""
        for gap in self._gaps:
            self._fill(gap, time)
            gap.since = time
            gap.gone = None if gap.gone is None else time

    def _fill(self, gap: _Gap, time: float) -> None:
        """A replacement that is made while the old pod is still there did not wait for it to be gone."""
        gone = gap.since if gap.gone is None else gap.gone
        self._note(gap.since, gone, gap.cause, _TERMINATING)
        self._note(gone, time, self._away[CONTROLLERS] or gap.cause, self._without_pod)

    # The control plane

    def _read_process(self, time: float, _: int, process: int, up: int, cause: int) -> None:
        """What waits for the process is due to its absence from now on, or is so no more."""
        self._part_gaps(time)
        self._away[process] = 0 if up else cause
        for pod in self._pods.values():
            self._look(time, pod)

    def _read_listed(self, time: float, _: int, service: int, listed: int, cause: int) -> None:
        self._listed = listed

    def _count_unlisted(self, time: float) -> None:
        unlisted = max(0, self._answering - self._listed)
        while len(self._unlisted) > unlisted:
            since, cause = self._unlisted.pop(0)
            self._note(since, time, cause, _NOT_LISTED)
        while len(self._unlisted) < unlisted:
            self._unlisted.append((time, self._away[CONTROLLERS]))
