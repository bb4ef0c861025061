"""Rates of requests, clients, retries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.traffic import Clients, RequestRate, Retries, Traffic

DAILY = RequestRate(((3600.0, 5.0), (7200.0, 1.0)), period=86400.0)


def integral(rate: RequestRate, start: float, end: float) -> float:
    times, rates = rate.pieces(start, end)
    return float(rates @ np.diff(np.append(times, end)))


def test_before_its_first_step_a_rate_is_as_from_the_first_on() -> None:
    rate = RequestRate(((10.0, 2.0), (20.0, 3.0)))
    assert [rate.at(time) for time in (-5.0, 10.0, 19.9, 20.0, 1e9)] == [2.0, 2.0, 2.0, 3.0, 3.0]
    assert [values.tolist() for values in rate.pieces(0.0, 30.0)] == [[0.0, 10.0, 20.0], [2.0, 2.0, 3.0]]


@pytest.mark.parametrize(("time", "rate"), [(0.0, 1.0), (3600.0, 5.0), (7200.0, 1.0), (90000.0, 5.0), (-82800.0, 5.0)])
def test_a_rate_with_a_period_repeats_in_both_directions(time: float, rate: float) -> None:
    assert DAILY.at(time) == rate


def test_pieces_of_a_rate_that_repeats() -> None:
    times, rates = DAILY.pieces(4000.0, 2 * 86400.0)
    assert times.tolist() == [4000.0, 7200.0, 90000.0, 93600.0]
    assert rates.tolist() == [5.0, 1.0, 5.0, 1.0]


@given(st.floats(-1e6, 1e6), st.floats(1.0, 1e6))
def test_pieces_agree_with_the_rate_at_every_time(start: float, length: float) -> None:
    times, rates = DAILY.pieces(start, start + length)
    assert times[0] == start
    middles = (times + np.append(times[1:], start + length)) / 2
    assert rates.tolist() == [DAILY.at(middle) for middle in middles.tolist()]


@given(st.floats(0.1, 100.0), st.floats(0.0, 1.0), st.floats(0.0, 86400.0))
def test_a_wave_keeps_its_integral(mean: float, swing: float, peak_at: float) -> None:
    wave = RequestRate.wave(mean, mean * (1 + swing), peak_at)
    assert integral(wave, 0.0, 86400.0) == pytest.approx(mean * 86400.0)
    quarter = integral(wave, 0.0, 21600.0)
    turn = 2 * math.pi / 86400.0
    exact = mean * 21600.0 + mean * swing / turn * (math.sin(turn * (21600.0 - peak_at)) + math.sin(turn * peak_at))
    assert quarter == pytest.approx(exact, rel=1e-6, abs=1e-6)


def test_attempts_follow_time_outs_and_back_offs_that_double() -> None:
    assert Retries(3, backoff=1.0).delays(0.5) == (0.0, 1.5, 4.0, 8.5)
    assert Retries().delays(0.5) == (0.0,)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RequestRate(()), "at least one step"),
        (lambda: RequestRate(((1.0, 1.0), (1.0, 2.0))), "must increase"),
        (lambda: RequestRate.constant(-1.0), "not negative"),
        (lambda: RequestRate(((0.0, 1.0), (9.0, 1.0)), period=9.0), "within one period"),
        (lambda: RequestRate.wave(1.0, 3.0, 0.0), "2 mean"),
        (lambda: Clients("zone/"), "expected nodes, outside"),
        (lambda: Clients("nodes", 0.0), "weight"),
        (lambda: Retries(-1), "not be negative"),
        (lambda: Traffic("web", RequestRate.constant(1.0), capacity=0.0), "capacity"),
        (lambda: Traffic("web", RequestRate.constant(1.0), clients=()), "nowhere"),
        (lambda: Traffic("web", RequestRate.constant(1.0), timeout=-1.0), "time-out"),
    ],
)
def test_what_cannot_be_is_an_error(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]
