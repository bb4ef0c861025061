"""Nines and differences: a row for each Service and policy, and what its mark says."""

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.results import Results
from tests.experiments.plots.conftest import of_many


def rows(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_yticklabels()]


def test_every_row_is_named_and_none_overlaps_another(many: Results) -> None:
    ax = many.plot.nines()
    assert rows(ax) == many.policies * 2
    assert ax.get_legend() is None
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.get_yticklabels()]
    assert all(a.y0 >= b.y1 - 1 for a, b in pairwise(boxes))


def test_the_baseline_is_not_listed_among_the_differences(many: Results) -> None:
    assert rows(many.plot.difference(ax=Figure().add_subplot())) == many.policies[1:] * 2


def test_a_bound_reaches_the_end_of_the_axis_beyond_all_estimates() -> None:
    of, ax = of_many(6), Figure().add_subplot()
    of.plot.nines("cart", ax=ax)
    arrows = [line for line in ax.lines if line.get_linestyle() == ":"]
    estimates = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert len(arrows) == 2
    for arrow in arrows:
        assert arrow.get_xdata()[1] == ax.get_xlim()[1]
        assert arrow.get_xdata()[1] > max(estimates)


def test_side_by_side_the_baseline_is_named_where_it_has_no_difference() -> None:
    left, right = of_many(3).plot.comparison("cart", Figure()).axes
    assert [text.get_text() for text in right.texts].count("the baseline") == 1
    assert left.get_ylim() == right.get_ylim()
    assert {text.get_text() for text in left.texts} & {"cart", "frontend"} == {"cart"}
