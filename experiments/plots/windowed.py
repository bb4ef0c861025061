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
    """Worst availability in any window of a length, in nines, and what is asked of it.

    The line is the median of the replications; the band reaches down to what the worst 5 % of them fall below. On the
    top line nothing is lost in any such window.
    """
    ax, period = curves.axes(ax, findings, service), findings.manifest.duration
    lengths = np.geomspace(min(60.0, period / 10), period, points)
    shares = {policy: _shares(findings, service, policy, lengths) for policy in findings.policies}
    finite = [-math.log10(lost) for of in shares.values() for lost in of.ravel().tolist() if lost > 0]
    asked, promised = _asked(findings, service), promise(findings, service)
    finite += [_nines(share) for share in (*asked, *([promised.objective] if promised else [])) if share < 1]
    top = math.floor(max(finite, default=0.0) + 1e-9) + 1.0  # 99.9 % is three nines, but for an error of rounding

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
            ax.axhline(_nines(share, top), color="#000000", lw=1, ls=(0, (6, 3)))
        if promised and promised.period <= period:
            at = [promised.period], [_nines(promised.objective, top)]
            ax.plot(*at, "*", color="#000000", ms=9, clip_on=False, zorder=5)

    drawn = [_curve(findings, service, policy, lengths, shares[policy], top) for policy in findings.policies]
    shows = ["line: median of the replications; band: down to what 95\u00a0% of them keep"]
    shows.append(curves.draw(ax, findings, drawn, frame))
    shows += ["dashes: objective " + " and ".join(f"{100 * share:.10g}\u00a0%" for share in asked)] if asked else []
    if promised and promised.period <= period:
        shows.append(f"star: SLO {100 * promised.objective:.10g}\u00a0% over {show_seconds(promised.period)}")
    title = f"Windowed availability of {service}"
    return drawing.finish(ax, title, drawing.behind(findings), "; ".join(filter(None, shows)))


def _nines(share: float, top: float = math.inf) -> float:
    """How high a share stands: where nothing may be lost, on the top line."""
    return -math.log10(1 - share) if share < 1 else top


def _asked(findings: "Findings", service: str) -> list[float]:
    """The availabilities that objectives ask of the Service, each once."""
    wanted = [of for of in findings.manifest.objectives if (of["service"], of["metric"]) == (service, "availability")]
    return sorted({of["at_least"] for of in wanted if of.get("at_least") is not None})


def _shares(findings: "Findings", service: str, policy: str, lengths: Floats) -> Floats:
    """What the worst windows of each length lose, as a share: half of the replications lose at most, and 95 %."""
    outages = per_replication(findings, service, policy)
    if not outages:
        return np.empty((2, 0))
    lost = 1 - np.array([worst_window(spans, findings.manifest.duration, lengths) for spans in outages])
    lost[lost < 1e-12] = 0.0  # an error of sums
    found: Floats = np.quantile(lost, (0.5, 0.95), axis=0)
    return found


def _curve(findings: "Findings", service: str, policy: str, lengths: Floats, lost: Floats, top: float) -> Curve:
    remark = drawing.remark(findings, service, policy)
    if not lost.size:
        return Curve(policy, remark, np.empty(0), np.empty(0))
    nines = np.full(lost.shape, top)
    nines[lost > 0] = -np.log10(lost[lost > 0])
    middle, low = nines
    return Curve(policy, remark, lengths, middle, low, middle)
