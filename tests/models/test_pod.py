"""Effective requests and tolerations."""

import pytest

from models.labels import Operator
from models.node import Resources, Taint, TaintEffect
from models.pod import DEFAULT_MEMORY, Container, NodeSelectorTerm, PodResources, PodSpec, Toleration


def holding(name: str, cpu: int, memory: int = 0, *, sidecar: bool = False, gpu: int = 0) -> Container:
    other = {"gpu": gpu} if gpu else {}
    return Container(name, requests=Resources(cpu, memory, other), restart_policy="Always" if sidecar else None)


MAIN = (holding("a", 100, 10), holding("b", 200, 20))


@pytest.mark.parametrize(
    ("spec", "cpu", "memory"),
    [
        (PodSpec(MAIN), 300, 30),
        (PodSpec(MAIN, (holding("i", 250, 50),)), 300, 50),
        (PodSpec(MAIN, (holding("i", 500), holding("j", 400))), 500, 30),
        (PodSpec(MAIN, (holding("s", 50, sidecar=True),)), 350, 30),
        (PodSpec(MAIN, (holding("s", 50, sidecar=True), holding("i", 400))), 450, 30),
        (PodSpec(MAIN, (holding("i", 400), holding("s", 50, sidecar=True))), 400, 30),
        (PodSpec(MAIN, overhead=Resources(10, 1)), 310, 31),
        (PodSpec(MAIN, (holding("i", 500),), overhead=Resources(10)), 510, 30),
        (PodSpec(()), 0, 0),
    ],
)
def test_the_effective_request_is_that_of_the_scheduler(spec: PodSpec, cpu: int, memory: int) -> None:
    assert spec.requests == Resources(cpu, memory)


def test_other_resources_are_counted_by_name() -> None:
    spec = PodSpec((holding("a", 1, gpu=1), holding("b", 1)), (holding("i", 1, gpu=2),))
    assert spec.requests.other == {"gpu": 2}


TAINT = Taint("key", TaintEffect.NO_SCHEDULE, "value")


@pytest.mark.parametrize(
    ("toleration", "tolerates"),
    [
        (Toleration("key", "value", TaintEffect.NO_SCHEDULE), True),
        (Toleration("key", "other", TaintEffect.NO_SCHEDULE), False),
        (Toleration("key", "value", TaintEffect.NO_EXECUTE), False),
        (Toleration("key", "value"), True),
        (Toleration("key"), True),
        (Toleration("other"), False),
        (Toleration(), True),
        (Toleration("key", ""), False),
    ],
)
def test_a_toleration_matches_as_in_kubernetes(toleration: Toleration, tolerates: bool) -> None:
    assert toleration.tolerates(TAINT) is tolerates


def test_an_empty_node_selector_term_matches_nothing() -> None:
    assert not NodeSelectorTerm().matches({}, "node")


def test_what_the_pod_as_a_whole_requests_replaces_what_its_containers_do() -> None:
    whole = PodResources({"cpu": 1000, "hugepages-2Mi": 4})
    spec = PodSpec(MAIN, (holding("i", 5000),), overhead=Resources(10, 1), resources=whole)
    assert spec.requests == Resources(1010, 31, {"hugepages-2Mi": 4})


def test_no_default_is_assumed_of_a_resource_that_the_pod_as_a_whole_requests() -> None:
    bare = Container("bare")
    assert PodSpec((bare, bare)).scored_requests == Resources(200, 2 * DEFAULT_MEMORY)
    assert PodSpec((bare, bare), resources=PodResources({"cpu": 50})).scored_requests == Resources(
        50, 2 * DEFAULT_MEMORY
    )


def test_containers_and_sidecars_take_host_ports_and_ordinary_init_containers_do_not() -> None:
    def taking(port: int, restart_policy: str | None = None) -> Container:
        return Container("c", host_ports=((port, "TCP", "0.0.0.0"),), restart_policy=restart_policy)

    spec = PodSpec((taking(1),), (taking(2), taking(3, "Always")))
    assert sorted(port for port, *_ in spec.host_ports) == [1, 3]


@pytest.mark.parametrize(
    ("operator", "mine", "theirs", "tolerates"),
    [
        (Operator.GT, "10", "11", True),
        (Operator.GT, "10", "10", False),
        (Operator.GT, "-2", "-1", True),
        (Operator.LT, "10", "9", True),
        (Operator.LT, "10", "10", False),
        (Operator.LT, "10", "09", False),
        (Operator.GT, "10", "+11", False),
        (Operator.GT, "10", "many", False),
        (Operator.GT, "", "11", False),
        (Operator.GT, "10", str(2**63), False),
    ],
)
def test_a_toleration_may_compare_whole_numbers(operator: Operator, mine: str, theirs: str, tolerates: bool) -> None:
    taint = Taint("level", TaintEffect.NO_SCHEDULE, theirs)
    assert Toleration("level", mine, operator=operator).tolerates(taint) is tolerates
    assert not Toleration("other", mine, operator=operator).tolerates(taint)
