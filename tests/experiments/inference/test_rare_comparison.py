"""Differences of policies of which one or both are estimated by rare outages."""

import math

import numpy as np
import pytest

from experiments.inference import rare_events
from experiments.inference.comparison import Versus, compare
from experiments.inference.estimate import Estimate
from experiments.inference.rare_comparison import RarePair
from models.arrays import Floats
from models.units import YEAR
from tests.experiments.inference.test_comparison import LUCK, sample


def share(lost: float, error: float) -> Estimate:
    """An availability with a normal interval at 95 % and this standard error."""
    low, high = lost - 1.959964 * error, lost + 1.959964 * error
    return Estimate(1 - lost, 1 - high, 1 - low, 0.95, 40, "rare outages", lost=(lost, low, high))


def apart(mine: Estimate, other: Estimate, outages: int = 1000) -> Versus:
    return Versus(sample([]), sample([]), rare=RarePair(mine, other, outages))


def rare(mine: Floats, other: Floats) -> RarePair:
    of, its = (rare_events.estimate(values, 0.95) for values in (mine, other))
    return RarePair(share(of.value, of.error), share(its.value, its.error), 1000, (mine, other))


def test_independent_estimates_differ_by_the_root_of_the_sum_of_their_squares() -> None:
    found = compare({"": apart(share(5e-9, 3e-10), share(4e-9, 4e-10))}, 0.95)[""]
    of = found.difference
    assert (of.value, of.high - of.value) == pytest.approx((1e-9 * YEAR, 1.959964 * 5e-10 * YEAR))
    assert (found.p, found.adjusted) == pytest.approx((0.0455, 0.0455), rel=1e-3)  # z is 2
    assert (found.paired, found.stars) == (False, "*")


def test_an_independent_p_and_its_interval_agree() -> None:
    for error in (1e-10, 3e-10, 5e-10, 6e-10, 8e-10):
        found = compare({"": apart(share(5e-9, error), share(4e-9, 4e-10))}, 0.95)[""]
        assert (found.p < 0.05) == found.excludes_zero


def test_independent_estimates_from_few_outages_are_not_resolved() -> None:
    assert not compare({"": apart(share(5e-9, 1e-10), share(1e-9, 1e-10), 19)}, 0.95)[""].resolved


def test_each_kind_of_pair_has_its_part_of_the_errors() -> None:
    clear, open_ = apart(share(5e-9, 3e-10), share(4e-9, 4e-10)), apart(share(5e-9, 9e-10), share(4e-9, 4e-10))
    luckier = Versus(sample([(r, start, end - 10.0 - r % 3) for r, start, end in LUCK]), sample(LUCK))
    alone = compare({"paired": luckier}, 0.95)["paired"]
    together = compare({"clear": clear, "paired": luckier, "open": open_}, 0.95)
    assert list(together) == ["clear", "paired", "open"]
    assert together["paired"].adjusted == pytest.approx(3 * alone.adjusted)
    assert together["clear"].adjusted == pytest.approx(2 * together["clear"].p * 3 / 2)  # Holm, and two of three
    assert together["open"].adjusted == pytest.approx(together["open"].p * 3 / 2)


def test_common_luck_is_taken_into_account() -> None:
    luck = np.random.default_rng(0).normal(0, 1e-9, 60)
    own = np.random.default_rng(1).normal(0, 1e-10, (2, 60))
    pair = rare(5e-9 + luck + own[0], 4.9e-9 + luck + own[1])
    differences = pair.shares[0] - pair.shares[1] if pair.shares else luck
    half = rare_events.estimate(differences, 0.95)
    of = pair.difference()
    assert (of.value, of.low) == pytest.approx((half.value * YEAR, half.value * YEAR - (half.high - half.value) * YEAR))
    assert pair.correlation > 0.95
    assert pair.p() < 0.01


def test_the_interval_holds_the_difference_also_where_one_has_more_replications() -> None:
    rng, studies, held = np.random.default_rng(3), 1000, 0
    for _ in range(studies):
        luck = rng.normal(0, 1, 60)
        of = rare(10 + luck[:40] + rng.normal(0, 0.5, 40), 9.5 + luck + rng.normal(0, 0.5, 60)).difference()
        held += of.low <= 0.5 * YEAR <= of.high
    assert abs(held / studies - 0.95) < 4 * math.sqrt(0.95 * 0.05 / studies)


def test_the_same_luck_under_policies_that_are_alike_is_the_same() -> None:
    values = np.random.default_rng(0).uniform(1e-9, 2e-9, 40)
    found = compare({"": Versus(sample([]), sample([]), rare=rare(values, values.copy()))}, 0.95)[""]
    assert (str(found), found.paired, found.correlation) == ("the same", True, pytest.approx(1))
