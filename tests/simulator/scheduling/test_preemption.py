"""DefaultPreemption: who has to go, and where."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from simulator.scheduling.plugins.default_preemption import DefaultPreemption
from simulator.views import RunningPod


@dataclass
class Asked:
    """The pod that wants in."""

    priority: int = 100


@dataclass
class Nodes:
    """Nodes with room for so many pods each; the pod that wants in is one."""

    running: Mapping[int, Sequence[RunningPod]]
    room: int = 2
    allowed: Mapping[str, int] = field(default_factory=dict)

    def candidates(self) -> Sequence[int]:
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
        choice = DefaultPreemption().post_filter(Asked(), Nodes(running, allowed={"web": allowed}))  # type: ignore[arg-type]
        assert choice is not None
        assert choice[0] == node


def test_what_would_violate_a_budget_is_let_back_in_first() -> None:
    running = {0: [pod(1, 10, 0.0), pod(2, 0, 0.0, "web")]}
    choice = DefaultPreemption().post_filter(Asked(), Nodes(running, allowed={"web": 0}))  # type: ignore[arg-type]
    assert choice == (0, [1])
