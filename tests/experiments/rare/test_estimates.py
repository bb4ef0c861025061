"""What the rows of rare outages tell of what was not met."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from experiments.inference.rare_events import Drift
from experiments.rare.estimates import drift

APART, PAIR, ALL = "node:1x3 zone outage:1x3", "node:1x3 zone outage:1x1 zone outage:2x1", "node:1x3 zone outage:3x1"


def left(layout: str, behind: str = "") -> dict[str, Any]:
    """A degraded period, and what it left behind."""
    return {"layout": layout, "sojourn_layout": behind}


def drifting(layouts: Sequence[str], replicas: float = 3.0, needed: float = 1.0) -> Drift | None:
    rare: list[dict[str, Any]] = [{"replicas": replicas, "needed": needed, "full": 40} for _ in range(2)]
    return drift(rare, [left(layout) for layout in layouts])


def test_replicas_that_come_to_lie_together_and_never_all_of_them_drift() -> None:
    assert drifting([APART, PAIR, APART, ""]) == Drift("zone outage", 2, 3, 80)


def test_replicas_that_were_all_together_after_a_degraded_period_were_met() -> None:
    rare: list[dict[str, Any]] = [{"replicas": 3.0, "needed": 1.0, "full": 40}]
    assert drift(rare, [left(APART), left(PAIR, ALL)]) is None


def test_where_another_number_was_desired_at_times_nothing_is_known() -> None:
    assert drift([{"full": 40}, {"full": 40}], [left(APART), left(PAIR)]) is None


@pytest.mark.parametrize(
    ("layouts", "replicas", "needed"),
    [([APART, APART], 3.0, 1.0), ([PAIR, ALL], 3.0, 1.0), ([APART, PAIR], 3.0, 2.0), ([APART, PAIR], math.nan, 1.0)],
    ids=["they always lie alike", "all did", "two are an outage", "how many there are changes"],
)
def test_else_they_do_not(layouts: list[str], replicas: float, needed: float) -> None:
    assert drifting(layouts, replicas, needed) is None
