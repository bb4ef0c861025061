"""etcdQuorumLoss: members of etcd fail one by one, and without a majority nothing can be written."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.kernel import Story
from simulator.processes import ELECTION, Process, ProcessOutage, elections
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "etcdQuorumLoss")
@dataclass(frozen=True)
class EtcdQuorumLoss:
    """Each member of etcd fails and is repaired by itself; while no majority is up, the API server is of no use.

    A quorum is n // 2 + 1 members: 1 of 1, 2 of 2, 2 of 3, 3 of 4, 3 of 5. With members that are up for a share a of
    the time it is there for the share sum over k >= quorum of C(n, k) a^k (1 - a)^(n - k): 0.9997 for three at 0.99.
    What its loss does is what `controlPlaneOutage` of the apiServer does. Each member that fails counts as a strike.

    Left out: the 1 to 2 s without writes when the member that leads fails, and reads from the API server's cache
    while there is no quorum. Members fail independently of the cluster's nodes and zones, and of each other: a
    `controlPlaneOutage` beside this stands for what they share (a full database, a bad upgrade, a zone with most).
    """

    disruption: ClassVar = DisruptionKind.CONTROL_PLANE
    name: str
    time_to_failure: Distribution
    """From a member's repair (or the start) to its next failure."""
    time_to_repair: Repair
    """From a member's failure to its being back with all data."""
    members: int = 3
    """How many there are: 3 or 5 in common clusters (kubeadm's stacked etcd: one on each control-plane node)."""
    election: Distribution = ELECTION
    """From the quorum's return until the controller manager and the scheduler work, if it was away for more than 10 s:
    15 to 24 s, as a lease that was not given back has to run out first."""

    def __post_init__(self) -> None:
        if self.members < 1:
            raise ValueError("`members` must be at least 1")

    def install(self, world: World) -> None:
        lost = _Lost(world, self.members)
        for number in range(self.members):
            world.tell(self.name, f"member-{number}", self._story, world, lost)

    def _story(self, subject: Subject, world: World, lost: "_Lost") -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            mended = subject.mend(self.time_to_repair)
            after = elections(self.election, world.control_plane.election, subject.rng)
            subject.strike()
            lost.more(subject.cause)
            yield mended
            lost.fewer(after)


class _Lost:
    """How many members are down, and the outage that this is."""

    def __init__(self, world: World, members: int) -> None:
        self._world = world
        self._tolerated = members - (members // 2 + 1)
        self._down = 0
        self._outage: ProcessOutage | None = None

    def more(self, cause: str) -> None:
        """One more is down: the one with which the majority is gone is the cause."""
        self._down += 1
        if self._down > self._tolerated and self._outage is None:
            self._outage = self._world.control_plane.fail(Process.API_SERVER, cause)

    def fewer(self, after: dict[Process, float]) -> None:
        """One is back."""
        self._down -= 1
        if self._down <= self._tolerated and self._outage is not None:
            outage, self._outage = self._outage, None
            self._world.control_plane.repair(outage, after)
