"""The distribution of the downtime that a run says, by what is uncertain: inputs, few replications, both."""

from typing import TYPE_CHECKING

import numpy as np

from experiments.inference.estimate import show_seconds
from experiments.plots import drawing
from models.arrays import Floats
from models.units import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.sensitivity import Influence

_NAMES = {"input": "inputs alone", "sampling": "sampling alone", "both": "both"}


def distribution(of: "Influence", title: str, basis: str, ax: "Axes | None" = None) -> "Axes":
    """How likely the downtime stays below a value, a curve for each of what is uncertain, with its central range."""
    split = of.split
    ax = drawing.axes(ax, (8.5, 4.2))
    if split.nothing_seen:
        drawing.nothing(ax, "no outage was seen" if of.answers.size else "a run failed in every row")
        return drawing.finish(ax, title, basis, "", handles=())
    curves = {
        "input": np.sort(split.spread(split.input.value), axis=None),
        "sampling": _normal(split.answer.value, split.sampling.value),
        "both": np.sort(split.spread(split.both), axis=None),
    }
    ranges = split.ranges(of.confidence)
    for number, (name, values) in enumerate(curves.items()):
        low, high = map(show_seconds, ranges[name])
        label = f"{_NAMES[name]}: {low} to {high}"
        y = np.arange(1, len(values) + 1) / len(values)
        values, y = np.concatenate((values[:1], values)), np.concatenate(([0.0], y))
        ax.plot(values, y, drawstyle="steps-post", label=label, **drawing.style((0, 2, 6)[number]))
    ax.axvline(split.answer.value, color=drawing.GREY, lw=0.8)
    most = max(float(values[-1]) for values in curves.values())
    least = min(float(values[0]) for values in curves.values())
    room = 0.04 * (most - least) or max(most, 1.0)
    ax.set_xlim(max(least - room, 0.0), most + room)
    ax.set_ylim(0, 1.02)
    ax.set_ylabel("share of the answers that are at most so much")
    drawing.seconds(ax, f"downtime in a year that {counted(split.replications, 'replication')} say", linear=True)
    known = "not told from 0" if not split.input.low > 0 else f"{drawing.percent(split.share.value)} of the variance"
    shows = (
        f"ranges: the central {100 * of.confidence:g}\u00a0% of the answers; vertical: their mean, "
        f"{show_seconds(split.answer.value)}; due to the inputs: {known}"
    )
    return drawing.finish(ax, title, basis, shows)


def _normal(mean: float, deviation: float, points: int = 200) -> Floats:
    from scipy.special import ndtri

    shares = (np.arange(points) + 0.5) / points
    values: Floats = np.maximum(mean + deviation * ndtri(shares), 0.0)
    return values
