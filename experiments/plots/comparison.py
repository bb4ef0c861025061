"""All Services at once, a row for each Service and policy: nines, and the difference from the baseline."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.inference import estimate
from experiments.inference.estimate import Estimate
from experiments.plots import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.findings.findings import Findings

MOST_NINES = 9
"""So many nines are written as a share in percent; beyond they are too many to read."""
_DIFFERENCE = "Difference from the baseline (left is better; hollow: not resolved)"


def nines(findings: "Findings", services: Sequence[str], ax: "Axes | None" = None) -> "Axes":
    """Availability as nines with its interval; a hollow triangle is a lower bound."""
    ax = drawing.axes(ax, (7.5, _height(findings, services)))
    ends = []
    for name, i, place in _rows(ax, findings, services):
        availability = estimate.nines(findings.availability(name, findings.policies[i]))
        _dot(ax, availability, place, i)
        ends += [x for x in (availability.low, availability.value, availability.high) if math.isfinite(x)]
    lowest, highest = (math.floor(min(ends)), math.ceil(max(ends) * 1.01)) if ends else (0, 1)
    ax.set_xlim(lowest, max(highest, lowest + 1))
    whole = range(lowest, max(highest, lowest + 1) + 1)
    written = [n for n in whole if len(whole) <= 5 or n in (lowest, 3, 5)]  # long shares would overlap
    ax.set_xticks(whole, [_nines_label(n) if n in written else f"\n{n}" for n in whole])
    ax.set_xlabel("availability, nines" + (f" (the axis starts at {lowest})" if lowest else ""))
    return drawing.finish(ax, findings, "Availability", "x", _legend(findings, services))


def difference(findings: "Findings", services: Sequence[str], ax: "Axes | None" = None) -> "Axes":
    """Yearly downtime against the baseline's, with its interval; hollow where the sign is not known."""
    ax = drawing.axes(ax, (7.5, _height(findings, services)))
    ends = [0.0]
    for name, i, place in _rows(ax, findings, services):
        if (against := findings.comparison(name, findings.policies[i])) is not None:
            _dot(ax, against.difference, place, i, against.resolved)
            ends += [against.difference.low, against.difference.high]
    ax.axvline(0, color=drawing.GREY, lw=1)
    margin = max(0.08 * (max(ends) - min(ends)), 1.0)
    ax.set_xlim(min(ends) - margin, max(ends) + margin)
    drawing.seconds(ax, f"downtime a year minus that of {drawing.literal(findings.baseline)}", linear=True)
    return drawing.finish(ax, findings, _DIFFERENCE, "x", _legend(findings, []))


def side_by_side(findings: "Findings", figure: "Figure | None" = None) -> "Figure":
    """`nines` and, with more than one policy, `difference` of all Services."""
    services, several = findings.services, len(findings.policies) > 1
    figure = drawing.figure(figure, (10.5 if several else 7.5, _height(findings, services) + 0.3))
    left = figure.add_subplot(1, 2 if several else 1, 1)
    axes = [nines(findings, services, left)]
    if several:
        axes.append(difference(findings, services, figure.add_subplot(1, 2, 2, sharey=left)))
        axes[1].tick_params(labelleft=False)
    return drawing.together(figure, findings, axes, ("Availability", _DIFFERENCE))


def _rows(ax: "Axes", findings: "Findings", services: Sequence[str]) -> list[tuple[str, int, float]]:
    """Lay out a row for each Service and policy, in bands: the Service, the policy's number, the row's place."""
    count = len(findings.policies)
    step = count + 0.8
    for number in range(0, len(services), 2):
        ax.axhspan(number * step - 0.9, number * step + count - 0.1, color=drawing.BAND, lw=0, zorder=0)
    ax.set_yticks([k * step + (count - 1) / 2 for k in range(len(services))], list(map(drawing.literal, services)))
    ax.set_ylim(max(1, len(services)) * step - 0.9, -0.9)
    ax.tick_params(axis="y", length=0)
    return [(name, i, k * step + i) for k, name in enumerate(services) for i in range(count)]


def _height(findings: "Findings", services: Sequence[str]) -> float:
    """Inches that the rows need."""
    rows = len(services) * (len(findings.policies) + 0.8)
    return 1.7 + rows * (0.12 if rows > 24 else 0.2)


def _legend(findings: "Findings", services: Sequence[str]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles: list[Any] = [
        Line2D([], [], color=drawing.style(i)["color"], marker=drawing.marker(i), ms=6, ls="none", label=name)
        for i, name in enumerate(map(drawing.literal, findings.policies))
    ]
    if any(findings.availability(s, p).is_bound for s in services for p in findings.policies):
        label = "no outage seen: a lower bound"
        handles.append(Line2D([], [], color=drawing.GREY, marker=">", mfc="#ffffff", ms=7, ls="none", label=label))
    return handles


def _dot(ax: "Axes", estimated: Estimate, place: float, number: int, solid: bool = True) -> None:
    """A value with its interval; a hollow triangle at a bound, pointing to where the truth lies."""
    colour, marker = drawing.COLOURS[number % 7], drawing.marker(number)
    if estimated.is_bound:
        ax.plot([estimated.bound], [place], ">", color=colour, mfc="#ffffff", ms=6, ls="none")
        return
    high = estimated.high if math.isfinite(estimated.high) else estimated.value
    ax.plot([estimated.low, high], [place, place], "-", color=colour, lw=1.6, solid_capstyle="butt")
    ax.plot([estimated.value], [place], marker, color=colour, mfc=colour if solid else "#ffffff", ms=5, ls="none")


def _nines_label(nines: int) -> str:
    """The share above the number of nines: "99.9 %" above 3."""
    if nines > MOST_NINES:
        return f"1 - 1e-{nines}\n{nines}"
    return "0 %\n0" if nines == 0 else f"{100 - 10.0 ** (2 - nines):.{max(nines - 2, 0)}f} %\n{nines}"
