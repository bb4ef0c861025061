"""Tables are sorted by what their texts mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.inference.estimate import Estimate, show_seconds
from experiments.report.sortable import groups, number
from experiments.report.table import Column, Style, Table

UPWARDS = {
    "times": ["-20m02s [-22m20s, -18m07s] ***", "0s", "1.5e-11s", "66us", "1.9ms", "43ms", "1.7s", "36s", "<= 6m22s"],
    "long times": ["19m56s", "20m02s", "48m50s", "1h01m", "3d04h", "1y20d", "inf"],
    "shares": ["0%", "99.9907%", ">= 99.992%", "99.99997 % [99.9, 100]", "99.999999863%", "1 - 6.1e-11", "1 - 2.1e-12"],
    "intervals": ["[99.9845, 99.9925]", "[99.999999855, 99.999999871]", "[1 - 7.3e-11, 1 - 4.9e-11]"],
    "counts": ["0", "1 of 5", "10 of 20 runs", "780 times", "2,200 times", "52,560", "5.9e5 times"],
    "numbers": ["4.13e-07", "<0.001", "0.00113", "0.120", "1", "15.7", ">= 30.5"],
    "many": ["0", "12.3", "999", "1 k", "45.6 k", "334 k", "7.89 M", "1e+03 G"],
    "latencies": ["0.0123s", "0.999s", "12s", "1.2e+03s"],
    "losses": ["9.9s", "1m", "1h"],
}


def places(texts: list[str], style: Style = "number") -> list[int | None]:
    (group,) = groups(Table((Column("X", "x", style),), tuple((text,) for text in texts)))
    return [row[0].place for row in group]


@pytest.mark.parametrize("upwards", UPWARDS.values(), ids=UPWARDS)
@pytest.mark.parametrize("style", ["number", "share", "name"])
def test_numbers_are_in_the_order_of_their_values(upwards: list[str], style: Style) -> None:
    shuffled = [*upwards[1::2], *reversed(upwards[::2])]
    at = places(shuffled, style)
    assert [text for _, text in sorted(zip(at, shuffled, strict=True))] == upwards
    assert sorted(at) == list(range(len(upwards)))


def test_what_estimates_show_is_in_the_order_of_the_estimates() -> None:
    lost = [10.0**-n for n in range(1, 16)]
    shown = [Estimate(1 - x, 1 - 2 * x, 1 - x / 2, 0.95, 9, "", lost=(x, x / 2, 2 * x)) for x in lost]
    assert places([each.show_value() for each in shown], "share") == list(range(len(lost)))
    assert places([each.show_interval() for each in shown], "share") == list(range(len(lost)))
    times = [1.7**n * 1e-6 for n in range(60)]
    assert places([show_seconds(each) for each in times]) == list(range(len(times)))


@pytest.mark.parametrize(
    "text", ["", "-", "no run", "rare", "three-spread", "unknown", "[", ".", "1.2.3", "10x", "1e9999999"]
)
def test_what_does_not_begin_with_a_value_has_none(text: str) -> None:
    assert number(text) is None


@given(st.text() | st.from_regex(r"(1 - )?\d{1,3}(\.\d)?(e[+-]?\d{1,8})?[smhdy%kx]?", fullmatch=True))
def test_whatever_a_name_looks_like_it_can_be_sorted(name: str) -> None:
    assert places([name, "3s"], "name")


def test_equal_values_share_a_place_and_what_says_nothing_has_none() -> None:
    assert places(["2", "-", "2.0", "", "1", "rare"]) == [1, None, 1, None, 0, None]
    assert places(["b", "-", "a", ""], "words") == [1, None, 0, None]


def test_words_are_in_their_order_and_the_numbers_in_them_in_theirs() -> None:
    assert places(["node-10", "Node-9", "node-9", "a 2"], "name") == [2, 1, 1, 0]


def test_what_a_group_says_once_is_in_each_of_its_rows() -> None:
    columns = (Column("SERVICE", "", "name"), Column("POLICY", "", "name"), Column("NINES", ""))
    table = Table(columns, (("cart", "a", "3"), ("cart", "b", "2"), ("shop", "a", "1")), grouped=True)
    cells = [cell for group in groups(table) for row in group for cell in row]
    assert [len(group) for group in groups(table)] == [2, 1]
    assert [(cell.text, cell.again) for cell in cells[::3]] == [("cart", False), ("cart", True), ("shop", False)]
    assert {cell.column.heading for cell in cells if cell.names} == {"POLICY"}
    assert groups(Table(columns, ())) == []
