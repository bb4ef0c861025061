"""Availability over time."""

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from experiments.metrics.windowed import mean_in_windows
from experiments.plots import drawing
from experiments.plots.outages import per_replication

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def availability(findings: "Findings", service: str, ax: "Axes | None" = None, windows: int = 52) -> "Axes":
    """The mean over replications in equal windows, with its band of confidence."""
    ax = drawing.axes(ax)
    period, confidence = findings.manifest.duration, findings.manifest.confidence
    middles = (np.arange(windows) + 0.5) * period / windows
    width = NormalDist().inv_cdf((1 + confidence) / 2)
    lowest = 1.0
    for i, policy in enumerate(findings.policies):
        outages = per_replication(findings, service, policy)
        curves = np.array([mean_in_windows(spans, period, windows) for spans in outages])
        if not len(curves):
            continue
        mean = curves.mean(axis=0)
        half = width * curves.std(axis=0, ddof=1) / math.sqrt(len(curves)) if len(curves) > 1 else 0 * mean
        lowest = min(lowest, float((mean - half).min()))
        low, high = np.maximum(100 * (mean - half), 0), np.minimum(100 * (mean + half), 100)
        ax.fill_between(middles, low, high, alpha=0.18, lw=0, color=drawing.style(i)["color"])
        ax.plot(middles, 100 * mean, label=drawing.label(findings, service, policy), **drawing.style(i))
    ax.set_xlim(0, period)
    drawing.seconds(ax, f"time since the start of measuring ({windows} equal windows)", linear=True)
    lost = 100 * (1 - max(lowest, 0.0)) or 0.1  # a curve at 100 % needs an axis too
    ax.set_ylim(max(100 - 1.06 * lost, 0), 100 + 0.06 * lost)
    ax.ticklabel_format(axis="y", useOffset=False)
    ax.set_ylabel("availability, % (axis does not start at 0)" if lowest > 0.01 else "availability, %")
    return drawing.finish(ax, findings, f"Availability of {service} over time")
