"""Effective requests and tolerations."""

import pytest

from models.node import Resources, Taint, TaintEffect
from models.pod import Container, NodeSelectorTerm, PodSpec, Toleration


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
