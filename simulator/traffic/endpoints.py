"""What happened to the endpoints of one Service: all that traffic needs to know of a run.

Traffic does not act on the cluster, so it is worked out after a run, from the transition log.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import NamedTuple

import numpy as np

from models.arrays import Floats, Ints
from simulator.controllers.endpoints import conditions
from simulator.log import Kind, TransitionLog
from simulator.processes import Process
from simulator.state.objects import Phase
from simulator.traffic.reach import Cut, cuts
from simulator.traffic.surges import changes_of_service


class Condition(IntFlag):
    """How an endpoint stands. `LISTED` is what the control plane believes, `ANSWERING` what requests meet."""

    GONE = 0
    LISTED = 1
    """A ready endpoint of the Service's EndpointSlices: requests are sent to it."""
    ANSWERING = 2
    """Can answer the requests that reach it."""
    TERMINATING = 4
    """Being deleted, still serving: used when no endpoint is listed (kube-proxy's terminating endpoints)."""
    LATE = 8
    """What waits at it waits longer than clients do: it answers nobody in time, if single requests are not followed."""


_ANSWERS = Condition.ANSWERING | Condition.LATE


class Failing(NamedTuple):
    """Which of its requests an endpoint fails though it answers."""

    share: float = 0.0
    cause: str = ""
    late: bool = False
    """It answers, but so late that the client has given up."""


