"""Cost against downtime: which candidates nobody beats, with the intervals of both, and the others behind them."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.findings import pareto
from experiments.findings.pareto import Dot
from experiments.inference.estimate import show_seconds
from experiments.plots import drawing
from models.units import DAY, HOUR, MINUTE, YEAR, counted, format_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

    from experiments.findings.findings import Findings

_TICKS = (0.001, 0.01, 0.1, 1, 10, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, YEAR)
_LEAST, _MOST = 1e-3, YEAR
"""Seconds a year that are drawn at all: what is less has no lower end on a logarithmic axis."""
_LONGEST = 34
"""Characters of a name."""
_PLACES = tuple((6 * side, 7 * rise) for rise in (1, 0, -1, 2, -2, 3, -3, 4, -4, 6, -6) for side in (1, -1))
"""Where a name may stand, in points from its mark, the best first."""


def of_policies(findings: "Findings", service: str, ax: "Axes | None" = None) -> "Axes":
    """The policies of an experiment."""
    dots, words = pareto.of_findings(findings, service)
    limits = [_limit(of) for of in findings.manifest.objectives if of["service"] == service]
    shows = f"bars: {drawing.intervals(findings)}s"
    return _draw(dots, words, service, [of for of in limits if of is not None], drawing.behind(findings), shows, ax)


def of_search(search: Mapping[str, Any], service: str, ax: "Axes | None" = None) -> "Axes":
    """The candidates of a search, by its search.json; those that never ran are not drawn."""
    asked = [one for of in search["candidates"] for one in of["objectives"] if one["service"] == service]
    limits = dict.fromkeys(limit for limit in map(_limit, asked) if limit is not None)
    dots = pareto.of_search(search, service)
    count, left_out = search["replications"], len(search["candidates"]) - len(dots)
    basis = f"{drawing.literal(search['experiment'])}: {counted(count, 'replication')} of a search"
    shows = f"bars: intervals; all of downtimes hold at once with {format_percent(search['confidence'])} confidence"
    shows += f"; left out: {counted(left_out, 'candidate')} that never ran" if left_out else ""
    return _draw(dots, search["cost"], service, list(limits), basis, shows, ax)


def _limit(objective: Mapping[str, Any]) -> float | None:
    """The downtime that an objective leaves, in seconds a year; None if it is about something else."""
    limit = objective.get("limit", objective.get("at_least", objective.get("at_most")))
    if objective["metric"] == "availability":
        return float((1 - limit) * YEAR)
    return float(limit) if objective["metric"] == "downtimePerYear" else None


def _draw(
    dots: Sequence[Dot],
    words: str,
    service: str,
    limits: Sequence[float],
    basis: str,
    shows: str,
    ax: "Axes | None",
) -> "Axes":
    ax = drawing.axes(ax, (8.0, 5.0))
    best = pareto.frontier(dots)
    _frame(ax, dots, limits, words)
    for limit in limits:
        ax.axhline(limit, color=drawing.GREY, lw=0.9, ls=(0, (4, 3)), zorder=1)
    at = _places(ax, dots)
    if best:
        x, y = [at[dot.name] for dot in best], [_seen(dot.lost) for dot in best]
        ax.plot([*x, ax.get_xlim()[1]], [*y, y[-1]], drawstyle="steps-post", color=drawing.COLOURS[0], lw=1, alpha=0.5)
    for dot in dots:
        _mark(ax, dot, at[dot.name], dot in best)
    said = [shows, "line: nobody costs less and loses no more; grey: others"]
    said += ["triangle: no outage seen, at most there"] if any(dot.downtime.is_bound for dot in dots) else []
    said += ["star: the answer"] if any(dot.state == "cheapest" for dot in dots) else []
    said += ["dashes: what is asked for"] if limits else []
    drawing.finish(ax, f"Cost and downtime of {service}", basis, "; ".join(said))
    if not dots:
        drawing.nothing(ax, "no cost of a finished run is known")
    left_out = _name(ax, [*best, *(dot for dot in dots if dot not in best)], at, limits)
    if left_out:
        ax.annotate(
            f"without a name, for want of room: {left_out}",
            (1, 0),
            xycoords="axes fraction",
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
            fontsize=7,
            color=drawing.GREY,
        )
    return ax


def _frame(ax: "Axes", dots: Sequence[Dot], limits: Sequence[float], words: str) -> None:
    """Axes with room for all that is drawn, and round durations at the left."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    lost = [_seen(end) for end in (*(dot.lost for dot in dots), *limits)]
    low, high = (min(lost) / 6, max(lost) * 4) if lost else (1.0, HOUR)  # intervals may end outside
    costs = [end for dot in dots for end in (dot.cost.low, dot.cost.high, dot.cost.value) if 0 < end < math.inf]
    left, right = (min(costs), max(costs)) if costs else (0.0, 1.0)
    margin = 0.08 * (right - left) or 0.1 * right or 1.0
    ax.set_xlim(max(left - margin, 0.0), right + 3 * margin)
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    marks = [mark for mark in _TICKS if low <= mark <= high]
    ax.yaxis.set_major_locator(FixedLocator(marks if len(marks) > 1 else [low, *marks, high]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: show_seconds(y)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}" if right >= 10 else f"{x:g}"))
    ax.set_xlabel(f"{words} a year")
    ax.set_ylabel("downtime a year")


def _seen(seconds: float) -> float:
    return min(max(seconds, _LEAST), _MOST)


def _places(ax: "Axes", dots: Sequence[Dot]) -> dict[str, float]:
    """Where each stands: at its cost, but for a hair's breadth where several cost the same."""
    left, right = ax.get_xlim()
    near = 0.01 * (right - left)
    columns: dict[int, list[Dot]] = {}
    for dot in dots:
        columns.setdefault(round(dot.cost.value / near), []).append(dot)
    return {
        dot.name: dot.cost.value + 0.8 * near * (place - (len(same) - 1) / 2)
        for same in columns.values()
        for place, dot in enumerate(same)
    }


def _mark(ax: "Axes", dot: Dot, x: float, is_best: bool) -> None:
    """A mark with its two intervals; a triangle where only a bound is known."""
    colour = drawing.COLOURS[0] if is_best else drawing.GREY
    colour = drawing.COLOURS[1] if dot.state == "cheapest" else colour
    y, alpha = _seen(dot.lost), 1.0 if is_best or dot.state == "cheapest" else 0.55
    low, high = ax.get_xlim()
    line: dict[str, Any] = {"color": colour, "lw": 1.3, "alpha": alpha, "solid_capstyle": "butt", "zorder": 3}
    ax.plot([max(dot.cost.low, low), min(dot.cost.high, high)], [y, y], "-", **line)
    if dot.downtime.is_bound:
        ax.plot([x], [y], "v", color=colour, mfc="#ffffff", ms=7, alpha=alpha, zorder=4)
    else:
        ax.plot([x, x], [_seen(dot.downtime.low), _seen(dot.downtime.high)], "-", **line)
        star = dot.state == "cheapest"
        ax.plot([x], [y], "*" if star else "o", color=colour, ms=12 if star else 5, alpha=alpha, zorder=4)


def _name(ax: "Axes", dots: Sequence[Dot], at: Mapping[str, float], limits: Sequence[float]) -> int:
    """A name beside each mark, the first first, where it hides nothing; how many found no room."""
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # so that it is known where things stand
    taken = [*(_box(ax, dot, at[dot.name]) for dot in dots), *_lines(ax, limits)]
    left_out = 0
    inside = ax.get_window_extent()
    for dot in dots:
        mark, points = (at[dot.name], _seen(dot.lost)), "offset points"
        text = drawing.literal(drawing.shortened(dot.name, _LONGEST))
        named = ax.annotate(text, mark, xytext=(0, 0), textcoords=points, fontsize=7.5)
        named.set_verticalalignment("center")
        for dx, dy in _PLACES:
            named.set_position((dx, dy))
            named.set_horizontalalignment("left" if dx > 0 else "right")
            box = named.get_window_extent()
            is_inside = inside.x0 <= box.x0 and box.x1 <= inside.x1 - 8 and inside.y0 <= box.y0 and box.y1 <= inside.y1
            if is_inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                line = {"arrowstyle": "-", "lw": 0.4, "color": drawing.GREY, "shrinkA": 0, "shrinkB": 2}
                ax.annotate("", mark, xytext=(dx, dy), textcoords=points, arrowprops=line)
                break
        else:
            named.remove()
            left_out += 1
    return left_out


def _lines(ax: "Axes", limits: Sequence[float]) -> "list[Bbox]":
    """What lines across the picture hide: what is asked for, and how far each of those reaches that none beats."""
    from matplotlib.transforms import Bbox

    ends = [(ax.get_xlim(), limit) for limit in map(_seen, limits)]
    for line in (line for line in ax.lines if line.get_drawstyle() == "steps-post"):
        x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        ends += [((float(x[i]), float(x[i + 1])), float(y[i])) for i in range(len(x) - 1)]
    found = []
    for (left, right), height in ends:
        (x0, y0), (x1, _) = ax.transData.transform([(left, height), (right, height)])
        found.append(Bbox.from_extents(x0, y0 - 1, x1, y0 + 1))
    return found


def _box(ax: "Axes", dot: Dot, x: float) -> "Bbox":
    """What a mark hides."""
    from matplotlib.transforms import Bbox

    across, up = ax.transData.transform((x, _seen(dot.lost)))
    size = 4 * ax.figure.dpi / 72
    return Bbox.from_extents(across - size, up - size, across + size, up + size)
