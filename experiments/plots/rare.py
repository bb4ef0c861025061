"""Rare outages: what began them, and how even the weights are on which an estimate rests."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.findings.pairs import of_pair
from experiments.findings.rare import RareOutages
from experiments.plots import drawing
from experiments.rare.estimates import contribution
from models.arrays import Floats
from models.input.problems import Refusal
from models.units import counted
from simulator.rare.watched import mode_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.findings.findings import Findings

LEAST = 0.004
"""Share of the downtime from which on a degraded period has a block of its own."""
OTHERWISE = "no failure clock"


def causes_and_weights(findings: "Findings", service: str, figure: "Figure | None" = None) -> "Figure":
    """Beside each other, a row a policy: shares of the rare downtime by the mode that began it, and by period.

    `Refusal` if no rare outages were looked for.
    """
    known = {policy: rare for policy in findings.policies if (rare := findings.rare.of(service, policy)) is not None}
    if not known:
        raise Refusal(
            f"no rare outages of {service} were looked for; with `precision: {{relative: 10%, atMost: 2000}}` in place "
            "of `replications` they are, where plain replications would not do"
        )
    figure = drawing.figure(figure, (11.0, 1.9 + 0.3 * len(known)))
    periods = {policy: _periods(findings, service, policy) for policy in known}
    left = figure.add_subplot(1, 2, 1)
    right = figure.add_subplot(1, 2, 2, sharey=left)
    _modes(left, periods)
    _weights(right, known, periods)
    left.set_yticks(range(len(known)), list(map(drawing.row, known)), fontsize=8.5)
    left.set_ylim(len(known) - 0.5, -0.5)
    right.tick_params(labelleft=False)
    for ax in (left, right):
        ax.tick_params(axis="y", length=0)
        ax.set_xticks(range(0, 101, 20))
        ax.set_xlabel("share of the rare downtime, %")
    right.set_xlim(0, 150)  # room for what stands at the end of each row
    left.set_xlim(0, 100)
    drawing.finish(left, "", "", "by the failure mode that began the degraded period", "")
    drawing.finish(right, "", "", "a block: one degraded period, the heaviest first; the more even, the better", "")
    titles = ("What began it", "How even the weights are")
    basis = f"rare outages of {drawing.literal(service)} in {drawing.behind(findings)}"
    return drawing.together(figure, (left, right), titles, basis)


def _periods(findings: "Findings", service: str, policy: str) -> "pd.DataFrame":
    """Degraded periods that count: the mode that began each, and its share of the downtime."""
    rows = of_pair(findings.tables["excursions"], service, policy)
    rows = rows.loc[rows["phase"] == "main"]
    lost = contribution(rows)
    modes = rows["mode"].map(lambda mode: mode_of(mode) or OTHERWISE)
    return rows.assign(share=lost / lost.sum() if lost.sum() else lost, mode=modes)[["mode", "share"]]


def _modes(ax: "Axes", periods: "Mapping[str, pd.DataFrame]") -> None:
    shares = {policy: rows.groupby("mode")["share"].sum() for policy, rows in periods.items()}
    total: dict[str, float] = {}
    for of in shares.values():
        for mode, share in of.items():
            total[str(mode)] = total.get(str(mode), 0.0) + float(share)
    ends = dict.fromkeys(periods, 0.0)
    for number, mode in enumerate(sorted(total, key=lambda mode: (-total[mode], mode))):
        widths = {policy: 100 * float(of.get(mode, 0.0)) for policy, of in shares.items()}
        colour, hatch = drawing.COLOURS[number % 7], ("", "////", "....", "xxxx")[number // 7 % 4]
        ax.barh(
            range(len(widths)),
            list(widths.values()),
            left=list(ends.values()),
            height=0.7,
            color="#ffffff" if hatch else colour,
            edgecolor=colour if hatch else "#ffffff",
            hatch=hatch,
            lw=0.4,
            label=drawing.literal(mode),
        )
        ends = {policy: end + widths[policy] for policy, end in ends.items()}


def _weights(ax: "Axes", known: Mapping[str, RareOutages], periods: "Mapping[str, pd.DataFrame]") -> None:
    for place, (policy, rare) in enumerate(known.items()):
        shares: Floats = np.sort(periods[policy]["share"].to_numpy())[::-1]
        large = shares[shares >= LEAST]
        ends = np.concatenate(([0.0], np.cumsum(large)))
        blocks: Any = (drawing.COLOURS[0], drawing.COLOURS[5])
        for number, share in enumerate(large):
            ax.barh(place, 100 * share, left=100 * ends[number], height=0.7, color=blocks[number % 2], lw=0)
        rest = max(float(shares.sum()) - float(ends[-1]), 0.0)
        ax.barh(place, 100 * rest, left=100 * ends[-1], height=0.7, color=drawing.RULE, lw=0)
        told = counted(rare.hits, "period") + " with an outage,"
        ax.annotate(
            f"{told}\nas good as {rare.diagnostics.effective:.0f} equal ones",
            (100, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )
