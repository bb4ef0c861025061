"""Exact answers, for checking the simulator and for whatever part of a question needs no simulation.

Pure functions of numbers: times in seconds, a year is 365 days, probabilities in [0, 1]. `mttf` is a mean time to
failure, `mttr` a mean time to repair. Where a formula holds for any law with these means, the docstring says so; else
"exponential" or "fixed" is part of the statement. Small probabilities are summed from positive terms, never as 1 - x.
"""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np

YEAR = 365 * 86400.0

# --- one unit --------------------------------------------------------------------------------------------------------


def unavailability(mttf: float, mttr: float) -> float:
    """Long-run share of the time that a unit is down; any laws (renewal theorem, Barlow & Proschan 1975)."""
    return mttr / (mttf + mttr)


def outages_per_year(mttf: float, mttr: float) -> float:
    """Long-run outages a year of one unit; any laws (elementary renewal theorem)."""
    return YEAR / (mttf + mttr)


def point_unavailability(mttf: float, mttr: float, time: float) -> float:
    """P(down at `time`) of an exponential unit that is up at 0: the two-state Markov chain."""
    speed = 1 / mttf + 1 / mttr
    return -unavailability(mttf, mttr) * math.expm1(-speed * time)


def interval_unavailability(mttf: float, mttr: float, horizon: float) -> float:
    """Expected share of [0, horizon] that an exponential unit, up at 0, is down."""
    speed = 1 / mttf + 1 / mttr
    return unavailability(mttf, mttr) * (1 + math.expm1(-speed * horizon) / (speed * horizon))


def weibull_variance(shape: float, mean: float) -> float:
    """Variance of the Weibull law of this shape and mean, in seconds squared."""
    first, second = math.gamma(1 + 1 / shape), math.gamma(1 + 2 / shape)
    return mean**2 * (second / first**2 - 1)


def lognormal_mean(median: float, sigma: float) -> float:
    """Mean of the lognormal law, in seconds."""
    return median * math.exp(sigma**2 / 2)


def lognormal_variance(median: float, sigma: float) -> float:
    """Variance of the lognormal law, in seconds squared."""
    return lognormal_mean(median, sigma) ** 2 * math.expm1(sigma**2)


def downtime_variance_rate(mean_up: float, variance_up: float, mean_down: float, variance_down: float) -> float:
    """Limit of Var[D(T)] / T in seconds, for the downtime D(T) of one unit; any laws with a variance.

    Takács 1957; Barlow & Proschan 1975. It gives acceptance bands: the standard error of the unavailability measured
    over T seconds is sqrt(rate / T). Exponential laws: the variances are the squares of the means.
    """
    return (variance_up * mean_down**2 + variance_down * mean_up**2) / (mean_up + mean_down) ** 3


# --- k of n ----------------------------------------------------------------------------------------------------------


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


# --- the first outage ------------------------------------------------------------------------------------------------


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


# --- a pod on a node -------------------------------------------------------------------------------------------------


def pod_on_node_unavailability(
    pod_mttf: float, restart: float, node_mttf: float, detect_and_tolerate: float, reschedule: float
) -> float:
    """One replica: container crashes restart in place, a lost node moves it; exponential restart with mean `restart`.

    Crashes (exponential) cost `restart`; a node failure (exponential, permanent) costs `detect_and_tolerate` +
    `reschedule` seconds and may strike during a restart. Renewal-reward over the cycle between node failures.
    """
    pod, node, repair = 1 / pod_mttf, 1 / node_mttf, 1 / restart
    up = (node + repair) / (node * (node + pod + repair))
    return 1 - up / (node_mttf + detect_and_tolerate + reschedule)


def pod_on_node_unavailability_fixed_restart(
    pod_mttf: float, restart: float, node_mttf: float, detect_and_tolerate: float, reschedule: float
) -> float:
    """The same as `pod_on_node_unavailability` with a restart of exactly `restart` seconds."""
    pod, node = 1 / pod_mttf, 1 / node_mttf
    up = (1 / (pod + node)) / (1 - pod / (pod + node) * math.exp(-node * restart))
    return 1 - up / (node_mttf + detect_and_tolerate + reschedule)


def mean_downtime_of_a_node_outage(
    outage_mean: float, detect_and_tolerate: float, reschedule: float, restart_on_return: float
) -> float:
    """Seconds that one replica is away when its node has an exponential outage, which may end before the eviction.

    Shorter than `detect_and_tolerate`: the pod restarts on its node. Longer: it is evicted and made again elsewhere.
    """
    evicted = math.exp(-detect_and_tolerate / outage_mean)
    return outage_mean * (1 - evicted) + reschedule * evicted + restart_on_return * (1 - evicted)


def mean_reaction_time(grace: float, heartbeat: float, monitor: float) -> float:
    """Mean seconds from a silent node crash to NotReady: grace - U(0, heartbeat) + U(0, monitor), uniform phases."""
    return grace - heartbeat / 2 + monitor / 2


def reaction_time_variance(heartbeat: float, monitor: float) -> float:
    """Variance of that reaction time, in seconds squared."""
    return (heartbeat**2 + monitor**2) / 12


def mean_time_to_eviction(grace: float, toleration: float, heartbeat: float, monitor: float) -> float:
    """Mean seconds from a silent node crash to the eviction by taint: the reaction, then tolerationSeconds."""
    return mean_reaction_time(grace, heartbeat, monitor) + toleration


def mean_time_to_eviction_before_taints(eviction_timeout: float, heartbeat: float, monitor: float) -> float:
    """The same under the rule before taints: podEvictionTimeout, counted from the last heartbeat that was observed."""
    return eviction_timeout - heartbeat / 2 + monitor / 2


# --- packed, spread, zones -------------------------------------------------------------------------------------------


def any_down(*down: float) -> float:
    """P(at least one of several independent layers is down): a series system."""
    result = 0.0
    for probability in down:
        result += probability - result * probability
    return result


def packed_unavailability(n: int, k: int, node_down: float, pod_down: float) -> float:
    """P(fewer than k of n replicas up), all on one node; any laws, independent repairs."""
    return node_down + (1 - node_down) * fewer_than(k, n, pod_down)


def spread_unavailability(n: int, k: int, node_down: float, pod_down: float) -> float:
    """P(fewer than k of n replicas up), each on its own node; any laws, independent repairs."""
    return fewer_than(k, n, any_down(node_down, pod_down))


def common_cause_unavailability(n: int, beta: float, mttf: float, mttr: float) -> float:
    """P(all n down) when the share `beta` of the failure rate strikes all at once (the beta-factor model)."""
    rate = mttr / mttf
    shared, own = beta * rate / (1 + beta * rate), (1 - beta) * rate / (1 + (1 - beta) * rate)
    return any_down(shared, own**n)


def zones_unavailability(layout: Sequence[int], k: int, zone_down: float, node_down: float, pod_down: float) -> float:
    """P(fewer than k replicas up), layout[i] of them in zone i, each on its own node; any laws, independent repairs."""
    replica_down = any_down(node_down, pod_down)
    terms = []
    for up in product((True, False), repeat=len(layout)):
        weight = math.prod(1 - zone_down if zone else zone_down for zone in up)
        alive = sum(count for count, zone in zip(layout, up, strict=True) if zone)
        terms.append(weight * (fewer_than(k, alive, replica_down) if alive >= k else 1.0))
    return math.fsum(terms)


def mean_capacity(*down: float) -> float:
    """Expected share of the replicas that are up, whatever the layout: the product of the layers' availabilities."""
    return math.prod(1 - probability for probability in down)


# --- the downtime of one year ----------------------------------------------------------------------------------------


def probability_downtime_at_most(budget: float, mttf: float, mttr: float, horizon: float) -> float:
    """P(downtime in [0, horizon] <= budget) of an exponential unit that is up at 0 (Takács 1957).

    n failures fall into horizon - budget seconds of uptime (Poisson), and their repairs fit the budget (gamma).
    """
    from scipy.special import gammainc
    from scipy.stats import poisson

    failures, shares = _failures_before(budget, mttf, horizon)
    fits = np.where(failures > 0, gammainc(np.maximum(failures, 1), budget / mttr), 1.0)
    return math.fsum(poisson.pmf(failures, shares) * fits)


def probability_downtime_above(budget: float, mttf: float, mttr: float, horizon: float) -> float:
    """The complement of `probability_downtime_at_most`, summed directly: tiny probabilities keep their digits."""
    from scipy.special import gammaincc
    from scipy.stats import poisson

    failures, shares = _failures_before(budget, mttf, horizon)
    exceeds = np.where(failures > 0, gammaincc(np.maximum(failures, 1), budget / mttr), 0.0)
    return math.fsum(poisson.pmf(failures, shares) * exceeds)


def _failures_before(budget: float, mttf: float, horizon: float) -> tuple[np.ndarray, float]:
    """All counts of failures that matter, and the mean of their Poisson law."""
    mean = (horizon - budget) / mttf
    return np.arange(math.ceil(mean + 40 * math.sqrt(mean) + 100)), mean


def probability_downtime_at_most_fixed_repair(budget: float, mttf: float, repair: float, horizon: float) -> float:
    """P(downtime in [0, horizon] <= budget), exponential failures, repairs of exactly `repair` seconds; up at 0."""
    from scipy.stats import poisson

    return float(poisson.cdf(math.floor(budget / repair), (horizon - budget) / mttf))


def probability_of_no_downtime(mttf: float, horizon: float) -> float:
    """P(no failure in [0, horizon]) of an exponential unit that is up at 0."""
    return math.exp(-horizon / mttf)


def downtime_quantile(q: float, mttf: float, mttr: float, horizon: float) -> float:
    """The least budget that the downtime in [0, horizon] keeps with probability `q` (0 if q <= P(no downtime))."""
    from scipy.optimize import brentq

    if q <= probability_of_no_downtime(mttf, horizon):
        return 0.0
    return float(
        brentq(
            lambda budget: probability_downtime_at_most(budget, mttf, mttr, horizon) - q,
            0.0,
            horizon,
            xtol=1e-9,
            rtol=1e-14,
        )
    )


def mean_downtime(mttf: float, mttr: float, horizon: float) -> float:
    """E[downtime in [0, horizon]] in seconds, exponential, up at 0."""
    return horizon * interval_unavailability(mttf, mttr, horizon)


def downtime_deviation(mttf: float, mttr: float, horizon: float) -> float:
    """Standard deviation of the downtime in [0, horizon] in seconds, exponential, up at 0.

    E[D^2] = 2 int_0^T P(down at u) int_u^T P(down at v | down at u) dv du, integrated in closed form.
    """
    down, speed = unavailability(mttf, mttr), 1 / mttf + 1 / mttr
    up, decayed = 1 - down, -math.expm1(-speed * horizon)
    forgotten = down**2 * (horizon**2 / 2 - horizon / speed + decayed / speed**2)
    remembered = down * up / speed * (horizon - 2 * decayed / speed + horizon * (1 - decayed))
    return math.sqrt(2 * (forgotten + remembered) - mean_downtime(mttf, mttr, horizon) ** 2)
