"""Pictures of sweeps: where values stand, what is refused, and that names are shown as they are."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.findings.sweep import SweepFindings
from experiments.plots.positions import Positions
from experiments.plots.sweep import SweepPlots
from experiments.report.sweep_html import report_html
from experiments.store.manifest import Manifest
from models.input.problems import Refusal

HOSTILE = "<script>alert(1)</script>$x_1$"


def findings(values: dict[str, list[Any]], mode: str = "grid") -> SweepFindings:
    """Made-up findings at points of these values; under the second policy no outage was seen."""
    axes = [{"name": name, "path": name} for name in values]
    manifest = Manifest(
        "swept", ["one", HOSTILE], ["web"], 10, 0.95, 1e6, 0.0, 1, {}, sweep={"mode": mode, "axes": axes}
    )
    rows, points = [], []
    for number, point in enumerate(zip(*values.values(), strict=True)):
        points.append({"point": number, **dict(zip(values, point, strict=True)), "label": str(point), "status": "done"})
        for policy in manifest.policies:
            seen = policy == "one"
            row = {"point": number, **dict(zip(values, point, strict=True)), "policy": policy, "service": "web"}
            for name, ends in {
                "availability": (0.99, 0.98, 0.995),
                "unavailability": (0.01, 0.005, 0.02),
                "nines": (2.0, 1.7, 2.3),
                "downtime_s_per_year": (3e5, 2e5, 4e5),
                "outages_per_year": (3.0, 2.0, 4.0),
            }.items():
                row |= {name: ends[0] if seen else float("nan"), f"{name}_low": ends[1], f"{name}_high": ends[2]}
            rows.append(row | {"replications": 10, "method": "made up"})
    made = SweepFindings(manifest, Path("nowhere"))
    made._table = pd.DataFrame(rows)  # type: ignore[misc]
    told = {"error": "", "keys": "{}", "failures": "[]", "objectives": "[]"}
    made._points = pd.DataFrame(points).assign(**told)  # type: ignore[misc]
    return made


def test_values_stand_at_their_numbers_or_in_their_order() -> None:
    times = Positions.of("t", ["30d", "7d", "90d", "7d"])
    assert (times.values, times.scale, times.logarithmic) == (("7d", "30d", "90d"), "seconds", True)
    shares = Positions.of("p", ["2%", "1%"])
    assert (shares.at, shares.scale, shares.logarithmic) == ((0.01, 0.02), "percent", False)
    words = Positions.of("w", ["b", "a", "1d"])
    assert (words.values, words.at, words.scale) == (("b", "a", "1d"), (0.0, 1.0, 2.0), "words")
    assert Positions.of("n", [1, 100]).logarithmic
    assert not Positions.of("n", [0, 100]).logarithmic


def test_names_and_values_are_shown_as_they_are_written() -> None:
    hostile = findings({"node-mttf": ["7d", "7d", "30d", "30d"], "zones": [HOSTILE, "b"] * 2})
    plots = SweepPlots(hostile)
    assert list(plots.drawings) == ["curves-web", "heatmap-web"]
    page = report_html(hostile, plots.drawings, HOSTILE)
    assert "<script>alert" not in page
    assert "$x_1$" in page


def test_a_picture_that_would_say_too_much_is_refused_with_what_to_do() -> None:
    many = findings({"a": [1, 2] * 20, "b": list(range(20)) * 2})
    with pytest.raises(Refusal, match="20 curves would be drawn beside each other: say --point for b"):
        SweepPlots(many).curves("a")
    three = findings({"a": [1, 2], "b": [1, 2], "c": [1, 2]})
    with pytest.raises(Refusal, match="say where on c: --point c=1"):
        SweepPlots(three).heatmap("a", "b")
    with pytest.raises(Refusal, match="this sweep has no other axis"):
        SweepPlots(findings({"a": [1, 2]})).heatmap()
    with pytest.raises(Refusal, match="nothing is known of cart"):
        SweepPlots(three).curves("a", "cart")


def test_a_sample_is_drawn_point_by_point() -> None:
    import matplotlib.pyplot as plt

    sample = findings({"a": [0.1, 0.5, 0.9], "b": ["x", "y", "x"]}, "sample")
    figure = SweepPlots(sample).curves("a")
    assert len([ax for ax in figure.axes if ax.get_visible()]) == 1
    plt.close(figure)
    assert list(SweepPlots(sample).drawings) == ["curves-web"]
    assert replace(sample.manifest).sweep is not None
