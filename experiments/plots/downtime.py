"""Downtime in a year, or in the time of a replication if that is less."""

import math
from typing import TYPE_CHECKING

import numpy as np

from experiments.inference import yearly
from experiments.inference.estimate import show_seconds
from experiments.plots import curves, drawing
from experiments.plots.curves import Curve
from models.units import YEAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def distribution(findings: "Findings", service: str, ax: "Axes | None" = None) -> "Axes":
    """How likely the downtime of a period stays below a value: its distribution over the periods of all replications.

    A period is a year, or as long as replications are if they are shorter.
    """
    ax = curves.axes(ax, findings, service)
    lost = {policy: np.sort(yearly.downtimes(findings.sample(service, policy))) for policy in findings.policies}
    least = min((float(of[of > 0].min(initial=math.inf)) for of in lost.values()), default=math.inf)
    most = max((float(of.max(initial=0.0)) for of in lost.values()), default=0.0)
    linear = least / 2 if math.isfinite(least) else 1.0
    length = min(findings.manifest.duration, YEAR)
    period = "a year" if length == YEAR else show_seconds(length)

    def frame(ax: "Axes") -> None:
        ax.set_xscale("symlog", linthresh=linear, linscale=0.3)
        ax.set_xlim(0, max(most * 2, 1.0))
        drawing.seconds(ax, f"downtime in {period} (log scale, 0 at its left end)", least=linear)
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("share of periods that lose at most so much")

    drawn = [_curve(findings, service, policy, of) for policy, of in lost.items()]
    shows = [f"over all periods of {show_seconds(length)}", curves.draw(ax, findings, drawn, frame)]
    title = f"Downtime of {service} in {period}"
    return drawing.finish(ax, title, drawing.behind(findings), "; ".join(filter(None, shows)))


def _curve(findings: "Findings", service: str, policy: str, lost: np.ndarray) -> Curve:
    remark, count = drawing.remark(findings, service, policy), len(lost)
    if not count:
        return Curve(policy, remark, np.empty(0), np.empty(0))
    x = np.concatenate(([0.0], lost, [1e12]))
    y = np.concatenate(([0.0], np.arange(1, count + 1) / count, [1.0]))
    return Curve(policy, remark, x, y, steps="steps-post")
