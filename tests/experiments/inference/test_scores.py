"""Proper scores against closed forms."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from experiments.inference.scores import crps, interval, interval_score, pit

QUANTILES = (np.arange(20_000) + 0.5) / 20_000
"""Of draws that stand for a law: all alike in probability."""


@pytest.mark.parametrize("y", [-2.0, -0.3, 0.0, 1.0, 3.5])
def test_crps_of_a_normal_law_is_its_closed_form(y: float) -> None:
    """Gneiting et al. 2005: y (2 Phi(y) - 1) + 2 phi(y) - 1 / sqrt(pi)."""
    normal = NormalDist()
    exact = y * (2 * normal.cdf(y) - 1) + 2 * normal.pdf(y) - 1 / math.sqrt(math.pi)
    draws = np.array([normal.inv_cdf(q) for q in QUANTILES])
    assert crps(draws, y) == pytest.approx(exact, abs=2e-4)


@pytest.mark.parametrize("y", [0.0, 0.7, 4.0])
def test_crps_of_an_exponential_law_is_its_closed_form(y: float) -> None:
    """With mean 1: E|X - y| = y + 2 exp(-y) - 1, E|X - X'| = 1."""
    assert crps(-np.log1p(-QUANTILES), y) == pytest.approx(y + 2 * math.exp(-y) - 1.5, abs=5e-4)


def test_crps_does_not_ask_for_an_order_of_the_draws() -> None:
    draws = np.array([3.0, 1.0, 2.0])
    pairs = np.abs(draws[:, None] - draws).mean() / 2
    assert crps(draws, 2.5) == pytest.approx(np.abs(draws - 2.5).mean() - pairs)


def test_crps_of_a_number_is_how_far_it_is_off() -> None:
    assert crps(np.array([7.0]), 4.0) == 3.0


def test_crps_is_least_for_the_law_that_is_true() -> None:
    happened = np.array([NormalDist().inv_cdf(q) for q in QUANTILES[::200]])
    draws = np.array([NormalDist().inv_cdf(q) for q in QUANTILES[::20]])
    mean = {factor: np.mean([crps(draws * factor, y) for y in happened]) for factor in (0.5, 1.0, 2.0)}
    assert min(mean, key=lambda factor: mean[factor]) == 1.0


def test_the_interval_score_is_the_width_and_twenty_or_forty_times_the_miss() -> None:
    assert interval_score(2.0, 5.0, 3.0, 0.95) == 3.0
    assert interval_score(2.0, 5.0, 6.0, 0.95) == pytest.approx(3.0 + 40.0)
    assert interval_score(2.0, 5.0, 1.5, 0.9) == pytest.approx(3.0 + 10.0)


def test_the_interval_of_counts_has_whole_ends() -> None:
    assert interval(np.arange(1, 101).astype(float), 0.9) == (5.0, 95.0)


def test_pit_counts_half_of_the_ties() -> None:
    assert pit(np.array([0.0, 1.0, 1.0, 2.0]), 1.0) == 0.5
    assert pit(np.array([0.0, 1.0]), 5.0) == 1.0
