"""Curves: one for each policy, together or in panels, and what is drawn of a policy without an outage."""

import math
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.design.objective import Objective
from experiments.inference import estimate
from experiments.plots import curves
from experiments.plots.curves import Curve
from experiments.results import Results
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit
from tests.experiments.plots.conftest import of_many

KINDS = ("availability", "downtime", "outage_lengths", "windowed")


def captions(ax: Axes) -> str:
    return " ".join(text.get_text() for text in ax.texts).replace("\n", " ")


@pytest.mark.parametrize("kind", KINDS)
def test_no_legend_has_more_names_than_there_are_colours(kind: str, many: Results) -> None:
    ax = getattr(many.plot, kind)("frontend")
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    if len(many.policies) <= curves.MOST_TOGETHER:
        assert legend is not None
        assert not ax.child_axes
        told = "\n".join(text.get_text() for text in legend.get_texts())
        assert all(policy in told for policy in many.policies)
    else:
        assert legend is None
        assert f"grey: {many.baseline}, the baseline" in captions(ax)


def test_each_policy_with_an_outage_has_a_panel_and_the_others_are_counted() -> None:
    of = of_many(20)
    ax = of.plot.outage_lengths("frontend")
    seen = [policy for policy in of.policies if len(of.sample("frontend", policy).lengths)]
    assert [panel.get_title(loc="left") for panel in ax.child_axes] == seen
    assert f"left out: {20 - len(seen)} policies (no outage seen)" in captions(ax)
    ax = of.plot.availability("frontend")
    assert f"{20 - len(seen)} policies (no outage seen)" in [p.get_title(loc="left") for p in ax.child_axes]


def test_panels_do_not_overlap() -> None:
    ax = of_many(20).plot.windowed("frontend")
    ax.figure.canvas.draw()
    boxes = [panel.get_tightbbox() for panel in ax.child_axes]
    for at, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[: max(at - 1, 0)])
    rows = [boxes[k].y0 for k in range(0, len(boxes), curves.COLUMNS)]
    assert all(above > below for above, below in pairwise(rows))


def test_what_is_left_out_is_told_with_its_reason() -> None:
    broken = Unit(1e6, 60.0, raises=(0, 1))
    units = {"broken": broken, "never": Unit(1e14, 60.0)} | {f"p{i}": Unit(864000.0, 1800.0) for i in range(8)}
    ax = runner.run(fakes.plan(units), replications=2, simulate=fakes.simulate).plot.downtime("cart")
    assert "left out: 1 policy (no run), 1 policy (no outage seen)" in captions(ax)
    assert "grey" not in captions(ax)  # the baseline did not run


@pytest.mark.parametrize("count", [3, 10])
def test_long_names_are_shortened_and_leave_room_for_the_picture(count: int) -> None:
    units = {f"{'policy' * 15}-{i}": Unit(864000.0, 1800.0) for i in range(count)}
    ax = runner.run(fakes.plan(units), replications=2, simulate=fakes.simulate).plot.windowed("cart")
    ax.figure.canvas.draw()
    assert ax.get_window_extent().width > 0.5 * ax.figure.bbox.width
    for left, right in pairwise(ax.child_axes[: curves.COLUMNS]):
        title = left._left_title.get_window_extent()
        assert title.x1 < right.get_window_extent().x0


def test_a_dollar_is_not_cut_from_what_makes_it_a_dollar() -> None:
    label = Curve("$" * 60, "rare", np.empty(0), np.empty(0)).label(26)
    assert label == r"\$" * 13 + "…" + r"\$" * 12 + " (rare)"


def test_availability_ends_at_the_estimate_of_the_whole_time_with_its_interval() -> None:
    of, ax = of_many(2), Figure().add_subplot()
    of.plot.availability("frontend", ax=ax, windows=12)
    whole = estimate.nines(of.availability("frontend", "p00"))
    x, y = ax.lines[0].get_data()
    assert len(x) == 12
    assert (x[-1], y[-1]) == (of.manifest.duration, pytest.approx(whole.value))
    band = ax.collections[0].get_paths()[0].vertices
    at_the_end = band[band[:, 0] == of.manifest.duration][:, 1]
    assert [at_the_end.min(), at_the_end.max()] == pytest.approx([whole.low, whole.high])


