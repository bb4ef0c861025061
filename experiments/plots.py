"""Plots of results: each takes `ax=` (or makes one) and returns it. The only module that imports matplotlib.

Colours are those of Okabe and Ito, told apart by every kind of colour vision; markers and line styles repeat them.
Every plot says under its title what is behind it: seed, replications, horizon, warm-up.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import estimate, store
from experiments.estimate import YEAR, Estimate
from experiments.intervals import Floats
from experiments.metrics.windowed import mean_in_windows, worst_window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.results import Results

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (3, 3)), (0, (1, 2)))
_GREY = "#555555"


class Plots:
    """The plots of some results; `service` is the first Service unless said otherwise."""

    def __init__(self, results: "Results") -> None:
        self._results = results

    def nines(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Availability of every policy as nines with its interval: of one Service, or of all.

        A hollow triangle is a lower bound: no outage was seen.
        """
        res = self._results
        services = [service] if service else res.services
        rows = len(services) * len(res.policies)
        ax = _axes(ax, (7.5, 1.6 + 0.22 * rows + 0.12 * len(services)))
        place, ticks = 0.0, []
        highest = 1.0
        for name in services:
            first = place
            for i, policy in enumerate(res.policies):
                found = estimate.nines(res.availability(name, policy))
                highest = max(highest, *(x for x in (found.value, found.low, found.high) if math.isfinite(x)))
                _dot(ax, found, place, i, policy if name == services[0] else "_" + policy)
                place += 1
            ticks.append((first + place - 1) / 2)
            place += 0.8
        ax.set_yticks(ticks, services)
        ax.set_ylim(place - 0.8, -1)
        whole = np.arange(0, math.ceil(highest) + 1)
        ax.set_xticks(whole, [_nines_label(int(n), len(whole) > 7) for n in whole])
        ax.set_xlim(0, math.ceil(highest * 1.03))
        ax.set_xlabel("availability (nines)")
        return self._finish(ax, "Availability", "x")

    def downtime(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """How likely a year's downtime stays below a value: the empirical distribution over replications."""
        service = self._service(service)
        ax = _axes(ax)
        least = math.inf
        for i, policy in enumerate(self._results.policies):
            s = self._results.sample(service, policy)
            years = np.sort(s.downtimes * YEAR / s.windows)
            if not len(years):
                continue
            least = min(least, years[years > 0].min(initial=math.inf))
            share = np.arange(1, len(years) + 1) / len(years)
            x, y = np.concatenate(([0.0], years, [1e12])), np.concatenate(([0.0], share, [1.0]))
            ax.step(x, y, where="post", color=COLOURS[i % 7], linestyle=LINES[i % 7], label=policy)
        longest = max(
            (float((s.downtimes * YEAR / s.windows).max(initial=0.0)) for s in self._samples(service)), default=0.0
        )
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
        for i, policy in enumerate(self._results.policies):
            lengths = np.sort(self._results.sample(service, policy).lengths)
            if not len(lengths):
                ax.plot([], [], color=COLOURS[i % 7], linestyle=LINES[i % 7], label=f"{policy} (none seen)")
                continue
            share = 1 - np.arange(len(lengths)) / len(lengths)
            x, y = np.concatenate((lengths[:1] / 10, lengths)), np.concatenate(([1.0], share))
            label = f"{policy} ({len(lengths)} seen)"
            ax.step(x, y, where="pre", color=COLOURS[i % 7], linestyle=LINES[i % 7], label=label)
        every = np.concatenate([s.lengths for s in self._samples(service)] or [np.empty(0)])
        ax.set_xscale("log")
        if len(every):
            ax.set_xlim(every.min() / 1.5, every.max() * 1.5)
        _seconds(ax, "length of an outage (log scale)")
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("share of outages that last longer")
        return self._finish(ax, f"Outages of {service}")

    def availability(self, service: str | None = None, ax: "Axes | None" = None, windows: int = 52) -> "Axes":
        """Availability over time: the mean over replications in equal windows, with its 95 % band."""
        service = self._service(service)
        ax = _axes(ax)
        period = self._results.manifest.duration
        middles = (np.arange(windows) + 0.5) * period / windows
        lowest = 1.0
        for i, policy in enumerate(self._results.policies):
            curves = np.array([mean_in_windows(o, period, windows) for o in self._outages(service, policy)])
            if not len(curves):
                continue
            mean = curves.mean(axis=0)
            half = 1.96 * curves.std(axis=0, ddof=1) / math.sqrt(len(curves)) if len(curves) > 1 else 0 * mean
            lowest = min(lowest, float((mean - half).min()))
            style: dict[str, Any] = {"color": COLOURS[i % 7]}
            ax.fill_between(
                middles, 100 * (mean - half), np.minimum(100 * (mean + half), 100), alpha=0.18, lw=0, **style
            )
            ax.plot(middles, 100 * mean, label=policy, linestyle=LINES[i % 7], **style)
        ax.set_xlim(0, period)
        _seconds(ax, f"time since the start of measuring (windows of {_round_seconds(period / windows)})", linear=True)
        margin = max(100 * (1 - lowest) * 0.06, 1e-6)
        ax.set_ylim(max(100 * lowest - margin, 0), 100 + margin)
        ax.ticklabel_format(axis="y", useOffset=False)
        ax.set_ylabel("availability, % (axis does not start at 0)" if lowest > 0.01 else "availability, %")
        return self._finish(ax, f"Availability of {service} over time")

    def windowed(self, service: str | None = None, ax: "Axes | None" = None, points: int = 40) -> "Axes":
        """Worst availability in any window of a length, against the length: median over replications, 5-95 % band."""
        service = self._service(service)
        ax = _axes(ax)
        period = self._results.manifest.duration
        lengths = np.geomspace(min(60.0, period / 10), period, points)
        for i, policy in enumerate(self._results.policies):
            outages = self._outages(service, policy)
            curves = np.array([[worst_window(one, period, w) for w in lengths] for one in outages])
            if not len(curves):
                continue
            low, middle, high = 100 * np.quantile(curves, (0.05, 0.5, 0.95), axis=0)
            ax.fill_between(lengths, low, high, color=COLOURS[i % 7], alpha=0.15, lw=0)
            ax.plot(lengths, middle, color=COLOURS[i % 7], linestyle=LINES[i % 7], label=policy)
        ax.set_xscale("log")
        ax.set_xlim(lengths[0], lengths[-1])
        _seconds(ax, "length of the window (log scale)")
        ax.set_ylim(-2, 102)
        ax.set_ylabel("worst availability in any such window, %")
        return self._finish(ax, f"Windowed availability of {service}")

    def difference(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Yearly downtime against the baseline's, paired by replication: of one Service, or of all.

        Filled: the sign is known; hollow: not resolved.
        """
        res = self._results
        services = [service] if service else res.services
        others = res.policies[1:]
        ax = _axes(ax, (7.5, 1.7 + 0.24 * len(services) * max(len(others), 1)))
        place, ticks, ends = 0.0, [], [0.0]
        for name in services:
            first = place
            for i, policy in enumerate(others, 1):
                if (found := res.comparison(name, policy)) is not None:
                    one = found.difference
                    ends += [one.low, one.high]
                    _dot(ax, one, place, i, policy if name == services[0] else "_" + policy, found.resolved)
                place += 1
            ticks.append((first + place - 1) / 2)
            place += 0.8
        ax.axvline(0, color=_GREY, lw=1)
        ax.set_yticks(ticks, services)
        ax.set_ylim(place - 0.8, -1)
        margin = max(0.08 * (max(ends) - min(ends)), 1.0)
        ax.set_xlim(min(ends) - margin, max(ends) + margin)
        _seconds(ax, f"downtime in a year minus that of {res.policies[0]} (left of 0 is better)", linear=True)
        return self._finish(ax, "Difference from the baseline (hollow: not resolved)", "x")

    def save(self, folder: Path) -> list[Path]:
        """Write the plots as SVG, the same bytes for the same results; which Services get their own: `featured`."""
        import matplotlib
        from matplotlib.figure import Figure

        paths = []
        for name, draw, size in self._all():
            with matplotlib.rc_context({"svg.hashsalt": "kubenines", "svg.fonttype": "path"}):
                figure = Figure(figsize=size, layout="constrained")
                draw(figure.add_subplot())
                path = folder / f"{name}.svg"
                store.write(path, partial(figure.savefig, format="svg", metadata={"Date": None}))
            paths.append(path)
        return paths

    def featured(self) -> list[str]:
        """Services with an objective, else the first three."""
        objectives = self._results.manifest.objectives
        return list(dict.fromkeys(o["service"] for o in objectives)) or self._results.services[:3]

    def _all(self) -> Iterator[tuple[str, Callable[["Axes"], Any], tuple[float, float]]]:
        res = self._results
        rows = len(res.services) * len(res.policies)
        yield "nines", partial(self.nines, None), (7.5, 1.6 + 0.22 * rows + 0.12 * len(res.services))
        if len(res.policies) > 1:
            yield "difference", partial(self.difference, None), (7.5, 1.7 + 0.24 * rows)
        for service in self.featured():
            file = service.replace("/", "-")
            for plot in (self.availability, self.downtime, self.outage_lengths, self.windowed):
                kind = plot.__name__.replace("_", "-")
                yield f"{kind}-{file}", partial(plot, service), (7.5, 4.2)

    def _service(self, service: str | None) -> str:
        return self._results.services[0] if service is None else service

    def _samples(self, service: str) -> list[Any]:
        return [self._results.sample(service, policy) for policy in self._results.policies]

    def _outages(self, service: str, policy: str) -> list[Floats]:
        """The outages of every replication, those without any included: shape (n, 2) each."""
        frame = self._results.outages
        rows = frame.loc[(frame["service"] == service) & (frame["policy"] == policy)]
        spans = rows[["start_s", "end_s"]].to_numpy()
        found = {int(str(r)): spans[at] for r, at in rows.groupby("replication").indices.items()}
        none = np.empty((0, 2))
        return [found.get(int(r), none) for r in self._results.sample(service, policy).replications]

    def _finish(self, ax: "Axes", title: str, grid: Any = "both") -> "Axes":
        m = self._results.manifest
        ax.set_title(title, loc="left", pad=20, fontsize=11)
        behind = (
            f"{m.name}: {m.replications} replications of {_round_seconds(m.duration)} after {_round_seconds(m.warmup)} "
            f"of warm-up, seed {m.seed}, {m.confidence:.0%} intervals"
        )
        ax.text(0, 1.02, behind, transform=ax.transAxes, fontsize=7.5, color=_GREY, va="bottom")
        ax.grid(axis=grid, color="#dddddd", lw=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8, frameon=False, borderaxespad=0)
        return ax


def _axes(ax: "Axes | None", size: tuple[float, float] = (7.5, 4.2)) -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def _dot(ax: "Axes", found: Estimate, place: float, number: int, label: str, solid: bool = True) -> None:
    """A value with its interval; a hollow triangle at a bound, pointing to where the truth lies."""
    colour = COLOURS[number % 7]
    if found.is_bound:
        ax.plot([found.bound], [place], ">", color=colour, mfc="white", ms=7, ls="none", label=f"{label} (bound)")
        return
    high = found.high if math.isfinite(found.high) else found.value
    ax.plot([found.low, high], [place, place], "-", color=colour, lw=2, solid_capstyle="butt")
    face = colour if solid else "white"
    ax.plot([found.value], [place], MARKERS[number % 7], color=colour, mfc=face, ms=6, ls="none", label=label)


def _nines_label(nines: int, crowded: bool) -> str:
    """The share above the number of nines; on a crowded axis only 90 %, 99.9 % and 99.999 % are written out."""
    if crowded and nines not in (1, 3, 5):
        return f"\n{nines}"
    return "0 %\n0" if nines == 0 else f"{100 - 10.0 ** (2 - nines):.{max(nines - 2, 0)}f} %\n{nines}"


_LANDMARKS = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400)


def _seconds(ax: "Axes", label: str, linear: bool = False, least: float = 0.0) -> None:
    """Ticks at round durations ("1m", "6h", "7d"), on a log scale from `least` seconds on."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_xlabel(label)
    low, high = ax.get_xlim()
    if linear:
        reach = max(abs(low), abs(high))
        steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200)
        days = tuple(86400 * d for d in (1, 2, 5, 10, 20, 30, 60, 90, 180, 365, 730, 1825, 3650))
        step = next((s for s in (*steps, *days) if reach / s <= (8 if low >= 0 else 4)), reach / 4)
        marks = [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    else:
        marks = [m for m in (0, *_LANDMARKS) if low <= m <= high and (m == 0 or m > least)]
    ax.xaxis.set_major_locator(FixedLocator(marks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _round_seconds(x)))


def _round_seconds(seconds: float) -> str:
    """Like `show_seconds`, without a zero second unit: "6h", "-1m30s", "0"."""
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    if left < 1:
        return f"{sign}{left:g}s" if left else "0"
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(round(left), size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts[:2])
