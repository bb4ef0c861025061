"""Windowed availability: the worst window of every length."""

from typing import TYPE_CHECKING

import numpy as np

from experiments.metrics.windowed import worst_window
from experiments.plots import drawing
from experiments.plots.outages import per_replication

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def worst(findings: "Findings", service: str, ax: "Axes | None" = None, points: int = 40) -> "Axes":
    """Worst availability in any window of a length, against the length: median over replications, 5-95 % band."""
    ax = drawing.axes(ax)
    period = findings.manifest.duration
    lengths = np.geomspace(min(60.0, period / 10), period, points)
    for i, policy in enumerate(findings.policies):
        outages = per_replication(findings, service, policy)
        curves = np.array([worst_window(spans, period, lengths) for spans in outages])
        if not len(curves):
            continue
        low, middle, high = 100 * np.quantile(curves, (0.05, 0.5, 0.95), axis=0)
        ax.fill_between(lengths, low, high, color=drawing.style(i)["color"], alpha=0.15, lw=0)
        ax.plot(lengths, middle, label=drawing.label(findings, service, policy), **drawing.style(i))
    ax.set_xscale("log")
    ax.set_xlim(lengths[0], lengths[-1])
    drawing.seconds(ax, "length of the window (log scale)")
    ax.set_ylim(-2, 102)
    ax.set_ylabel("worst availability in any such window, %")
    return drawing.finish(ax, findings, f"Windowed availability of {service}")