def test_a_policy_without_an_outage_is_drawn_at_its_bound_not_at_the_top() -> None:
    of, ax = of_many(6), Figure().add_subplot()
    of.plot.availability("frontend", ax=ax)
    bounds = [line for line in ax.lines if line.get_marker() == "^"]
    assert len(bounds) == 1  # two policies, one bound
    y = bounds[0].get_ydata()
    assert y[-1] == pytest.approx(estimate.nines(of.availability("frontend", "p02")).bound)
    assert np.all(np.diff(y) > 0)
    assert "p02 (no outage seen)\np05 (no outage seen)" in [t.get_text() for t in ax.get_legend().get_texts()]


def test_what_was_known_by_the_end_is_what_is_known() -> None:
    of = of_many(2)
    whole, until = (of.availability("cart", "p01", until=end) for end in (None, of.manifest.duration))
    assert (until.value, until.low, until.high) == (whole.value, whole.low, whole.high)
    assert of.availability("cart", "p01", until=1.0).is_bound


def test_the_worst_window_is_drawn_in_nines_beside_the_objective(shop: Results) -> None:
    ax = shop.plot.windowed("web", ax=Figure().add_subplot())
    ax.figure.canvas.draw()
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels[0] == "0 %"
    assert labels[-1] == "none lost"
    levels = [line.get_ydata()[0] for line in ax.lines if len(set(line.get_ydata())) == 1]
    assert 3 in [round(level, 9) for level in levels]
    star = next(line for line in ax.lines if line.get_marker() == "*")
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (86400.0, pytest.approx(-math.log10(0.005)))
    said = captions(ax)
    assert "band: down to what 95\u00a0% of them keep" in said
    assert "dashes: objective 99.9\u00a0%; star: SLO 99.5\u00a0% over 1d" in said


@pytest.mark.parametrize("asked", [0.9, 0.99, 0.999, 0.9999, 0.99999])
def test_an_objective_is_below_the_line_on_which_nothing_is_lost(asked: float) -> None:
    plan = fakes.plan({"never": Unit(1e14, 60.0)}, objectives=(Objective("frontend", asked),))
    ax = runner.run(plan, replications=2, simulate=fakes.simulate).plot.windowed("frontend", ax=Figure().add_subplot())
    nothing_lost, objective = (line.get_ydata()[0] for line in ax.lines)
    assert objective == pytest.approx(nothing_lost - 1)


def test_an_objective_of_all_is_the_line_on_which_nothing_is_lost() -> None:
    plan = fakes.plan({"never": Unit(1e14, 60.0)}, objectives=(Objective("frontend", 1.0),))
    ax = runner.run(plan, replications=2, simulate=fakes.simulate).plot.windowed("frontend", ax=Figure().add_subplot())
    nothing_lost, objective = (line.get_ydata()[0] for line in ax.lines)
    assert objective == nothing_lost
    assert "dashes: objective 100\u00a0%" in captions(ax)


def test_short_replications_are_not_told_as_years(shop: Results) -> None:
    ax = shop.plot.downtime("web", ax=Figure().add_subplot())
    assert ax.get_xlabel().startswith("downtime in 4d")
    lost = shop.sample("web", "as-shipped").downtimes
    assert max(ax.lines[0].get_xdata()[:-1]) == pytest.approx(lost.max())


def test_the_budget_that_is_spent_is_that_of_the_last_period(shop: Results) -> None:
    ax = shop.plot.budget("web", ax=Figure().add_subplot())
    runs = shop.runs.loc[(shop.runs["service"] == "web") & (shop.runs["policy"] == "as-shipped")]
    assert ax.lines[0].get_ydata()[-1] == pytest.approx(100 * runs["budget_spent"].median())
    assert max(ax.lines[0].get_ydata()) <= 100 * runs["worst_budget_spent"].max()
    assert "in the last 1d (budget of 99.5\u00a0% over 1d: 7m12s)" in captions(ax)
