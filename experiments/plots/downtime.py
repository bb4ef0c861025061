"""Downtime in a year, across replications."""

import math
from typing import TYPE_CHECKING

import numpy as np

from experiments.plots import drawing
from models.units import YEAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def distribution(findings: "Findings", service: str, ax: "Axes | None" = None) -> "Axes":
    """How likely a year's downtime stays below a value: the empirical distribution over replications."""
    ax = drawing.axes(ax)
    least, longest = math.inf, 0.0
    for i, policy in enumerate(findings.policies):
        s = findings.sample(service, policy)
        years = np.sort(s.downtimes * YEAR / s.windows)
        if not len(years):
            continue
        least, longest = min(least, years[years > 0].min(initial=math.inf)), max(longest, float(years[-1]))
        x = np.concatenate(([0.0], years, [1e12]))
        y = np.concatenate(([0.0], np.arange(1, len(years) + 1) / len(years), [1.0]))
        ax.step(x, y, where="post", label=drawing.label(findings, service, policy), **drawing.style(i))
    linear = least / 2 if math.isfinite(least) else 1.0
    ax.set_xscale("symlog", linthresh=linear, linscale=0.3)
    ax.set_xlim(0, max(longest * 2, 1.0))
    drawing.seconds(ax, "downtime in a year (log scale, 0 at its left end)", least=linear)
    ax.set_ylim(0, 1.02)
    ax.set_ylabel("share of replications at or below")
    return drawing.finish(ax, findings, f"Downtime of {service} in a year")
