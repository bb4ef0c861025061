"""Cost against downtime: who is on the frontier, and that every name is read beside its mark."""

import math
from itertools import combinations
from typing import Any

import pytest
from matplotlib import pyplot as plt

from experiments.findings import pareto
from experiments.findings.pareto import Dot
from experiments.inference.estimate import Estimate
from experiments.inference.intervals import Interval
from experiments.plots.pareto import of_search


def candidate(
    name: str, cost: float, seconds: float | None, state: str = "misses", high: float = 1e5
) -> dict[str, Any]:
    low = 0.0 if seconds is None else seconds / 2
    downtime = {"value": seconds, "low": low, "high": high, "confidence": 0.99, "replications": 5, "method": "made up"}
    return {
        "name": name,
        "state": state,
        "costPerYear": {"value": cost, "low": cost * 0.99, "high": cost * 1.01, "method": "made up"},
        "downtimePerYear": {"web": downtime},
        "objectives": [{"service": "web", "metric": "availability", "limit": 0.999}],
    }


SEARCH = {
    "experiment": "made-up",
    "cost": "pod-hours",
    "confidence": 0.95,
    "replications": 40,
    "candidates": [
        candidate("replicas=1 zones=a", 1000.0, 90_000.0),
        candidate("replicas=1 zones=a,b", 1000.0, 85_000.0),
        candidate("replicas=2 zones=a,b", 2000.0, 9000.0, "cheapest"),
        candidate("replicas=2 zones=a", 2000.0, 40_000.0),
        candidate("replicas=3 zones=a,b", 3000.0, None, "beaten", 20_000.0),
        candidate("replicas=3 zones=a", 3001.0, 9500.0, "beaten"),
        {**candidate("replicas=4", 4000.0, None, "beaten"), "downtimePerYear": {}},
    ],
}


def test_the_frontier_is_what_nobody_beats() -> None:
    dots = pareto.of_search(SEARCH, "web")
    assert [dot.name for dot in pareto.frontier(dots)] == ["replicas=1 zones=a,b", "replicas=2 zones=a,b"]


def test_of_equal_ones_the_first_is_on_the_frontier() -> None:
    cost, lost = Interval(1.0, 1.0, 1.0, ""), Estimate(5.0, 1.0, 9.0, 0.95, 3, "", "downtime")
    assert pareto.frontier([Dot("a", cost, lost), Dot("b", cost, lost)]) == [Dot("a", cost, lost)]


def test_a_bound_is_compared_by_its_end() -> None:
    unseen = Estimate(math.nan, 0.0, 7.0, 0.95, 3, "", "downtime")
    assert Dot("a", Interval(1.0, 1.0, 1.0, ""), unseen).lost == 7.0


@pytest.mark.filterwarnings("error")
def test_names_stand_beside_their_marks_and_hide_none() -> None:
    ax = of_search(SEARCH, "web")
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    names = {text.get_text(): text.get_window_extent() for text in ax.texts if text.get_text().startswith("replicas")}
    assert sorted(names) == sorted(of["name"] for of in SEARCH["candidates"][:-1])  # type: ignore[index, call-overload]
    assert not any(one.overlaps(other) for one, other in combinations(names.values(), 2))
    assert any("1 candidate that never ran" in text.get_text() for text in ax.texts)
    plt.close("all")


def test_a_search_without_a_run_is_drawn_as_that() -> None:
    ax = of_search({**SEARCH, "candidates": []}, "")
    assert "no cost of a finished run is known" in [text.get_text() for text in ax.texts]
    plt.close("all")
