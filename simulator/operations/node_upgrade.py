"""nodeUpgrade: every node of a pool is replaced or upgraded, a few at a time, as managed clusters do it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

from models.deployment import IntOrPercent, Percent, scaled
from models.distributions import Distribution
from models.labels import LabelSelector
from models.maintenance import Calendar, open_from
from models.node_pool import PROVISIONING
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import Outcome, check_times, first_time
from simulator.stories.crew import Crew
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.subject import Subject
from simulator.stories.world import World


class Blocked(StrEnum):
    """What becomes of a node that is not empty in time."""

    FORCE = "force"
    """Its pods are deleted, whatever their budgets say, and it goes on."""
    STOP = "stop"
    """It is put back to use, and the upgrade has failed: nodes whose turn has not come stay as they are."""


class Platform(StrEnum):
    """Who upgrades."""

    GKE = "gke"
    EKS = "eks"
    AKS = "aks"
    KUBEADM = "kubeadm"


class _Habits(NamedTuple):
    """How a platform upgrades by default."""

    surge: IntOrPercent
    unavailable: int
    extra_per_zone: int
    timeout: float
    blocked: Blocked
    wait: float
    replaces: bool


_HABITS = {
    Platform.GKE: _Habits(1, 0, 0, 3600.0, Blocked.FORCE, 0.0, replaces=True),
    Platform.EKS: _Habits(0, 1, 2, 900.0, Blocked.STOP, 60.0, replaces=True),
    Platform.AKS: _Habits(Percent(10), 0, 0, 1800.0, Blocked.STOP, 0.0, replaces=True),
    Platform.KUBEADM: _Habits(0, 1, 0, math.inf, Blocked.STOP, 0.0, replaces=False),
}


@dataclass(eq=False)
class _Round:
    """One upgrade of all nodes, under way."""

    crew: Crew
    surges: Iterator[bool]
    """Whether the next in turn gets its new node first."""
    stopped: bool = False


@register("operation", "nodeUpgrade")
@dataclass(frozen=True)
class NodeUpgrade:
    """The nodes of a pool are upgraded one after the other, each cordoned, drained, and replaced by a new machine.

    With surge, a new node joins before an old one is drained; what may be unavailable is drained first, and replaced
    then. Evictions that a disruption budget forbids are tried again every 5 s, until the time-out of the platform.

    The platforms differ: gke (surge 1, unavailable 0; after 1 h pods are deleted, whatever budgets say), eks (two more
    nodes per zone first, then 1 node at a time; after 15 min the upgrade fails and stops, with nodes of two versions;
    60 s between drain and termination), aks (surge 10 % rounded up, unavailable 0; after 30 min it fails) and kubeadm
    (in place, 1 at a time, with `kubectl drain`, which waits for ever).

    Source: the documentation of GKE (surge upgrades), EKS (managed node update behaviour), AKS (node surge upgrade) and
    kubeadm.
    """

    changes_nodes: ClassVar = True
    disruption: ClassVar = DisruptionKind.DRAIN
    name: str
    platform: Platform = Platform.GKE
    """Whose defaults hold: gke, eks, aks or kubeadm."""
    every: float | None = None
    """Time between the beginnings of two upgrades; without it, a single one."""
    at: float | None = None
    """From the start to the first; `every` by default."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels, of those that are there when it begins; all by default."""
    max_surge: int | None = None
    """How many new nodes join before the old ones that they replace are drained; the platform's by default."""
    max_unavailable: int | None = None
    """How many nodes are drained without a new one; the platform's by default."""
    timeout: float | None = None
    """After this time a node that is not empty is given up, or emptied by force; the platform's by default."""
    when_blocked: Blocked | None = None
    """What then: force (its pods are deleted, whatever their budgets say) or stop (the upgrade fails; nodes whose turn
    has not come stay as they are); the platform's by default."""
    provisioning: Distribution = PROVISIONING
    """From a new machine's being asked for to its node being Ready; in place, how long the work on a node takes."""
    calendar: Calendar | None = None
    """When it may begin (maintenance windows, change freezes): what is due otherwise waits; without it, at any time."""

    def __post_init__(self) -> None:
        check_times("nodeUpgrade", self.at, self.every)
        if (self.max_surge or 0) < 0 or (self.max_unavailable or 0) < 0:
            raise ValueError("`maxSurge` and `maxUnavailable` must not be negative")
        if self._habits.surge == 0 and self._habits.unavailable == 0:
            raise ValueError("`maxSurge` and `maxUnavailable` must not both be 0")
        if self.max_surge and not self._habits.replaces:
            raise ValueError(f"`maxSurge` is for platforms that replace nodes: {self.platform} upgrades them in place")
        if self.timeout is not None and self.timeout <= 0:
            raise ValueError("`timeout` must be positive")

    @property
    def _habits(self) -> _Habits:
        """Those of the platform, but for what is said otherwise."""
        usual = _HABITS[self.platform]
        return usual._replace(
            surge=usual.surge if self.max_surge is None else self.max_surge,
            unavailable=usual.unavailable if self.max_unavailable is None else self.max_unavailable,
            timeout=self.timeout or usual.timeout,
            blocked=self.when_blocked or usual.blocked,
        )

    def install(self, world: World) -> None:
        world.tell(self.name, "pool", self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        habits = self._habits
        for attempt in world.agenda(self.name, subject.name, first_time(self.at, self.every), self.every):
            yield world.until(open_from(self.calendar, attempt.asked))
            attempt.begin(world.now)
            nodes = world.nodes(self.select)
            surge = scaled(habits.surge, len(nodes), round_up=True)
            workers = surge + habits.unavailable
            surges = (number % workers < surge for number in range(len(nodes)))
            under_way = _Round(world.crew(workers), surges)
            extra = min(habits.extra_per_zone * len({world.node(node).zone for node in nodes}), len(nodes))
            if extra:
                yield from self._scale_up(subject, world, nodes, extra)
            for number, node in enumerate(nodes):
                boot = self.provisioning.sample(subject.rng)
                yield under_way.crew.turn()
                if under_way.stopped:
                    under_way.crew.done()
                    break
                replaced = number < len(nodes) - extra  # those that were added stand in for the last ones
                world.tell(self.name, world.node_name(node), self._upgrade, world, node, boot, replaced, under_way)
            for _ in range(workers):  # all are done
                yield under_way.crew.turn()
            attempt.end(world.now, Outcome.GIVEN_UP if under_way.stopped else Outcome.DONE)

    def _scale_up(self, subject: Subject, world: World, nodes: list[int], extra: int) -> Story:
        """New nodes, dealt over the zones."""
        first = {world.node(node).zone: world.node(node) for node in reversed(nodes)}
        yield world.sleep(self.provisioning.sample(subject.rng))
        for number in range(extra):
            world.machines.add_node(first[sorted(first)[number % len(first)]], self.name, subject.name)

    def _upgrade(
        self, subject: Subject, world: World, node: int, boot: float, replaced: bool, under_way: _Round
    ) -> Story:
        if world.machines.exists(node):
            yield from self._upgrade_one(subject, world, node, boot, replaced, under_way)
        under_way.crew.done()

    def _upgrade_one(
        self, subject: Subject, world: World, node: int, boot: float, replaced: bool, under_way: _Round
    ) -> Story:
        habits, like, surges = self._habits, world.node(node), next(under_way.surges)
        attempt = world.journal.note(self.name, subject.name, world.now)
        if surges:
            yield world.sleep(boot)
            world.machines.add_node(like, self.name, subject.name)
        cordon = world.cordon([node], self.name, subject.name)
        yield from world.empty(node, attempt, world.now + habits.timeout)
        if attempt.emptied is None and habits.blocked is Blocked.STOP:
            under_way.stopped = True
            cordon.end()
            attempt.end(world.now, Outcome.GIVEN_UP)
            return
        if attempt.emptied is None:
            pods = world.pods_to_drain(node)
            world.machines.delete_pods(pods, self.name, subject.name)
            yield world.gone(pods)
        yield from self._renew(subject, world, node, boot, replaced and not surges)
        if not habits.replaces:
            cordon.end()
        attempt.end(world.now)

    def _renew(self, subject: Subject, world: World, node: int, boot: float, replaced: bool) -> Story:
        """The empty node is worked on in place, or taken away and, if need be, replaced."""
        habits, like = self._habits, world.node(node)
        if not habits.replaces:
            yield world.sleep(boot)
            return
        yield world.sleep(habits.wait)
        world.machines.remove_node(node, self.name, subject.name)
        if replaced:
            yield world.sleep(boot)
            world.machines.add_node(like, self.name, subject.name)
