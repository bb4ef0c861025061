"""Outages: how long they last."""

from typing import TYPE_CHECKING

import numpy as np

from experiments.plots import drawing
from models.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def lengths(findings: "Findings", service: str, ax: "Axes | None" = None) -> "Axes":
    """Share of the outages that last longer than a time."""
    ax = drawing.axes(ax)
    seen = []
    for i, policy in enumerate(findings.policies):
        lasted = np.sort(findings.sample(service, policy).lengths)
        if not len(lasted):
            ax.plot([], [], label=drawing.label(findings, service, policy), **drawing.style(i))
            continue
        seen += [float(lasted[0]), float(lasted[-1])]
        share = 1 - np.arange(len(lasted)) / len(lasted)
        shown = _thinned(len(lasted))
        x, y = np.concatenate((lasted[:1] / 10, lasted[shown])), np.concatenate(([1.0], share[shown]))
        x, y = np.append(x, lasted[-1]), np.append(y, 0.0)
        ax.step(x, y, where="pre", label=drawing.label(findings, service, policy), **drawing.style(i))
    ax.set_xscale("log")
    if seen:
        ax.set_xlim(min(seen) / 1.5, max(seen) * 1.5)
    drawing.seconds(ax, "length of an outage (log scale)")
    ax.set_ylim(0, 1.02)
    ax.set_ylabel("share of outages that last longer")
    return drawing.finish(ax, findings, f"Outages of {service}")


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
