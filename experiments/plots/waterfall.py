"""The downtime of one policy as a waterfall: what each cause adds in each stage, until it is the whole."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.findings.breakdown import Part
from experiments.inference.estimate import downtime_per_year, show_seconds
from experiments.plots import drawing
from experiments.plots.attribution import STYLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings

MOST_ROWS = 16
"""So many parts have a row of their own; what is left of the downtime is one more."""


def waterfall(findings: "Findings", service: str, policy: str, ax: "Axes | None" = None) -> "Axes":
    """Seconds a year by cause and stage, each from where the one above it ends; the last row is their sum."""
    parts = findings.parts(service, policy)
    shown = _shown(parts)
    ax = drawing.axes(ax, (8.5, 1.7 + 0.24 * (len(shown) + 2)))
    total = math.fsum(part.per_year for part in parts)
    end, rows = 0.0, [(f"{part.reason}: {part.stage}", part.per_year, STYLES[part.stage]) for part in shown]
    if len(shown) < len(parts):
        left = math.fsum(part.per_year for part in parts if part not in shown)
        rows.append((f"{len(parts) - len(shown)} others", left, (drawing.GREY, "")))
    for place, (_, lost, style) in enumerate(rows):
        _bar(ax, place, end, lost, style)
        end += lost
        ax.plot([end, end], [place - 0.35, place + 1.35], color=drawing.GREY, lw=0.6)
        told = f"{show_seconds(lost)} ({drawing.percent(lost / total)})"
        ax.annotate(told, (end, place), va="center", fontsize=7.5, **_BESIDE)
    shows = "a year, each from where the one above it ends"
    if rows:
        shows += f"; line: {drawing.intervals(findings)} of all"
        _whole(ax, findings, service, policy, len(rows), total)
    else:
        drawing.nothing(ax, "no downtime was taken apart")
    names = [*(name for name, _, _ in rows), *(["all"] if rows else [])]
    ax.set_yticks(range(len(names)), [drawing.literal(drawing.shortened(name, 48)) for name in names], fontsize=8)
    ax.set_ylim(max(len(names), 1) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    drawing.seconds(ax, "downtime in a year", linear=True)
    title = f"Downtime of {service} under {policy}"
    return drawing.finish(ax, title, drawing.behind(findings), shows, "x", handles=())


_BESIDE: dict[str, Any] = {"xytext": (5, 0), "textcoords": "offset points", "annotation_clip": False}


def _shown(parts: Sequence[Part]) -> list[Part]:
    """Those with a row of their own, in their order: the largest."""
    largest = sorted(parts, key=lambda part: -part.per_year)[:MOST_ROWS]
    return [part for part in parts if part in largest]


def _bar(ax: "Axes", place: int, begin: float, lost: float, style: tuple[str, str]) -> None:
    ax.barh(place, lost, left=begin, height=0.7, lw=0.6, **drawing.filled(*style))


def _whole(ax: "Axes", findings: "Findings", service: str, policy: str, place: int, total: float) -> None:
    """The sum of all, with its interval, and the end of the axis behind it."""
    whole = downtime_per_year(findings.availability(service, policy))
    _bar(ax, place, 0.0, total, ("#000000", ""))
    ends = [end for end in (whole.low, whole.high) if math.isfinite(end)]
    ax.plot(ends, [place + 0.2] * len(ends), "-", color=drawing.COLOURS[4], lw=2, solid_capstyle="butt")
    most = max([total, *ends])
    ax.annotate(show_seconds(total), (most, place), va="center", fontsize=7.5, fontweight="bold", **_BESIDE)
    ax.set_xlim(0, 1.25 * most)
