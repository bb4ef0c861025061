"""Failure clocks: what they were exposed to balances how often they fired, whatever the law."""

import math
from dataclasses import fields, is_dataclass
from statistics import pvariance

import pytest

import models.distributions
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
from simulator.hazards import Clock, Exposure, Hazards
from simulator.kernel import Kernel
from simulator.streams import Streams

LAWS = {
    "Fixed": (Fixed(10.0), 0.0),
    "Exponential": (Exponential(10.0), 100.0),
    "Weibull, falling hazard": (Weibull(0.6, 10.0), 100 * (math.gamma(1 + 2 / 0.6) - math.gamma(1 + 1 / 0.6) ** 2)),
    "Weibull, rising hazard": (Weibull(3.0, 10.0), 100 * (math.gamma(1 + 2 / 3) - math.gamma(1 + 1 / 3) ** 2)),
    "LogNormal": (LogNormal.from_mean(10.0, 0.8), 100 * math.expm1(0.8**2)),
    "Gamma": (Gamma(0.7, 12.0), 0.7 * 12**2),
    "Uniform": (Uniform(3.0, 20.0), 17**2 / 12),
    "Scaled": (Scaled(Exponential(5.0), 2.0), 100.0),
    "Empirical": (Empirical((1.0, 4.0, 4.0, 9.0, 40.0)), pvariance((1.0, 4.0, 4.0, 9.0, 40.0))),
}
"""Laws of about 10 s, with their variances."""
BY_LAW = pytest.mark.parametrize(("law", "variance"), LAWS.values(), ids=LAWS)


def test_every_law_is_looked_at() -> None:
    known = {
        name
        for name, law in vars(models.distributions).items()
        if isinstance(law, type) and is_dataclass(law) and "cumulative_hazard" in vars(law)
    }
    assert known == {type(law).__name__ for law, _ in LAWS.values()}


def renewals(law: Distribution, clocks: int, end: float, stop_after: Distribution | None = None) -> tuple[int, float]:
    """(fired, exposure) of clocks that start again whenever they fire, or are stopped by something else."""
    kernel = Kernel(0.0, end)
    hazards, streams = Hazards(kernel), Streams(3, 1)

    def start(number: int, clock: Clock | None = None) -> None:
        found = clock or hazards.clock("mode", law, streams.stream(f"{number}"), lambda: start(number, found))
        found.start()
        if stop_after is not None and clock is None:
            other = streams.stream(f"stop/{number}")

            def stop() -> None:
                found.stop()
                found.start()
                kernel.timer(stop_after.sample(other), stop)

            kernel.timer(stop_after.sample(other), stop)

    for number in range(clocks):
        start(number)
    kernel.run_until(end)
    hazards.close()
    exposure = hazards.exposure["mode"]
    assert exposure.seconds == pytest.approx(clocks * end)
    return exposure.fired, exposure.hazard


@BY_LAW
@pytest.mark.parametrize("stop_after", [None, Exponential(7.0), Fixed(8.0)], ids=["never", "sometimes", "early"])
def test_firings_minus_exposure_is_a_martingale(
    law: Distribution, variance: float, stop_after: Distribution | None
) -> None:
    fired, exposure = renewals(law, clocks=40, end=333.3, stop_after=stop_after)
    assert abs(fired - exposure) <= 4 * math.sqrt(max(exposure, 1.0))


@BY_LAW
def test_clocks_fire_as_often_as_renewal_theory_says(law: Distribution, variance: float) -> None:
    clocks, end, mean = 40, 1003.0, law.mean
    fired, _ = renewals(law, clocks, end)
    # The number of renewals is asymptotically normal (Cox 1962).
    expected = clocks * (end / mean + (variance - mean**2) / (2 * mean**2))
    deviation = math.sqrt(clocks * (variance * end / mean**3 + 1))
    assert abs(fired - expected) <= 4 * deviation


def one(law: Distribution, end: float = 100.0) -> tuple[Kernel, Hazards, Clock, list[float]]:
    kernel = Kernel(0.0, end)
    hazards = Hazards(kernel)
    log: list[float] = []
    return kernel, hazards, hazards.clock("m", law, Streams(0, 0).stream("x"), lambda: log.append(kernel.now)), log


def test_a_clock_fires_once_and_can_be_started_again() -> None:
    kernel, hazards, clock, log = one(Fixed(10.0))
    clock.start()
    kernel.run_until(30)
    clock.start()
    kernel.run_until(100)
    assert log == [10.0, 40.0]
    assert (hazards.exposure["m"].fired, hazards.exposure["m"].seconds) == (2, 20.0)


def test_a_stopped_clock_does_not_fire_and_a_new_start_is_at_age_zero() -> None:
    kernel, hazards, clock, log = one(Fixed(10.0))
    clock.start()
    kernel.run_until(9)
    clock.stop()
    clock.stop()
    kernel.run_until(20)
    assert log == []
    clock.start()
    kernel.run_until(100)
    assert log == [30.0]
    assert (hazards.exposure["m"].fired, hazards.exposure["m"].seconds) == (1, 19.0)


def test_a_clock_that_never_ran_was_exposed_to_nothing() -> None:
    kernel, hazards, clock, log = one(Fixed(10.0))
    clock.stop()
    kernel.run_until(100)
    hazards.close()
    assert (log, hazards.exposure["m"].fired, hazards.exposure["m"].hazard) == ([], 0, 0.0)


@pytest.mark.parametrize(("value", "fires"), [(99.999, True), (100.0, True), (100.001, False)])
def test_a_clock_fires_up_to_the_end_of_the_run(value: float, fires: bool) -> None:
    kernel, hazards, clock, log = one(Fixed(value))
    clock.start()
    kernel.run_until(100)
    hazards.close()
    assert bool(log) is fires
    assert hazards.exposure["m"].seconds == pytest.approx(min(value, 100.0))


def test_exposure_is_kept_by_mode() -> None:
    kernel = Kernel(0.0, 50.0)
    hazards = Hazards(kernel)
    for mode, count in (("a", 2), ("b", 3)):
        for i in range(count):
            hazards.clock(mode, Fixed(1e6), Streams(0, 0).stream(f"{mode}/{i}"), lambda: None).start()
    kernel.run_until(50)
    hazards.close()
    assert {mode: exposure.seconds for mode, exposure in hazards.exposure.items()} == {"a": 100.0, "b": 150.0}


def test_the_fields_of_an_exposure_are_those_of_a_run() -> None:
    assert [field.name for field in fields(Exposure)] == ["fired", "hazard", "seconds"]


def test_clocks_that_are_by_hand_fire_only_when_they_are_forced() -> None:
    kernel = Kernel(0.0, 1000.0)
    hazards = Hazards(kernel)
    hazards.by_hand = True
    fired: list[float] = []
    young, old = (
        hazards.clock("m", Fixed(10.0), Streams(0, 0).stream(name), lambda: fired.append(kernel.now), name)
        for name in ("young", "old")
    )
    young.start()
    old.start(age=5.0)
    kernel.run_until(500.0)
    assert fired == []
    young.force()
    assert fired == [500.0]
    assert list(hazards.running) == [old]
