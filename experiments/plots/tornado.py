"""A tornado: what each uncertain input does to the downtime, low and high, the others in the middle."""

import math
from typing import TYPE_CHECKING, Any

from experiments.design.sweep import shown
from experiments.findings.tornado import Bar, Side
from experiments.plots import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.sensitivity import Influence

_FILLS = {"low": (drawing.COLOURS[5], ""), "high": (drawing.COLOURS[1], "")}
_SMALL: dict[str, Any] = {"fontsize": 7.5, "va": "center", "textcoords": "offset points", "annotation_clip": False}


def bars(of: "Influence", title: str, basis: str, quantiles: tuple[float, float], ax: "Axes | None" = None) -> "Axes":
    """Bars from the downtime in the middle to that with an input low and high, with paired intervals.

    The input that does most is on top.
    """
    tornado = of.tornado
    ax = drawing.axes(ax, (8.5, 1.9 + 0.42 * len(tornado.bars)))
    middle = 0.0 if math.isnan(tornado.middle.value) else tornado.middle.value
    ends = [middle]
    for place, bar in enumerate(tornado.bars):
        ends += _bar(ax, place, middle, bar)
    ax.axvline(middle, color=drawing.GREY, lw=1)
    names = [drawing.row(bar.name) for bar in tornado.bars]
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    room = 0.16 * (max(ends) - min(ends)) or max(middle, 1.0)
    ax.set_xlim(min(ends) - room, max(ends) + room)
    drawing.seconds(ax, "downtime in a year", linear=True)
    low, high = (drawing.percent(share) for share in quantiles)
    shows = (
        f"bars: the input at its {low} (light) and {high} quantile (dark), the others at their medians; lines: "
        f"{100 * of.confidence:g}\u00a0% interval of the difference, paired by replication; vertical: all at their "
        f"medians, {tornado.middle.show_value()}"
    )
    return drawing.finish(ax, title, basis, shows, "x", handles=())


def _bar(ax: "Axes", place: int, middle: float, bar: Bar) -> list[float]:
    """Draw an input; the ends of what is drawn."""
    drawn = []
    sides = {"low": bar.low, "high": bar.high}
    same_way = bar.low.moved * bar.high.moved > 0
    for number, (name, side) in enumerate(sides.items()):
        moved = side.moved
        at, height = (place - 0.19 + 0.38 * number, 0.36) if same_way else (place, 0.62)
        ax.barh(at, moved, left=middle, height=height, lw=0.6, **drawing.filled(*_FILLS[name]))
        low, high = _interval(side)
        line = at if same_way else at - 0.1 + 0.2 * number  # those of both ends may overlap
        ax.plot([middle + low, middle + high], [line, line], "-", color="#000000", lw=1.1, solid_capstyle="butt")
        outside = moved if moved else (1e-9 if name == "high" else -1e-9)
        end = middle + (max(high, 0.0) if outside > 0 else min(low, 0.0))
        leftwards = outside < 0
        ax.annotate(
            drawing.literal(drawing.shortened(shown(side.value), 16)),
            (end, at),
            xytext=(-4 if leftwards else 4, 0),
            ha="right" if leftwards else "left",
            **_SMALL,
        )
        drawn += [middle + low, middle + high, middle + moved]
    return drawn


def _interval(side: Side) -> tuple[float, float]:
    """The ends of the difference's interval; none where nothing differs."""
    if side.against is None or side.against.sameness:
        return 0.0, 0.0
    of = side.against.difference
    low, high = (end if math.isfinite(end) else of.value for end in (of.low, of.high))
    return low, high
