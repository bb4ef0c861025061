"""What all plots share: axes, colours, ticks, and the frame that says what is behind a plot.

Colours are those of Okabe and Ito, told apart by every kind of colour vision; markers and line styles repeat them.
Every plot says what is behind it: seed, replications, horizon, warm-up.
"""

import io
import math
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.inference.estimate import show_seconds
from experiments.store.files import write
from experiments.store.manifest import Manifest
from models.units import DAY, HOUR, MINUTE, YEAR, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.findings.findings import Findings

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (3, 3)), (0, (1, 2)))
FONTS = ["DejaVu Sans"]
"""Comes with matplotlib; a browser that lacks it takes its own."""
GREY, RULE, BAND = "#555555", "#dddddd", "#f4f4f4"
"""Beside black on white and `COLOURS` the only colours, so that a page may replace them (`report.html`)."""


def axes(ax: "Axes | None", size: tuple[float, float] = (7.5, 4.2)) -> "Axes":
    """The axes given, or new ones in a figure of `size` inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def figure(given: "Figure | None", size: tuple[float, float]) -> "Figure":
    """The figure given, or a new one, of `size` inches."""
    if given is None:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=size, layout="constrained")
    given.set_size_inches(size)
    return given


def svg(draw: "Callable[..., Figure]") -> str:
    """What `draw(figure=)` draws; text stays text, and the same picture gives the same bytes."""
    from matplotlib.figure import Figure

    file = io.BytesIO()
    _write(draw(figure=Figure(layout="constrained")), file, "svg")
    return _NUMBERS.sub(lambda found: _DECIMALS.sub(r"\1", found[0]), file.getvalue().decode())


_NUMBERS = re.compile(r' (?:d|x|y|width|height|transform|points|style)="[^"]*"')
_DECIMALS = re.compile(r"(\d\.\d\d)\d+")
"""Of the places in a drawing: a hundredth of a point is fine enough, and half of the bytes."""


def save(figure: "Figure", path: Path) -> Path:
    """Write a figure that was made here, in the format of the path's ending, and forget it."""
    import matplotlib.pyplot as plt

    file = io.BytesIO()
    _write(figure, file, path.suffix.lower().removeprefix("."))
    plt.close(figure)
    write(path, file.getvalue())
    return path


def _write(figure: "Figure", file: io.BytesIO, form: str) -> None:
    import matplotlib as mpl

    dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with mpl.rc_context({"svg.hashsalt": "kubenines", "svg.fonttype": "none", "font.sans-serif": FONTS}):
        figure.savefig(file, format=form, dpi=150, metadata=dated.get(form))


# --- policies --------------------------------------------------------------------------------------------------------


