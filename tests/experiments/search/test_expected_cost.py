"""Which costs luck changes a little in every run, and which perhaps much in few."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from experiments.design.scenario import Scenario
from experiments.search.expected_cost import is_steady
from models.distributions import Exponential
from models.units import DAY, HOUR
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.operations.drain import Drain
from tests.experiments.rare.systems import kubernetes


@dataclass(frozen=True)
class Foreign:
    """A failure mode or operation of another package."""

    name: str = "foreign"
    changes_nodes: bool = True
    time_to_return: Any = None


def reclaimed(back: float | None) -> SpotReclaim:
    """Once in a month a node, which comes back after so many seconds in the mean."""
    return SpotReclaim("reclaim", Exponential(30 * DAY), time_to_return=None if back is None else Exponential(back))


@pytest.mark.parametrize(
    ("failures", "operations", "steady"),
    [
        ((), (), True),
        ((reclaimed(HOUR),), (), True),
        ((reclaimed(30 * DAY),), (), False),
        ((reclaimed(None),), (), False),
        ((Foreign(),), (), False),
        ((Foreign(changes_nodes=False),), (), True),
        ((), (Foreign(),), False),
        ((), (Drain("drain", at=DAY),), True),
    ],
)
def test_costs_are_steady_where_nodes_are_never_away_for_long(failures: Any, operations: Any, steady: bool) -> None:
    scenario: Scenario = kubernetes(2, nodes=4, life=13 * DAY, days=60)
    assert is_steady(replace(scenario, failures=failures, operations=operations)) is steady
