"""Replicas to nines: what one more brings, and what it would bring if replicas failed independently."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.findings.replicas import Replicas, independent, replicas
from experiments.inference import estimate
from experiments.inference.estimate import Estimate
from experiments.plots import drawing
from models.input.problems import Refusal
from models.units import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings

_LINE, _CHARACTER = 0.16, 0.056
"""Inches from a name to the next, and of a character."""
_SHORTEST, _LONGEST = 12, 26
"""Characters of a name."""


def nines(findings: "Findings", service: str, ax: "Axes | None" = None) -> "Axes":
    """Availability in nines against the number of desired replicas, a mark with its interval and name for each policy.

    The line is what it would be if replicas were missing independently, each for the share of the time that was seen.
    """
    known = {policy: replicas(findings, service, policy) for policy in _ran(findings, service)}
    columns: dict[float, list[str]] = defaultdict(list)
    for policy, of in sorted(known.items(), key=lambda item: item[1].desired):
        columns[round(of.desired, 1)].append(policy)
    found = {policy: estimate.nines(findings.availability(service, policy)) for policy in known}
    height = max(3.0, _LINE * (max(map(len, columns.values())) + 2))
    longest = min(max(map(len, known)), _LONGEST)
    ax = drawing.axes(ax, (max(1.3 + len(columns) * (0.5 + _CHARACTER * longest), 6.0), height + 1.6))
    most = _characters(drawing.width(ax) - 1.2, len(columns))
    ends = [end for of in found.values() for end in (of.low, of.value, of.high) if math.isfinite(end)]
    low, high = (min(ends), max(ends) + 0.5) if ends else (0.0, 1.0)
    drawing.nines(ax, low, high)
    span = (ax.get_ylim()[1] - ax.get_ylim()[0]) / height
    for place, policies in enumerate(columns.values()):
        _column(ax, place, {policy: found[policy] for policy in policies}, span * _LINE, max(most, _SHORTEST))
    is_known = _line(ax, findings, service, list(columns), list(known.values()))
    ax.set_xlim(-0.25, len(columns) - 0.1)
    ax.set_xticks(range(len(columns)), [f"{number:g}" for number in columns])
    ax.set_xlabel("desired replicas" + (" (on average)" if any(number % 1 for number in columns) else ""))
    ax.set_ylabel("availability, by nines")
    shows = [f"bars: {drawing.intervals(findings)}"]
    shows += ["triangle: no outage seen, at least there"] if any(of.is_bound for of in found.values()) else []
    shows += [_said(list(known.values()))] if is_known else []
    if left_out := len(findings.policies) - len(known):
        shows.append(f"left out: {counted(left_out, 'policy', 'policies')} (no run)")
    return drawing.finish(ax, f"Replicas and nines of {service}", drawing.behind(findings), "; ".join(shows), "y")


def _ran(findings: "Findings", service: str) -> Sequence[str]:
    """The policies with a finished run; all, if none has one."""
    return [p for p in findings.policies if len(findings.sample(service, p).windows)] or findings.policies


def tell_apart(findings: "Findings", service: str, inches: float) -> bool:
    """Whether policies differ in the number of replicas, as far as it is known, and their names fit beside it."""
    try:
        numbers = {round(replicas(findings, service, policy).desired, 1) for policy in _ran(findings, service)}
    except Refusal:
        return False
    return len(numbers) > 1 and _characters(inches, len(numbers)) >= _SHORTEST


def _characters(inches: float, columns: int) -> int:
    """So long are names that find room beside each of so many columns."""
    return min(round((inches / columns - 0.45) / _CHARACTER), _LONGEST)


def _said(known: Sequence[Replicas]) -> str:
    """What the line and its band are."""
    least, most = min(of.missing for of in known), max(of.missing for of in known)
    share = f"{drawing.percent(_mean(known))} of the time"
    ends = f"from {drawing.percent(least)} to {drawing.percent(most)}"
    band = f" (band: {ends}, as under single policies)" if most > least else ""
    return f"dashes: if replicas were missing independently, each for {share}{band}"


def _mean(known: Sequence[Replicas]) -> float:
    total = math.fsum(of.desired for of in known)
    return math.fsum(of.missing * of.desired for of in known) / total if total else 0.0


def _column(ax: "Axes", place: int, found: dict[str, Estimate], gap: float, most: int) -> None:
    """The policies with one number of replicas, beside each other, with their names to the right."""
    offsets = np.linspace(-0.1, 0.1, len(found)) if len(found) > 1 else [0.0]
    top = ax.get_ylim()[1]
    heights = [_height(of, top) for of in found.values()]
    places = _apart(heights, gap, *ax.get_ylim())
    for (policy, of), offset, y, at in zip(found.items(), offsets, heights, places, strict=True):
        x, colour = place + offset, drawing.GREY if of.is_bound else drawing.COLOURS[0]
        if of.is_bound:
            ax.plot([x], [y], "^", color=colour, mfc="#ffffff", ms=6)
        else:
            ends = [end if math.isfinite(end) else top for end in (of.low, of.high)]
            ax.plot([x, x], ends, "-", color=colour, lw=1.6, solid_capstyle="butt")
            ax.plot([x], [y], "o", color=colour, ms=5)
        ax.plot([x, place + 0.17], [y, at], "-", color=drawing.GREY, lw=0.4, zorder=1)
        ax.text(place + 0.18, at, drawing.literal(drawing.shortened(policy, most)), fontsize=7.5, va="center")


def _height(of: Estimate, top: float) -> float:
    value = of.bound if of.is_bound else of.value
    return value if math.isfinite(value) else top


def _apart(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near the values, in their order, that are `gap` from each other and within the axis if they fit."""
    order = sorted(range(len(values)), key=lambda i: (values[i], i))
    placed: list[float] = []
    for i in order:
        placed.append(max(values[i], placed[-1] + gap if placed else low))
    most = max(high - gap / 2, low + gap * (len(values) - 1))
    for k in reversed(range(len(placed))):
        placed[k] = min(placed[k], most)
        most = placed[k] - gap
    found = [0.0] * len(values)
    for i, at in zip(order, placed, strict=True):
        found[i] = at
    return found


def _line(ax: "Axes", findings: "Findings", service: str, counts: Sequence[float], known: Sequence[Replicas]) -> bool:
    """What independent replicas would come to, with a band from the least to the most that they were missing.

    False if that is not known.
    """
    shares = _mean(known), min(of.missing for of in known), max(of.missing for of in known)
    middle, best, worst = (
        np.array([_nines(findings, service, number, share) for number in counts]) for share in shares
    )
    if not np.isfinite(middle).any():
        return False
    x, colour = range(len(counts)), drawing.COLOURS[1]
    if not np.array_equal(best, worst):
        ax.fill_between(x, worst, np.where(np.isfinite(best), best, middle), alpha=0.12, lw=0, color=colour)
    ax.plot(x, middle, "--", lw=1.2, marker="_", ms=10, scalex=False, scaley=False, zorder=1, color=colour)
    return True


def _nines(findings: "Findings", service: str, number: float, missing: float) -> float:
    """NaN where it is not known: for a number that changes, or if no replica was missing."""
    lost = independent(findings, service, int(number), missing) if number % 1 == 0 else None
    return -math.log10(lost) if lost else math.nan
