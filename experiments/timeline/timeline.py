"""The timeline of an outage, as values: who was in which state when, how many answered, and what was told of it.

All times are seconds since the outage began; those before are negative.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """Who knows of an event."""

    NORMAL = "Normal"
    """The control plane, and all is as it should be."""
    WARNING = "Warning"
    """The control plane, and it is not."""
    FACT = "Fact"
    """Nobody at once: it is what truly happens, and Kubernetes has no event of it."""


class RowKind(StrEnum):
    """What a row is about, in the order in which they are shown."""

    OUTAGE = "outage"
    """The Service itself, while it is not available."""
    CAUSE = "cause"
    """A failure mode or operation and what it struck, while replicas are missing because of it."""
    PROCESS = "process"
    """A process of the control plane, while it is away."""
    NODE = "node"
    POD = "pod"


@dataclass(frozen=True)
class Interval:
    """A state that lasts over [start, end)."""

    start: float
    end: float
    state: str
    cause: str = ""
    """The failure mode or operation that is to blame, and what it struck: "mode/subject"; "" if nothing broke."""


@dataclass(frozen=True)
class Row:
    """One thing over time; nothing is known of it, or it is not there, between its intervals."""

    kind: RowKind
    name: str
    intervals: tuple[Interval, ...]
    note: str = ""
    """Of a pod: the node that it is, or was, on; "" if there is none."""


@dataclass(frozen=True)
class Endpoints:
    """The endpoints of the Service from `time` on."""

    time: float
    answering: int
    """In use, and able to answer: what users meet."""
    listed: int
    """Listed as ready: what the control plane believes."""
    desired: int
    """Replicas desired of the workloads behind it."""


@dataclass(frozen=True)
class Event:
    """Something that happened, in Kubernetes' words where it has any."""

    time: float
    type: EventType
    reason: str
    object: str
    """Kind and name: "Pod/web-r0-1"."""
    message: str
    count: int = 1
    """How often, if it came again and again; the last time at `until`."""
    until: float | None = None


@dataclass(frozen=True)
class Timeline:
    """An outage of a Service in one replication, and all that belongs to it."""

    service: str
    policy: str
    replication: int
    start: float
    """When the outage begins, in seconds since measuring began: all other times count from here."""
    length: float
    """Seconds; to the end of the run if the outage was not over then."""
    cause: str
    """The failure mode or operation that most of it is due to; "" if nothing broke."""
    begin: float
    """Where the timeline begins: before the first cause, so it is 0 or less."""
    end: float
    """Where it ends: when all replicas answer again, at the latest some time after the outage."""
    rows: tuple[Row, ...]
    endpoints: tuple[Endpoints, ...]
    """From `begin` on, an entry for each change."""
    events: tuple[Event, ...]
    """In order of time."""
    remarks: tuple[str, ...] = ()
    """Sentences on what is left out, or not over."""

    def endpoints_at(self, time: float) -> Endpoints:
        """The endpoints at a time, what changes just then included."""
        return next((each for each in reversed(self.endpoints) if each.time <= time), self.endpoints[0])

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Replays:
    """Outages that were replayed to be shown together."""

    timelines: Mapping[str, Sequence[Timeline]]
    """By Service."""
    refused: str = ""
    """Why there are none, if it was tried."""
