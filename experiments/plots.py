"""Plots of results: each takes `ax=` (or makes one) and returns it. The only module that imports matplotlib.

Colours are those of Okabe and Ito, told apart by every kind of colour vision; markers and line styles repeat them.
Every plot says what is behind it: seed, replications, horizon, warm-up.
"""

import io
import math
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import estimate, store
from experiments.estimate import YEAR, Estimate, show_seconds
from experiments.intervals import Floats
from experiments.metrics.windowed import mean_in_windows, worst_window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.results import Results

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (3, 3)), (0, (1, 2)))
GREY, RULE, BAND = "#555555", "#dddddd", "#f4f4f4"
"""Beside black on white and `COLOURS` the only colours, so that a page may replace them (`html_report`)."""

MOST_SERVICES = 12
"""Services that get plots of their own when all are saved: those with an objective first."""


class Plots:
    """The plots of some results; `service` is the first Service unless said otherwise."""

    def __init__(self, results: "Results") -> None:
        self._results = results

    # --- all Services, a row for each Service and policy -------------------------------------------------------------

    def nines(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Availability of every policy as nines with its interval: of one Service, or of all.

        A hollow triangle is a lower bound: no outage was seen.
        """
        services = [service] if service else self._results.services
        ax = _axes(ax, (7.5, self._height(services)))
        ends = []
        for name, i, place in self._rows(ax, services):
            found = estimate.nines(self._results.availability(name, self._results.policies[i]))
            _dot(ax, found, place, i)
            ends += [x for x in (found.low, found.value, found.high) if math.isfinite(x)]
        lowest, highest = (math.floor(min(ends)), math.ceil(max(ends) * 1.01)) if ends else (0, 1)
        ax.set_xlim(lowest, max(highest, lowest + 1))
        whole = range(lowest, max(highest, lowest + 1) + 1)
        written = [n for n in whole if len(whole) <= 5 or n in (lowest, 3, 5)]  # long shares would overlap
        ax.set_xticks(whole, [_nines_label(n) if n in written else f"\n{n}" for n in whole])
        ax.set_xlabel("availability, nines" + (f" (the axis starts at {lowest})" if lowest else ""))
        return self._finish(ax, "Availability", "x", self._legend(services))

    def difference(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Yearly downtime against the baseline's, paired by replication: of one Service, or of all.

        Filled: the sign is known; hollow: not resolved.
        """
        services = [service] if service else self._results.services
        ax = _axes(ax, (7.5, self._height(services)))
        ends = [0.0]
        for name, i, place in self._rows(ax, services):
            if (found := self._results.comparison(name, self._results.policies[i])) is not None:
                _dot(ax, found.difference, place, i, found.resolved)
                ends += [found.difference.low, found.difference.high]
        ax.axvline(0, color=GREY, lw=1)
        margin = max(0.08 * (max(ends) - min(ends)), 1.0)
        ax.set_xlim(min(ends) - margin, max(ends) + margin)
        _seconds(ax, f"downtime a year minus that of {self._results.policies[0]}", linear=True)
        title = "Difference from the baseline (left is better; hollow: not resolved)"
        return self._finish(ax, title, "x", self._legend([]))

    def comparison(self, figure: "Figure | None" = None) -> "Figure":
        """`nines` and `difference` of all Services, side by side."""
        res = self._results
        figure = _figure(figure, (10.5 if len(res.policies) > 1 else 7.5, self._height(res.services) + 0.3))
        left = figure.add_subplot(1, 2 if len(res.policies) > 1 else 1, 1)
        axes = [self.nines(ax=left)]
        if len(res.policies) > 1:
            axes.append(self.difference(ax=figure.add_subplot(1, 2, 2, sharey=left)))
            axes[1].tick_params(labelleft=False)
        titles = ("Availability", "Difference from the baseline (left is better; hollow: not resolved)")
        return self._together(figure, axes, titles, "")

    def _rows(self, ax: "Axes", services: Sequence[str]) -> list[tuple[str, int, float]]:
        """Lay out a row for each Service and policy, in bands: the Service, the policy's number, the row's place."""
        count = len(self._results.policies)
        step = count + 0.8
        for number in range(0, len(services), 2):
            ax.axhspan(number * step - 0.9, number * step + count - 0.1, color=BAND, lw=0, zorder=0)
        ax.set_yticks([k * step + (count - 1) / 2 for k in range(len(services))], services)
        ax.set_ylim(len(services) * step - 0.9, -0.9)
        ax.tick_params(axis="y", length=0)
        return [(name, i, k * step + i) for k, name in enumerate(services) for i in range(count)]

    def _height(self, services: Sequence[str]) -> float:
        """Inches that the rows need."""
        rows = len(services) * (len(self._results.policies) + 0.8)
        return 1.7 + rows * (0.12 if rows > 24 else 0.2)

    def _legend(self, services: Sequence[str]) -> list[Any]:
        from matplotlib.lines import Line2D

        handles: list[Any] = [
            Line2D([], [], color=_style(i)["color"], marker=_marker(i), ms=6, ls="none", label=policy)
            for i, policy in enumerate(self._results.policies)
        ]
        if any(self._results.availability(s, p).is_bound for s in services for p in self._results.policies):
            label = "no outage seen: a lower bound"
            handles.append(Line2D([], [], color=GREY, marker=">", mfc="#ffffff", ms=7, ls="none", label=label))
        return handles

    # --- one Service, a line for each policy -------------------------------------------------------------------------

    def availability(self, service: str | None = None, ax: "Axes | None" = None, windows: int = 52) -> "Axes":
        """Availability over time: the mean over replications in equal windows, with its band of confidence."""
        service = self._service(service)
        ax = _axes(ax)
        period, confidence = self._results.manifest.duration, self._results.manifest.confidence
        middles = (np.arange(windows) + 0.5) * period / windows
        width = NormalDist().inv_cdf((1 + confidence) / 2)
        lowest = 1.0
        for i, policy in enumerate(self._results.policies):
            curves = np.array([mean_in_windows(o, period, windows) for o in self._outages(service, policy)])
            if not len(curves):
                continue
            mean = curves.mean(axis=0)
            half = width * curves.std(axis=0, ddof=1) / math.sqrt(len(curves)) if len(curves) > 1 else 0 * mean
            lowest = min(lowest, float((mean - half).min()))
            low, high = np.maximum(100 * (mean - half), 0), np.minimum(100 * (mean + half), 100)
            ax.fill_between(middles, low, high, alpha=0.18, lw=0, color=_style(i)["color"])
            ax.plot(middles, 100 * mean, label=self._label(service, policy), **_style(i))
        ax.set_xlim(0, period)
        _seconds(ax, f"time since the start of measuring ({windows} equal windows)", linear=True)
        margin = max(100 * (1 - max(lowest, 0.0)) * 0.06, 1e-6)
        ax.set_ylim(max(100 * lowest - margin, 0), 100 + margin)
        ax.ticklabel_format(axis="y", useOffset=False)
        ax.set_ylabel("availability, % (axis does not start at 0)" if lowest > 0.01 else "availability, %")
        return self._finish(ax, f"Availability of {service} over time")

    def downtime(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """How likely a year's downtime stays below a value: the empirical distribution over replications."""
        service = self._service(service)
        ax = _axes(ax)
        least, longest = math.inf, 0.0
        for i, policy in enumerate(self._results.policies):
            s = self._results.sample(service, policy)
            years = np.sort(s.downtimes * YEAR / s.windows)
            if not len(years):
                continue
            least, longest = min(least, years[years > 0].min(initial=math.inf)), max(longest, float(years[-1]))
            x = np.concatenate(([0.0], years, [1e12]))
            y = np.concatenate(([0.0], np.arange(1, len(years) + 1) / len(years), [1.0]))
            ax.step(x, y, where="post", label=self._label(service, policy), **_style(i))
        linear = least / 2 if math.isfinite(least) else 1.0
        ax.set_xscale("symlog", linthresh=linear, linscale=0.3)
        ax.set_xlim(0, max(longest * 2, 1.0))
        _seconds(ax, "downtime in a year (log scale, 0 at its left end)", least=linear)
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("share of replications at or below")
        return self._finish(ax, f"Downtime of {service} in a year")

    def outage_lengths(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Share of the outages that last longer than a time."""
        service = self._service(service)
        ax = _axes(ax)
        seen = []
        for i, policy in enumerate(self._results.policies):
            lengths = np.sort(self._results.sample(service, policy).lengths)
            if not len(lengths):
                ax.plot([], [], label=self._label(service, policy), **_style(i))
                continue
            seen += [float(lengths[0]), float(lengths[-1])]
            share = 1 - np.arange(len(lengths)) / len(lengths)
            shown = _thinned(len(lengths))
            x, y = np.concatenate((lengths[:1] / 10, lengths[shown])), np.concatenate(([1.0], share[shown]))
            x, y = np.append(x, lengths[-1]), np.append(y, 0.0)
            ax.step(x, y, where="pre", label=self._label(service, policy), **_style(i))
        ax.set_xscale("log")
        if seen:
            ax.set_xlim(min(seen) / 1.5, max(seen) * 1.5)
        _seconds(ax, "length of an outage (log scale)")
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("share of outages that last longer")
        return self._finish(ax, f"Outages of {service}")

    def windowed(self, service: str | None = None, ax: "Axes | None" = None, points: int = 40) -> "Axes":
        """Worst availability in any window of a length, against the length: median over replications, 5-95 % band."""
        service = self._service(service)
        ax = _axes(ax)
        period = self._results.manifest.duration
        lengths = np.geomspace(min(60.0, period / 10), period, points)
        for i, policy in enumerate(self._results.policies):
            outages = self._outages(service, policy)
            curves = np.array([worst_window(one, period, lengths) for one in outages])
            if not len(curves):
                continue
            low, middle, high = 100 * np.quantile(curves, (0.05, 0.5, 0.95), axis=0)
            ax.fill_between(lengths, low, high, color=_style(i)["color"], alpha=0.15, lw=0)
            ax.plot(lengths, middle, label=self._label(service, policy), **_style(i))
        ax.set_xscale("log")
        ax.set_xlim(lengths[0], lengths[-1])
        _seconds(ax, "length of the window (log scale)")
        ax.set_ylim(-2, 102)
        ax.set_ylabel("worst availability in any such window, %")
        return self._finish(ax, f"Windowed availability of {service}")

    def service(self, service: str | None = None, figure: "Figure | None" = None) -> "Figure":
        """The four plots of one Service."""
        service = self._service(service)
        figure = _figure(figure, (10.5, 7.0))
        plots = (self.availability, self.downtime, self.outage_lengths, self.windowed)
        axes = [plot(service, figure.add_subplot(2, 2, number)) for number, plot in enumerate(plots, 1)]
        titles = ("Over time", "Downtime in a year", "Lengths of outages", "Worst window")
        return self._together(figure, axes, titles, f"{service} in ")

    # --- files -------------------------------------------------------------------------------------------------------

    @cached_property
    def drawings(self) -> dict[str, str]:
        """Name -> SVG: `comparison`, and `service-*` for each of `featured`. The same results give the same text."""
        found = {"comparison": _svg(self.comparison)}
        return found | {service_file(name): _svg(partial(self.service, name)) for name in self.featured()}

    def save(self, folder: Path) -> list[Path]:
        """Write the `drawings`."""
        for name, text in self.drawings.items():
            store.write(folder / f"{name}.svg", text)
        return [folder / f"{name}.svg" for name in self.drawings]

    def featured(self) -> list[str]:
        """At most `MOST_SERVICES` Services: those with an objective, then the others in their order."""
        wanted = dict.fromkeys(o["service"] for o in self._results.manifest.objectives)
        return list(wanted | dict.fromkeys(self._results.services))[: max(MOST_SERVICES, len(wanted))]

    # --- what they share ---------------------------------------------------------------------------------------------

    def _service(self, service: str | None) -> str:
        return self._results.services[0] if service is None else service

    def _label(self, service: str, policy: str) -> str:
        seen = len(self._results.sample(service, policy).lengths)
        return policy if seen else f"{policy} (no outage seen)"

    def _outages(self, service: str, policy: str) -> list[Floats]:
        """The outages of every replication, those without any included: shape (n, 2) each."""
        frame = self._results.outages
        rows = frame.loc[(frame["service"] == service) & (frame["policy"] == policy)]
        spans = rows[["start_s", "end_s"]].to_numpy()
        found = {int(str(r)): spans[at] for r, at in rows.groupby("replication").indices.items()}
        none = np.empty((0, 2))
        return [found.get(int(r), none) for r in self._results.sample(service, policy).replications]

    def _behind(self) -> str:
        m = self._results.manifest
        warmup = f" after {show_seconds(m.warmup)} of warm-up" if m.warmup else ""
        return (
            f"{m.name}: {m.replications} replications of {show_seconds(m.duration)}{warmup}, "
            f"seed {m.seed}, {m.confidence:.0%} intervals"
        )

    def _finish(self, ax: "Axes", title: str, grid: Any = "both", handles: list[Any] | None = None) -> "Axes":
        """Title, what is behind it, legend: all outside, where they hide nothing."""
        ax.set_title(title, loc="left", pad=20, fontsize=11)
        above: dict[str, Any] = {"xycoords": "axes fraction", "xytext": (0, 5), "textcoords": "offset points"}
        ax.annotate(self._behind(), (0, 1), fontsize=7.5, color=GREY, va="bottom", annotation_clip=False, **above)
        ax.grid(axis=grid, color=RULE, lw=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        handles = handles or ax.get_legend_handles_labels()[0]
        if handles:
            ax.legend(
                handles=handles,
                loc="upper left",
                bbox_to_anchor=(1.01, 1.0),
                fontsize=8,
                frameon=False,
                borderaxespad=0,
            )
        return ax

    def _together(self, figure: "Figure", axes: Sequence["Axes"], titles: Sequence[str], about: str) -> "Figure":
        """What the plots say alike is said once: what they are about, what is behind them, and the legend."""
        legend = axes[0].get_legend()
        handles = [handle for handle in legend.legend_handles if handle is not None] if legend else []
        labels = [text.get_text() for text in legend.get_texts()] if legend else []
        for ax, title in zip(axes, titles, strict=False):
            ax.set_title(title, loc="left", pad=7, fontsize=9.5)
            ax.tick_params(labelsize=8)
            ax.xaxis.label.set_fontsize(8.5)
            ax.yaxis.label.set_fontsize(8.5)
            ax.texts[-1].remove()
            if (own := ax.get_legend()) is not None:
                own.remove()
        figure.suptitle(about + self._behind(), x=0.01, ha="left", fontsize=8.5, color=GREY)
        columns = 4 if sum(map(len, labels)) < 110 else 3
        figure.legend(handles, labels, loc="outside lower left", ncols=columns, fontsize=8.5, frameon=False)
        return figure


def _svg(draw: "Callable[..., Figure]") -> str:
    """What `draw(figure=)` draws; text stays text."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    file = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "kubenines", "svg.fonttype": "none"}):
        draw(figure=Figure(layout="constrained")).savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def service_file(service: str) -> str:
    """The name, without its ending, of the file with the plots of a Service."""
    return f"service-{service.replace('/', '.')}"


def _axes(ax: "Axes | None", size: tuple[float, float] = (7.5, 4.2)) -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def _figure(figure: "Figure | None", size: tuple[float, float]) -> "Figure":
    if figure is None:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=size, layout="constrained")
    figure.set_size_inches(size)
    return figure


def _style(number: int) -> dict[str, Any]:
    """Colour and line of a policy; the first 49 differ."""
    return {"color": COLOURS[number % 7], "linestyle": LINES[(number + number // 7) % 7]}


def _marker(number: int) -> str:
    return MARKERS[(number + number // 7) % 7]


def _dot(ax: "Axes", found: Estimate, place: float, number: int, solid: bool = True) -> None:
    """A value with its interval; a hollow triangle at a bound, pointing to where the truth lies."""
    colour = COLOURS[number % 7]
    if found.is_bound:
        ax.plot([found.bound], [place], ">", color=colour, mfc="#ffffff", ms=6, ls="none")
        return
    high = found.high if math.isfinite(found.high) else found.value
    ax.plot([found.low, high], [place, place], "-", color=colour, lw=1.6, solid_capstyle="butt")
    ax.plot([found.value], [place], _marker(number), color=colour, mfc=colour if solid else "#ffffff", ms=5, ls="none")


def _thinned(count: int) -> Floats:
    """About 500 of `count` sorted values: all of the last 100, where each one shows."""
    return np.unique(np.concatenate((np.linspace(0, count - 1, min(count, 400)), np.arange(count)[-100:])).astype(int))


def _nines_label(nines: int) -> str:
    """The share above the number of nines: "99.9 %" above 3."""
    return "0 %\n0" if nines == 0 else f"{100 - 10.0 ** (2 - nines):.{max(nines - 2, 0)}f} %\n{nines}"


_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_COARSE = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400)
_FINE = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30),
    *(_MINUTE * m for m in (1, 2, 5, 10, 20, 30)),
    *(_HOUR * h for h in (1, 2, 4, 8, 12)),
    *(_DAY * d for d in (1, 2, 4, 7, 14, 30, 60, 120, 365)),
)
_STEPS = (
    *(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200),
    *(_DAY * d for d in (1, 2, 5, 10, 20, 30, 60, 90, 180, 365, 730, 1825, 3650)),
)


def _seconds(ax: "Axes", label: str, linear: bool = False, least: float = 0.0) -> None:
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
