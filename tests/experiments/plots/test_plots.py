"""Plots: they draw what they are given, on the axes they are given."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from experiments import plots as drawn
from experiments.design.objective import Objective
from experiments.metrics.windowed import mean_in_windows, worst_window
from experiments.plots import drawing
from experiments.results import Results
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit

mpl.use("Agg")

KINDS = ("nines", "downtime", "outage_lengths", "availability", "windowed", "difference")
UNITS = {"as-shipped": Unit(864000.0, 1800.0), "good": Unit(2e7, 600.0), "never": Unit(1e14, 60.0)}


@pytest.fixture(scope="module")
def results() -> Results:
    return runner.run(fakes.plan(UNITS), replications=10, simulate=fakes.simulate)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plot_returns_the_axes_it_was_given_with_title_labels_and_provenance(kind: str, results: Results) -> None:
    ax = Figure(layout="constrained").add_subplot()
    assert getattr(results.plot, kind)(ax=ax) is ax
    assert ax.get_title(loc="left")
    assert ax.get_xlabel()
    assert "10 replications of 1y after 1d of warm-up, seed 7" in ax.texts[-1].get_text()
    ax.figure.canvas.draw()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "units",
    [
        {"one": UNITS["as-shipped"]},
        {"never": UNITS["never"]},
        {"one": UNITS["as-shipped"], "broken": Unit(1e6, 60.0, raises=(0, 1))},
    ],
)
def test_one_policy_no_outage_and_a_policy_without_a_run_can_be_drawn(kind: str, units: dict[str, Unit]) -> None:
    results = runner.run(fakes.plan(units), replications=2, simulate=fakes.simulate)
    figure = Figure()
    getattr(results.plot, kind)(ax=figure.add_subplot())
    figure.canvas.draw()


ODD = r"a$_^{b$"


@pytest.fixture(scope="module")
def odd() -> Results:
    """Names with all that matplotlib reads as more than a letter; the downtime of one Service is taken apart."""
    plan = fakes.plan({ODD: UNITS["as-shipped"], "_^{$": UNITS["good"], "$never": UNITS["never"]})
    of = runner.run(replace(plan, name=ODD), replications=3, simulate=fakes.simulate)
    renamed = {name: table.replace({"service": {"cart": ODD}}) for name, table in of.tables.items() if len(table)}
    losses = pd.DataFrame(
        [(policy, 0, ODD, "no$de_^{", "undetected", 60.0, "[60.0]") for policy in of.policies],
        columns=["policy", "replication", "service", "cause", "stage", "lost_s", "lengths_s"],
    )
    tables = {**of.tables, **renamed, "losses": losses}
    goal = {"name": ODD, "available": {"when": "readyEndpoints"}, "slo": {"objective": "99.9%"}}
    results = Results(replace(of.manifest, services=[ODD, "frontend"]), tables, {"spec": {"services": [goal]}})
    return fakes.with_rare(results, ODD, "$never", [1e-9, 2e-9, 3e-9])


OF_A_RUN = {kind for kind, of in drawn.KINDS.items() if "replication" in of}


@pytest.mark.parametrize("kind", sorted(set(drawn.KINDS) - OF_A_RUN))
def test_names_are_drawn_as_they_are(kind: str, odd: Results, tmp_path: Path) -> None:
    odd.plot.draw(kind, tmp_path / "x.svg", service=ODD)
    text = "".join(ElementTree.parse(tmp_path / "x.svg").getroot().itertext())
    assert ODD in text
    assert "\\$" not in text
    assert "_^{$" in text or "policy" in drawn.KINDS[kind] or kind in ("rare", "pareto")


def test_a_bound_is_an_arrow_that_reaches_beyond_every_value(results: Results) -> None:
    ax = Figure().add_subplot()
    results.plot.nines("frontend", ax=ax)
    heads = [line for line in ax.lines if line.get_marker() == ">"]
    assert [line.get_markerfacecolor() for line in heads] == ["#ffffff"]
    values = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert heads[0].get_xdata()[0] == ax.get_xlim()[1] > max(values)
    assert "arrow: no outage seen" in ax.texts[-2].get_text()


def test_intervals_are_captioned_where_they_are_drawn_and_nowhere_else(results: Results) -> None:
    kinds = set(drawn.KINDS) - OF_A_RUN - {"budget", "rare"}
    captioned = {kind for kind in kinds if "% interval" in _words(getattr(results.plot, kind)())}
    assert captioned == {"comparison", "nines", "difference", "service", "availability", "replicas", "pareto"}


def _words(drawing: Any) -> str:
    figure = drawing if isinstance(drawing, Figure) else drawing.figure
    return " ".join(text.get_text() for text in figure.findobj(Text))


def test_all_plots_are_saved_under_their_names(results: Results, tmp_path: Path) -> None:
    assert [path.name for path in results.plot.save(tmp_path)] == [
        "comparison.svg",
        "service-frontend.svg",
        "service-cart.svg",
    ]
    text = (tmp_path / "comparison.svg").read_text()
    assert "as-shipped</text>" in text
    assert "<dc:date>" not in text


def test_services_with_an_objective_are_drawn_before_the_limit_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.plots.MOST_SERVICES", 1)
    of = fakes.plan(UNITS, objectives=(Objective("cart", 0.9),))
    assert runner.run(of, replications=1, simulate=fakes.simulate).plot.featured() == ["cart"]


def test_the_plots_of_many_policies_can_be_told_apart() -> None:
    styles = {(style["color"], style["linestyle"]) for style in map(drawing.style, range(49))}
    assert len(styles) == 49


@st.composite
def outages(draw: st.DrawFn) -> np.ndarray:
    edges = sorted(draw(st.sets(st.integers(0, 100), max_size=12)))
    return np.array(edges[: len(edges) // 2 * 2], dtype=float).reshape(-1, 2)


@given(outages(), st.integers(1, 100))
def test_the_worst_window_is_that_of_brute_force(of: np.ndarray, window: int) -> None:
    down = np.zeros(100)
    for start, end in of.astype(int):
        down[start:end] = 1
    sums = np.convolve(down, np.ones(window), "valid")
    lengths = np.array([float(window), 100.0])
    assert worst_window(of, 100.0, lengths) == pytest.approx([1 - sums.max() / window, 1 - down.mean()])


@given(outages(), st.integers(1, 7))
def test_windows_average_to_the_whole(of: np.ndarray, windows: int) -> None:
    lost = float((of[:, 1] - of[:, 0]).sum())
    assert mean_in_windows(of, 100.0, windows).mean() == pytest.approx(1 - lost / 100)


def test_a_window_longer_than_the_period_has_no_answer() -> None:
    with pytest.raises(ValueError, match="no longer than the period"):
        worst_window(np.empty((0, 2)), 100.0, np.array([10.0, 101.0]))


@pytest.mark.parametrize(
    ("high", "labels"),
    [(75e-6, ["0", "20us", "40us", "60us"]), (0.9, ["0", "200ms", "400ms", "600ms", "800ms"]), (150.0, ["0", "30s"])],
)
def test_times_below_a_second_have_ticks_too(high: float, labels: list[str]) -> None:
    ax = Figure().add_subplot()
    ax.set_xlim(0, high)
    drawing.seconds(ax, "downtime", linear=True)
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.get_xticklabels()][: len(labels)] == labels


def test_half_nines_are_written_like_whole_ones() -> None:
    assert [drawing.half_of(n) for n in (1, 3, 5, 6, 11)] == ["95 %", "99.95 %", "99.9995 %", "1 - 5e-7", "1 - 5e-12"]
    assert [drawing.share_of(n) for n in (1, 3, 6, 7)] == ["90 %", "99.9 %", "99.9999 %", "1 - 1e-7"]
