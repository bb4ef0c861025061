"""k of n units: long-run figures, and the first outage."""

import math

import numpy as np

from experiments.closed_form.units import outages_per_year, unavailability
from models.units import YEAR


def fewer_than(k: int, n: int, down: float) -> float:
    """P(fewer than `k` of `n` independent units are up), each down with probability `down`."""
    return math.fsum(math.comb(n, up) * (1 - down) ** up * down ** (n - up) for up in range(k))


def k_of_n_unavailability(n: int, k: int, mttf: float, mttr: float) -> float:
    """Long-run P(fewer than k of n up), every unit with its own repair; any laws."""
    return fewer_than(k, n, unavailability(mttf, mttr))


def k_of_n_outages_per_year(n: int, k: int, mttf: float, mttr: float) -> float:
    """Long-run outages a year of k of n, every unit with its own repair; any laws (Birnbaum importance x rate)."""
    down = unavailability(mttf, mttr)
    pivotal = math.comb(n - 1, k - 1) * (1 - down) ** (k - 1) * down ** (n - k)
    return n * pivotal * outages_per_year(mttf, mttr)


def k_of_n_mean_outage(n: int, k: int, mttf: float, mttr: float) -> float:
    """Mean length of an outage of k of n in seconds, every unit with its own repair; any laws: U / frequency."""
    return k_of_n_unavailability(n, k, mttf, mttr) * YEAR / k_of_n_outages_per_year(n, k, mttf, mttr)


def k_of_n_unavailability_with_crews(n: int, k: int, mttf: float, mttr: float, crews: int) -> float:
    """Long-run P(fewer than k of n up), at most `crews` units repaired at once; exponential (birth-death chain)."""
    weights = [1.0]
    for failed in range(n):
        weights.append(weights[-1] * (n - failed) / mttf / (min(failed + 1, crews) / mttr))
    return math.fsum(weights[n - k + 1 :]) / math.fsum(weights)


def mean_time_to_first_outage(n: int, k: int, mttf: float, mttr: float, crews: int) -> float:
    """Seconds until fewer than k of n are up for the first time, all up at 0; exponential, at most `crews` repairs.

    First passage of a birth-death chain: the time from i to i + 1 failed units obeys
    t_i = 1/birth_i + (death_i/birth_i) t_{i-1} (Karlin & Taylor 1975).
    """
    total = step = 0.0
    for failed in range(n - k + 1):
        birth, death = (n - failed) / mttf, min(failed, crews) / mttr
        step = 1 / birth + death / birth * step
        total += step
    return total


def probability_of_an_outage(n: int, k: int, mttf: float, mttr: float, crews: int, horizon: float) -> float:
    """P(fewer than k of n are up at some time in [0, horizon]), all up at 0; exponential, at most `crews` repairs.

    The transient probability of the absorbing state of the birth-death chain.
    """
    from scipy.linalg import expm

    states = n - k + 2
    generator = np.zeros((states, states))
    for failed in range(states - 1):
        generator[failed, failed + 1] = (n - failed) / mttf
        if failed:
            generator[failed, failed - 1] = min(failed, crews) / mttr
        generator[failed, failed] = -generator[failed].sum()
    return float(expm(generator * horizon)[0, -1])


def mean_regeneration_cycle(n: int, mttf: float, mttr: float) -> float:
    """Mean seconds between moments when the last of n units comes back; exponential lives, any law of repairs.

    All n are up for mttf / n seconds of a cycle, and for the share A^n of the time.
    """
    return mttf / n / (1 - unavailability(mttf, mttr)) ** n
