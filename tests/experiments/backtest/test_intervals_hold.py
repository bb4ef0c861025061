"""Stated intervals hold the other half: of logs whose laws are known, and which differ as real ones do."""

import pytest

from tests.experiments.backtest.synthetic import backtests


def held(numbers: range) -> dict[str, int]:
    """How often the intervals of each prediction held."""
    found = list(backtests(numbers))
    names = [one.of for one in found[0].predictions]
    return {of: sum(one.inside for each in found for one in each.predictions if one.of == of) for of in names}


def test_of_twelve_logs_at_least_nine_hold() -> None:
    """Fewer than nine have a chance of 0.0002 at 95 %."""
    assert min(held(range(12)).values()) >= 9


@pytest.mark.slow
def test_of_two_hundred_logs_90_to_98_percent_hold() -> None:
    found = held(range(200))
    assert {of: 180 <= count <= 196 for of, count in found.items()} == dict.fromkeys(found, True), found
