"""The page about Los Alamos has the numbers that the log gives."""

import pytest

from experiments.backtest import page
from tests.experiments.backtest.lanl import LOG, backtests, shown, table

HERE = pytest.mark.skipif(not LOG.exists(), reason="the log of Los Alamos is not here")


def test_the_page_has_a_row_for_each_of_the_systems_that_are_not_refused() -> None:
    assert shown().count("\n| ") == 23


@HERE
@pytest.mark.parametrize("system", ["6", "15"])
def test_rows_of_small_systems_are_as_on_the_page(system: str) -> None:
    *_, row = page.markdown(list(backtests(system)))
    assert row in shown()


@HERE
@pytest.mark.rare
def test_the_whole_table_is_as_on_the_page() -> None:
    assert table(list(backtests())) == shown()
