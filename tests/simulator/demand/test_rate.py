"""A rate to be asked again and again says what the rate itself says."""

import math

from hypothesis import given
from hypothesis import strategies as st

from models.traffic import RequestRate
from simulator.demand.rate import Rate

TIMES = st.floats(-500.0, 500.0)
LEVELS = st.lists(st.sampled_from((0.0, 1.0, 2.0, 5.0)), min_size=1, max_size=6)


@st.composite
def rates(draw: st.DrawFn) -> RequestRate:
    levels = draw(LEVELS)
    starts = sorted(draw(st.lists(st.integers(0, 90), min_size=len(levels), max_size=len(levels), unique=True)))
    period = draw(st.sampled_from((None, 100.0, 130.0)))
    return RequestRate(tuple((float(at), level) for at, level in zip(starts, levels, strict=True)), period)


@given(rates(), TIMES)
def test_it_is_the_rate(rate: RequestRate, time: float) -> None:
    assert Rate(rate).at(time) == rate.at(time)


def stepped(rate: RequestRate, start: float, end: float) -> list[tuple[float, float]]:
    """The steps strictly within, but the first of all, before which the rate is as after it."""
    times, levels = rate.pieces(start, end)
    found = zip(times.tolist(), levels.tolist(), strict=True)
    first = rate.steps[0][0] if rate.period is None else -math.inf
    return [(time, level) for time, level in found if start < time < end - 1e-6 and time != first]


@given(rates(), TIMES)
def test_nothing_changes_before_the_next_change(rate: RequestRate, time: float) -> None:
    found = Rate(rate).next_change(time)
    assert found > time
    assert stepped(rate, time, min(found, time + 500.0)) == []
    assert not math.isinf(found) or rate.period is None


@given(rates(), TIMES, st.sampled_from((0.0, 0.5, 1.5, 4.0, 5.0)))
def test_no_step_is_above_a_level_before_the_next_that_is(rate: RequestRate, time: float, level: float) -> None:
    found = Rate(rate).next_above(time, level)
    assert [at for at, one in stepped(rate, time, min(found, time + 500.0)) if one > level] == []
    assert math.isinf(found) or rate.at(found + 1e-9) > level


def test_a_constant_rate_never_changes() -> None:
    assert Rate(RequestRate.constant(3.0)).next_change(-5.0) == math.inf
    assert Rate(RequestRate.constant(3.0)).next_above(-5.0, 2.0) == math.inf
