"""Where the downtime of a Service comes from: a bar for each policy, a piece for each stage."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from experiments.attribution.stages import Stage
from experiments.findings import levers
from experiments.findings.breakdown import by_stage
from experiments.inference.estimate import show_seconds
from experiments.plots import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.findings.findings import Findings

_BLUE, _RED, _GREEN, _PINK, _ORANGE, _SKY, _ = drawing.COLOURS
STYLES = {
    Stage.UNDETECTED: (_BLUE, ""),
    Stage.WAITING: (_RED, "////"),
    Stage.TOLERATED: (_RED, ""),
    Stage.TERMINATING: (_GREEN, "////"),
    Stage.NOT_CREATED: (_BLUE, "////"),
    Stage.SCALED_DOWN: (_RED, "...."),
    Stage.OVER_QUOTA: (_BLUE, "...."),
    Stage.FORBIDDEN: (_BLUE, "xxxx"),
    Stage.QUEUED: (_GREEN, ""),
    Stage.VOLUME_ZONE: (_GREEN, "...."),
    Stage.VOLUME: (_SKY, "...."),
    Stage.ATTACHING: (_SKY, "////"),
    Stage.NO_ROOM: (_GREEN, "xxxx"),
    Stage.IMAGE_PULL: (_SKY, ""),
    Stage.CONFIGURATION: (_ORANGE, "...."),
    Stage.BAD_CONFIGURATION: (_ORANGE, "xxxx"),
    Stage.EXPIRED_SECRET: (_PINK, "...."),
    Stage.BAD_RELEASE: (_PINK, "xxxx"),
    Stage.DELAYED: (_RED, "xxxx"),
    Stage.PREDECESSOR: (_GREEN, "\\\\\\\\"),
    Stage.RESTART: (_ORANGE, "////"),
    Stage.START: (_ORANGE, ""),
    Stage.NOT_READY: (_PINK, ""),
    Stage.NOT_LISTED: (_PINK, "////"),
    Stage.NOT_DOWN: (_BLUE, "++++"),
    Stage.NO_TASK: (_BLUE, "oooo"),
    Stage.PENDING: (_GREEN, "++++"),
    Stage.RESTART_DELAY: (_RED, "++++"),
    Stage.OLD_TASK: (_GREEN, "oooo"),
    Stage.FAILED: (_ORANGE, "++++"),
    Stage.NOT_HEALTHY: (_PINK, "++++"),
    Stage.NOT_IN_VIP: (_PINK, "oooo"),
    Stage.HOST_DOWN: (_RED, "----"),
    Stage.UNIT_FAILED: (_ORANGE, "----"),
    Stage.NOT_UP: (_PINK, "----"),
    Stage.NO_UNIT: (_BLUE, "----"),
}
"""Colour and hatching of each stage."""
_ROW = 0.28
"""Inches of a row."""


def seconds(findings: "Findings", service: str, ax: "Axes | None" = None) -> "Axes":
    """Seconds lost in a year, by stage."""
    ax = _bars(findings, service, ax, dict.fromkeys(findings.policies, 1.0))
    if not any(findings.parts(service, policy) for policy in findings.policies):
        drawing.nothing(ax, "no downtime was taken apart")
    drawing.seconds(ax, "downtime in a year", linear=True)
    return drawing.finish(ax, f"Where the downtime of {service} comes from", drawing.behind(findings), grid="x")


def shares(findings: "Findings", service: str, ax: "Axes | None" = None) -> "Axes":
    """Share of each stage in the downtime."""
    totals = {policy: sum(part.per_year for part in findings.parts(service, policy)) for policy in findings.policies}
    ax = _bars(findings, service, ax, {policy: 100 / total if total else 0.0 for policy, total in totals.items()})
    ax.set_xlim(0, 140)  # room for what stands at the end of each bar, so that the legend is not in its way
    ax.set_xticks(range(0, 101, 20))
    ax.set_xlabel("share of the downtime, %")
    for place, total in enumerate(totals.values()):
        text, end = (f"{show_seconds(total)} a year", 100) if total else ("no downtime was seen", 0)
        ax.annotate(text, (end, place), va="center", fontsize=8, **_BESIDE)
    return drawing.finish(ax, f"Where the downtime of {service} comes from", drawing.behind(findings), grid="x")


def side_by_side(findings: "Findings", service: str, figure: "Figure | None" = None) -> "Figure":
    """`seconds` and `shares`."""
    figure = drawing.figure(figure, (10.5, 1.6 + _ROW * len(findings.policies)))
    left = seconds(findings, service, figure.add_subplot(1, 2, 1))
    right = shares(findings, service, figure.add_subplot(1, 2, 2, sharey=left))
    right.tick_params(labelleft=False)
    titles = ("Downtime in a year, by stage", "Its shares")
    basis = f"{drawing.literal(service)} in {drawing.behind(findings)}"
    return drawing.together(figure, [left, right], titles, basis)


_BESIDE: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "annotation_clip": False}


def savings(findings: "Findings", service: str, policy: str, ax: "Axes | None" = None) -> "Axes":
    """Share of the downtime that each lever would save, to first order: the most on top."""
    ranked = levers.savings(findings.parts(service, policy))
    ax = drawing.axes(ax, (7.5, 1.5 + 0.26 * max(len(ranked), 1)))
    places = range(len(ranked))
    colours = [STYLES[saving.lever.stage][0] if saving.lever.stage else drawing.GREY for saving in ranked]
    ax.barh(places, [100 * saving.share for saving in ranked], height=0.7, color=colours)
    for place, saving in zip(places, ranked, strict=True):
        text = f"{show_seconds(saving.per_year)} a year"
        ax.annotate(text, (100 * saving.share, place), va="center", fontsize=8, **_BESIDE)
    ax.set_yticks(places, [drawing.literal(saving.lever.name) for saving in ranked], fontsize=8.5)
    ax.set_ylim(max(len(ranked), 1) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    if not ranked:
        drawing.nothing(ax, "no downtime was taken apart")
    ax.set_xlim(0, 118)  # room for what stands at the end of each bar
    ax.set_xticks(range(0, 101, 20))
    ax.set_xlabel("share of the downtime that it would save, %, to first order")
    return drawing.finish(ax, f"What if: {service} under {policy}", drawing.behind(findings), grid="x")


def _bars(findings: "Findings", service: str, ax: "Axes | None", scale: Mapping[str, float]) -> "Axes":
    """Stacked horizontal bars, of seconds a year times the scale of their policy."""
    ax = drawing.axes(ax, (9.5, 1.6 + _ROW * max(len(findings.policies), 3)))
    lost = {policy: by_stage(findings.parts(service, policy)) for policy in findings.policies}
    ends = dict.fromkeys(findings.policies, 0.0)
    for stage, (colour, hatch) in STYLES.items():
        if not any(stage in stages for stages in lost.values()):
            continue
        pieces = {
            place: (ends[policy], stages[stage] * scale[policy])
            for place, (policy, stages) in enumerate(lost.items())
            if stage in stages
        }
        ax.barh(
            list(pieces),
            [width for _, width in pieces.values()],
            left=[end for end, _ in pieces.values()],
            height=0.7,
            color="#ffffff" if hatch else colour,
            edgecolor=colour if hatch else "#ffffff",
            hatch=hatch,
            lw=0.4,
            label=str(stage),
        )
        ends |= {findings.policies[place]: end + width for place, (end, width) in pieces.items()}
    ax.set_yticks(range(len(lost)), list(map(drawing.row, lost)), fontsize=8.5)
    ax.set_ylim(len(lost) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 1.05 * max(ends.values()) or 1.0)
    return ax
