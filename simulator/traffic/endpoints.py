"""What happened to the endpoints of one Service: all that traffic needs to know of a run.

Traffic does not act on the cluster, so it is worked out after a run, from the transition log.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import NamedTuple

import numpy as np

from models.arrays import Floats, Ints
from simulator.controllers.endpoints import conditions
from simulator.log import Kind, TransitionLog
from simulator.state.objects import Phase


class Condition(IntFlag):
    """How an endpoint stands. `LISTED` is what the control plane believes, `ANSWERING` what requests meet."""

    GONE = 0
    LISTED = 1
    """A ready endpoint of the Service's EndpointSlices: requests are sent to it."""
    ANSWERING = 2
    """Can answer the requests that reach it."""
    TERMINATING = 4
    """Being deleted, still serving: used when no endpoint is listed (kube-proxy's terminating endpoints)."""


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


_WATCHED = (
    *(Kind.POD_PHASE, Kind.POD_NODE, Kind.POD_DELETING),
    *(Kind.POD_ANSWERING, Kind.POD_READY, Kind.POD_FAILING, Kind.POD_SELECTED),
)


def endpoint_history(log: TransitionLog, service: str, start: float, end: float) -> EndpointHistory:
    """The history of a Service's endpoints in a window, from the log of its run; KeyError if there is no such Service.

    Which pods are listed, and which terminate and still serve, is by the rule of simulator.controllers.endpoints.
    """
    names = list(log.names["SERVICE"])
    if service not in names:
        raise KeyError(f"unknown Service {service!r}; expected one of {', '.join(map(repr, names))}")
    index = names.index(service)
    rows = log.columns()
    rows = rows[np.isin(rows[:, 1], _WATCHED) & (rows[:, 0] < end)]
    selected = np.array([index in services for services in log.endpoint_of], dtype=bool)
    rows = rows[selected[rows[:, 2].astype(np.int64)]]
    first = int(np.searchsorted(rows[:, 0], start, side="right"))

    pods: dict[int, _Pod] = defaultdict(lambda: _Pod(index in log.publishing))
    for _, kind, uid, _, new, cause in rows[:first].tolist():
        pods[int(uid)].note(Kind(int(kind)), int(new), log.causes[int(cause)])
    changes = [(start, uid, pod.condition, "", pod.failing) for uid, pod in pods.items() if pod.condition]
    for time, kind, uid, _, new, cause in rows[first:].tolist():
        pod = pods[int(uid)]
        before = pod.condition, pod.failing
        pod.note(Kind(int(kind)), int(new), log.causes[int(cause)])
        if (pod.condition, pod.failing) != before:
            changes.append((time, int(uid), pod.condition, log.causes[int(cause)], pod.failing))

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
    )


class _Pod:
    """A pod as the log tells of it; `published` by a Service that publishes addresses that are not ready."""

    __slots__ = ("_published", "answering", "condition", "deleting", "failing", "node", "phase", "ready", "selected")

    def __init__(self, published: bool) -> None:
        self._published = published
        self.node = -1
        self.phase = Phase.ABSENT
        self.ready = self.answering = self.deleting = False
        self.condition = Condition.GONE
        self.failing = Failing()
        self.selected = True

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
            case Kind.POD_PHASE:
                self.phase = Phase(new)
        self.condition = self._condition()

    def _condition(self) -> Condition:
        if self.phase is Phase.ABSENT:
            return Condition.GONE
        condition = Condition.ANSWERING if self.answering else Condition.GONE
        ready, terminating = conditions(self._published, self.phase, self.ready, self.deleting, self.selected)
        listed = Condition.LISTED if ready else Condition.TERMINATING if terminating else Condition.GONE
        return condition | listed
