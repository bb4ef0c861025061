"""Pods on nodes over time: a bar for each pod of a Service, in the row of its node, with what befell the node."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.plots import drawing, run_frame
from experiments.plots.pods import Spell, State, selected_by, spells, stretches
from models.arrays import Floats
from models.units import counted
from simulator.log import Kind, TransitionLog
from simulator.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _RED, _GREEN, _PINK, _ORANGE, _SKY, _ = drawing.COLOURS
STYLES = {
    State.PENDING: (drawing.GREY, "xxxx"),
    State.PULLING: (_SKY, "...."),
    State.STARTING: (_ORANGE, "////"),
    State.READY: (_GREEN, ""),
    State.BELIEVED: (_RED, ""),
    State.NOT_READY: (_RED, "////"),
    State.TERMINATING: (drawing.GREY, ""),
}
"""Colour and hatching of what a pod is doing."""
MOST_NODES, MOST_LANES = 30, 120
"""Nodes with a row, at most, those with a pod first; and pods below each other, so that the picture fits a screen."""
_LANE = 0.2
"""Inches of a pod."""


def pods(
    run: Run, service: str, start: float, end: float, basis: str, down: Floats, ax: "Axes | None" = None
) -> "Axes":
    """The pods that a Service selects between two times, in seconds since failures began.

    `down` are the outages of the Service, shape (n, 2) in the same seconds.
    """
    log = run_frame.log_of(run)
    found = [
        spell
        for spell in spells(log, selected_by(log, service), start, end)
        if spell.node >= 0 or spell.end - spell.start > (end - start) / _VISIBLE
    ]
    fell = stretches(log, Kind.NODE_POWER, {0}, start, end)
    unready = stretches(log, Kind.NODE_READY, {0, 2}, start, end)
    by_node: dict[int, list[Spell]] = defaultdict(list)
    for spell in found:
        by_node[spell.node].append(spell)
    touched = sorted({*by_node, *fell, *unready}, key=lambda node: (node not in by_node, node))
    lanes, left_out = _fitting({node: _lanes(by_node[node]) for node in touched})
    nodes = sorted(lanes, key=lambda node: (node < 0, node))
    count = 1 + _GAP + sum(max(len(of), 1) + _GAP for of in lanes.values())
    ax = drawing.axes(ax, (10.0, 1.9 + _LANE * count))
    drawn: list[tuple[float, Spell]] = []
    labels, top = {0.0: service}, 1.0 + _GAP
    seen = np.clip(down, start, end)
    _row(ax, seen[seen[:, 0] < seen[:, 1]], start, 0.0, 1.0, {"color": "#000000", "label": "outage of the Service"})
    for node in nodes:
        height = max(len(lanes[node]), 1)
        for spans, style in ((unready.get(node), _UNREADY), (fell.get(node), _DOWN)):
            _row(ax, spans, start, top + (height - 1) / 2, height + 0.7 * _GAP, style)
        drawn += [(top + k, spell) for k, lane in enumerate(lanes[node]) for spell in lane]
        labels[top + (height - 1) / 2] = log.names["NODE"][node] if node >= 0 else "no node"
        top += height + _GAP
        ax.axhline(top - 0.5 - _GAP / 2, color=drawing.RULE, lw=0.6, zorder=0)
    _bars(ax, drawn, start)
    _names(ax, log, drawn, start, end)
    ax.set_yticks(list(labels), [drawing.row(name) for name in labels.values()], fontsize=8)
    ax.set_ylim(top - 0.5 - _GAP / 2, -0.6)
    ax.tick_params(axis="y", length=0)
    run_frame.time(ax, start, end)
    shows = "; ".join(["a bar: a pod, on its node; bands: what befell the node", *left_out])
    return drawing.finish(ax, f"Pods of {service}", basis, shows, "x", _handles(ax))


_GAP = 0.6
"""Rows between nodes."""
_VISIBLE = 500
"""Pods that had no node for less than this part of the time are not shown waiting: a scheduler takes a moment."""
_DOWN: dict[str, Any] = {"color": _PINK, "alpha": 0.45, "label": "node down"}
_UNREADY: dict[str, Any] = {"fc": "#ffffff", "ec": _PINK, "hatch": "\\\\\\\\", "lw": 0, "label": "node not Ready"}


def _lanes(of: Sequence[Spell]) -> list[list[Spell]]:
    """Pods that were on a node at once, below each other; a pod that came when another had gone takes its place."""
    pods: dict[int, list[Spell]] = {}
    for spell in sorted(of, key=lambda spell: (spell.start, spell.pod)):
        pods.setdefault(spell.pod, []).append(spell)
    lanes: list[list[Spell]] = []
    for mine in pods.values():
        free = next((lane for lane in lanes if lane[-1].end <= mine[0].start), None)
        if free is None:
            lanes.append(list(mine))
        else:
            free += mine
    return lanes


def _fitting(lanes: Mapping[int, list[list[Spell]]]) -> tuple[dict[int, list[list[Spell]]], list[str]]:
    """The lanes by node of as many as fit, the first to come first; and what is left out. Without a node: a quarter."""
    shown: dict[int, list[list[Spell]]] = {}
    room = MOST_LANES
    for node, of in lanes.items():
        if room > 0 and len(shown) < MOST_NODES:
            shown[node] = of[: room if node >= 0 else MOST_LANES // 4]
            room -= max(len(shown[node]), 1)
    nodes = len(lanes.keys() - shown.keys())
    pods = sum(len(of) - len(shown.get(node, ())) for node, of in lanes.items())
    told = (nodes, counted(nodes, "further node")), (pods, counted(pods, "further row of pods", "further rows of pods"))
    return shown, [f"left out: {text}" for number, text in told if number]


def _row(
    ax: "Axes", spans: Floats | None, start: float, middle: float, height: float, style: Mapping[str, Any]
) -> None:
    for begin, end in () if spans is None else spans.tolist():
        ax.barh(middle, end - begin, left=begin - start, height=height, zorder=0.8, **style)


def _bars(ax: "Axes", drawn: Sequence[tuple[float, Spell]], start: float) -> None:
    for state, style in STYLES.items():
        mine = [(place, spell) for place, spell in drawn if spell.state is state]
        if mine:
            ax.barh(
                [place for place, _ in mine],
                [spell.end - spell.start for _, spell in mine],
                left=[spell.start - start for _, spell in mine],
                height=0.72,
                lw=0.5,
                label=str(state),
                **drawing.filled(*style),
            )


def _names(ax: "Axes", log: TransitionLog, drawn: Sequence[tuple[float, Spell]], start: float, end: float) -> None:
    """The name of a pod in its longest bar that it fits into."""
    longest: dict[int, tuple[float, Spell]] = {}
    for place, spell in drawn:
        known = longest.get(spell.pod)
        if known is None or spell.end - spell.start > known[1].end - known[1].start:
            longest[spell.pod] = place, spell
    for pod, (place, spell) in longest.items():
        name, room = log.names["POD"][pod], (spell.end - spell.start) / (end - start) * _CHARACTERS
        if len(name) <= room and not STYLES[spell.state][1]:
            at = (spell.start + spell.end) / 2 - start
            ax.text(at, place, drawing.literal(name), fontsize=6, color="#ffffff", ha="center", va="center")


_CHARACTERS = 130.0
"""Of a pod's name, across the picture."""


def _handles(ax: "Axes") -> list[Any]:
    """Each kind of bar once."""
    handles, labels = ax.get_legend_handles_labels()
    order = [str(state) for state in State]
    once = dict(zip(labels, handles, strict=True))
    return [
        once[name]
        for name in (*(name for name in order if name in once), *(name for name in once if name not in order))
    ]
