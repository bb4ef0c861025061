"""greyNode: a node is Ready, and what runs there answers wrong."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.attempts import Attempt
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "greyNode")
@dataclass(frozen=True)
class GreyNode:
    """A node is Ready, but a share of the requests to the pods on it fails: a bad network card, a disk that stalls.

    Neither its kubelet nor probes see it, by definition, and pods that start there meet it too; so do those that a
    crash or a rollout makes anew. It lasts until somebody has noticed (an alert on an objective, people): then the node
    is cordoned and emptied as by drain, as far as disruption budgets allow, and its pods are well wherever they go.
    What stays (pods of DaemonSets, and those that budgets keep) is hurt until the node is repaired and put back to use.

    A share of 1 is a node whose pods do not answer, for availability as for requests. With any smaller share only
    requests see it (`traffic`): that share of the attempts that reach the node fails, on top of what grey containers
    and bad releases fail. Retries go elsewhere; what they add to the load of others is not counted where single
    requests are not followed. Being slow is a failure here: latencies do not change.

    Source: such hardware is common and is found late, by people who follow what it does to others: Gunawi et al.,
    Fail-Slow at Scale, FAST 2018; Huang et al., Gray Failure, HotOS 2017.
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From a node's return (or the start) to its turning grey."""
    detection: Distribution
    """From then until somebody has noticed, and the node is cordoned: minutes with an alert that tells nodes apart."""
    time_to_repair: Repair
    """From when the node is empty, or as empty as it can be, until it is well and takes pods again."""
    share: float = 1.0
    """Of the requests to its pods, those that go wrong: above 0, at most 1."""
    timeout: float = 3600.0
    """After this time a node that is not empty is repaired as it is (an hour: our choice, as GKE's upgrades do)."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"`share` must be above 0 and at most 1 (got {self.share!r})")
        if self.timeout <= 0:
            raise ValueError("`timeout` must be positive")

    @property
    def seen_by(self) -> str:
        """What can see it at all."""
        return "endpoints" if self.share >= 1 else "requests"

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        wholly = self.share >= 1
        effect = world.effects.no_users if wholly else world.effects.grey(self.share)
        while True:
            yield subject.failure_after(self.time_to_failure, [node] if wholly else ())
            outage = subject.impair([effect], [node])
            yield subject.step_after(self.detection)
            if world.machines.exists(node):
                yield from self._repair(subject, node, world)
            outage.end()

    def _repair(self, subject: Subject, node: int, world: World) -> Story:
        cordon = world.cordon([node], self.name, subject.name, counts=False)
        began = world.now
        yield from world.empty(node, Attempt(self.name, subject.name, began), began + self.timeout)
        yield subject.mend(self.time_to_repair)
        cordon.end()
