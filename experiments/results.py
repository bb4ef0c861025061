"""Results: tables of what was simulated, and the estimates that they carry."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import estimate
from experiments.comparison import Comparison, paired_difference
from experiments.estimate import STATED_OUTAGE, Estimate
from experiments.intervals import FEW_OUTAGES, MANY_OUTAGES, Floats
from experiments.store import Manifest, NotAResultFolder, ResultFolder, write
from experiments.tables import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from experiments.plots import Plots

MET, MISSED, INCONCLUSIVE = "met", "missed", "inconclusive"
_COMPARED = [
    *("service", "policy", "baseline", "difference_s_per_year", "difference_low", "difference_high"),
    *("p", "stars", "resolved", "correlation", "outages", "replications"),
]


@dataclass(frozen=True)
class Sample:
    """One Service under one policy: an entry per replication, of `lengths` one per outage; times in seconds."""

    replications: np.ndarray
    windows: Floats
    downtimes: Floats
    counts: Floats
    lengths: Floats


@dataclass(frozen=True)
class Objective:
    """One objective under one policy, judged; `more` replications would settle an open one (None: no telling)."""

    service: str
    policy: str
    at_least: float
    found: Estimate
    verdict: str
    more: int | None = None


class Results:
    """What an experiment found; `tables.COLUMNS` documents the columns of its tables.

    `resolved` is the experiment after `extends`, settings and defaults, as plain values; `path` the folder, if any.
    """

    def __init__(
        self,
        manifest: Manifest,
        tables: "Mapping[str, pd.DataFrame]",
        resolved: Any = None,
        path: Path | None = None,
    ) -> None:
        self.manifest, self.tables, self.resolved, self.path = manifest, tables, resolved, path
        self._samples: dict[tuple[str, str], Sample] = {}

    @classmethod
    def open(cls, path: str | Path) -> "Results":
        """Read a result folder; `NotAResultFolder` if it is none."""
        folder = ResultFolder(Path(path))
        manifest = folder.manifest()
        if manifest is None:
            raise NotAResultFolder(f"{path} is not a result folder: no manifest.json")
        try:
            tables = {name: folder.read_table(name) for name in COLUMNS}
        except OSError as error:
            raise NotAResultFolder(
                f"{path} is not complete ({error}); run the experiment again to resume it"
            ) from error
        return cls(manifest, tables, folder.resolved(), folder.path)

    @property
    def runs(self) -> "pd.DataFrame":
        """A row per policy, replication and Service."""
        return self.tables["runs"]

    @property
    def outages(self) -> "pd.DataFrame":
        """A row per outage."""
        return self.tables["outages"]

    @property
    def cells(self) -> "pd.DataFrame":
        """A row per policy and replication."""
        return self.tables["cells"]

    @property
    def policies(self) -> list[str]:
        """Names in the order of the experiment; the first is the baseline."""
        return self.manifest.policies

    @property
    def services(self) -> list[str]:
        """Names in the order of the experiment."""
        return self.manifest.services

    @property
    def failed(self) -> "pd.DataFrame":
        """The rows of `cells` that failed."""
        return self.cells.loc[self.cells["status"] != "done"]

    @cached_property
    def plot(self) -> "Plots":
        """The plots: `results.plot.nines(ax=ax)`."""
        from experiments.plots import Plots

        return Plots(self)

    # --- estimates ---------------------------------------------------------------------------------------------------

    def sample(self, service: str, policy: str) -> Sample:
        """The numbers behind the estimates of one Service under one policy."""
        if not self._samples:
            self._samples = dict(self._collect())
        self._known("service", service, self.services)
        self._known("policy", policy, self.policies)
        empty = np.empty(0)
        return self._samples.get((service, policy), Sample(empty.astype(int), empty, empty, empty, empty))

    def _collect(self) -> Iterator[tuple[tuple[str, str], Sample]]:
        lengths = {key: (rows["end_s"] - rows["start_s"]).to_numpy() for key, rows in self._by_pair(self.outages)}
        for key, rows in self._by_pair(self.runs):
            columns = (rows[name].to_numpy() for name in ("replication", "window_s", "downtime_s", "outages"))
            replications, windows, downtimes, counts = columns
            yield key, Sample(replications, windows, downtimes, counts.astype(float), lengths.get(key, np.empty(0)))

    @staticmethod
    def _by_pair(frame: "pd.DataFrame") -> Iterator[tuple[tuple[str, str], "pd.DataFrame"]]:
        for (service, policy), rows in frame.groupby(["service", "policy"], sort=False):
            yield (str(service), str(policy)), rows

    @staticmethod
    def _known(what: str, name: str, names: list[str]) -> None:
        if name not in names:
            import difflib

            close = difflib.get_close_matches(name, names, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise KeyError(f"unknown {what} {name!r}; expected one of {', '.join(map(repr, names))}{hint}")

    def _outage_length(self, service: str) -> float:
        """What an outage is taken to last where none was seen: a stated hour, or the longest mean under any policy.

        Not a shorter mean: short outages are mostly those of single pods, and what takes all replicas may last longer.
        """
        samples = [self.sample(service, policy) for policy in self.policies]
        return max([STATED_OUTAGE, *(float(s.lengths.mean()) for s in samples if len(s.lengths))])

    def availability(self, service: str, policy: str, confidence: float | None = None) -> Estimate:
        """Availability of one Service under one policy; see `experiments.estimate.availability`."""
        s = self.sample(service, policy)
        if len(s.windows) == 0:
            return Estimate(math.nan, 0.0, 1.0, self.manifest.confidence, 0, "no replication")
        return estimate.availability(
            s.downtimes, s.windows, s.lengths, confidence or self.manifest.confidence, self._outage_length(service)
        )

    def outage_rate(self, service: str, policy: str) -> Estimate:
        """Outages a year of one Service under one policy."""
        s = self.sample(service, policy)
        if len(s.windows) == 0:
            return Estimate(math.nan, 0.0, math.inf, self.manifest.confidence, 0, "no replication", "rate")
        return estimate.outages_per_year(s.counts, s.windows, self.manifest.confidence)

    def comparison(self, service: str, policy: str, baseline: str | None = None) -> Comparison | None:
        """Yearly downtime against the baseline's, paired by replication; None for the baseline or without two pairs."""
        baseline = baseline or self.policies[0]
        mine, other = self.sample(service, policy), self.sample(service, baseline)
        _, i, j = np.intersect1d(mine.replications, other.replications, return_indices=True)
        if policy == baseline or len(i) < 2:
            return None
        seen = len(mine.lengths) + len(other.lengths)
        return paired_difference(mine.downtimes[i], other.downtimes[j], mine.windows[i], seen, self.manifest.confidence)

    # --- tables ------------------------------------------------------------------------------------------------------

    def summary(self) -> "pd.DataFrame":
        """One row per Service and policy; a value without an outage behind it is NaN and has bounds only."""
        import pandas as pd

        return pd.DataFrame([self._row(service, policy) for service in self.services for policy in self.policies])

    def _row(self, service: str, policy: str) -> dict[str, Any]:
        s, found = self.sample(service, policy), self.availability(service, policy)
        row: dict[str, Any] = {"service": service, "policy": policy}
        for name, one in (
            ("availability", found),
            ("nines", estimate.nines(found)),
            ("downtime_s_per_year", estimate.downtime_per_year(found)),
            ("outages_per_year", self.outage_rate(service, policy)),
        ):
            row |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
        return row | {
            "mttr_s": s.downtimes.sum() / s.counts.sum() if s.counts.sum() else math.nan,
            "longest_s": float(s.lengths.max(initial=0.0)),
            "outages": int(s.counts.sum()),
            "replications": len(s.windows),
            "years": float(s.windows.sum()) / estimate.YEAR,
            "confidence": found.confidence,
            "method": found.method,
        }

    def compare(self, baseline: str | None = None) -> "pd.DataFrame":
        """One row per Service and policy but the baseline: the paired difference of yearly downtime, in seconds."""
        import pandas as pd

        baseline = baseline or self.policies[0]
        self._known("policy", baseline, self.policies)
        rows = []
        for service in self.services:
            for policy in self.policies:
                if (found := self.comparison(service, policy, baseline)) is not None:
                    of = found.difference
                    row = [service, policy, baseline, of.value, of.low, of.high, found.p, found.stars, found.resolved]
                    rows.append([*row, found.correlation, found.outages, of.n])
        return pd.DataFrame(rows, columns=_COMPARED)

    # --- objectives --------------------------------------------------------------------------------------------------

    @cached_property
    def objectives(self) -> list[Objective]:
        """Every objective under every policy that it is about, judged by the whole interval."""
        judged = []
        for wanted in self.manifest.objectives:
            policies = [wanted["policy"]] if wanted.get("policy") else self.policies
            judged += [self._judge(wanted["service"], policy, wanted["at_least"]) for policy in policies]
        return judged

    def _judge(self, service: str, policy: str, at_least: float) -> Objective:
        found = self.availability(service, policy)
        if found.n and found.low >= at_least:
            return Objective(service, policy, at_least, found, MET)
        if found.high < at_least:
            return Objective(service, policy, at_least, found, MISSED)
        return Objective(service, policy, at_least, found, INCONCLUSIVE, _more_replications(found, at_least))

    def verdict(self) -> int:
        """The exit code: 3 failed cells, 1 an objective missed, 4 one inconclusive, 0 else."""
        verdicts = {objective.verdict for objective in self.objectives}
        if len(self.failed):
            return 3
        return 1 if MISSED in verdicts else 4 if INCONCLUSIVE in verdicts else 0

    def imprecise(self, relative: float, confidence: float) -> list[tuple[str, str]]:
        """Service and policy whose unavailability is not known to +-`relative`, or from fewer than 100 outages."""
        return [
            (service, policy)
            for service in self.services
            for policy in self.policies
            if not self._is_precise(service, policy, relative, confidence)
        ]

    def _is_precise(self, service: str, policy: str, relative: float, confidence: float) -> bool:
        found = self.availability(service, policy, confidence)
        if found.is_bound or len(self.sample(service, policy).lengths) < MANY_OUTAGES:
            return found.n > 0 and found.value == 0 and found.low == found.high  # never available: nothing left to know
        return (found.high - found.low) / 2 <= relative * (1 - found.value)

    # --- remarks -----------------------------------------------------------------------------------------------------

    def strikes(self) -> dict[str, dict[str, int]]:
        """Policy -> failure mode or operation -> how often it struck in all replications."""
        total: dict[str, dict[str, int]] = {policy: {} for policy in self.policies}
        for policy, text in zip(self.cells["policy"], self.cells["strikes"], strict=True):
            for name, times in json.loads(text).items():
                total[policy][name] = total[policy].get(name, 0) + times
        return total

    def pending(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Policy -> reason -> (pods, replications): pods not placed at the end, the most in any replication."""
        found: dict[str, dict[str, tuple[int, int]]] = {policy: {} for policy in self.policies}
        for policy, text in zip(self.cells["policy"], self.cells["pending"], strict=True):
            reasons = list(json.loads(text).values()) if text != "{}" else []
            for reason in sorted(set(reasons)):
                pods, replications = found[policy].get(reason, (0, 0))
                found[policy][reason] = (max(pods, reasons.count(reason)), replications + 1)
        return found

    def bounds(self) -> list[tuple[str, str]]:
        """Service and policy without any outage, of which only a bound is known."""
        pairs = [(s, p) for s in self.services for p in self.policies]
        return [(s, p) for s, p in pairs if len(self.sample(s, p).windows) and self.availability(s, p).is_bound]

    def few_outages(self) -> list[tuple[str, str, int]]:
        """Service, policy and number of outages where an interval rests on so few that it is too narrow."""
        counts = [(s, p, len(self.sample(s, p).lengths)) for s in self.services for p in self.policies]
        return [(service, policy, n) for service, policy, n in counts if 0 < n < FEW_OUTAGES]

    def down_at_start(self) -> list[tuple[str, str, int]]:
        """Service, policy and replications that were down when measuring began, if more than one in ten were.

        Failures alone hardly do that: the cluster had not settled, and what is measured is partly its beginning.
        """
        cut = self.outages.loc[self.outages["start_s"] == 0.0]
        counts = {key: len(rows) for key, rows in self._by_pair(cut)}
        found = [(s, p, counts.get((s, p), 0)) for s in self.services for p in self.policies]
        return [(s, p, n) for s, p, n in found if n > max(1, 0.1 * len(self.sample(s, p).windows))]

    def to_html(self, path: str | Path) -> Path:
        """Write the report: one file that needs no other and no network."""
        from experiments.html_report import report_html

        write(Path(path), report_html(self))
        return Path(path)

    def _repr_html_(self) -> str:
        from experiments.report import summary_html

        return summary_html(self)

    def __repr__(self) -> str:
        done = int((self.cells["status"] == "done").sum())
        return f"<Results of {self.manifest.name}: {len(self.policies)} policies, {done} runs>"


def _more_replications(found: Estimate, at_least: float) -> int | None:
    """Replications to add until the interval, shrinking as 1/sqrt(n), would leave `at_least` outside."""
    if found.n == 0:
        return None
    if found.is_bound:
        factor = (1 - found.low) / (1 - at_least) if at_least < 1 else math.inf
    else:
        distance = abs(found.value - at_least)
        half = found.value - found.low if found.value >= at_least else found.high - found.value
        factor = (half / distance) ** 2 if distance > 0 else math.inf
    return max(math.ceil(found.n * (factor - 1)), 1) if factor < 1e6 else None
