"""The pods of a run as pictures show them: where each was, and in which state, over a stretch of time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from models.arrays import Floats
from simulator.log import Kind, Phase, TransitionLog


class State(StrEnum):
    """What a pod is doing, as a picture of it says."""

    PENDING = "no node"
    PULLING = "image pull"
    STARTING = "starting"
    READY = "ready and answers"
    BELIEVED = "ready, but does not answer"
    NOT_READY = "not ready"
    TERMINATING = "terminating"


@dataclass(frozen=True)
class Spell:
    """A pod in one state on one node over [start, end), in seconds since failures began; node -1: none."""

    pod: int
    node: int
    state: State
    start: float
    end: float


@dataclass
class _Pod:
    since: float
    phase: int = Phase.PENDING
    node: int = -1
    pulling: bool = False
    answering: bool = False
    ready: bool = False
    was_ready: bool = False
    deleting: bool = False
    state: State = field(default=State.PENDING)

    def now(self) -> State:
        if self.deleting:
            return State.TERMINATING
        if self.node < 0:
            return State.PENDING
        if self.ready:
            return State.READY if self.answering else State.BELIEVED
        if self.pulling:
            return State.PULLING
        return State.NOT_READY if self.was_ready else State.STARTING


_OVER = (Phase.ABSENT, Phase.SUCCEEDED, Phase.FAILED)
_FLAGS = {
    Kind.POD_PULLING: "pulling",
    Kind.POD_ANSWERING: "answering",
    Kind.POD_READY: "ready",
    Kind.POD_DELETING: "deleting",
}


def spells(log: TransitionLog, pods: Collection[int] | None, start: float, end: float) -> list[Spell]:
    """What these pods (None: all) were doing between `start` and `end`, in order of when it was over."""
    rows = log.of_kind(Kind.POD_PHASE, Kind.POD_NODE, *_FLAGS)
    rows = rows[: int(np.searchsorted(rows[:, 0], end))]
    if pods is not None:
        rows = rows[np.isin(rows[:, 2], list(pods))]
    return list(_read(rows, start, end))


def _read(rows: Floats, start: float, end: float) -> Iterator[Spell]:
    alive: dict[int, _Pod] = {}
    times, codes = rows[:, 0].tolist(), rows[:, 1:5].astype(np.int64).tolist()
    for time, (kind, uid, _, new) in zip(times, codes, strict=True):
        pod = alive.get(uid)
        if pod is None:
            if kind == Kind.POD_PHASE and new == Phase.PENDING:
                alive[uid] = _Pod(time)
            continue
        node, over = pod.node, kind == Kind.POD_PHASE and new in _OVER
        if kind == Kind.POD_NODE:
            node = new
        elif kind in _FLAGS:
            setattr(pod, _FLAGS[Kind(kind)], bool(new))
            pod.was_ready = pod.was_ready or pod.ready
        before, pod_node = pod.state, pod.node
        pod.node = node
        after = pod.now()
        if over or (after, node) != (before, pod_node):
            if time > start and time > pod.since:
                yield Spell(uid, pod_node, before, max(pod.since, start), time)
            pod.state, pod.since = after, time
        if over:
            del alive[uid]
    for uid, pod in alive.items():
        if end > max(pod.since, start):
            yield Spell(uid, pod.node, pod.state, max(pod.since, start), end)


def selected_by(log: TransitionLog, service: str) -> set[int]:
    """The pods that a Service selects, by number. KeyError if there is no such Service."""
    number = list(log.names["SERVICE"]).index(service)
    return {pod for pod, services in enumerate(log.selected_by) if number in services}


def stretches(log: TransitionLog, kind: Kind, wrong: Collection[int], start: float, end: float) -> dict[int, Floats]:
    """Subject -> when transitions of this kind said one of the values `wrong`: shape (n, 2), within [start, end]."""
    found: dict[int, list[tuple[float, float]]] = {}
    since: dict[int, float] = {}
    rows = log.of_kind(kind)
    for time, subject, new in rows[: int(np.searchsorted(rows[:, 0], end))][:, (0, 2, 4)].tolist():
        begun = since.pop(subject, None)
        if begun is not None and time > start:
            found.setdefault(int(subject), []).append((max(begun, start), time))
        if new in wrong:
            since[subject] = time if begun is None else begun
            if begun is not None and found.get(int(subject)) and found[int(subject)][-1][1] == time:
                found[int(subject)].pop()
    for subject, begun in since.items():
        found.setdefault(int(subject), []).append((max(begun, start), end))
    return {subject: np.array(spans) for subject, spans in found.items()}
