"""Maximum-likelihood fits of four laws to right-censored times, and how well each of them fits.

With observed times t and censored times c, the log-likelihood is sum ln f(t) + sum ln S(c). Exponential and Weibull
have closed forms or one equation in one unknown, censored or not; lognormal and gamma need a search when times are
censored. See Lawless, Statistical Models and Methods for Lifetime Data (2003).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from experiments.fitting.lifetimes import Sample
from models.arrays import Floats
from models.distributions import Distribution, Exponential, Gamma, LogNormal, Weibull

WIDEST = 1e-15
"""The shortest time as a share of the longest: beyond that floating point cannot tell sums of them."""


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


def fits(sample: Sample) -> tuple[Fit, ...]:
    """Fits of the four laws, the best by AIC first; raises NoFit if less than two different times were observed."""
    if len(np.unique(sample.observed)) < 2:
        raise NoFit(f"expected at least two different times (got {len(sample.observed):,} observed)")
    if sample.observed[0] < WIDEST * max(sample.observed[-1], *sample.censored[-1:], 0.0):
        raise NoFit("the times are too far apart for any law: check the shortest and the longest")
    fitted = []
    for fit in (_exponential, _weibull, _lognormal, _gamma):
        try:
            law, parameters, density, survival = fit(sample)
        except NoFit:
            raise
        except (ValueError, OverflowError):
            name = fit.__name__.strip("_")
            raise NoFit(f"the times are too much alike, or too far apart, for a {name} law") from None
        likelihood = float(np.sum(density(sample.observed)) + np.sum(survival(sample.censored)))
        ks, ad = _distances(sample, survival)
        fitted.append(Fit(law, likelihood, 2 * parameters - 2 * likelihood, ks, ad))
    return tuple(sorted(fitted, key=lambda fit: fit.aic))


Logarithm = Callable[[Floats], Floats]
Fitted = tuple[Distribution, int, Logarithm, Logarithm]
"""A law, how many parameters it has, ln of its density, ln of its survival function."""


def _exponential(sample: Sample) -> Fitted:
    mean = float(sample.observed.sum() + sample.censored.sum()) / len(sample.observed)
    return Exponential(mean), 1, lambda t: -t / mean - math.log(mean), lambda t: -t / mean


def _weibull(sample: Sample) -> Fitted:
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
    log_front = math.log(k / scale)
    return (
        Weibull(k, scale),
        2,
        lambda t: log_front + (k - 1) * np.log(t / scale) - (t / scale) ** k,
        lambda t: -((t / scale) ** k),
    )


def _lognormal(sample: Sample) -> Fitted:
    logs = np.log(sample.observed)

    def density(t: Floats, mu: float, sigma: float) -> Floats:
        z = (np.log(t) - mu) / sigma
        return np.asarray(-z * z / 2 - np.log(t * sigma) - math.log(2 * math.pi) / 2)

    def survival(t: Floats, mu: float, sigma: float) -> Floats:
        return np.asarray(special.log_ndtr((mu - np.log(t)) / sigma))

    mu, sigma = float(logs.mean()), float(logs.std())
    if len(sample.censored):
        mu, log_sigma = _most_likely(
            sample,
            lambda t, p: density(t, p[0], math.exp(p[1])),
            lambda t, p: survival(t, p[0], math.exp(p[1])),
            (mu, math.log(sigma)),
        )
        sigma = math.exp(log_sigma)
    return LogNormal(math.exp(mu), sigma), 2, lambda t: density(t, mu, sigma), lambda t: survival(t, mu, sigma)


def _gamma(sample: Sample) -> Fitted:
    mean = float(sample.observed.mean())
    gap = math.log(mean) - float(np.log(sample.observed).mean())
    # ln k - digamma(k) falls from infinity to 0; it lies between 1/2k and 1/k.
    shape = float(
        optimize.brentq(lambda k: math.log(k) - float(special.digamma(k)) - gap, 0.4 / gap, 1.1 / gap, xtol=1e-14)
    )
    scale = mean / shape

    def density(t: Floats, shape: float, scale: float) -> Floats:
        x = t / scale
        return np.asarray((shape - 1) * np.log(x) - x - math.lgamma(shape) - math.log(scale))

    def survival(t: Floats, shape: float, scale: float) -> Floats:
        x = t / scale
        upper = special.gammaincc(shape, x)
        far = (shape - 1) * np.log(x) - x - math.lgamma(shape)  # where it is too small for a float
        return np.where(upper > 0, np.log(np.where(upper > 0, upper, 1.0)), far)

    if len(sample.censored):
        found = _most_likely(
            sample,
            lambda t, p: density(t, math.exp(p[0]), math.exp(p[1])),
            lambda t, p: survival(t, math.exp(p[0]), math.exp(p[1])),
            (math.log(shape), math.log(scale)),
        )
        shape, scale = math.exp(found[0]), math.exp(found[1])
    return Gamma(shape, scale), 2, lambda t: density(t, shape, scale), lambda t: survival(t, shape, scale)


def _most_likely(
    sample: Sample,
    density: Callable[[Floats, Floats], Floats],
    survival: Callable[[Floats, Floats], Floats],
    start: tuple[float, float],
) -> tuple[float, float]:
    """The two parameters, on the whole line, that make the sample most likely."""

    def against(parameters: Floats) -> float:
        if np.max(np.abs(parameters)) > 100:  # e^100: nobody's shape or scale
            return math.inf
        return -float(density(sample.observed, parameters).sum() + survival(sample.censored, parameters).sum())

    search = optimize.minimize(
        against, np.array(start), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 2000}
    )
    if not search.success:
        raise NoFit(f"the search for the likeliest parameters did not end: {search.message}")
    return float(search.x[0]), float(search.x[1])


def _distances(sample: Sample, log_survival: Logarithm) -> tuple[float, float]:
    """(Kolmogorov-Smirnov, Anderson-Darling) from the sample, which is the Kaplan-Meier estimate if times are censored.

    Between two observed times the sample's distribution function is a constant c, so the integral of
    (c-u)^2/(u(1-u)) = c^2/u + (1-c)^2/(1-u) - 1 over the law's u there is elementary.
    """
    estimate = stats.ecdf(stats.CensoredData(uncensored=sample.observed, right=sample.censored)).cdf
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
