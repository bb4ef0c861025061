"""Availability over time: how the estimate settles."""

import math
from typing import TYPE_CHECKING

import numpy as np

from experiments.inference import estimate
from experiments.plots import curves, drawing
from experiments.plots.curves import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def availability(findings: "Findings", service: str, ax: "Axes | None" = None, windows: int = 52) -> "Axes":
    """The estimate from all that was seen until each of so many times, with its interval, in nines.

    A policy without an outage is drawn at its bound; a row of rare outages at its estimate, which is of the whole time.
    """
    ax, period = curves.axes(ax, findings, service), findings.manifest.duration
    times = np.arange(1, windows + 1) * period / windows
    drawn = [_curve(findings, service, policy, times) for policy in findings.policies]
    low, high = _limits(drawn)

    def frame(ax: "Axes") -> None:
        ax.set_xlim(0, period)
        drawing.seconds(ax, "time since the start of measuring", linear=True)
        drawing.nines(ax, low, high)
        ax.set_ylabel("availability until then (a tick: a nine)")

    shows = [f"band: {drawing.intervals(findings)} of what was seen until then in all replications"]
    shows += ["triangles: a lower bound"] if any(curve.is_bound for curve in drawn) else []
    shows.append(curves.draw(ax, findings, drawn, frame))
    title = f"Availability of {service} over time"
    return drawing.finish(ax, title, drawing.behind(findings), "; ".join(filter(None, shows)))


def _curve(findings: "Findings", service: str, policy: str, times: np.ndarray) -> Curve:
    if not len(findings.sample(service, policy).windows):
        return Curve(policy, "no run", np.empty(0), np.empty(0))
    remark = curves.RARE if findings.rare.of(service, policy) is not None else ""
    if remark:
        times = np.array([0.0, times[-1]])
        found = [estimate.nines(findings.availability(service, policy))] * 2
    else:
        found = [estimate.nines(findings.availability(service, policy, until=end)) for end in times]
    if found[-1].is_bound:
        bounds = np.array([of.bound for of in found])
        return Curve(policy, "no outage seen", times, bounds, is_bound=True)
    value, low, high = (np.array([getattr(of, end) for of in found]) for end in ("value", "low", "high"))
    value = np.where(np.isnan(value), low, value)  # until the first outage: the bound
    return Curve(policy, remark, times, value, low, high)


def _limits(drawn: list[Curve]) -> tuple[float, float]:
    """Of the axis: all values fit, and of the bands what is not from the first few windows."""
    ends = [end for curve in drawn for end in curve.y.tolist() if math.isfinite(end)]
    for curve in drawn:
        for side in (curve.low, curve.high):
            ends += [] if side is None else [end for end in side[len(side) // 4 :].tolist() if math.isfinite(end)]
    return (min(ends), max(ends)) if ends else (0.0, 1.0)
