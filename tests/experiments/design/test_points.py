"""Axes and points as values."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.design.sweep import Axis, Between, Point, Sweep, Times, shown, written_time
from models.distributions import Exponential, LogNormal
from models.units import parse_duration, parse_percent

MTTF = Axis("node-mttf", "failures[node-crash].timeToFailure.mean", ("7d", "30d"))
ZONES = Axis("zones", "cluster.pools[general].zones", (["a"], ["a", "b"], ["a", "b", "c"]))


def test_a_grid_has_every_value_with_every_other_and_the_last_axis_changes_first() -> None:
    points = Sweep((MTTF, ZONES)).points
    assert len(points) == 6
    assert [point.label for point in points] == [
        f"node-mttf={mttf} zones={zones}" for mttf in ("7d", "30d") for zones in ("a", "a,b", "a,b,c")
    ]
    assert points[4] == Point(4, ("30d", ["a", "b"]), "node-mttf=30d zones=a,b")
    assert points[-1] == points[5]
    with pytest.raises(IndexError):
        points[6]


def test_a_zip_takes_the_first_values_together_then_the_second() -> None:
    points = Sweep((MTTF, Axis("count", "cluster.pools[general].count", (3, 6))), "zip").points
    assert [point.values for point in points] == [("7d", 3), ("30d", 6)]


def test_points_are_made_when_they_are_asked_for() -> None:
    many = Axis("a", "x", tuple(range(1000)))
    points = Sweep((many, Axis("b", "y", many.values), Axis("c", "z", many.values))).points
    assert len(points) == 10**9
    assert points[123_456_789].values == (123, 456, 789)


@pytest.mark.parametrize("method", ["sobol", "latinHypercube"])
def test_a_sample_is_the_same_for_the_same_seed_and_fills_every_axis_evenly(method: str) -> None:
    axes = Axis("a", "x", law=Between(0.0, 1.0)), Axis("b", "y", ("low", "high"))

    def drawn(seed: int) -> list[Point]:
        return list(Sweep(axes, "sample", 16, method, seed).points)  # type: ignore[arg-type]

    assert drawn(1) == drawn(1) != drawn(2)
    numbers = np.array([point.values[0] for point in drawn(1)])
    assert sorted(np.floor(16 * numbers)) == list(range(16))
    assert [point.values[1] for point in drawn(1)].count("low") == 8


def test_what_is_drawn_from_a_law_has_its_quantiles() -> None:
    assert Times(LogNormal(30 * 86400.0, 0.7)).at(0.5) == "30d"
    assert parse_duration(Times(Exponential(3600.0)).at(0.9)) == pytest.approx(3600 * np.log(10), rel=1e-4)


def test_bounds_give_values_of_their_own_kind() -> None:
    assert Between(86400.0, 3 * 86400.0, "duration").at(0.5) == "2d"
    assert Between(60.0, 6000.0, "duration", logarithmic=True).at(0.5) == "10m"
    assert Between(0.01, 0.03, "percent").at(0.5) == "2%"
    assert Between(1.0, 2.0).at(0.25) == 1.25
    dice = Between(1, 6, "whole")
    assert [dice.at((k + 0.5) / 6) for k in range(6)] == [1, 2, 3, 4, 5, 6]
    assert all(isinstance(dice.at(share), int) for share in (1e-12, 1 - 1e-12))
    for low, high, logarithmic in ((2.0, 1.0, False), (0.0, 1.0, True), (1.0, float("inf"), False)):
        with pytest.raises(ValueError, match="bound"):
            Between(low, high, logarithmic=logarithmic)


READ = {"duration": parse_duration, "percent": parse_percent, "number": float, "whole": int}


@pytest.mark.parametrize(
    "bounds",
    [
        Between(100_000.1, 100_000.9),
        Between(-1e6 - 1, -1e6),
        Between(0.9999, 0.999999, "percent"),
        Between(100 * 86400.0, 100 * 86400.0 + 60, "duration", logarithmic=True),
        Between(3599.99, 3600.01, "duration"),
        Between(2**40, 2**40 + 4000, "whole", logarithmic=True),
    ],
)
def test_bounds_that_lie_close_together_give_values_between_them_that_differ(bounds: Between) -> None:
    shares = (np.arange(1000) + 0.5) / 1000
    drawn = [READ[bounds.unit](bounds.at(float(share))) for share in shares]  # type: ignore[operator]
    assert len(set(drawn)) == 1000
    assert drawn == sorted(drawn)
    even = bounds.low + shares * (bounds.high - bounds.low)
    assert np.abs(np.array(drawn) - even).max() < (bounds.high - bounds.low) / 900


@given(st.floats(1e-9, 1e5), st.floats(1e-9, 1.0), st.floats(2.0**-40, 1 - 2.0**-40), st.sampled_from(sorted(READ)))
def test_no_value_is_beyond_its_bounds(low: float, wider: float, share: float, unit: Any) -> None:
    high = low * (1 + wider)
    if unit == "whole":
        low, high = float(math.ceil(low)), float(math.ceil(low) + math.ceil(high))
    bounds = Between(low, high, unit, logarithmic=True)
    value = READ[unit](bounds.at(share))  # type: ignore[operator]
    assert low * (1 - 1e-14) <= value <= high * (1 + 1e-14)


@given(st.floats(1e-6, 1e10))
def test_a_drawn_time_is_written_as_a_file_may_say_it_to_five_digits(seconds: float) -> None:
    assert parse_duration(written_time(seconds)) == pytest.approx(seconds, rel=1e-4)


def test_values_are_told_as_people_write_them() -> None:
    assert [shown(value) for value in ("30d", ["a", "b"], 3, 0.5, None, True, {"kind": "fixed"}, [])] == [
        *("30d", "a,b", "3", "0.5", "null", "true", '{"kind": "fixed"}', "[]")
    ]


def test_a_whole_number_is_told_without_a_point_as_a_column_of_others_may_have_it() -> None:
    assert Sweep((Axis("a", "x", (1.0, 2.5)),)).points[0].label == "a=1"
    assert [shown(value) for value in (-2.0, 1e300, float("inf"))] == ["-2", "1e+300", "Infinity"]
