"""What a precision would take."""

import numpy as np
import pytest

from experiments.findings import precision
from experiments.inference import estimate
from experiments.inference.estimate import Estimate
from experiments.inference.sample import Sample
from models.units import YEAR


def observed(outages: int, replications: int, rng: np.random.Generator) -> tuple[Sample, Estimate]:
    """About so many exponential outages of 600 s, in years."""
    owners = np.sort(rng.integers(0, replications, outages))
    lengths = rng.exponential(600.0, outages)
    spans = np.stack((np.zeros(outages), lengths), axis=1)
    downtimes = np.bincount(owners, lengths, replications)
    counts = np.bincount(owners, minlength=replications).astype(float)
    windows = np.full(replications, YEAR)
    found = estimate.availability(downtimes, windows, lengths, 0.95)
    return Sample(np.arange(replications), windows, downtimes, counts, owners, spans), found


@pytest.mark.parametrize("outages", [30, 100, 300])
def test_ten_percent_takes_about_768_exponential_outages(outages: int) -> None:
    rng = np.random.default_rng(3)
    asked = [precision.would_take(*observed(outages, 100, rng), 0.1) or 0 for _ in range(30)]
    assert np.median(asked) * outages / 100 == pytest.approx(768, rel=0.3)


def test_a_wide_precision_still_takes_a_hundred_outages() -> None:
    assert precision.would_take(*observed(20, 100, np.random.default_rng(3)), 5.0) == 500


def test_without_an_outage_it_takes_more_than_a_hundred_at_the_rate_that_is_not_excluded() -> None:
    assert precision.would_take(*observed(0, 100, np.random.default_rng(3)), 0.1) == pytest.approx(
        100 * 100 / 3.0, rel=2e-3
    )


def test_what_is_reached_takes_no_more() -> None:
    of, found = observed(2000, 100, np.random.default_rng(3))
    assert precision.is_reached(of, found, 0.1)
    assert precision.would_take(of, found, 0.1) == 100


def test_a_hundred_outages_are_asked_for_whatever_the_width() -> None:
    of, found = observed(99, 100, np.random.default_rng(3))
    assert not precision.is_reached(of, found, 100.0)


def test_a_service_that_is_never_available_leaves_nothing_to_know() -> None:
    windows = np.full(5, YEAR)
    of = Sample(np.arange(5), windows, windows, np.zeros(5), np.arange(5), np.stack((np.zeros(5), windows), axis=1))
    assert precision.is_reached(of, estimate.availability(windows, windows, of.lengths, 0.95), 0.1)
