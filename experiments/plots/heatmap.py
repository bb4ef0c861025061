"""Availability over two axes of a sweep: a field for each pair of values, a picture for each policy."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from experiments.findings.sweep import SweepFindings, SweepRow
from experiments.plots import drawing
from experiments.plots.positions import Positions, text
from models.input.problems import Refusal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_VALUES = 60
"""Of an axis: more fields are too small to be seen."""
MOST_TOLD = 12
"""Of an axis: of more fields the numbers are not written."""
COLUMNS = 3


def heatmap(
    findings: SweepFindings, service: str, x: str, y: str, fixed: Mapping[str, Any], figure: "Figure | None" = None
) -> "Figure":
    """Availability by `x` and `y`, for each policy; all other axes must be `fixed`, or have one value."""
    across, up = findings.axes.index(x), findings.axes.index(y)
    rows = [
        row
        for row in findings.rows(service)
        if all(row.values[findings.axes.index(name)] == value for name, value in fixed.items())
    ]
    if not rows:
        raise Refusal(f"nothing is known of {service} there, so there is nothing to draw")
    for i, name in enumerate(findings.axes):
        if i not in (across, up) and len({repr(row.values[i]) for row in rows}) > 1:
            raise Refusal(f"a heat map has two axes: say where on {name}: --point {name}={rows[0].values[i]}")
    xs, ys = (Positions.of(name, [row.values[i] for row in rows]) for name, i in ((x, across), (y, up)))
    for positions in (xs, ys):
        if len(positions.values) > MOST_VALUES:
            message = f"{positions.name} has {len(positions.values)} values; a heat map shows at most {MOST_VALUES}"
            raise Refusal(f"{message}: draw --kind curves instead")
    policies = [policy for policy in findings.policies if any(row.policy == policy for row in rows)]
    columns = min(len(policies), COLUMNS)
    lines = -(-len(policies) // columns)
    height = max(2.6, 0.42 * len(ys.values) + 1.4)
    panel = max(3.4, (0.72 if len(xs.values) <= MOST_TOLD else 0.2) * len(xs.values) + 1.6)
    figure = drawing.figure(figure, (panel * columns, height * lines + 0.5))
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    known = [end for row in rows for end in _ends(row)]
    scale = (min(known), max(known)) if known else (0.0, 1.0)
    for ax, policy in zip(axes, policies, strict=False):
        _fields(ax, [row for row in rows if row.policy == policy], (xs, across), (ys, up), scale)
        ax.set_title(drawing.row(policy), loc="left", fontsize=10)
    for ax in axes[len(policies) :]:
        ax.set_visible(False)
    where = "".join(f", {name}={text(value)}" for name, value in fixed.items() if name not in (x, y))
    told = f"Availability of {service}{where}: the darker, the better. Hatched: no outage seen, at least so much"
    figure.suptitle(
        f"{drawing.literal(told)}\n{drawing.behind_of(findings.manifest)}",
        x=0.01,
        ha="left",
        fontsize=8.5,
        color=drawing.GREY,
    )
    return figure


def _ends(row: SweepRow) -> list[float]:
    """The nines by which a field is coloured; none if nothing is known of it."""
    of = row.estimates["nines"]
    shown = of.low if of.is_bound else of.value
    return [shown] if of.n and math.isfinite(shown) else []


def _fields(
    ax: "Axes",
    rows: list[SweepRow],
    horizontal: tuple[Positions, int],
    vertical: tuple[Positions, int],
    scale: tuple[float, float],
) -> None:
    from matplotlib.patches import Rectangle

    (xs, across), (ys, up) = horizontal, vertical
    told = len(xs.values) <= MOST_TOLD and len(ys.values) <= MOST_TOLD
    least, most = scale
    for row in rows:
        column, line = xs.values.index(row.values[across]), ys.values.index(row.values[up])
        corner = (column - 0.5, line - 0.5)
        ends, of = _ends(row), row.estimates["availability"]
        share = 0.0 if not ends else 0.08 + 0.82 * ((ends[0] - least) / (most - least) if most > least else 1.0)
        ax.add_patch(Rectangle(corner, 1, 1, facecolor=drawing.COLOURS[0], alpha=share, lw=0))
        edge = drawing.GREY if of.is_bound or not ends else drawing.RULE
        hatch = "//" if of.is_bound and told else None
        ax.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=edge, hatch=hatch, lw=0.4, alpha=0.5))
        if told:
            shown = of.show_value() if of.n else "no run"
            box = {"facecolor": "#ffffff", "alpha": 0.75, "lw": 0, "pad": 1.0, "boxstyle": "round"}
            ax.text(column, line, shown.replace(">= ", "≥ "), ha="center", va="center", fontsize=7, bbox=box)
    ax.set_xlim(-0.5, len(xs.values) - 0.5)
    ax.set_ylim(-0.5, len(ys.values) - 0.5)
    for axis, positions in ((ax.xaxis, xs), (ax.yaxis, ys)):
        step = -(-len(positions.values) // MOST_TOLD)
        places = range(0, len(positions.values), step)
        axis.set_ticks(places, [text(positions.values[i]) for i in places], fontsize=8)
        axis.set_label_text(drawing.literal(positions.name), fontsize=8.5)
    if max(len(text(value)) for value in xs.values) > 7:
        ax.tick_params(axis="x", rotation=30)
    ax.spines[["top", "right", "left", "bottom"]].set_visible(False)
    ax.tick_params(length=0)
