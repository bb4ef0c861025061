"""Clocks that are tilted, forced, and started at an age: what happens is as likely as the weight says."""

import math

import numpy as np
import pytest

from models.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    LogNormal,
    Scaled,
    Uniform,
    Weibull,
)
from simulator.hazards import Clock, Hazards
from simulator.kernel import Kernel

WITH_RATE = {
    "exponential": Exponential(30.0),
    "falling hazard": Weibull(0.6, 20.0),
    "rising hazard": Weibull(3.0, 30.0),
    "lognormal": LogNormal.from_mean(40.0, 0.8),
    "gamma": Gamma(0.7, 30.0),
    "uniform": Uniform(3.0, 40.0),
    "scaled": Scaled(Exponential(5.0), 4.0),
}
WITHOUT_RATE = {"fixed": Fixed(12.0), "empirical": Empirical((1.0, 4.0, 4.0, 9.0, 40.0))}
BY_LAW = pytest.mark.parametrize("law", WITH_RATE.values(), ids=WITH_RATE)
BY_ANY_LAW = pytest.mark.parametrize("law", (WITH_RATE | WITHOUT_RATE).values(), ids=WITH_RATE | WITHOUT_RATE)
MANY, END = 1000, 10.0
TILTS = ((0.0, 3.0), (2.5, 0.4), (6.0, 5.0))
"""(from when on, theta)."""


def one_each(law: Distribution, age: float = 0.0, tilts: tuple[tuple[float, float], ...] = ()) -> tuple[Kernel, list]:
    """Many clocks of this law, each with a registry of its own, run to the end: (fired at or infinity, registry)."""
    kernel, rng = Kernel(0.0, END), np.random.default_rng(7)
    found: list[list] = []
    for _ in range(MANY):
        hazards = Hazards(kernel)
        row: list = [math.inf, hazards]

        def fired(row: list = row) -> None:
            row[0] = kernel.now

        clock = hazards.clock("m", law, rng, fired)
        clock.start(age)
        for time, theta in tilts:
            kernel.timer(time, lambda clock=clock, theta=theta, of=hazards: clock in of.running and clock.tilt(theta))
        found.append(row)
    kernel.run_until(END)
    for _, hazards in found:
        hazards.close()
    return kernel, found


def near(values: np.ndarray, expected: float) -> None:
    error = max(float(values.std(ddof=1)) / math.sqrt(len(values)), 1e-12)
    assert abs(float(values.mean()) - expected) <= 4 * error


def fires_by(law: Distribution, age: float, time: float) -> float:
    """P(a clock of this age fires within so many seconds)."""
    return -math.expm1(law.cumulative_hazard(age) - law.cumulative_hazard(age + time))


@BY_LAW
@pytest.mark.parametrize("age", [0.0, 11.0])
def test_weights_average_to_one_and_give_back_untilted_probabilities(law: Distribution, age: float) -> None:
    _, found = one_each(law, age, TILTS)
    weights = np.array([math.exp(hazards.log_likelihood_ratio) for _, hazards in found])
    times = np.array([time for time, _ in found])
    near(weights, 1.0)
    for time in (5.0, END):
        near(weights * (times <= time), fires_by(law, age, time))


@BY_LAW
def test_a_tilt_that_changes_in_mid_life_is_exact(law: Distribution) -> None:
    _, found = one_each(law, 11.0, TILTS)
    fired = np.array([time < math.inf for time, _ in found], dtype=float)
    edges = [*(time for time, _ in TILTS), END]
    lived = sum(
        theta * (law.cumulative_hazard(11 + until) - law.cumulative_hazard(11 + since))
        for (since, theta), until in zip(TILTS, edges[1:], strict=True)
    )
    near(fired, -math.expm1(-lived))
    # Untilted hazard is what exposure counts, so that in expectation it is that of the weighted firings.
    exposure = [hazards.exposure["m"] for _, hazards in found]
    weights = np.array([math.exp(hazards.log_likelihood_ratio) for _, hazards in found])
    near(weights * np.array([e.fired - e.hazard for e in exposure]), 0.0)


@BY_ANY_LAW
@pytest.mark.parametrize("age", [3.5, 11.0])
def test_a_clock_started_at_an_age_has_survived_to_it(law: Distribution, age: float) -> None:
    _, found = one_each(law, age)
    times = np.array([time for time, _ in found])
    assert all(hazards.log_likelihood_ratio == 0 for _, hazards in found)
    for time in (1.0, 6.0, END):
        near((times <= time).astype(float), fires_by(law, age, time))


def one(law: Distribution) -> tuple[Kernel, Hazards, Clock, list[float]]:
    kernel, log = Kernel(0.0, 100.0), list[float]()
    hazards = Hazards(kernel)
    rng = np.random.default_rng(1)
    return kernel, hazards, hazards.clock("m", law, rng, lambda: log.append(kernel.now)), log


def test_a_clock_that_is_forced_fires_now_and_once_and_costs_no_weight() -> None:
    kernel, hazards, clock, log = one(Exponential(50.0))
    told = []
    hazards.before_fire.append(lambda clock: told.append((clock.mode, clock.age)))
    clock.start(20.0)
    timer = clock.timer
    kernel.run_until(0.5)
    clock.force()
    assert (log, told) == ([0.5], [("m", 20.5)])
    assert timer is not None
    assert timer.call is None
    assert hazards.log_likelihood_ratio == 0
    assert not hazards.running
    kernel.run_until(100.0)
    assert log == [0.5]


def test_a_tilt_ends_where_the_clock_starts_anew() -> None:
    kernel, hazards, clock, _ = one(Exponential(1e9))
    clock.start()
    clock.tilt(1e9)
    assert clock.theta == 1e9
    kernel.run_until(50.0)
    assert clock not in hazards.running
    before = hazards.log_likelihood_ratio
    assert before < -math.log(1e8)
    clock.start()
    assert clock.theta == 1.0
    kernel.run_until(100.0)
    hazards.close()
    assert hazards.log_likelihood_ratio == before


def test_a_clock_beyond_the_end_gets_a_timer_when_it_is_tilted_and_loses_it_when_it_is_not() -> None:
    _, hazards, clock, _ = one(Exponential(1e9))
    clock.start()
    assert clock.timer is None
    clock.tilt(1e9)
    assert clock.timer is not None
    clock.tilt(1.0)
    assert clock.timer is None
    assert hazards.log_likelihood_ratio == 0.0
