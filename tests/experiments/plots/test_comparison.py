"""Nines and differences: a row for each Service and policy, and what its mark says."""

from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.results import Results
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit
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


def test_a_policy_without_a_run_is_not_said_to_have_no_outage() -> None:
    units = {"broken": Unit(1e6, 60.0, raises=(0, 1)), "one": Unit(864000.0, 1800.0)}
    ax = Figure().add_subplot()
    runner.run(fakes.plan(units), replications=2, simulate=fakes.simulate).plot.nines("cart", ax=ax)
    said = [text.get_text() for text in ax.texts]
    assert said.count("no run") == 1
    assert not any("arrow" in text for text in said)
    assert [line for line in ax.lines if line.get_linestyle() == ":"] == []
    assert ax.get_xlim()[0] > 0


def test_differences_of_rare_outages_are_large_enough_to_be_seen() -> None:
    results = runner.run(fakes.plan({"a": Unit(1e14, 60.0), "b": Unit(1e14, 60.0)}), simulate=fakes.simulate)
    rare = fakes.with_rare(results, "cart", "b", [1e-11, 2e-11, 3e-11, 2e-11])
    against = fakes.with_rare(results, "cart", "a", [1e-10, 2e-10, 3e-10, 2e-10])
    tables = {name: pd.concat([rare.tables[name], against.tables[name]]) for name in ("rare", "excursions")}
    both = Results(
        replace(rare.manifest, rare=[*rare.manifest.rare, *against.manifest.rare]), {**rare.tables, **tables}
    )
    ax = both.plot.difference("cart", ax=Figure().add_subplot())
    difference = both.comparison("cart", "b").difference  # type: ignore[union-attr]
    low, high = ax.get_xlim()
    assert high - low == pytest.approx(1.16 * (max(difference.high, 0) - difference.low))
    assert len(ax.get_xticks()) > 2


def test_where_nothing_differs_there_is_no_interval() -> None:
    units = {name: Unit(864000.0, 1800.0) for name in ("one", "twin")} | {"better": Unit(1728000.0, 1800.0)}
    ax = Figure().add_subplot()
    runner.run(fakes.plan(units), replications=4, simulate=fakes.simulate).plot.difference("cart", ax=ax)
    assert [text.get_text() for text in ax.texts].count("the same") == 1
    assert len([line for line in ax.lines if line.get_marker() == "o"]) == 1
    units = {name: Unit(1e14, 60.0) for name in ("never", "neither")}
    ax = Figure().add_subplot()
    runner.run(fakes.plan(units), replications=4, simulate=fakes.simulate).plot.difference("cart", ax=ax)
    assert "no outage in either" in [text.get_text() for text in ax.texts]
