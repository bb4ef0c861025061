"""Repairs, as they are and length-biased."""

import math

import numpy as np
import pytest

from models.distributions import Exponential, Fixed, LogNormal
from simulator.kernel import Kernel
from simulator.repairs import Repairs

LAW = LogNormal.from_mean(100.0, 1.0)


def repairs(end: float = 1e9) -> tuple[Kernel, Repairs]:
    kernel = Kernel(0.0, end)
    return kernel, Repairs(kernel)


def test_repairs_are_drawn_from_their_law_and_weigh_nothing() -> None:
    _, found = repairs()
    same = np.random.default_rng(1)
    assert found.draw("m", "a", LAW, np.random.default_rng(1)) == LAW.sample(same)
    assert found.log_likelihood_ratio == 0.0


def test_only_modes_that_are_biased_are_drawn_length_biased_and_their_weights_multiply() -> None:
    _, found = repairs()
    found.biased = {"m"}
    rng = np.random.default_rng(1)
    first, second = found.draw("m", "a", LAW, rng), found.draw("m", "b", LAW, rng)
    found.draw("other", "a", LAW, rng)
    assert found.log_likelihood_ratio == pytest.approx(math.log(LAW.mean / first) + math.log(LAW.mean / second))


def test_a_constant_repair_cannot_be_biased() -> None:
    _, found = repairs()
    found.biased = {"m"}
    assert found.draw("m", "a", Fixed(5.0), np.random.default_rng(1)) == 5.0
    assert found.log_likelihood_ratio == 0.0


def test_weighted_biased_repairs_are_repairs() -> None:
    _, found = repairs()
    found.biased = {"m"}
    rng, law = np.random.default_rng(3), Exponential(10.0)
    late = []
    for _ in range(4000):
        found.log_likelihood_ratio = 0.0
        late.append((found.draw("m", "a", law, rng) > 20) * math.exp(found.log_likelihood_ratio))
    error = float(np.std(late)) / math.sqrt(len(late))
    assert abs(float(np.mean(late)) - math.exp(-2)) <= 4 * error


def test_the_longest_repair_left_is_that_of_the_modes_asked_for() -> None:
    kernel, found = repairs()
    rng = np.random.default_rng(1)
    assert found.longest_left({"m"}) == 0.0
    found.draw("m", "a", Fixed(100.0), rng)
    found.draw("m", "b", Fixed(30.0), rng)
    found.draw("n", "a", Fixed(500.0), rng)
    kernel.run_until(40.0)
    assert found.longest_left({"m"}) == 60.0
    assert found.longest_left({"m", "n"}) == 460.0
    assert found.longest_left(()) == 0.0
    kernel.run_until(200.0)
    assert found.longest_left({"m"}) == 0.0


def test_a_new_repair_of_the_same_takes_the_place_of_the_old() -> None:
    _, found = repairs()
    rng = np.random.default_rng(1)
    found.draw("m", "a", Fixed(100.0), rng)
    found.draw("m", "a", Fixed(30.0), rng)
    assert found.longest_left({"m"}) == 30.0


def test_a_repair_that_waits_is_drawn_at_once_and_begins_later() -> None:
    kernel, found = repairs()
    found.wait("m", "a", (Fixed(60.0), Fixed(40.0)), np.random.default_rng(1))
    kernel.run_until(500.0)
    assert found.longest_left({"m"}) == 100.0
    assert found.longest_left({"other"}) == 0.0
    assert found.begin("m", "a") == 100.0
    kernel.run_until(530.0)
    assert found.longest_left({"m"}) == 70.0
    assert found.log_likelihood_ratio == 0.0


def test_the_sum_of_several_times_is_biased_by_its_length_as_a_whole() -> None:
    _, found = repairs()
    found.biased = {"m"}
    laws, rng = (Fixed(30.0), Exponential(10.0), LAW), np.random.default_rng(4)
    weights = []
    for _ in range(4000):
        found.log_likelihood_ratio = 0.0
        found.wait("m", "a", laws, rng)
        seconds = found.begin("m", "a")
        weights.append(math.exp(found.log_likelihood_ratio))
        assert weights[-1] == pytest.approx(140.0 / seconds)
    # The mean of mean/x under the biased law is 1; so is that of any law's weight.
    assert abs(float(np.mean(weights)) - 1) <= 4 * float(np.std(weights)) / math.sqrt(len(weights))


def test_repairs_may_all_take_a_quantile_of_their_law() -> None:
    _, found = repairs()
    found.quantile = 0.95
    rng = np.random.default_rng(1)
    assert found.draw("m", "a", Exponential(100.0), rng) == pytest.approx(-100.0 * math.log(0.05))
    assert found.draw("m", "b", Fixed(7.0), rng) == 7.0
    found.wait("m", "c", (Fixed(7.0), Exponential(100.0)), rng)
    assert found.begin("m", "c") == pytest.approx(7.0 - 100.0 * math.log(0.05))
    assert rng.random() == np.random.default_rng(1).random()
