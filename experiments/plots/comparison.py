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

BOUND = "arrow: no outage seen, so anything from there on, and no worse than a value on its way"
"""What an arrow says."""
_FEW = 3
"""So many nines, or fewer, have a tick at their half, too: "99.95 %" between 3 and 4."""
_UNRESOLVED = "left is better; hollow: not resolved"


def nines(findings: "Findings", services: Sequence[str], ax: "Axes | None" = None) -> "Axes":
    """Availability as nines with its interval; where no outage was seen an arrow from the lower bound on, to no end.

    Of a policy without a finished run nothing is known, and that is said.
    """
    ax = drawing.axes(ax, (7.5, _height(services, findings.policies)))
    known = {
        (name, policy): estimate.nines(findings.availability(name, policy))
        for name in services
        for policy in findings.policies
    }
    estimates = [of for of in known.values() if of.n]
    bounded = any(of.is_bound for of in estimates)
    ends = [end for of in estimates for end in (of.low, of.value, of.high) if math.isfinite(end)]
    low, high = (math.floor(min(ends)), math.ceil(max(ends) * 1.01)) if ends else (0, 1)
    high = max(high, low + 1) + (1 if bounded else 0)
    for name, policy, place in _rows(ax, services, findings.policies):
        of = known[name, policy]
        if not of.n:
            _say(ax, (low, place), "no run")
        elif of.is_bound:
            _at_least(ax, of.bound, high, place)
        else:
            _dot(ax, of, place, high)
    ax.set_xlim(low, high)
    whole = range(low, high + 1, -(-(high - low) // 10))
    written = [n for n in whole if len(whole) <= 5 or n in (low, 3, 5)]  # long shares would overlap
    ax.set_xticks(whole, [f"{drawing.share_of(n)}\n{n}" if n in written else f"\n{n}" for n in whole])
    if high - low <= _FEW:
        halves = range(max(low, 1), high)
        between = [n + math.log10(2) for n in halves]
        ax.set_xticks(between, list(map(drawing.half_of, halves)), minor=True, fontsize=8)
        ax.grid(which="minor", axis="x", color=drawing.RULE, lw=0.4)
    ax.set_xlabel("availability, nines" + (f" (the axis starts at {low})" if low else ""))
    shows = f"bars: {drawing.intervals(findings)}"
    shows += f"; {BOUND}" if bounded else ""
    return drawing.finish(ax, "Availability", drawing.behind(findings), shows, "x")


def difference(findings: "Findings", services: Sequence[str], ax: "Axes | None" = None) -> "Axes":
    """Yearly downtime against the baseline's, with its interval; hollow where the sign is not known."""
    others = [policy for policy in findings.policies if policy != findings.baseline]
    return _differences(findings, services, others, drawing.axes(ax, (7.5, _height(services, others))))


def _differences(findings: "Findings", services: Sequence[str], policies: Sequence[str], ax: "Axes") -> "Axes":
    ends, said = [0.0], []
    for name, policy, place in _rows(ax, services, policies):
        against = findings.comparison(name, policy)
        if against is None:
            said.append((place, "the baseline" if policy == findings.baseline else "too few replications to compare"))
        elif against.sameness:
            said.append((place, against.sameness))
        else:
            _dot(ax, against.difference, place, math.inf, against.resolved)
            ends += [end for end in (against.difference.low, against.difference.high) if math.isfinite(end)]
    ax.axvline(0, color=drawing.GREY, lw=1)
    margin = 0.08 * (max(ends) - min(ends)) or 1.0
    ax.set_xlim(min(ends) - margin, max(ends) + margin)
    for place, text in said:
        _say(ax, (0, place), text, leftwards=max(ends) < -min(ends))
    drawing.seconds(ax, f"downtime a year minus that of {drawing.row(findings.baseline)}", linear=True)
    shows = f"bars: {drawing.intervals(findings)}; {_UNRESOLVED}"
    return drawing.finish(ax, "Difference from the baseline", drawing.behind(findings), shows, "x")


def side_by_side(findings: "Findings", services: Sequence[str], figure: "Figure | None" = None) -> "Figure":
    """`nines` and, with more than one policy, `difference`."""
    several = len(findings.policies) > 1
    height = _height(services, findings.policies) + 0.3
    figure = drawing.figure(figure, (11.5 if several else 7.5, height))
    left = figure.add_subplot(1, 2 if several else 1, 1)
    axes = [nines(findings, services, left)]
    if several:
        right = figure.add_subplot(1, 2, 2, sharey=left)
        axes.append(_differences(findings, services, findings.policies, right))
        right.tick_params(labelleft=False)
    return drawing.together(
        figure, axes, ("Availability", "Difference from the baseline")[: len(axes)], drawing.behind(findings)
    )


def _rows(ax: "Axes", services: Sequence[str], policies: Sequence[str]) -> list[tuple[str, str, float]]:
    """Lay out a named row for each Service and policy, in bands below the Service: both names, and the row's place."""
    step = len(policies) + 1.6
    for number, name in enumerate(services):
        top = number * step
        ax.axhspan(top - 1.3, top + len(policies) - 0.4, color=drawing.BAND, lw=0, zorder=0)
        at: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "xytext": (4, 0), "textcoords": "offset points"}
        ax.annotate(drawing.literal(name), (0, top - 0.85), fontsize=8, fontweight="bold", va="center", **at)
    rows = [(name, policy, k * step + i) for k, name in enumerate(services) for i, policy in enumerate(policies)]
    ax.set_yticks([place for _, _, place in rows], [drawing.row(policy) for _, policy, _ in rows], fontsize=8)
    ax.set_ylim(max(1, len(services)) * step - 1.4, -1.4)
    ax.tick_params(axis="y", length=0)
    return rows


def _height(services: Sequence[str], policies: Sequence[str]) -> float:
    """Inches that the rows need."""
    return 1.5 + len(services) * (len(policies) + 1.6) * 0.17


_SMALL: dict[str, Any] = {"fontsize": 7.5, "color": drawing.GREY}


def _say(ax: "Axes", at: tuple[float, float], text: str, leftwards: bool = False) -> None:
    """Words in place of a mark, beside where it would begin."""
    side: dict[str, Any] = {"ha": "right", "xytext": (-4, 0)} if leftwards else {"ha": "left", "xytext": (4, 0)}
    ax.annotate(text, at, textcoords="offset points", va="center", **side, **_SMALL)


def _at_least(ax: "Axes", bound: float, end: float, place: float) -> None:
    """An arrow from a bound to the end of the axis: the truth lies somewhere on it."""
    ax.plot([bound, end], [place, place], ":", color=drawing.GREY, lw=1.4)
    ax.plot([bound], [place], "|", color=drawing.GREY, ms=8, mew=1.6)
    ax.plot([end], [place], ">", color=drawing.GREY, mfc="#ffffff", ms=6, clip_on=False)


def _dot(ax: "Axes", estimated: Estimate, place: float, most: float, solid: bool = True) -> None:
    """A value with its interval, which ends at `most` where it has no end."""
    colour = drawing.COLOURS[0]
    value, high = (min(end, most) if math.isfinite(end) else most for end in (estimated.value, estimated.high))
    low = estimated.low if math.isfinite(estimated.low) else value
    if math.isfinite(high):
        ax.plot([low, high], [place, place], "-", color=colour, lw=1.6, solid_capstyle="butt")
    if math.isfinite(value):
        ax.plot([value], [place], "o", color=colour, mfc=colour if solid else "#ffffff", ms=5, ls="none")
