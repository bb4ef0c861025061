"""Pictures of studies of uncertain inputs: with few inputs and many, with hostile names, with nothing to see."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from experiments.findings.sensitivity import Influence, Sensitivity
from experiments.findings.tornado import Bar, Side, Tornado
from experiments.inference.comparison import Comparison
from experiments.inference.estimate import Estimate
from experiments.plots.sensitivity import KINDS, SensitivityPlots
from experiments.store.manifest import Manifest

NAMES = ["$node_mttf$", "_hidden", "x^2_{y}", "a-very-long-name-of-an-input-that-does-not-fit-beside-a-bar", "<b>&amp;"]


class Made(Sensitivity):
    """A study that was not run."""

    def __init__(self, influence: Influence) -> None:
        inputs = [{"name": name, "path": name} for name in influence.inputs]
        columns, blocks, rows, each = influence.answers.shape
        assert columns == len(inputs) + 2
        told = {"inputs": inputs, "work": blocks * rows * each, "perPoint": each, "rows": blocks * rows}
        manifest = Manifest(
            *("$study_x$", [influence.policy], [influence.service], influence.replications, 0.95),
            *(365 * 86400.0, 0.0, 7, {}),
            sensitivity=told,
        )
        super().__init__(manifest, dict[str, pd.DataFrame]())
        self._known = {(influence.service, influence.policy): influence}


def influence(count: int, effect: float = 1.0, luck: float = 400.0, unseen: bool = False) -> Influence:
    """So many inputs, each half as important as the one before."""
    names = tuple((*NAMES, *(f"input-{i}" for i in range(count)))[:count])
    rng = np.random.default_rng(count)
    weights = effect * 1000 * 0.5 ** np.arange(count)
    a, b = rng.random((2, 16, 8, count))
    points = [a, b]
    for i in range(count):
        mixed = a.copy()
        mixed[..., i] = b[..., i]
        points.append(mixed)
    luck_of_rows = luck * rng.standard_normal((1, 16, 8, 2))
    answers = np.abs(3000 + (np.stack(points) @ weights)[..., np.newaxis] + luck_of_rows)
    middle = estimate(math.nan if unseen else 3000.0, "downtime")
    bars = tuple(
        Bar(name, side("67.677d", -w / 2, unseen), side("177.31d", w / 3, unseen), compared(w, unseen))
        for name, w in zip(names, weights.tolist(), strict=True)
    )
    return Influence("shop/$web$", "two_replicas", names, Tornado(middle, bars), answers, 50, 0.95)


def estimate(value: float, quantity: str) -> Estimate:
    ends = (0.0, 900.0) if math.isnan(value) else (value - 200, value + 300)
    return Estimate(value, *ends, 0.95, 50, "made", quantity)  # type: ignore[arg-type]


def compared(value: float, unseen: bool = False) -> Comparison:
    outages = 0 if unseen else 40
    return Comparison(estimate(value, "difference"), 0.9, outages, 0 if unseen else 20, 0.01, 0.02)


def side(value: str, moved: float, unseen: bool = False) -> Side:
    return Side(value, estimate(3000 + moved, "downtime"), compared(moved, unseen))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 3, 12])
def test_names_are_shown_as_they_are(kind: str, count: int, tmp_path: Path) -> None:
    of = influence(count)
    path = SensitivityPlots(Made(of)).draw(kind, tmp_path / f"{kind}.svg")
    drawn = path.read_text("utf-8")
    assert "two_replicas" in drawn
    assert "shop/$web$" in drawn
    assert "$study_x$" in drawn
    if kind != "uncertainty":
        assert "$node_mttf$" in drawn


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_study_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    one, other = (SensitivityPlots(Made(influence(3))).draw(kind, tmp_path / f"{i}.svg").read_bytes() for i in (1, 2))
    assert one == other


def test_bars_begin_in_the_middle_and_have_an_interval_each() -> None:
    ax = SensitivityPlots(Made(influence(3))).tornado()
    assert {bar.get_x() for bar in ax.patches} == {3000.0}  # type: ignore[attr-defined]
    assert [bar.get_width() for bar in ax.patches[:2]] == [-500.0, pytest.approx(1000 / 3)]  # type: ignore[attr-defined]
    assert len(ax.lines) == 2 * 3 + 1


def test_where_nothing_was_ever_down_there_are_no_bars() -> None:
    ax = SensitivityPlots(Made(influence(2, unseen=True))).tornado()
    assert [bar.get_width() for bar in ax.patches] == [0.0] * 4  # type: ignore[attr-defined]


def test_the_input_that_matters_most_is_on_top() -> None:
    of = influence(3)
    of = replace(of, answers=of.answers[[0, 1, 4, 3, 2]])  # the last matters most
    ax = SensitivityPlots(Made(of)).sobol()
    assert next(text.get_text() for text in ax.get_yticklabels()) == NAMES[2]


def test_luck_alone_is_said_in_place_of_indices() -> None:
    of = influence(2, effect=0.0)
    rng = np.random.default_rng(0)
    of = replace(of, answers=np.abs(3000 + 400 * rng.standard_normal(of.answers.shape)))
    ax = SensitivityPlots(Made(of)).sobol()
    assert any("no more than luck" in text.get_text() for text in ax.texts)
    shown = SensitivityPlots(Made(of)).uncertainty()
    assert any("not told from 0" in text.get_text() for text in shown.texts)


def test_curves_of_the_distribution_rise_from_nothing_to_all() -> None:
    ax = SensitivityPlots(Made(influence(3))).uncertainty()
    curves = ax.lines[:3]
    assert len(curves) == 3
    for curve in curves:
        y = np.asarray(curve.get_ydata())
        assert (y[0], y[-1]) == (0.0, 1.0)
        assert (np.diff(np.asarray(curve.get_xdata())) >= 0).all()


def test_a_distribution_of_answers_without_an_outage_is_none() -> None:
    of = replace(influence(2, unseen=True), answers=np.zeros((4, 16, 8, 2)))
    ax = SensitivityPlots(Made(of)).uncertainty()
    assert any("no outage was seen" in text.get_text() for text in ax.texts)
