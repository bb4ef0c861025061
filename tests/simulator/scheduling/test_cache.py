"""What is remembered of single nodes is what asking the plugins again would give."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from models.behaviour import Behaviour
from models.node import Node, Resources, Taint, TaintEffect
from models.pod import Container, Pod, PodSpec, PodTemplate
from simulator.kernel import Kernel
from simulator.scheduling import cache
from simulator.scheduling.answers import Survey
from simulator.scheduling.cache import EquivalenceCache
from simulator.scheduling.choosing import node_order
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.framework import Filter, Profile, Reads, Score
from simulator.scheduling.profile import default_profile
from simulator.scheduling.storage import StorageView
from simulator.scheduling.views import ClusterView, NodeView, PodView
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState
from simulator.streams import Streams

GIB = 1024**3
HostPort = tuple[int, str, str]


@dataclass(frozen=True)
class Emptiest:
    """Scores a node by its pods; notes how many each single node had that it was asked about."""

    asked: list[int] = field(default_factory=list, compare=False)

    score_reads: ClassVar[Reads] = Reads.NODE

    def signature(self, pod: PodView) -> Hashable:
        return ()

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        def score(nodes: NodeView) -> int:
            if len(nodes) == 1:
                self.asked.append(nodes.used_pods)
            scored: int = 100 - nodes.used_pods
            return scored

        return score


def template(
    *host_ports: HostPort, requests: Resources = Resources(100, GIB), declared: Sequence[str] = ("cpu", "memory")
) -> PodTemplate:
    container = Container("c", requests=requests, declared=frozenset(declared), host_ports=host_ports)
    return PodTemplate(PodSpec((container,)), {"app": "web"})


class Stage:
    """Three nodes, and what is kept of them by a profile for pods of one template."""

    def __init__(
        self, profile: Profile, asked: PodTemplate, allocatable: Resources = Resources(4000, 16 * GIB), pods: int = 110
    ) -> None:
        nodes = [Node(name, allocatable, pods) for name in "abc"]
        self.state = ClusterState(Kernel(0.0, 1.0), nodes, None)
        self.api = Api(self.state, Streams(0, 0), Behaviour())
        cluster = ClusterView(
            self.state.nodes, PodCounts(self.state), StorageView(self.state.nodes, self.state.volumes)
        )
        view = PodView(self.api.pod_class(self.api.workload("Pod", "default", "asked"), asked, {}))
        self.answers = Survey(profile, cluster).ask(view)
        self.kept = self.anew()

    def anew(self) -> EquivalenceCache:
        return EquivalenceCache(self.answers, self.state.nodes, node_order(self.state.nodes))

    def place(self, node: int, what: PodTemplate) -> PodState:
        self.api.apply(Pod(f"pod-{len(self.state.pods.names)}", what))
        pod = list(self.state.pods.values())[-1]
        self.state.pods.bind(pod, node)
        self.kept.update()
        return pod

    def remove(self, pod: PodState) -> None:
        self.state.pods.mark_deleting(pod, 0)
        self.state.pods.remove(pod)
        self.kept.update()


def test_a_node_that_is_what_it_was_before_is_not_asked_about_again() -> None:
    plugin = Emptiest()
    stage = Stage(Profile((), ((plugin, 1),)), template())
    for _ in range(3):
        pod = stage.place(1, template())
        assert stage.kept.total.tolist() == [100, 99, 100]
        stage.remove(pod)
        assert stage.kept.total.tolist() == [100, 100, 100]
    assert plugin.asked == [1, 0]


@dataclass(frozen=True)
class Untainted:
    """Rejects nodes with taints; notes of which single node it was asked, by its taints."""

    asked: list[int] = field(default_factory=list, compare=False)

    filter_reads: ClassVar[Reads] = Reads.TAINTS

    def signature(self, pod: PodView) -> Hashable:
        return ()

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        def rejects(nodes: NodeView) -> list[tuple[str, Any]]:
            if len(nodes) == 1:
                self.asked.append(nodes.taint_set)
            return [("tainted", nodes.taint_set > 0)]

        return rejects


def test_what_looks_at_taints_is_not_asked_again_because_pods_came() -> None:
    plugin = Untainted()
    stage = Stage(Profile((plugin,), ()), template())
    for _ in range(3):
        for taints in ({Taint("dedicated", TaintEffect.NO_SCHEDULE)}, set[Taint]()):
            stage.state.nodes.set_taints(0, frozenset(taints), 0)
            stage.kept.update()
            assert stage.kept.passing.tolist() == [not taints, True, True]
        stage.place(0, template())
    assert plugin.asked == [1, 0]


def test_of_all_that_nodes_were_only_so_much_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT", 1)
    plugin = Emptiest()
    stage = Stage(Profile((), ((plugin, 1),)), template())
    for _ in range(2):
        stage.remove(stage.place(1, template()))
        assert stage.kept.total.tolist() == [100, 100, 100]
    assert plugin.asked == [1, 0, 1, 0]


@pytest.mark.parametrize("ports", [(), ((80, "TCP", "0.0.0.0"),)], ids=["room", "host port"])
def test_what_pods_take_and_give_back_is_seen(ports: Sequence[HostPort]) -> None:
    """Also a host port that nobody took before."""
    asked = template(*ports)
    stage = Stage(default_profile(), asked)
    stage.remove(stage.place(1, template()))
    for node, passing in ((1, not ports), (2, not ports)):
        pod = stage.place(node, asked)
        assert stage.kept.passing.item(node) is passing
        assert stage.kept.total[stage.kept.passing].tolist() == stage.anew().total[stage.anew().passing].tolist()
        stage.remove(pod)
        assert stage.kept.passing.all()


MIB = 1024**2
ZERO, ASKING = Resources(0, 0), Resources(250, 64 * MIB)
SMALL, LARGE = (template(requests=Resources(50 * times, 64 * MIB * times)) for times in (1, 3))
NOTHING, NONE, DEFAULT = (
    template(requests=ZERO, declared=()),
    template(requests=ZERO),
    template(requests=Resources(100, 200 * MIB)),
)


@pytest.mark.parametrize(
    ("some", "others"),
    [([SMALL] * 3, [LARGE]), ([NOTHING] * 2, [NONE] * 2), ([NOTHING] * 2, [DEFAULT] * 2)],
    ids=["as many pods", "as much that scores go by", "as much"],
)
def test_nodes_of_which_not_all_is_the_same_are_told_apart(
    some: Sequence[PodTemplate], others: Sequence[PodTemplate]
) -> None:
    stage = Stage(default_profile(), template(requests=ASKING), Resources(400, GIB), pods=3)
    found = []
    for what in (some, others):
        there = [stage.place(1, one) for one in what]
        anew = stage.anew()
        found.append((anew.passing.item(1), anew.total.item(1)))
        assert stage.kept.passing.tolist() == anew.passing.tolist()
        assert stage.kept.total[anew.passing].tolist() == anew.total[anew.passing].tolist()
        for pod in there:
            stage.remove(pod)
    assert found[0] != found[1]


def test_a_taint_and_a_cordon_are_seen_and_so_is_their_end() -> None:
    stage = Stage(default_profile(), template())
    for _ in range(2):
        for unschedulable in (True, False):
            stage.state.nodes.set_unschedulable(0, unschedulable, 0)
            stage.kept.update()
            assert stage.kept.passing.tolist() == [not unschedulable, True, True]
        for taints in ({Taint("dedicated", TaintEffect.NO_SCHEDULE)}, set[Taint]()):
            stage.state.nodes.set_taints(0, frozenset(taints), 0)
            stage.kept.update()
            assert stage.kept.passing.tolist() == [not taints, True, True]
