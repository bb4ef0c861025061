"""Windowed availability: the worst window of every length."""

import math
from typing import TYPE_CHECKING

import numpy as np

from experiments.findings.budgets import promise
from experiments.inference.estimate import show_seconds
from experiments.metrics.windowed import worst_window
from experiments.plots import curves, drawing
from experiments.plots.curves import Curve
from experiments.plots.outages import per_replication
from models.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def worst(findings: "Findings", service: str, ax: "Axes | None" = None, points: int = 40) -> "Axes":
    """Worst availability in any window of a length, in nines: median over replications, 5-95 % band, and what is asked.

    On the top line nothing is lost in any such window.
    """
    ax, period = curves.axes(ax, findings, service), findings.manifest.duration
    lengths = np.geomspace(min(60.0, period / 10), period, points)
    shares = {policy: _shares(findings, service, policy, lengths) for policy in findings.policies}
    finite = [-math.log10(lost) for of in shares.values() for lost in of.ravel().tolist() if lost > 0]
    promised = [(slo.objective, slo.period) for slo in [promise(findings, service)] if slo is not None]
    asked = [
        of["at_least"]
        for of in findings.manifest.objectives
        if of["service"] == service and of["metric"] == "availability" and of.get("at_least") is not None
    ]
    finite += [-math.log10(1 - share) for share in (*asked, *(share for share, _ in promised)) if share < 1]
    top = math.floor(max(finite, default=0.0)) + 1.0

    def frame(ax: "Axes") -> None:
        ax.set_xscale("log")
        ax.set_xlim(lengths[0], lengths[-1])
        drawing.seconds(ax, "length of the window (log scale)")
        drawing.nines(ax, 0, top)
        whole = drawing.share_of
        ax.yaxis.set_major_formatter(lambda n, _: "none lost" if n == top else whole(round(n)))
        ax.set_ylim(-0.02 * top, 1.02 * top)
        ax.set_ylabel("worst availability in any such window")
        for share in asked:
            ax.axhline(-math.log10(1 - share), color="#000000", lw=1, ls=(0, (6, 3)))
        for share, over in promised:
            ax.plot([over], [-math.log10(1 - share)], "*", color="#000000", ms=9, clip_on=False, zorder=5)

    drawn = [_curve(findings, service, policy, lengths, shares[policy], top) for policy in findings.policies]
    shows = ["line: median of the replications; band: 5-95 % of them", curves.draw(ax, findings, drawn, frame)]
    shows += (
        ["dashes: " + ", ".join(f"objective {100 * share:.10g}\u00a0%" for share in dict.fromkeys(asked))]
        if asked
        else []
    )
    shows += [f"star: SLO {100 * share:.10g}\u00a0% over {show_seconds(over)}" for share, over in promised]
    title = f"Windowed availability of {service}"
    return drawing.finish(ax, title, drawing.behind(findings), "; ".join(filter(None, shows)))


def _shares(findings: "Findings", service: str, policy: str, lengths: Floats) -> Floats:
    """What the worst windows of each length lose, as a share: 5 %, half and 95 % of the replications lose at most."""
    outages = per_replication(findings, service, policy)
    if not outages:
        return np.empty((3, 0))
    lost = 1 - np.array([worst_window(spans, findings.manifest.duration, lengths) for spans in outages])
    lost[lost < 1e-12] = 0.0  # an error of sums
    found: Floats = np.quantile(lost, (0.05, 0.5, 0.95), axis=0)
    return found


def _curve(findings: "Findings", service: str, policy: str, lengths: Floats, lost: Floats, top: float) -> Curve:
    remark = drawing.remark(findings, service, policy)
    if not lost.size:
        return Curve(policy, remark, np.empty(0), np.empty(0))
    nines = np.full(lost.shape, top)
    nines[lost > 0] = -np.log10(lost[lost > 0])
    high, middle, low = nines + 0.0
    return Curve(policy, remark, lengths, middle, low, high)
