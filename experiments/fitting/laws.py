"""Maximum-likelihood fits of four laws to right-censored times, and how well each of them fits.

With observed times t, censored times c and times between a and b, the log-likelihood is sum ln f(t) + sum ln S(c) +
sum ln (S(a) - S(b)). Without times that are only known to lie between two, exponential and Weibull have closed forms or
one equation in one unknown, censored or not; lognormal and gamma need a search when times are censored. See Lawless,
Statistical Models and Methods for Lifetime Data (2003).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy import optimize, special, stats

from experiments.fitting.families import FAMILIES, GAMMA, LOGNORMAL, Family
from experiments.fitting.lifetimes import Sample
from models.arrays import Floats
from models.distributions import Distribution, Exponential, Gamma, Weibull

WIDEST = 1e-15
"""The shortest time as a share of the longest: beyond that floating point cannot tell sums of them."""
CONFIDENCE = 0.95
"""Of the intervals of means."""
_SHORTEST = 1e-9
"""Seconds: where a time of zero stands for how little it may be."""
Survival = Callable[[Floats], Floats]
"""ln of the share that lasts longer than each of some times."""


class NoFit(ValueError):
    """A sample from which a law cannot be estimated; the message says why."""


@dataclass(frozen=True)
class Fit:
    """A law with the parameters that make a sample most likely."""

    law: Distribution
    log_likelihood: float
    """Log-likelihood of the sample under the law, times in seconds."""
    aic: float
    """Akaike's information criterion, 2 x parameters - 2 x log-likelihood: the least is the best."""
    ks: float
    """Kolmogorov-Smirnov: the largest distance between the law's distribution function and the sample's."""
    ad: float
    """Anderson-Darling: their squared distance, weighted by 1/(F(1-F)), which makes the tails count."""
    interval: tuple[float, float] = (0.0, math.inf)
    """Of the law's mean, at `CONFIDENCE`: by the curvature of the log-likelihood, on a logarithmic scale."""


def fits(sample: Sample) -> tuple[Fit, ...]:
    """Fits of the four laws, the best by AIC first; raises NoFit if less than two different times were observed."""
    seen = sample.seen
    if len(np.unique(seen)) < 2:
        raise NoFit(f"expected at least two different times (got {len(seen):,} observed)")
    if seen[0] < WIDEST * max(seen[-1], *sample.censored[-1:], 0.0):
        raise NoFit("the times are too far apart for any law: check the shortest and the longest")
    return tuple(sorted((_fitted(sample, fit) for fit in _FITS), key=lambda fit: fit.aic))


def _fitted(sample: Sample, fit: Callable[[Sample], Distribution]) -> Fit:
    try:
        law = fit(Sample(sample.seen, sample.censored))
        family = FAMILIES[type(law)]
        if len(sample.between):
            law = family.law(most_likely(sample, family, family.parameters(law)))
        theta = family.parameters(law)
    except NoFit:
        raise
    except (ValueError, OverflowError):
        name = fit.__name__.strip("_")
        raise NoFit(f"the times are too much alike, or too far apart, for a {name} law") from None
    likelihood = log_likelihood(sample, family, theta)
    ks, ad = distances(sample, lambda t: family.survival(t, theta))
    return Fit(law, likelihood, 2 * len(theta) - 2 * likelihood, ks, ad, _interval_of_mean(sample, family, theta))


def log_likelihood(sample: Sample, family: Family, parameters: Floats) -> float:
    """The log-likelihood of the sample under the family's law with these parameters."""
    total = float(np.sum(family.density(sample.observed, parameters)))
    total += float(np.sum(family.survival(sample.censored, parameters)))
    if len(sample.between):
        low, high = (family.survival(np.maximum(side, _SHORTEST), parameters) for side in sample.between.T)
        gap = np.minimum(high - low, -1e-300)
        total += float(np.sum(low + np.log(-np.expm1(gap))))
    return total


def _interval_of_mean(sample: Sample, family: Family, theta: Floats) -> tuple[float, float]:
    """By the observed information and the delta method; from 0 to infinity where the likelihood has no such peak."""
    steps = np.eye(len(theta)) * 1e-3

    def curvature(i: int, j: int) -> float:
        signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
        return sum(a * b * log_likelihood(sample, family, theta + a * steps[i] + b * steps[j]) for a, b in signs) / (
            4e-6
        )

    def log_mean(at: Floats) -> float:
        return math.log(family.law(at).mean)

    try:
        information = -np.array([[curvature(i, j) for j in range(len(theta))] for i in range(len(theta))])
        slope = np.array([(log_mean(theta + step) - log_mean(theta - step)) / 2e-3 for step in steps])
        variance = float(slope @ np.linalg.solve(information, slope))
        mean = family.law(theta).mean
        if not (variance > 0 and math.isfinite(variance)):
            return 0.0, math.inf
        factor = math.exp(NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * math.sqrt(variance))
        return mean / factor, mean * factor
    except (ValueError, OverflowError, np.linalg.LinAlgError):
        return 0.0, math.inf


