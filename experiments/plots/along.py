"""Availability along an axis of a sweep: a line with its band for each policy."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from experiments.findings.sweep import SweepFindings, SweepRow
from experiments.plots import drawing
from experiments.plots.positions import Positions, text
from models.input.problems import Refusal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
"""So many values of the other axes are drawn beside each other."""
COLUMNS = 3


def curves(
    findings: SweepFindings, service: str, x: str, fixed: Mapping[str, Any], figure: "Figure | None" = None
) -> "Figure":
    """Nines along the axis `x`, a panel for each combination of the other axes but those that are `fixed`.

    Of a sample, whose points are on no line, each point by itself.
    """
    rows = [row for row in findings.rows(service) if _is_at(findings, row, fixed)]
    at = findings.axes.index(x)
    sampled = findings.manifest.sweep is not None and findings.manifest.sweep["mode"] == "sample"
    panels: dict[tuple[Any, ...], list[SweepRow]] = {}
    for row in rows:
        others = () if sampled else tuple(value for i, value in enumerate(row.values) if i != at)
        panels.setdefault(others, []).append(row)
    if not panels:
        raise Refusal(f"nothing is known of {service} there, so there is nothing to draw")
    if len(panels) > MOST_PANELS:
        names = " and ".join(name for name in findings.axes if name not in (x, *fixed))
        raise Refusal(f"{len(panels)} curves would be drawn beside each other: say --point for {names}")
    columns = min(len(panels), COLUMNS)
    lines = -(-len(panels) // columns)
    size = (4.4 * columns + 1.2, 3.3 * lines + 0.9) if len(panels) > 1 else (8.0, 4.4)
    figure = drawing.figure(figure, size)
    axes = figure.subplots(lines, columns, squeeze=False, sharey=True).ravel()
    positions = Positions.of(x, [row.values[at] for row in rows])
    low, high = _limits(rows)
    varied = [name for i, name in enumerate(findings.axes) if i != at]
    titles = []
    for ax, (others, some) in zip(axes, panels.items(), strict=False):
        _panel(ax, findings, some, positions, at, sampled, high)
        told = [f"{name}={text(value)}" for name, value in zip(varied, others, strict=bool(others) or not varied)]
        title = f"{service}: {', '.join(told)}" if told else f"Availability of {service} along {x}"
        titles.append(drawing.literal(title))
        drawing.nines(ax, low, high)
        positions.label(ax)
        shows = (
            f"Line and band: estimate and {drawing.intervals_of(findings.manifest)}; arrow: no outage seen, at least"
        )
        drawing.finish(ax, titles[-1], drawing.behind_of(findings.manifest), shows)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    if len(panels) > 1:
        shown = list(axes[: len(panels)])
        basis = f"{drawing.behind_of(findings.manifest)}. Lines with {drawing.intervals_of(findings.manifest)}"
        for ax in shown:
            for note in [note for note in ax.texts if note.get_gid() == "shows"]:
                note.remove()
        drawing.together(figure, shown, titles, basis)
    return figure


def _is_at(findings: SweepFindings, row: SweepRow, fixed: Mapping[str, Any]) -> bool:
    return all(row.values[findings.axes.index(name)] == value for name, value in fixed.items())


def _limits(rows: Sequence[SweepRow]) -> tuple[float, float]:
    """The nines from the least to the most that is known."""
    found = [row.estimates["nines"] for row in rows]
    ends = [end for of in found for end in (of.value, of.low, of.high) if math.isfinite(end)]
    return (min(ends), max(ends) + 0.3) if ends else (0.0, 1.0)


def _panel(
    ax: "Axes",
    findings: SweepFindings,
    rows: Sequence[SweepRow],
    positions: Positions,
    at: int,
    sampled: bool,
    top: float,
) -> None:
    for number, policy in enumerate(findings.policies):
        mine = sorted((row for row in rows if row.policy == policy), key=lambda row: positions.where(row.values[at]))
        if not mine:
            continue
        xs = [positions.where(row.values[at]) for row in mine]
        found = [row.estimates["nines"] for row in mine]
        style, marker = drawing.style(number), drawing.marker(number)
        lows = [of.low for of in found]
        highs = [min(of.high, top) if of.n and not math.isnan(of.high) else math.nan for of in found]
        values = [of.value if math.isfinite(of.value) else math.nan for of in found]
        bounds = [(px, of.low) for px, of in zip(xs, found, strict=True) if of.n and of.is_bound]
        colour = style["color"]
        if sampled:
            ax.vlines(xs, lows, highs, color=colour, lw=0.8, alpha=0.5)
        else:
            ax.fill_between(xs, lows, highs, color=colour, alpha=0.15, lw=0)
            ax.plot(xs, values, lw=1.6, **style)
        ax.plot(xs, values, marker, color=colour, ms=5)
        for px, bound in bounds:
            ax.plot([px], [bound], marker, mfc="white", mec=colour, ms=5)
            arrow = {"arrowstyle": "->", "color": colour, "lw": 1.0}
            ax.annotate("", (px, bound + 0.22), (px, bound), arrowprops=arrow, annotation_clip=True)
        line = {} if sampled else {"linestyle": style["linestyle"]}
        ax.plot([], [], marker=marker, color=colour, label=drawing.row(policy), **({"linestyle": "none"} | line))
