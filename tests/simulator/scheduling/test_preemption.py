"""DefaultPreemption: who has to go, and where."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from models.cluster import Cluster
from models.deployment import Deployment
from models.disruption import PodDisruptionBudget
from models.distributions import Fixed
from models.labels import LabelSelector
from models.node import Node, Resources
from models.pod import Container, PodSpec, PodTemplate
from simulator.placement import Arrival, place
from simulator.scheduling.plugins.default_preemption import DefaultPreemption
from simulator.scheduling.views import RunningPod
from tests.simulator.clusters import Lab, behaviour, cluster, container, nodes
from tests.simulator.clusters import pod as labelled_pod

GIB = 1024**3


@dataclass
class Asked:
    """The pod that wants in."""

    priority: int = 100


@dataclass
class Nodes:
    """Nodes with room for so many pods each; the pod that wants in is one."""

    running: Mapping[int, Sequence[RunningPod]]
    room: int = 2
    disruptions_allowed: Mapping[str, int] = field(default_factory=dict)

    def potential_nodes(self) -> Sequence[int]:
        return list(self.running)

    def pods_on(self, node: int) -> Sequence[RunningPod]:
        return self.running[node]

    def fits_without(self, node: int, uids: Collection[int]) -> bool:
        return len(self.running[node]) - len(uids) < self.room


def pod(uid: int, priority: int = 0, start: float = 0.0, *budgets: str) -> RunningPod:
    return RunningPod(uid, priority, start, budgets)


@pytest.mark.parametrize(
    ("running", "choice"),
    [
        ({0: [pod(1), pod(2, 50)]}, (0, [1])),  # the less important goes
        ({0: [pod(1, 0, 5.0), pod(2, 0, 7.0)]}, (0, [2])),  # the younger goes
        ({0: [pod(1, 100), pod(2, 200)]}, None),  # equals stay
        ({0: [pod(1, 50), pod(2, 50)], 1: [pod(3, 10), pod(4, 60)]}, (1, [3])),  # the lower highest victim
        ({0: [pod(1, 0, 1.0), pod(2, 0, 1.0)], 1: [pod(3, 0, 9.0), pod(4, 0, 9.0)]}, (1, [4])),  # the later start
        ({0: [pod(1), pod(2), pod(5)], 1: [pod(3), pod(4)]}, (1, [4])),  # fewer victims
        ({}, None),
    ],
)
def test_the_choice(running: dict[int, list[RunningPod]], choice: tuple[int, list[int]] | None) -> None:
    assert DefaultPreemption().post_filter(Asked(), Nodes(running)) == choice  # type: ignore[arg-type]


def test_budgets_are_respected_where_that_is_possible() -> None:
    running = {0: [pod(1, 0, 0.0, "web"), pod(2, 99)], 1: [pod(3, 50), pod(4, 60)]}
    for allowed, node in ((0, 1), (1, 0)):
        choice = DefaultPreemption().post_filter(Asked(), Nodes(running, disruptions_allowed={"web": allowed}))  # type: ignore[arg-type]
        assert choice is not None
        assert choice[0] == node


def test_what_would_violate_a_budget_is_let_back_in_first() -> None:
    running = {0: [pod(1, 10, 0.0), pod(2, 0, 0.0, "web")]}
    choice = DefaultPreemption().post_filter(Asked(), Nodes(running, disruptions_allowed={"web": 0}))  # type: ignore[arg-type]
    assert choice == (0, [1])


def test_a_pod_takes_the_place_of_lesser_ones_once_they_are_gone() -> None:
    node = Node("a", Resources(1000, 4 * GIB))

    def sized(cpu: int, priority: int) -> PodTemplate:
        container = Container("c", requests=Resources(cpu), declared=frozenset({"cpu"}))
        return PodTemplate(PodSpec((container,), priority=priority), {"app": "web"})

    arrivals = [
        Arrival("small", sized(250, 0), 4),
        Arrival("large", sized(500, 10), 1, at=10.0),
        Arrival("never", replace(sized(500, 10), spec=replace(sized(500, 10).spec, preempts=False)), 1, at=20.0),
    ]
    placed = place([node], arrivals)
    assert placed.nodes == [0, 0, 0, 0, 0, -1]
    assert placed.waited[4] == pytest.approx(0.0, abs=0.5)
    assert placed.reasons == {5: "0/1 nodes are available: 1 Insufficient cpu."}


def test_two_that_preempt_at_once_make_room_for_both() -> None:
    nodes = [Node(name, Resources(1000, 4 * GIB)) for name in "ab"]
    container = Container("c", requests=Resources(1000), declared=frozenset({"cpu"}))
    low, high = (PodTemplate(PodSpec((container,), priority=p), {"app": "web"}) for p in (0, 10))
    placed = place(nodes, [Arrival("low", low, 2), Arrival("high", high, 3, at=10.0)])
    assert sorted(placed.nodes[2:]) == [-1, 0, 1]


def test_budgets_of_one_name_in_two_namespaces_are_two_budgets() -> None:
    machines = tuple(Node(name, Resources(1000, 4 * GIB), labels={"of": name}) for name in ("strict", "lenient"))
    container = Container("c", requests=Resources(1000), declared=frozenset({"cpu"}))

    def workload(name: str, priority: int, **spec: Any) -> Deployment:
        template = PodTemplate(PodSpec((container,), priority=priority, **spec), {"app": "web"})
        return Deployment("web", template, LabelSelector.of({"app": "web"}), namespace=name)

    lesser = [workload(name, 0, node_selector={"of": name}) for name in ("strict", "lenient")]
    selector = LabelSelector.of({"app": "web"})
    limits = {"strict": {"max_unavailable": 0}, "lenient": {"max_unavailable": 1}}
    budgets = tuple(PodDisruptionBudget("web", selector, name, **limit) for name, limit in limits.items())
    lab = Lab(Cluster(nodes=machines, deployments=tuple(lesser), budgets=budgets))
    lab.apply(workload("more-important", 10), at=10.0)
    lab.run(100.0)
    placed = {pod.pod_class.namespace: pod.node for pod in lab.pods() if pod.node >= 0}
    assert placed == {"strict": 0, "more-important": 1}


def test_room_is_given_to_those_that_wait_once_the_pod_that_it_was_made_for_is_deleted() -> None:
    def asked(name: str, cpu: int, **spec: Any) -> Any:
        return labelled_pod(name, container(cpu=cpu), **spec)

    first, last = asked("first", 2000), asked("last", 2000, termination_grace_period=300.0)
    lab = Lab(cluster(nodes(1), first, last), behaviour=behaviour(stop=Fixed(1000.0)))
    lab.apply(asked("important", 4000, priority=100), at=10.0)
    lab.apply(asked("small", 1500), at=20.0)
    lab.run(60.0)  # the first is gone, the last on its way
    important, small = lab.pods("important") + lab.pods("small")
    assert (important.node, small.node) == (-1, -1)
    lab.delete(important, at=70.0)
    lab.run(71.0)
    assert small.node == 0