def style(number: int) -> dict[str, Any]:
    """Colour and line of a policy; the first 49 differ."""
    return {"color": COLOURS[number % 7], "linestyle": LINES[(number + number // 7) % 7]}


def marker(number: int) -> str:
    """Marker of a policy."""
    return MARKERS[(number + number // 7) % 7]


def filled(colour: str, hatch: str) -> dict[str, Any]:
    """How a bar of a colour is filled: with the colour, or, if there is a hatching, with that on white."""
    return {"color": "#ffffff" if hatch else colour, "edgecolor": colour, "hatch": hatch}


def literal(text: str) -> str:
    """A text that matplotlib shows as it is: dollars begin no formula, an underscore hides nothing from a legend."""
    escaped = text.replace("$", r"\$")
    return f" {escaped}" if text.startswith("_") else escaped


def remark(findings: "Findings", service: str, policy: str) -> str:
    """What is special about a policy, where outages are drawn as they came."""
    sample = findings.sample(service, policy)
    return "" if len(sample.lengths) else "no outage seen" if len(sample.windows) else "no run"


def percent(share: float) -> str:
    """A share with two digits, in percent: "0.0066 %", "6.8 %", "100 %"."""
    return f"{float(f'{100 * share:.2g}'):.10g}\u00a0%"


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters; what is left out is in its middle."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - half]}…{text[-half:]}"


def row(policy: str) -> str:
    """A policy beside its row."""
    return literal(shortened(policy, 36))


# --- the frame -------------------------------------------------------------------------------------------------------


def behind(findings: "Findings") -> str:
    """What the numbers rest on, in a line."""
    return behind_of(findings.manifest)


def behind_of(m: Manifest) -> str:
    """What the numbers rest on that a manifest is of, in a line."""
    warmup = f" after {show_seconds(m.warmup)} of warm-up" if m.warmup else ""
    return (
        f"{literal(m.name)}: {counted(m.replications, 'replication')} of {show_seconds(m.duration)}{warmup}, "
        f"seed {m.seed}"
    )


def intervals(findings: "Findings") -> str:
    """How captions call the intervals that are drawn: "95 % interval"."""
    return intervals_of(findings.manifest)


def intervals_of(m: Manifest) -> str:
    """How captions call the intervals of what a manifest is of."""
    return f"{100 * m.confidence:g}\u00a0% interval"


def finish(
    ax: "Axes",
    title: str,
    basis: str,
    shows: str = "",
    grid: Any = "both",
    handles: Sequence[Any] | None = None,
) -> "Axes":
    """Title, what is behind the picture (`basis`), what its marks are (`shows`), legend: outside, where none hides any.

    `grid` is the axis across which lines are drawn, "" for none; `handles` are those of the legend, by default all that
    have a label.
    """
    above = 5
    for text, gid in ((shows, _SHOWS), (basis, _BASIS)):
        if text:
            lines = _lines(ax, text)
            at: dict[str, Any] = {"xycoords": "axes fraction", "xytext": (0, above), "textcoords": "offset points"}
            ax.annotate(
                "\n".join(lines), (0, 1), fontsize=7.5, color=GREY, va="bottom", annotation_clip=False, gid=gid, **at
            )
            above += _LINE * len(lines)
    ax.set_title(literal(title), loc="left", pad=above + 4, fontsize=11)
    if grid and not ax.child_axes:
        ax.grid(axis=grid, color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    if handles is None:
        handles = ax.get_legend_handles_labels()[0]
    if handles:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0}
        ax.legend(handles=handles, fontsize=8, frameon=False, handlelength=2.6, **place)
    return ax


_SHOWS, _BASIS = "shows", "basis"
"""By these the texts of a caption are known again."""
_LINE = 11
"""Points from a line of a caption to the next."""


def _lines(ax: "Axes", text: str) -> list[str]:
    """A caption in lines that are no longer than its part of the figure is wide."""
    inches = width(ax) - 0.5
    if ax.yaxis.get_tick_params().get("labelleft", True):
        inches -= 0.07 * max((len(label.get_text()) for label in ax.get_yticklabels()), default=0)
    return textwrap.wrap(text, max(round(inches / 0.058), 30), break_long_words=False)


def width(ax: "Axes") -> float:
    """Inches of the part of its figure that axes have, labels and all."""
    place = ax.get_subplotspec()
    beside = 1 if place is None else place.get_gridspec().ncols
    return float(getattr(ax.figure, "get_size_inches", lambda: (8.0, 0.0))()[0]) / beside


def nothing(ax: "Axes", text: str) -> None:
    """In place of a picture: why there is nothing to see."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", fontsize=9, color=GREY)


def together(figure: "Figure", axes: Sequence["Axes"], titles: Sequence[str], basis: str, told_by: int = 0) -> "Figure":
    """What pictures say alike is said once: what is behind them, and the legend, which is that of number `told_by`."""
    legend = axes[told_by].get_legend()
    handles = [handle for handle in legend.legend_handles if handle is not None] if legend else []
    labels = [text.get_text() for text in legend.get_texts()] if legend else []
    for ax, title in zip(axes, titles, strict=True):
        shown = [text for text in ax.texts if text.get_gid() == _SHOWS]
        for text in list(ax.texts):
            if text.get_gid() == _BASIS:
                text.remove()
        lines = sum(text.get_text().count("\n") + 1 for text in shown)
        ax.set_title(title, loc="left", pad=7 + _LINE * lines, fontsize=9.5)
        ax.tick_params(labelsize=8)
        ax.xaxis.label.set_fontsize(8.5)
        ax.yaxis.label.set_fontsize(8.5)
        if (own := ax.get_legend()) is not None:
            own.remove()
    figure.suptitle(basis, x=0.01, ha="left", fontsize=8.5, color=GREY)
    if handles:
        columns = 4 if sum(map(len, labels)) < 110 else 3 if max(map(len, labels)) < 45 else 2
        figure.legend(handles, labels, loc="outside lower left", ncols=columns, fontsize=8.5, frameon=False)
    return figure


# --- ticks -----------------------------------------------------------------------------------------------------------

_COARSE = (0.001, 0.01, 0.1, 1, 10, 60, 600, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, YEAR)
_FINE = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30),
    *(MINUTE * m for m in (1, 2, 5, 10, 20, 30)),
    *(HOUR * h for h in (1, 2, 4, 8, 12)),
    *(DAY * d for d in (1, 2, 4, 7, 14, 30, 60, 120, 365)),
)
_STEPS = (
    *(digit * 10.0**power for power in range(-15, 0) for digit in (1, 2, 5)),
    *(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200),
    *(DAY * d for d in (1, 2, 5, 10, 20, 30, 60, 90, 180, 365, 730, 1825, 3650)),
)


def seconds(ax: "Axes", label: str, linear: bool = False, least: float = 0.0) -> None:
    """Ticks at round durations ("1m", "6h", "7d"), on a log scale from `least` seconds on."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_xlabel(label)
    low, high = ax.get_xlim()
    if linear:
        step = next((s for s in _STEPS if (high - low) / s <= 7), (high - low) / 4)
        marks = [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    else:
        fine, coarse = ([m for m in all_ if max(low, least) < m <= high] for all_ in (_FINE, _COARSE))
        marks = [*([0.0] if low <= 0 else []), *(fine if len(fine) <= 7 else coarse)]
    ax.xaxis.set_major_locator(FixedLocator(marks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "0" if x == 0 else show_seconds(x)))


MOST_NINES = 6
"""So many nines are written as a share in percent; beyond they are too many to read."""


def share_of(nines: int) -> str:
    """The availability of so many nines: "99.9 %" of 3."""
    if nines > MOST_NINES:
        return f"1 - 1e-{nines}"
    return f"{100 - 10.0 ** (2 - nines):.{max(nines - 2, 0)}f} %"


def half_of(nines: int) -> str:
    """The availability that loses half of what so many nines lose: "99.95 %" of 3."""
    if nines >= MOST_NINES:
        return f"1 - 5e-{nines + 1}"
    return f"{100 - 50 * 10.0**-nines:.{max(nines - 1, 0)}f} %"


def nines(ax: "Axes", low: float, high: float) -> None:
    """A vertical axis of nines, from `low` to `high`, with a tick at every whole one."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    least, most = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
    ax.set_ylim(least, most)
    ax.yaxis.set_major_locator(FixedLocator(range(least, most + 1, -(-(most - least) // 8))))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda n, _: share_of(round(n))))
