"""Studies of rare outages that are led to their ends together."""

from collections.abc import Sequence
from typing import cast

from experiments.design.scenario import Scenario
from experiments.rare.replication import RareSpec
from experiments.rare.settings import RareSettings
from experiments.rare.study import Asking, side_by_side
from experiments.store.rare_cell import RareCell


def specs(policy: str, replications: int) -> list[RareSpec]:
    """As many replications, of which nothing matters but whose they are."""
    return [RareSpec(cast(Scenario, policy), "pilot", {"web": RareSettings(0.0)}, k) for k in range(replications)]


class Runner:
    """Runs nothing, and keeps what it was asked for at once."""

    def __init__(self) -> None:
        self.asked: list[list[tuple[str, int]]] = []

    def __call__(self, wanted: Sequence[RareSpec]) -> list[RareCell]:
        self.asked.append([(str(spec.scenario), spec.replication) for spec in wanted])
        return [RareCell(str(spec.scenario), spec.replication, "", "done", "", {}) for spec in wanted]


def asking(policy: str, *rounds: int) -> Asking[list[list[tuple[str, int]]]]:
    """A study that needs so many replications in each round, and returns those that it was sent."""
    came = []
    for replications in rounds:
        cells = yield specs(policy, replications)
        came.append([(cell.policy, cell.replication) for cell in cells])
    return came


def test_what_studies_need_next_is_run_at_once_and_each_gets_its_own() -> None:
    runner = Runner()
    came = side_by_side([asking("a", 2, 1), asking("b"), asking("c", 1, 1, 2)], runner)
    assert runner.asked == [[("a", 0), ("a", 1), ("c", 0)], [("a", 0), ("c", 0)], [("c", 0), ("c", 1)]]
    assert came == [[[("a", 0), ("a", 1)], [("a", 0)]], [], [[("c", 0)], [("c", 0)], [("c", 0), ("c", 1)]]]


def test_a_study_that_needs_none_in_a_round_goes_on_with_none() -> None:
    runner = Runner()
    assert side_by_side([asking("a", 0, 1)], runner) == [[[], [("a", 0)]]]
    assert runner.asked == [[], [("a", 0)]]


def test_without_studies_nothing_is_run() -> None:
    runner = Runner()
    assert side_by_side([], runner) == []
    assert runner.asked == []
