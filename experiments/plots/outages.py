"""Outages: how long they last."""

from typing import TYPE_CHECKING

import numpy as np

from experiments.plots import curves, drawing
from experiments.plots.curves import Curve
from models.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def lengths(findings: "Findings", service: str, ax: "Axes | None" = None) -> "Axes":
    """Share of the outages that last longer than a time."""
    ax = curves.axes(ax, findings, service)
    drawn = [_curve(findings, service, policy) for policy in findings.policies]
    seen = [end for curve in drawn for end in (*curve.x[1:2].tolist(), *curve.x[-1:].tolist())]

    def frame(ax: "Axes") -> None:
        ax.set_xscale("log")
        if seen:
            ax.set_xlim(min(seen) / 1.5, max(seen) * 1.5)
        drawing.seconds(ax, "length of an outage (log scale)")
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("share of outages that last longer")

    shows = ["all outages of all replications", curves.draw(ax, findings, drawn, frame)]
    return drawing.finish(ax, f"Outages of {service}", drawing.behind(findings), "; ".join(filter(None, shows)))


def _curve(findings: "Findings", service: str, policy: str) -> Curve:
    lasted = np.sort(findings.sample(service, policy).lengths)
    remark = drawing.remark(findings, service, policy)
    if not len(lasted):
        return Curve(policy, remark, np.empty(0), np.empty(0))
    share = 1 - np.arange(len(lasted)) / len(lasted)
    shown = _thinned(len(lasted))
    x = np.concatenate((lasted[:1] / 10, lasted[shown], lasted[-1:]))
    return Curve(policy, remark, x, np.concatenate(([1.0], share[shown], [0.0])), steps="steps-pre")


def per_replication(findings: "Findings", service: str, policy: str) -> list[Floats]:
    """The outages of every replication, those without any included: shape (n, 2) each, start and end in seconds."""
    s = findings.sample(service, policy)
    order = np.argsort(s.owners, kind="stable")
    begin, end = (np.searchsorted(s.owners[order], s.replications, side) for side in ("left", "right"))
    spans = s.spans[order]
    return [spans[i:j] for i, j in zip(begin, end, strict=True)]


def _thinned(count: int) -> Floats:
    """About 500 of `count` sorted values: all of the last 100, where each one shows."""
    return np.unique(np.concatenate((np.linspace(0, count - 1, min(count, 400)), np.arange(count)[-100:])).astype(int))