@dataclass(frozen=True)
class EndpointHistory:
    """The endpoints of one Service over [start, end], in seconds, as changes in order of time.

    Change i: at `times[i]` endpoint `endpoints[i]` (an index into `names`, `nodes`, `zones`) comes to be
    `conditions[i]`. The changes at `start` say how things stood then; before its first change an endpoint is GONE.
    """

    start: float
    end: float
    names: tuple[str, ...]
    """Names of the pods, in order of their first change."""
    nodes: Ints
    """Per endpoint: its node, an index into the cluster's nodes."""
    zones: tuple[str, ...]
    """Per endpoint: the zone of its node, "" without one."""
    times: Floats
    endpoints: Ints
    conditions: Ints
    causes: tuple[str, ...]
    """Per change: why it came about, "" if nothing broke."""
    failing: tuple[Failing, ...] = ()
    """Per change: which of its requests the endpoint fails from then on though it answers; empty if none ever does."""
    headless: bool = False
    """Clients look the listed endpoints up by name: those that terminate are never used."""
    proxies_away: Mapping[int, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    """By node: when its kube-proxy does not follow changes, from and to."""
    unresolved: tuple[tuple[float, float, str], ...] = ()
    """When clients in the cluster do not find the Service by its name: from, to, and why."""
    cuts: tuple[Cut, ...] = ()
    """Where the network between pods is cut."""
    circuit: Floats = field(default_factory=lambda: np.zeros(0))
    """When the circuit breakers of the clients opened, closed, opened, ... in turn."""

    def segments(self) -> Iterator[tuple[float, float, dict[int, Condition]]]:
        """Stretches of time between changes, in order and without gaps: start, end, endpoint -> condition.

        Only endpoints that are not GONE are in the mapping, which is the caller's to keep.
        """
        now: dict[int, Condition] = {}
        since = self.start
        for time, endpoint, condition in zip(
            self.times.tolist(), self.endpoints.tolist(), self.conditions.tolist(), strict=True
        ):
            if time > since:
                yield since, time, dict(now)
                since = time
            if condition:
                now[endpoint] = Condition(condition)
            else:
                now.pop(endpoint, None)
        if self.end > since:
            yield since, self.end, dict(now)


_LISTS_BY_CONTROLLERS = "kubernetes"
"""The control plane whose lists of endpoints stay as they are while a process of it is away."""
_CONTROLLERS = list(Process).index(Process.CONTROLLER_MANAGER)
_WATCHED = (
    *(Kind.POD_PHASE, Kind.POD_NODE, Kind.POD_DELETING, Kind.POD_ANSWERING, Kind.POD_READY),
    *(Kind.POD_LATE, Kind.POD_FAILING, Kind.POD_SELECTED),
)


def endpoint_history(
    log: TransitionLog, service: str, start: float, end: float, timeout: float = 0.0
) -> EndpointHistory:
    """The history of a Service's endpoints in a window, from the log of its run; KeyError if there is no such Service.

    `timeout`: how long its clients wait for an answer; 0: for ever, so that no endpoint is late. Which pods are listed,
    and which terminate and still serve, is by the rule of simulator.controllers.endpoints; while the controller manager
    is away the lists stay as they are.
    """
    names = list(log.names["SERVICE"])
    if service not in names:
        raise KeyError(f"unknown Service {service!r}; expected one of {', '.join(map(repr, names))}")
    index = names.index(service)
    rows = log.columns()
    rows = rows[np.isin(rows[:, 1], (*_WATCHED, Kind.COMPONENT_UP)) & (rows[:, 0] < end)]
    selected = np.array([index in services for services in log.endpoint_of], dtype=bool)
    of_controllers = (rows[:, 1] == Kind.COMPONENT_UP) & (rows[:, 2] == _CONTROLLERS)
    of_controllers &= log.control_plane == _LISTS_BY_CONTROLLERS
    of_pods = rows[:, 1] != Kind.COMPONENT_UP
    of_pods[of_pods] = selected[rows[of_pods, 2].astype(np.int64)]
    rows = rows[of_pods | of_controllers]
    first = int(np.searchsorted(rows[:, 0], start, side="right"))

    pods = _Pods(index in log.publishing, timeout, log.causes)
    for row in rows[:first].tolist():
        pods.note(row)
    changes = [(start, uid, pod.condition, "", pod.failing) for uid, pod in pods.items() if pod.condition]
    for row in rows[first:].tolist():
        changes += [
            (row[0], uid, pods[uid].condition, log.causes[cause], pods[uid].failing) for uid, cause in pods.note(row)
        ]

    proxies = log.of_kind(Kind.NODE_PROXY)
    uids = list(dict.fromkeys(uid for _, uid, *_ in changes))
    number = {uid: i for i, uid in enumerate(uids)}
    nodes = [pods[uid].node for uid in uids]
    return EndpointHistory(
        start,
        end,
        names=tuple(log.names["POD"][uid] for uid in uids),
        nodes=np.array(nodes, dtype=np.int64),
        zones=tuple(log.zones[node] for node in nodes),
        times=np.array([time for time, *_ in changes]),
        endpoints=np.array([number[uid] for _, uid, *_ in changes], dtype=np.int64),
        conditions=np.array([int(condition) for _, _, condition, *_ in changes], dtype=np.int64),
        causes=tuple(cause for *_, cause, _ in changes),
        failing=tuple(failing for *_, failing in changes) if any(failing.share for *_, failing in changes) else (),
        headless=index in log.headless,
        proxies_away={
            int(node): tuple(
                (since, until) for since, until, _ in _absences(proxies[proxies[:, 2] == node], log.causes, start, end)
            )
            for node in np.unique(proxies[:, 2])
        },
        unresolved=tuple(_absences(log.of_kind(Kind.DNS_UP), log.causes, start, end)),
        cuts=cuts(log, start, end),
        circuit=changes_of_service(log, Kind.SERVICE_CIRCUIT, service)[0],
    )


def _absences(rows: Floats, causes: Sequence[str], start: float, end: float) -> Iterator[tuple[float, float, str]]:
    """When the subject of these rows was away within the window: from, to, and why."""
    since, why = math.inf, ""
    for time, *_, up, cause in [*rows.tolist(), (end, 1, 0)]:
        if up:
            if min(time, end) > max(since, start):
                yield max(since, start), min(time, end), why
            since = math.inf
        else:
            since, why = time, causes[int(cause)]


class _Pods(dict[int, "_Pod"]):
    """The pods as the log tells of them, by uid; `published` by a Service of addresses that are not ready.

    While the controller manager is away, nothing is put on the list or taken off it.
    """

    def __init__(self, published: bool, timeout: float, causes: Sequence[str]) -> None:
        super().__init__()
        self._published, self._timeout = published, timeout
        self._causes = causes
        self._frozen = False
        self._missed: dict[int, int] = {}
        """Pods that changed meanwhile, and why they last did."""

    def note(self, row: list[float]) -> list[tuple[int, int]]:
        """Takes note of a row of the log; the pods whose condition is another now, and why."""
        kind, subject, new, cause = Kind(int(row[1])), int(row[2]), int(row[4]), int(row[5])
        if kind is Kind.COMPONENT_UP:
            self._frozen = not new
            missed, self._missed = ({}, self._missed) if self._frozen else (self._missed, {})
            return [(uid, why) for uid, why in missed.items() if self[uid].look(listing=True)]
        if subject not in self:
            self[subject] = _Pod(self._published, self._timeout)
        pod = self[subject]
        pod.note(kind, new, self._causes[cause])
        if self._frozen:
            self._missed[subject] = cause
        return [(subject, cause)] if pod.look(listing=not self._frozen) else []


class _Pod:
    """A pod as the log tells of it; `published` by a Service that publishes addresses that are not ready."""

    __slots__ = (
        *("_late", "_published", "_seen", "_timeout", "answering", "condition", "deleting", "failing"),
        *("node", "phase", "ready", "selected"),
    )

    def __init__(self, published: bool, timeout: float) -> None:
        self._published, self._timeout = published, timeout
        self._late = False
        self.node = -1
        self.phase = Phase.ABSENT
        self.ready = self.answering = self.deleting = False
        self.condition = Condition.GONE
        self.failing = Failing()
        self.selected = True
        self._seen = self.condition, self.failing

    def note(self, kind: Kind, new: int, cause: str) -> None:
        match kind:
            case Kind.POD_FAILING:
                self.failing = Failing(abs(new) / 1e6, cause, new < 0) if new else Failing()
            case Kind.POD_SELECTED:
                self.selected = bool(new)
            case Kind.POD_NODE:
                self.node = new
            case Kind.POD_READY:
                self.ready = bool(new)
            case Kind.POD_ANSWERING:
                self.answering = bool(new)
            case Kind.POD_DELETING:
                self.deleting = True
            case Kind.POD_LATE:
                self._late = 0 < 1000 * self._timeout <= new + 0.5
            case Kind.POD_PHASE:
                self.phase = Phase(new)

    def look(self, listing: bool) -> bool:
        """Whether it stands otherwise than when last looked at; if `listing`, its place on the list may be another."""
        listed = self._listed() if listing else self.condition & ~_ANSWERS
        if not self.answering or self.phase is Phase.ABSENT:
            answers = Condition.GONE
        else:
            answers = _ANSWERS if self._late else Condition.ANSWERING
        self.condition = answers | listed
        before, self._seen = self._seen, (self.condition, self.failing)
        return self._seen != before

    def _listed(self) -> Condition:
        if self.phase is Phase.ABSENT:
            return Condition.GONE
        ready, terminating = conditions(self._published, self.phase, self.ready, self.deleting, self.selected)
        return Condition.LISTED if ready else Condition.TERMINATING if terminating else Condition.GONE
