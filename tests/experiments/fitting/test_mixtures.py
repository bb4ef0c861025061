import numpy as np
import pytest

from experiments.fitting.laws import fits
from experiments.fitting.lifetimes import Sample
from experiments.fitting.mixtures import mixture
from models.distributions import Exponential


def drawn(seed: int, size: int, share: float, short: float, long: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(size) < share, rng.exponential(short, size), rng.exponential(long, size))


@pytest.mark.parametrize("censored", [False, True])
def test_two_exponential_laws_are_found_again_also_where_times_are_censored(censored: bool) -> None:
    times, limits = drawn(1, 1000, 0.3, 100.0, 9000.0), np.random.default_rng(2).exponential(20_000, 1000)
    if not censored:
        limits = np.full(1000, np.inf)
    sample = Sample(np.sort(times[times <= limits]), np.sort(limits[times > limits]))
    found = mixture(sample, fits(sample)[0])
    assert found is not None
    assert found.shares[0] == pytest.approx(0.3, abs=0.05)
    assert [type(law) for law in found.laws] == [Exponential, Exponential]
    assert [law.mean for law in found.laws] == [pytest.approx(100, rel=0.15), pytest.approx(9000, rel=0.15)]


def test_few_times_are_not_told_apart() -> None:
    sample = Sample(np.sort(drawn(1, 15, 0.5, 1.0, 1e6)), np.array([]))
    assert mixture(sample, fits(sample)[0]) is None


def test_times_between_two_instants_fit_as_those_that_are_known() -> None:
    times = np.random.default_rng(4).exponential(300.0, 500)
    exact = Sample.of((time, time) for time in times)
    stepped = Sample.of((60.0 * (time // 60), 60.0 * (time // 60) + 60) for time in times)
    assert (len(exact.observed), len(stepped.between)) == (500, 500)
    means = [next(fit.law.mean for fit in fits(one) if isinstance(fit.law, Exponential)) for one in (exact, stepped)]
    assert means[0] == pytest.approx(means[1], rel=0.01)


def test_times_that_are_known_well_enough_are_observed_and_what_goes_on_is_censored() -> None:
    sample = Sample.of([(9999.0, 10_001.0), (5.0, np.inf), (0.0, 0.0), (1.0, 3.0)])
    assert sample.observed.tolist() == [10_000.0]
    assert (sample.censored.tolist(), sample.zeros, sample.between.tolist()) == ([5.0], 1, [[1.0, 3.0]])
