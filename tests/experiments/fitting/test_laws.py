import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from experiments.fitting.laws import Fit, NoFit, fits
from experiments.fitting.lifetimes import Sample
from models.distributions import Distribution, Exponential, Gamma, LogNormal, Weibull

LAWS: list[Distribution] = [
    Exponential(3e5),
    Weibull(0.6, 2e5),
    Weibull(2.5, 50.0),
    LogNormal(600.0, 1.4),
    Gamma(0.4, 9e4),
]


def sample(law: Distribution, size: int, censor: Distribution | None, seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    times = np.array([law.sample(rng) for _ in range(size)])
    limits = np.array([censor.sample(rng) for _ in range(size)]) if censor else np.full(size, np.inf)
    return Sample(np.sort(times[times <= limits]), np.sort(limits[times > limits]))


def of(kind: type, found: tuple[Fit, ...]) -> Fit:
    return next(fit for fit in found if type(fit.law) is kind)


@pytest.mark.parametrize("times", [(1.0, 1.0 + 1e-12), (1e-12, 1e15), (5e-324, 1e15)])
def test_times_that_no_law_can_be_fitted_to_are_refused_in_words(times: tuple[float, ...]) -> None:
    with pytest.raises(NoFit, match=r"the times are (all but equal|too much alike|too far apart)"):
        fits(Sample(np.array(times), np.array([])))


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("censored", [False, True])
def test_the_law_behind_a_sample_is_found(law: Distribution, censored: bool) -> None:
    given_sample = sample(law, 4000, Exponential(2 * law.mean) if censored else None, seed=3)
    assert (len(given_sample.censored) > 400) is censored
    found = fits(given_sample)
    fit = of(type(law), found)
    assert fit.aic < found[0].aic + 6  # an exponential is also a Weibull
    for name in law.__dataclass_fields__:  # type: ignore[attr-defined]
        assert getattr(fit.law, name) == pytest.approx(getattr(law, name), rel=0.12)
    assert fit.ks < 1.6 / math.sqrt(len(given_sample.observed))
    assert fit.ad < 6


@pytest.mark.parametrize(
    ("kind", "reference"),
    [(Weibull, stats.weibull_min), (LogNormal, stats.lognorm), (Gamma, stats.gamma), (Exponential, stats.expon)],
)
@pytest.mark.parametrize("censored", [False, True])
def test_the_likelihood_is_scipys_and_no_neighbour_is_likelier(kind: type, reference: object, censored: bool) -> None:
    given_sample = sample(Weibull(0.7, 40.0), 300, Exponential(60.0) if censored else None, seed=8)
    fit = of(kind, fits(given_sample))

    def likelihood(*parameters: float) -> float:
        shapes, scale = parameters[:-1], parameters[-1]
        frozen = reference(*shapes, scale=scale)  # type: ignore[operator]
        return float(frozen.logpdf(given_sample.observed).sum() + frozen.logsf(given_sample.censored).sum())

    law = fit.law
    best: tuple[float, ...]
    match law:
        case Exponential():
            best = (law.mean,)
        case LogNormal():
            best = (law.sigma, law.median)
        case Weibull() | Gamma():
            best = (law.shape, law.scale)
    assert likelihood(*best) == pytest.approx(fit.log_likelihood, rel=1e-9)
    assert fit.aic == pytest.approx(2 * len(best) - 2 * fit.log_likelihood)
    for i in range(len(best)):
        for factor in (0.98, 1.02):
            assert likelihood(*(v * factor if i == j else v for j, v in enumerate(best))) < fit.log_likelihood


def test_without_censoring_the_distances_are_the_textbook_ones() -> None:
    given_sample = sample(Weibull(0.7, 40.0), 200, None, seed=5)
    for fit in fits(given_sample):
        u = np.array([-math.expm1(-fit.law.cumulative_hazard(t)) for t in given_sample.observed])
        n, i = len(u), np.arange(1, len(u) + 1)
        assert fit.ks == pytest.approx(stats.ks_1samp(given_sample.observed, lambda t, u=u: u).statistic)
        log_survival = np.array([-fit.law.cumulative_hazard(t) for t in given_sample.observed])
        expected = -n - np.sum((2 * i - 1) * (np.log(u) + log_survival[::-1])) / n
        assert fit.ad == pytest.approx(float(expected), rel=1e-5)


def test_the_time_unit_changes_neither_the_ranking_nor_the_fit() -> None:
    one = sample(Gamma(0.5, 10.0), 200, Exponential(10.0), seed=2)
    other = Sample(one.observed * 3600, one.censored * 3600)
    for hours, seconds in zip(fits(one), fits(other), strict=True):
        assert type(hours.law) is type(seconds.law)
        assert seconds.law.mean == pytest.approx(3600 * hours.law.mean, rel=1e-5)
        assert seconds.ks == pytest.approx(hours.ks, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(1e-3, 1e9), min_size=2, max_size=20, unique=True),
    st.lists(st.floats(1e-3, 1e9), max_size=5),
)
def test_any_sample_of_different_times_has_fits_that_are_finite(observed: list[float], censored: list[float]) -> None:
    if max(observed) / min(observed) < 1.001:
        return
    found = fits(Sample(np.sort(observed), np.sort(censored)))
    assert len(found) == 4
    for fit in found:
        assert math.isfinite(fit.aic)
        assert 0 <= fit.ks <= 1
        assert fit.ad >= -1e-9
    assert [fit.aic for fit in found] == sorted(fit.aic for fit in found)


@pytest.mark.parametrize("observed", [[], [5.0], [5.0, 5.0]])
def test_less_than_two_different_times_are_no_sample(observed: list[float]) -> None:
    with pytest.raises(NoFit, match="at least two different times"):
        fits(Sample(np.array(observed), np.array([9.0])))
