"""Laws of StepFunction, the heart of every availability number."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.step_function import StepFunction, either, lengths, together

END = 50


def step(*pieces: tuple[float, float], end: float = END) -> StepFunction:
    times, values = zip(*pieces, strict=True)
    return StepFunction(np.array(times, dtype=float), np.array(values, dtype=float), end)


def dense(function: StepFunction) -> np.ndarray:
    """The value on every second of [0, END): the obvious, slow form of the same thing."""
    return function.at(np.arange(END) + 0.5)


@st.composite
def functions(draw: st.DrawFn) -> StepFunction:
    times = sorted(draw(st.sets(st.integers(1, END - 1), max_size=10)))
    values = draw(st.lists(st.integers(-3, 3), min_size=len(times) + 1, max_size=len(times) + 1))
    return step(*zip([0, *times], values, strict=True))


levels = st.integers(-4, 4)


@given(functions())
def test_the_mean_is_that_of_every_second(of: StepFunction) -> None:
    assert of.mean() == pytest.approx(dense(of).mean())


@given(functions(), levels)
def test_time_below_and_the_fraction_at_least_make_the_whole(of: StepFunction, level: int) -> None:
    assert of.time_below(level) == pytest.approx(float((dense(of) < level).sum()))
    assert of.fraction_at_least(level) == pytest.approx(1 - of.time_below(level) / of.duration)


@given(functions(), levels)
def test_the_intervals_below_are_apart_and_add_up_to_the_time_below(of: StepFunction, level: int) -> None:
    found = of.intervals_below(level)
    assert found.shape == (len(found), 2)
    assert (found[:, 1] > found[:, 0]).all()
    assert (found[1:, 0] > found[:-1, 1]).all()
    assert float((found[:, 1] - found[:, 0]).sum()) == pytest.approx(of.time_below(level))


@given(functions(), st.integers(0, END - 2), st.integers(2, END))
def test_clipping_keeps_the_values_inside(of: StepFunction, start: int, length: int) -> None:
    end = min(start + length, END)
    clipped = of.clip(float(start), float(end))
    assert (clipped.start, clipped.end) == (start, end)
    inside = np.arange(start, end) + 0.5
    np.testing.assert_array_equal(clipped.at(inside), of.at(inside))


@given(functions(), functions())
def test_the_sum_is_that_of_every_second(one: StepFunction, other: StepFunction) -> None:
    total = one + other
    np.testing.assert_array_equal(dense(total), dense(one) + dense(other))
    assert total.mean() == pytest.approx(one.mean() + other.mean())
    assert (np.diff(total.values) != 0).all()


@given(st.lists(st.tuples(st.integers(-5, END + 5), st.integers(0, 3)), max_size=15))
def test_of_changes_takes_the_last_change_of_every_time(changes: list[tuple[int, int]]) -> None:
    changes.sort(key=lambda change: change[0])
    times = np.array([time for time, _ in changes], dtype=float)
    values = np.array([value for _, value in changes], dtype=float)
    of = StepFunction.of_changes(0.0, 2.0, times, values, END)
    expected = [([2] + [value for time, value in changes if time <= at])[-1] for at in range(END)]
    np.testing.assert_array_equal(dense(of), expected)
    assert (np.diff(of.values) != 0).all()


@pytest.mark.parametrize(
    ("times", "values", "end"),
    [([], [], 1.0), ([0.0], [1.0, 2.0], 1.0), ([0.0, 0.0], [1.0, 2.0], 1.0), ([0.0, 2.0], [1.0, 2.0], 1.0)],
)
def test_times_must_increase_within_the_domain(times: list[float], values: list[float], end: float) -> None:
    with pytest.raises(ValueError, match="times"):
        StepFunction(np.array(times), np.array(values), end)


def test_functions_on_different_domains_cannot_be_added() -> None:
    with pytest.raises(ValueError, match="same domain"):
        step((0, 1)) + step((0, 1), end=END - 1)


def test_an_integral_does_not_depend_on_the_number_of_threads() -> None:
    program = (
        "import numpy as np; from simulator.step_function import StepFunction; rng = np.random.default_rng(1); "
        "print(StepFunction(np.arange(40_000.0), rng.random(40_000), 40_000.5).integral().hex())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).resolve().parents[2],
            env=os.environ | {name: str(threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in (1, 2)
    }
    assert len(answers) == 1


@given(functions(), functions())
def test_two_functions_together_have_the_changes_of_both_and_the_values_of_each(
    one: StepFunction, other: StepFunction
) -> None:
    times, of_one, of_other = together(one, other)
    assert np.array_equal(times, np.union1d(one.times, other.times))
    assert np.array_equal(either(one.times, other.times), times)
    assert (lengths(times, END) * of_one).sum() == pytest.approx(one.integral())
    assert (lengths(times, END) * of_other).sum() == pytest.approx(other.integral())
