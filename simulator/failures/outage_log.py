"""outageLog: outages that happened, as they are in a log, happen again."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from models.input.problems import did_you_mean
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.subject import Subject
from simulator.stories.world import World


class Assign(StrEnum):
    """Which node stands for which of the log's."""

    BY_NAME = "byName"
    IN_ORDER = "inOrder"


@dataclass(frozen=True, order=True)
class NodeOutage:
    """A node was down."""

    node: str
    """Which; if `assign` is `inOrder`, any name."""
    start: float
    """From when on, since failures began."""
    end: float | None = None
    """Until when; without it, it is not over when the run is."""


@register("failure", "outageLog")
@dataclass(frozen=True)
class OutageLog:
    """Nodes lose power when a log says so, and for as long: what a cluster went through, with another workload on it.

    The log is a CSV file (also .xz, .gz) with a node, a start and an end in every row, as `kubenines fit` reads it, or
    is written here. Every replication meets the same outages; what is random is all else. A node is down while any of
    its outages lasts. Nothing is drawn, so no rare outages can be begun on purpose with it.
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    path: str | None = None
    """The CSV file, relative to the experiment file."""
    outages: tuple[NodeOutage, ...] = ()
    """The outages themselves, in place of a file."""
    assign: Assign = Assign.BY_NAME
    """`byName`: the log's nodes are those of the cluster. `inOrder`: the first that the log names is the cluster's
    first, and so on."""
    offset: float = 0.0
    """Added to all times. Times that are numbers are seconds since failures began; of dates and times of day the first
    start is 0."""
    start_column: str | None = None
    """The column of the start; by default one that is called start, down, failed, from or the like."""
    end_column: str | None = None
    """The column of the end; by default one that is called end, up, repaired, until or the like. An empty field: the
    outage was not over."""
    node_columns: tuple[str, ...] = ()
    """The columns that together name the node; by default one that is called node, host, machine or the like."""
    time_format: str | None = None
    """How times are written, such as `%m/%d/%Y %H:%M`; by default ISO 8601, or seconds as a number."""
    delimiter: str = ","
    """What stands between the fields of a row."""

    def __post_init__(self) -> None:
        if (self.path is None) is not bool(self.outages):
            raise ValueError("expected either `path` or `outages`")
        for outage in self.outages:
            if outage.end is not None and outage.end < outage.start:
                raise ValueError(f"an outage of {outage.node} ends before it starts")

    def nodes(self, known: Sequence[str]) -> dict[str, str]:
        """The log's names of nodes -> those of the cluster, of which these are; raises ValueError if one has none."""
        logged = list(dict.fromkeys(outage.node for outage in self.outages))
        if self.assign is Assign.IN_ORDER:
            if len(logged) > len(known):
                raise ValueError(f"the log names {len(logged)} nodes, and the cluster has {len(known)}")
            return dict(zip(logged, known, strict=False))
        for node in logged:
            if node not in known:
                raise ValueError(f"there is no node {node!r}{did_you_mean(node, known)}")
        return {node: node for node in logged}

    def install(self, world: World) -> None:
        if self.path is not None:
            raise ValueError(f"the outages of {self.name} are still to be read from {self.path}")
        index = {world.node_name(node): node for node in world.nodes()}
        assigned = self.nodes(list(index))
        by_node: dict[str, list[NodeOutage]] = {}
        for outage in sorted(self.outages, key=lambda outage: outage.start):
            by_node.setdefault(assigned[outage.node], []).append(outage)
        for name, outages in by_node.items():
            world.tell(self.name, name, self._story, world, index[name], outages)

    def _story(self, subject: Subject, world: World, node: int, outages: Sequence[NodeOutage]) -> Story:
        """One that began before a run that takes up a state of another is over, or that state would not have been."""
        for outage in outages:
            start = outage.start + self.offset
            if start < world.elapsed:
                continue
            yield world.at(start)
            if not world.machines.exists(node):
                return
            if outage.end is None:
                subject.take_down([node])
            else:
                subject.take_down_until(world.sleep(outage.end - outage.start), [node])
