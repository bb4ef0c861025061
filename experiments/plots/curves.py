"""A curve for each policy: all in one while they can be told apart, each in a panel of its own beyond."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.plots import drawing
from models.arrays import Floats
from models.units import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings

MOST_TOGETHER = len(drawing.COLOURS)
"""So many curves are told apart by colour and dashes; more are drawn in panels, which have names."""
RARE = "rare outages"
"""The remark on an estimate by rare outages."""
COLUMNS = 5
"""Panels beside each other."""
_TITLE = 26
"""Characters of a policy that fit above a panel."""


@dataclass(frozen=True)
class Curve:
    """What is drawn of a policy; `low` and `high` are its band, `x` is empty if there is nothing to draw."""

    policy: str
    remark: str
    """What is special about it, in a few words; mostly empty."""
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    is_bound: bool = False
    """Whether all that is known is that the truth lies above."""
    steps: str = "default"
    """How points are joined: a `drawstyle` of matplotlib."""

    def label(self, most: int = 36) -> str:
        """Policy, in at most so many characters, and remark, as in a legend."""
        remark = f" ({self.remark})" if self.remark else ""
        return drawing.literal(drawing.shortened(self.policy, most) + remark)


def axes(ax: "Axes | None", findings: "Findings", service: str) -> "Axes":
    """The axes given, or new ones that are large enough for the policies."""
    return drawing.axes(ax, (9.5, 1.4 + rows(findings, service)) if in_panels(findings) else (8.5, 4.2))


def in_panels(findings: "Findings") -> bool:
    """Whether there are too many policies for one picture."""
    return len(findings.policies) > MOST_TOGETHER


def rows(findings: "Findings", service: str) -> int:
    """How many rows of panels it takes: one for each policy with an outage, and one for the others together."""
    seen = sum(1 for policy in findings.policies if len(findings.sample(service, policy).lengths))
    return math.ceil((seen + 1) / COLUMNS)


def draw(ax: "Axes", findings: "Findings", curves: Sequence[Curve], frame: "Callable[[Axes], None]") -> str:
    """Draw the curves; `frame` gives axes their scales, limits and labels. The result is what a caption has to add."""
    if in_panels(findings):
        shown = [same for same in _alike(curves) if same[0].is_bound or same[0].remark in ("", RARE)]
        _panels(ax, shown, frame, findings.baseline)
        said = [f"upward: {ax.get_ylabel()}"]
        if any(curve.policy == findings.baseline for same in shown for curve in same):
            said.append(f"grey: {drawing.row(findings.baseline)}, the baseline")
        ax.set_ylabel("")
        return "; ".join([*said, *_left_out(curves, shown)])
    numbers = {policy: number for number, policy in enumerate(findings.policies)}
    for same in _alike(curves):
        _draw(ax, same[0], drawing.style(numbers[same[0].policy]), "\n".join(curve.label() for curve in same))
    frame(ax)
    return ""


def _alike(curves: Sequence[Curve]) -> list[list[Curve]]:
    """Bounds that are the same belong together, to be drawn once: they tell nothing apart."""
    found: dict[Any, list[Curve]] = {}
    for curve in curves:
        key = (curve.x.tobytes(), curve.y.tobytes()) if curve.is_bound else curve.policy
        found.setdefault(key, []).append(curve)
    return list(found.values())


def _left_out(curves: Sequence[Curve], shown: Sequence[list[Curve]]) -> list[str]:
    """What is not drawn: how many policies, and why."""
    drawn = {curve.policy for same in shown for curve in same}
    reasons = Counter(curve.remark for curve in curves if curve.policy not in drawn)
    told = [f"{counted(number, 'policy', 'policies')} ({reason})" for reason, number in reasons.items()]
    return ["left out: " + ", ".join(told)] if told else []


def _draw(ax: "Axes", curve: Curve, style: dict[str, Any], label: str = "") -> None:
    if curve.is_bound:
        every = max(len(curve.x) // 8, 1)
        style = {"color": drawing.GREY, "linestyle": ":", "marker": "^", "mfc": "#ffffff", "ms": 4, "markevery": every}
    elif curve.low is not None and curve.high is not None:
        ax.fill_between(curve.x, curve.low, curve.high, alpha=0.18, lw=0, color=style["color"])
    ax.plot(curve.x, curve.y, label=label or None, drawstyle=curve.steps, **style)


def _panels(ax: "Axes", curves: Sequence[list[Curve]], frame: "Callable[[Axes], None]", baseline: str) -> None:
    """A small picture for each curve, on the same axes, with the curve of the baseline behind it."""
    frame(ax)
    for artist in (*ax.lines, *ax.collections):
        artist.remove()
    ax.spines[:].set_visible(False)
    ax.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    ax.xaxis.labelpad = 20
    ax.xaxis.label.set_fontsize(8.5)
    width, height = 1 / COLUMNS, 1 / max(math.ceil(len(curves) / COLUMNS), 1)
    behind = next((curve for same in curves for curve in same if curve.policy == baseline), None)
    for number, same in enumerate(curves):
        row, column = divmod(number, COLUMNS)
        panel = ax.inset_axes((column * width, 1 - (row + 1) * height, 0.9 * width, 0.76 * height))
        if behind is not None and behind not in same:
            panel.plot(behind.x, behind.y, color=drawing.GREY, lw=0.8, drawstyle=behind.steps)
        _draw(panel, same[0], {"color": drawing.COLOURS[0], "lw": 1.4})
        frame(panel)
        _trim(panel, left=column == 0, last=number + COLUMNS >= len(curves))
        name = same[0].label(_TITLE) if len(same) == 1 else f"{len(same)} policies ({same[0].remark})"
        panel.set_title(name, loc="left", fontsize=6.5, pad=2)


def _trim(panel: "Axes", left: bool, last: bool) -> None:
    """Few ticks, and texts only beside and below all panels."""
    panel.set_xlabel("")
    panel.set_ylabel("")
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=6.5, labelleft=left, labelbottom=last, length=2)
    for axis in (panel.xaxis, panel.yaxis):
        low, high = axis.get_view_interval()
        ticks = [tick for tick in axis.get_majorticklocs() if low <= tick <= high]
        axis.set_ticks(ticks[:: max(math.ceil(len(ticks) / 4), 1)])
