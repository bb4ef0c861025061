"""What one year may bring."""

import math

import numpy as np
import pytest

from experiments.inference import yearly
from experiments.inference.sample import Sample
from models.units import YEAR
from tests.experiments.inference.test_batch_means import sample


def years(downtimes: np.ndarray) -> Sample:
    """A replication of a year each, with one outage."""
    numbers = np.arange(len(downtimes))
    spans = np.stack((np.full(len(downtimes), 1e6), 1e6 + downtimes), axis=1)
    return Sample(numbers, np.full(len(downtimes), YEAR), downtimes, np.ones(len(downtimes)), numbers, spans)


def one_unit(count: int, seed: int = 1) -> Sample:
    """Years of a unit that fails every 30 days for 300 s, both exponential, and starts up."""
    rng = np.random.default_rng(seed)
    ends = np.cumsum(
        rng.standard_exponential((count, 60, 2)).reshape(count, -1) * np.tile((30 * 86400.0, 300.0), 60), 1
    )
    lost = np.diff(np.clip(ends, 0, YEAR).reshape(count, 60, 2), axis=2).sum((1, 2))
    return years(lost)


def test_a_good_long_run_is_not_a_good_year() -> None:
    """Exact: 0.4045669 of years meet 99.99 % and 0.0587724 meet 99.995 %, of a unit with 99.9884 % in the long run."""
    of = one_unit(2000)
    for at_least, exact in ((0.9999, 0.4045669), (0.99995, 0.0587724)):
        found = yearly.chance_of_meeting(of, at_least, 0.9999)
        assert found.low < exact < found.high
        assert found.high - found.low < 0.1


def test_quantiles_of_a_year_agree_with_the_exact_ones() -> None:
    of = one_unit(2000)
    for share, exact in ((0.5, 3498.5), (0.95, 6315.4), (0.99, 7721.3)):
        found = yearly.quantile(of, share, 0.9999)
        assert found.low < exact < found.high
        assert found.high / found.low < 1.3


def test_the_interval_of_a_quantile_holds_it_as_often_as_it_says() -> None:
    hits = [
        (found := yearly.quantile(one_unit(100, seed), 0.9, 0.95)).low <= 5622.0 <= found.high for seed in range(200)
    ]
    assert np.mean(hits) > 0.95 - 4 * math.sqrt(0.05 * 0.95 / 200)


def test_few_years_leave_the_end_of_a_quantile_open() -> None:
    found = yearly.quantile(years(np.arange(10.0)), 0.99, 0.95)
    assert (found.value, found.high) == (9.0, math.inf)
    assert found.show_interval().endswith(", inf]")


def test_the_median_lies_between_the_order_statistics_of_the_textbook() -> None:
    found = yearly.quantile(years(np.arange(1.0, 26.0)), 0.5, 0.95)
    assert (found.low, found.value, found.high) == (8.0, 13.0, 18.0)  # n = 25: the 8th and the 18th, 95.7 %


@pytest.mark.parametrize(("met", "low", "high"), [(0, 0.0, 0.3085), (10, 0.6915, 1.0), (4, 0.1216, 0.7376)])
def test_a_share_of_ten_years_has_the_textbook_interval(met: int, low: float, high: float) -> None:
    found = yearly.chance_of_meeting(years(np.where(np.arange(10) < met, 0.0, 1e6)), 0.999, 0.95)
    assert (found.value, found.low, found.high) == pytest.approx((met / 10, low, high), abs=1e-4)


def test_a_chance_reads_as_a_percentage() -> None:
    found = yearly.chance_of_meeting(years(np.where(np.arange(200) < 81, 0.0, 1e6)), 0.999, 0.95)
    assert str(found) == "40.5 % [33.6, 47.7]"
    assert found.method == "Clopper-Pearson, 200 periods of 1y"


def test_long_windows_are_cut_into_whole_years_and_short_ones_stand_for_themselves() -> None:
    long = sample((0, 0.0, 50.0), (0, 2 * YEAR - 10, 2 * YEAR + 30), windows=(3.5 * YEAR,))
    assert yearly.downtimes(long).tolist() == pytest.approx([50, 10, 30])
    assert yearly.period(sample(windows=(86400.0, 86400.0))) == 86400.0


def test_a_quantile_of_all_or_none_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        yearly.quantile(years(np.ones(3)), 1.0, 0.95)


def test_without_replications_nothing_is_known() -> None:
    empty = Sample.empty()
    assert yearly.quantile(empty, 0.5, 0.95).n == yearly.chance_of_meeting(empty, 0.9, 0.95).n == 0
