"""Bad contents and certificates: the closed forms against small cases that can be worked out by hand."""

import math

import numpy as np
import pytest

from experiments import closed_form as exact

PERIOD, FIXED = (60.0, 90.0), (60.0, 60.0)


def test_the_next_sync_is_half_a_period_away_and_more_as_periods_vary() -> None:
    assert exact.mean_sync(FIXED) == pytest.approx(30.0)
    assert exact.sync_variance(FIXED) == pytest.approx(60.0**2 / 12)
    assert exact.mean_sync(PERIOD) == pytest.approx((75.0**2 + 30.0**2 / 12) / (2 * 75.0))  # E(L^2) / 2 E(L)
    assert exact.sync_variance(PERIOD) == pytest.approx(
        (90**4 - 60**4) / (4 * 30) / (3 * 75) - exact.mean_sync(PERIOD) ** 2
    )


def test_the_outage_of_one_replica_lasts_as_long_as_its_detection() -> None:
    assert exact.mean_hot_outage(1, 1, 600.0, PERIOD) == pytest.approx(600.0)
    assert exact.hot_outage_variance(1, 1, PERIOD) == pytest.approx(2 * exact.sync_variance(PERIOD))


def test_the_first_and_last_of_several_are_the_order_statistics_of_a_uniform_law() -> None:
    n = 4
    spread = 60.0 * (n - 1) / (n + 1)
    assert exact.mean_hot_outage(n, 1, 600.0, FIXED) == pytest.approx(600.0 - spread)
    assert exact.mean_hot_outage(n, n, 600.0, FIXED) == pytest.approx(600.0 + spread)
    assert exact.hot_outage_variance(n, 1, FIXED) == pytest.approx(2 * 60.0**2 * n / ((n + 1) ** 2 * (n + 2)))


def test_a_rollout_loses_no_more_than_what_may_be_unavailable() -> None:
    assert exact.bad_rollout_loss(2, 600.0, 30.0) == 1260.0


def test_a_certificate_that_nobody_rotates_in_time_runs_out_every_time() -> None:
    share = exact.certificate_unavailability(1000.0, 200.0, 100.0, 1.0, 50.0, FIXED)
    assert share == pytest.approx((50.0 + 30.0) / 1050.0)
    assert exact.certificate_unavailability(1000.0, 200.0, 100.0, 0.0, 50.0, FIXED) == 0.0
    assert exact.certificate_variance_rate(1000.0, 200.0, 100.0, 0.0, 50.0, FIXED) == 0.0


def test_each_try_halves_what_is_lost() -> None:
    one, two = (exact.certificate_unavailability(1e6, 2.0, retry, 0.5, 50.0, FIXED) for retry in (2.0, 1.0))
    assert one / two == pytest.approx(2.0, rel=1e-3)


def test_the_variance_is_that_of_cycles_drawn_at_random() -> None:
    law = (1000.0, 250.0, 100.0, 0.6, 80.0, PERIOD)
    rng = np.random.default_rng(7)
    cycles = 200_000
    tries = rng.geometric(0.4, cycles)
    ran_out = tries > math.ceil(250.0 / 100.0)
    repair = rng.exponential(80.0, cycles)
    sync = np.sqrt(rng.uniform(60.0**2, 90.0**2, cycles)) * rng.random(cycles)
    length = np.where(ran_out, 1000.0 + repair, 750.0 + 100.0 * (tries - 1))
    lost = np.where(ran_out, repair + sync, 0.0)
    share = exact.certificate_unavailability(*law)
    surplus = lost - share * length
    rate = exact.certificate_variance_rate(*law)
    assert abs(surplus.mean()) < 4 * surplus.std() / math.sqrt(cycles)
    fourth = (surplus**2).std() / math.sqrt(cycles) / length.mean()
    assert abs((surplus**2).mean() / length.mean() - rate) < 4 * fourth
