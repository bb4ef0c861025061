"""Levels that wander, and nodes that differ."""

import numpy as np
import pytest
from scipy import stats

from experiments.backtest.levels import SCATTERS, STEPS, of_counts, of_lengths
from experiments.backtest.unequal_nodes import multiples

RNG_DRAWS = 4000


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_rate_without_steps_is_known_as_a_gamma_law_says() -> None:
    levels = of_counts(np.full(8, 5.0), np.full(8, 5.0))
    calm = levels.last[0]
    cdf = np.cumsum(calm)
    for share in (0.025, 0.5, 0.975):
        assert levels.grid[np.searchsorted(cdf, share)] == pytest.approx(
            np.log(stats.gamma.ppf(share, 40) / 40), abs=levels.grid[1] - levels.grid[0]
        )


def test_a_steady_log_is_taken_for_one_and_a_wild_one_is_not() -> None:
    steady = of_counts(np.full(8, 30.0), np.full(8, 30.0)).weight.reshape(len(STEPS), len(SCATTERS))
    assert steady[0, 0] > 0.8
    grows = of_counts(np.array([4, 8, 12, 20, 30, 44, 70, 100.0]), np.full(8, 36.0))
    wild = grows.weight.reshape(len(STEPS), len(SCATTERS))
    assert wild[0].sum() < 0.1
    assert np.exp(grows.draw(RNG_DRAWS, 8, rng())[0][:, 0]).mean() > 1.5  # the last stretches count, not the mean


def test_bursts_show_as_scatter() -> None:
    bursts = of_counts(np.array([5, 60, 5, 4, 55, 6, 5, 62.0]), np.full(8, 25.0))
    assert bursts.weight.reshape(len(STEPS), len(SCATTERS))[:, 0].sum() < 0.01


def test_one_failure_leaves_a_rate_wide_open() -> None:
    level, _ = of_counts(np.eye(8)[0], np.full(8, 1 / 8)).draw(RNG_DRAWS, 1, rng())
    low, high = np.quantile(np.exp(level), [0.025, 0.975])
    assert low < 0.1
    assert high > 3


def test_lengths_that_grew_are_foretold_as_grown() -> None:
    grew = of_lengths(np.full(8, 40.0), np.repeat([0.0, 1.0], 4) - 0.5, 1.0)
    level, _ = grew.draw(RNG_DRAWS, 1, rng())
    assert np.median(level) == pytest.approx(0.5, abs=0.15)


def test_stretches_without_repairs_say_nothing_of_their_length() -> None:
    numbers = np.array([40.0, 0, 0, 0, 0, 0, 0, 0])
    levels = of_lengths(numbers, np.where(numbers > 0, 0.3, 0.0), 1.0)
    assert np.median(levels.draw(RNG_DRAWS, 1, rng())[0]) == pytest.approx(0.3, abs=0.1)


def test_nodes_that_are_alike_are_taken_for_alike() -> None:
    alike = multiples(np.random.default_rng(2).poisson(5.0, 40).astype(float), np.full(40, 5.0), 500, rng())
    assert alike.std(axis=1).mean() < 0.25


def test_nodes_that_differ_keep_their_rates_and_the_fleet_its_own() -> None:
    counts = np.array([20.0, 0, 1, 0, 15, 0, 0, 2])
    expected = np.full(8, counts.sum() / 8)
    found = multiples(counts, expected, 500, rng())
    assert found.mean(axis=0).argsort()[-2:].tolist() == [4, 0]
    assert (found @ expected) == pytest.approx(counts.sum())


def test_a_node_alone_is_the_fleet() -> None:
    assert multiples(np.array([7.0]), np.array([5.0]), 3, rng()).tolist() == [[1.0]] * 3
