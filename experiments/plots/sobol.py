"""Sobol' indices: which uncertain input the variance of the downtime comes from."""

from typing import TYPE_CHECKING

from experiments.inference.intervals import Interval
from experiments.plots import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.sensitivity import Influence


def shares(of: "Influence", title: str, basis: str, ax: "Axes | None" = None) -> "Axes":
    """First-order and total index of every input with their intervals, the largest total on top."""
    found, inputs = of.indices, of.inputs
    ax = drawing.axes(ax, (8.5, 1.9 + 0.42 * len(inputs)))
    order = sorted(range(len(inputs)), key=lambda i: -found.total[i].value) if found.known else range(len(inputs))
    ax.set_yticks(range(len(inputs)), [drawing.row(inputs[i]) for i in order], fontsize=8)
    ax.set_ylim(len(inputs) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(-0.02, 1.02)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    ax.set_xlabel("share of the variance of the downtime, luck aside")
    if not found.known:
        drawing.nothing(ax, "the answers differ by no more than luck")
        return drawing.finish(ax, title, basis, "", "x", handles=())
    for place, i in enumerate(order):
        _mark(ax, place - 0.16, found.first[i], solid=True)
        _mark(ax, place + 0.16, found.total[i], solid=False)
    shows = (
        f"filled: the input alone (first-order index); hollow: with all that it does together with others (total); "
        f"lines: {100 * of.confidence:g}\u00a0% interval"
    )
    return drawing.finish(ax, title, basis, shows, "x", handles=())


def _mark(ax: "Axes", place: float, index: Interval, solid: bool) -> None:
    colour = drawing.COLOURS[0 if solid else 1]
    ax.plot([index.low, index.high], [place, place], "-", color=colour, lw=1.6, solid_capstyle="butt")
    mark, fill = ("o", colour) if solid else ("s", "#ffffff")
    ax.plot([index.value], [place], mark, color=colour, mfc=fill, ms=5, ls="none", clip_on=False)