def _exponential(sample: Sample) -> Distribution:
    return Exponential(float(sample.observed.sum() + sample.censored.sum()) / len(sample.observed))


def _weibull(sample: Sample) -> Distribution:
    largest = float(np.concatenate([sample.observed, sample.censored]).max())
    times = np.concatenate([sample.observed, sample.censored]) / largest  # powers of at most 1 do not overflow
    logs = np.log(times)
    target = float(np.log(sample.observed / largest).mean())

    def score(shape: float) -> float:
        powers = times**shape
        return float((powers * logs).sum() / powers.sum() - 1 / shape - target)

    high = 1.0
    while score(high) < 0:
        high *= 2
        if high > 1e6:
            raise NoFit("the times are all but equal")
    low = high
    while score(low) > 0:
        low /= 2
    k = float(optimize.brentq(score, low, high, xtol=1e-12))
    scale = float(largest * ((times**k).sum() / len(sample.observed)) ** (1 / k))
    return Weibull(k, scale)


def _lognormal(sample: Sample) -> Distribution:
    logs = np.log(sample.observed)
    start = np.array([float(logs.mean()), math.log(float(logs.std()))])
    return LOGNORMAL.law(most_likely(sample, LOGNORMAL, start) if len(sample.censored) else start)


def _gamma(sample: Sample) -> Distribution:
    mean = float(sample.observed.mean())
    gap = math.log(mean) - float(np.log(sample.observed).mean())
    # ln k - digamma(k) falls from infinity to 0; it lies between 1/2k and 1/k.
    shape = float(
        optimize.brentq(lambda k: math.log(k) - float(special.digamma(k)) - gap, 0.4 / gap, 1.1 / gap, xtol=1e-14)
    )
    if not len(sample.censored):
        return Gamma(shape, mean / shape)
    return GAMMA.law(most_likely(sample, GAMMA, np.log([shape, mean / shape])))


_FITS = (_exponential, _weibull, _lognormal, _gamma)


def most_likely(sample: Sample, family: Family, start: Floats) -> Floats:
    """The parameters of the family that make the sample most likely; raises NoFit if the search does not end."""

    def against(parameters: Floats) -> float:
        if np.max(np.abs(parameters)) > 100:  # e^100: nobody's shape or scale
            return math.inf
        value = -log_likelihood(sample, family, parameters)
        return value if math.isfinite(value) else math.inf

    near = 1e-6 if len(sample.between) else 1e-9  # differences of survival have fewer digits
    search = optimize.minimize(
        against, start, method="Nelder-Mead", options={"xatol": near, "fatol": near, "maxiter": 1000 * len(start)}
    )
    if not search.success:
        raise NoFit(f"the search for the likeliest parameters did not end: {search.message}")
    return np.asarray(search.x)


def distances(sample: Sample, log_survival: Survival) -> tuple[float, float]:
    """(Kolmogorov-Smirnov, Anderson-Darling) from the sample, which is the Kaplan-Meier estimate if times are censored.

    Times that lie between two stand in the middle.

    Between two observed times the sample's distribution function is a constant c, so the integral of
    (c-u)^2/(u(1-u)) = c^2/u + (1-c)^2/(1-u) - 1 over the law's u there is elementary.
    """
    estimate = stats.ecdf(stats.CensoredData(uncensored=sample.seen, right=sample.censored)).cdf
    jumps = np.diff(estimate.probabilities, prepend=0.0) > 0
    times, steps = estimate.quantiles[jumps], estimate.probabilities[jumps]
    log_s = log_survival(times)
    below, above = np.maximum(-np.expm1(log_s), 1e-300), np.exp(np.maximum(log_s, -690.0))  # both keep their digits
    before = np.concatenate([[0.0], steps[:-1]])
    ks = float(np.max(np.maximum(np.abs(steps - below), np.abs(before - below))))
    # Up to the first failure, then from each failure to the next.
    ad = np.log(1 / above[0]) - below[0]
    c = steps[:-1]
    ad += np.sum(c**2 * np.log(below[1:] / below[:-1]) + (1 - c) ** 2 * np.log(above[:-1] / above[1:]) - np.diff(below))
    if steps[-1] > 1 - 1e-12:  # else nothing is known beyond the last failure
        ad += np.log(1 / below[-1]) - above[-1]
    return ks, float(sample.size * ad)
