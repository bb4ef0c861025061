"""Two laws in place of one: times of two kinds in one log, as reboots of minutes and repairs of hours.

Maximum likelihood over the share and the parameters of both, with censoring, by scipy's L-BFGS-B from several starts:
the sample cut in two at a quantile, and a law fitted to either side. A mixture is offered where no single law passes a
test of Kolmogorov and Smirnov and two explain the sample far better than the best.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from experiments.fitting.families import EXPONENTIAL, LOGNORMAL, Family
from experiments.fitting.laws import Fit, distances, log_likelihood
from experiments.fitting.lifetimes import Sample
from models.arrays import Floats
from models.distributions import Distribution

FAR_BETTER = 10.0
"""By how much Akaike's criterion must be less: beyond 10 a law has essentially no support (Burnham and Anderson)."""
LIMIT = 1.36
"""Of KS times the root of how many came to an end: 5 % of samples of a known law exceed it, of a fitted law fewer."""
FEWEST = 20
"""Times that came to an end, below which two laws say more than the sample."""
CUTS = (0.25, 0.5, 0.75, 0.9)
LEAST_SHARE = 0.02
MOST = 2000
"""Times that the search sees of a large sample, evenly taken from it."""


@dataclass(frozen=True)
class Mixture:
    """Two laws of one kind, the shorter first, and how well they fit together."""

    shares: tuple[float, float]
    laws: tuple[Distribution, Distribution]
    log_likelihood: float
    aic: float
    ks: float
    ad: float

    @property
    def mean(self) -> float:
        """The mean of both together."""
        return sum(share * law.mean for share, law in zip(self.shares, self.laws, strict=True))


def fits_badly(sample: Sample, fit: Fit | Mixture) -> bool:
    """Whether the sample is not of this law, or mixture, by Kolmogorov and Smirnov."""
    return fit.ks * math.sqrt(max(1, len(sample.seen))) > LIMIT


def mixture(sample: Sample, best: Fit) -> Mixture | None:
    """Two laws where no single one fits; None where `best` does, or two are not far better."""
    if len(sample.seen) < FEWEST or not fits_badly(sample, best):
        return None
    found = [one for family in (EXPONENTIAL, LOGNORMAL) if (one := _mixed(sample, family)) is not None]
    likeliest = min(found, key=lambda one: one.aic, default=None)
    return likeliest if likeliest is not None and likeliest.aic < best.aic - FAR_BETTER else None


def mixed(family: Family) -> Family:
    """The family of mixtures of two: the logit of the first's share, then the parameters of both."""

    def parts(theta: Floats) -> tuple[float, float, Floats, Floats]:
        half = (len(theta) - 1) // 2
        return -math.log1p(math.exp(-theta[0])), -math.log1p(math.exp(theta[0])), theta[1 : half + 1], theta[half + 1 :]

    def density(t: Floats, theta: Floats) -> Floats:
        first, second, p, q = parts(theta)
        return np.logaddexp(first + family.density(t, p), second + family.density(t, q))

    def survival(t: Floats, theta: Floats) -> Floats:
        first, second, p, q = parts(theta)
        return np.logaddexp(first + family.survival(t, p), second + family.survival(t, q))

    return Family(family.law, family.parameters, density, survival)


def _mixed(sample: Sample, family: Family) -> Mixture | None:
    both, few = mixed(family), _thinned(sample)
    searches = [one for cut in CUTS if (one := _search(few, both, _start(few.seen, family, cut))) is not None]
    best = max(searches, key=lambda theta: log_likelihood(few, both, theta), default=None)
    if best is None or (theta := _search(sample, both, best)) is None:
        return None
    share, half = float(special.expit(theta[0])), (len(theta) - 1) // 2
    try:
        laws = family.law(theta[1 : half + 1]), family.law(theta[half + 1 :])
    except (ValueError, OverflowError):
        return None
    if not LEAST_SHARE < share < 1 - LEAST_SHARE:
        return None
    likelihood = log_likelihood(sample, both, theta)
    ks, ad = distances(sample, lambda t: both.survival(t, theta))
    order = (0, 1) if laws[0].mean <= laws[1].mean else (1, 0)
    shares = (share, 1 - share)
    return Mixture(
        (shares[order[0]], shares[order[1]]),
        (laws[order[0]], laws[order[1]]),
        likelihood,
        2 * len(theta) - 2 * likelihood,
        ks,
        ad,
    )


def _thinned(sample: Sample) -> Sample:
    step = max(1, math.ceil(sample.size / MOST))
    return Sample(sample.observed[::step], sample.censored[::step], 0, sample.between[::step])


def _start(seen: Floats, family: Family, cut: float) -> Floats:
    """Laws of the times below and above a quantile, by their logarithms' mean and deviation."""
    at = min(max(2, round(cut * len(seen))), len(seen) - 2)
    halves = []
    for part in (seen[:at], seen[at:]):
        logs = np.log(part)
        spread = max(float(logs.std()), 0.1)
        halves += [math.log(float(part.mean()))] if family is EXPONENTIAL else [float(logs.mean()), math.log(spread)]
    return np.array([math.log(at / (len(seen) - at)), *halves])


def _search(sample: Sample, family: Family, start: Floats) -> Floats | None:
    scale = 1.0 / max(1, sample.size)

    def against(theta: Floats) -> float:
        value = -log_likelihood(sample, family, theta) * scale
        return value if math.isfinite(value) else 1e300

    # A deviation of the logarithm near 0 would make a single time infinitely likely.
    bounds = [(-6.0, 6.0), *((start[i] - 12, start[i] + 12) for i in range(1, len(start)))]
    if len(start) == 5:
        bounds[2] = bounds[4] = (math.log(0.02), math.log(6.0))
    found = optimize.minimize(against, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    return np.asarray(found.x) if math.isfinite(found.fun) and found.fun < 1e300 else None
