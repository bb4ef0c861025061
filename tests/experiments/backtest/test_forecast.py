"""Forecasts of the second half."""

import numpy as np
import pytest

from experiments.backtest.bootstrap import fitted, resampled
from experiments.backtest.forecast import exponential, forecast
from experiments.backtest.halves import Halves, halves
from experiments.backtest.hazards import hazards
from experiments.backtest.second_half import Course, simulated
from experiments.file.outages import Outage, OutageLog
from experiments.inference.scores import interval
from models.distributions import Exponential, LogNormal, Weibull
from simulator.streams import Streams

DAY = 86400.0


def cut(*outages: tuple[str, float, float | None], until: float = 100.0, nodes: int | None = None) -> Halves:
    """A log in days, from 0 on."""
    rows = [
        Outage(node, begin * DAY, None if end is None else end * DAY, line)
        for line, (node, begin, end) in enumerate(outages, start=2)
    ]
    log = OutageLog("log.csv", tuple(rows))
    return halves(log, observed_from=0.0, observed_until=until * DAY, nodes=nodes)


def test_an_outage_alone_is_foretold_to_come_again_a_few_times_or_never() -> None:
    """Its node began to be observed with it, so no up-time is known; the rate is, within a lot."""
    for begin in (0.0, 20.0):
        halved = cut(("a", begin, begin + 0.1))
        found = forecast(halved, Streams(1, 0))
        low, high = interval(found.downs.counts(found.draws), 0.95)
        assert low == 0
        assert 3 <= high <= 15
        assert interval(found.downs.availabilities(found.draws, 1, halved.length), 0.95)[0] > 0.5


def test_few_up_times_have_one_law_and_few_repairs_a_lognormal_one() -> None:
    first = cut(("a", 10, 10.1), ("b", 30, 30.2), ("a", 44, 44.3)).first
    ups, repairs = zip(*resampled(first, 5, np.random.default_rng(1)), strict=True)
    assert set(ups) == {fitted(first)[0]}
    assert isinstance(ups[0], Exponential)
    assert len(set(repairs)) > 1
    assert all(isinstance(law, LogNormal) for law in repairs)


def test_repairs_that_take_no_time_take_none() -> None:
    found = forecast(cut(("a", 10, 10), ("b", 30, 30), ("a", 44, 44)), Streams(1, 0))
    assert found.downs.counts(found.draws).mean() > 1
    assert (found.downs.end == found.downs.begin).all()


def test_a_node_that_is_down_at_the_split_is_down_at_first() -> None:
    found = forecast(cut(("a", 10, 11), ("a", 49, 60), ("b", 20, 21)), Streams(1, 0))
    first = ~found.downs.new
    assert first.sum() == found.draws
    assert (found.downs.begin[first] == 50 * DAY).all()


def test_a_fleet_that_grew_worse_is_foretold_to_stay_so() -> None:
    early = [(f"n{i}", 2.0 + 4 * i, 2.1 + 4 * i) for i in range(9)]
    late = [(f"n{i % 9}", 38 + 0.3 * i, 38.05 + 0.3 * i) for i in range(39)]
    halved = cut(*early, *late)
    own, naive = forecast(halved, Streams(1, 0)), exponential(halved, Streams(1, 0))
    assert np.median(own.downs.counts(own.draws)) > 1.3 * np.median(naive.downs.counts(naive.draws))


def test_the_simulated_second_half_is_that_of_the_laws() -> None:
    """As many outages as renewal theory says, and the availability of MTTF and MTTR, over a long time."""
    first = cut(("a", 10, 11), nodes=3, until=100).first
    course = Course(np.ones((200, 3)), np.ones((200, 2)), np.ones((200, 2)))
    edges = np.array([50, 1050, 2050]) * DAY
    up, repair = Weibull.from_mean(0.7, 9 * DAY), Exponential(DAY)
    found = simulated(first, edges, hazards(up), hazards(repair), course, 0.0, np.random.default_rng(3))
    assert found.counts(200).mean() == pytest.approx(600, rel=0.02)
    assert found.availabilities(200, 3, 2000 * DAY).mean() == pytest.approx(0.9, abs=0.004)


def test_rates_and_lengths_are_those_of_the_stretch() -> None:
    first = cut(("a", 10, 11), nodes=2).first
    course = Course(np.array([[1.0, 3.0]] * 300), np.array([[1.0, 4.0]] * 300), np.array([[1.0, 0.1]] * 300))
    edges = np.array([50, 250, 450]) * DAY
    laws = hazards(Exponential(20 * DAY)), hazards(Exponential(0.1 * DAY))
    found = simulated(first, edges, *laws, course, 0.0, np.random.default_rng(4))
    late = found.begin >= 250 * DAY
    for node, rate in ((0, 1), (1, 3)):
        for when, times in ((~late, 1), (late, 4)):
            assert (when & (found.node == node)).sum() / 300 == pytest.approx(10 * rate * times, rel=0.08)
    assert (found.end - found.begin)[late].mean() == pytest.approx(0.01 * DAY, rel=0.05)
