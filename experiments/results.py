"""Results: tables of what was simulated, and the estimates that they carry."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import batch_means, estimate, precision, request_table, yearly
from experiments.comparison import Comparison, compare
from experiments.estimate import STATED_OUTAGE, Estimate
from experiments.intervals import FEW_OUTAGES
from experiments.ranking import Ranking, rank
from experiments.sample import Sample
from experiments.store import Manifest, NotAResultFolder, ResultFolder, write
from experiments.tables import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from experiments.attribution.breakdown import Part
    from experiments.attribution.levers import Lever
    from experiments.metrics.observation import Observation, Predicate
    from experiments.plots import Plots
    from simulator.log import TransitionLog
    from simulator.run import Run

MET, MISSED, INCONCLUSIVE = "met", "missed", "inconclusive"
_COMPARED = [
    *("service", "policy", "baseline", "difference_s_per_year", "difference_low", "difference_high"),
    *("p", "p_adjusted", "stars", "resolved", "correlation", "outages", "replications"),
]
_RANKED = ["rank", "policy", "group", "downtime_s_per_year", "downtime_low", "downtime_high", "outages"]


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
        self._comparisons: dict[tuple[str, tuple[tuple[str, str], ...]], dict[tuple[str, str], Comparison]] = {}

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
    def alerts(self) -> "pd.DataFrame":
        """A row per burn-rate alert that fired, of the Services with an SLO."""
        return self.tables["alerts"]

    @property
    def rollouts(self) -> "pd.DataFrame":
        """A row per rollout and Service in front of it."""
        return self.tables["rollouts"]

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

    # --- stored transitions ------------------------------------------------------------------------------------------

    def stored(self) -> list[tuple[str, int]]:
        """Policies and replications whose transitions the folder holds (`kubenines run --events sample:3`)."""
        if self.path is None:
            return []
        folder, most = ResultFolder(self.path), self.manifest.replications
        return [(p, r) for p in self.policies for r in range(most) if folder.events(p, r).exists()]

    def stored_run(self, policy: str, replication: int) -> "Run":
        """One replication as `simulate` left it, read from the folder; KeyError if its transitions were not kept."""
        from experiments import events

        self._known("policy", policy, self.policies)
        if (policy, replication) not in self.stored():
            raise KeyError(
                f"the transitions of replication {replication} under {policy!r} were not kept; "
                f"run the experiment into a folder with --events sample:{replication + 1}"
            )
        assert self.path is not None
        return events.read(ResultFolder(self.path).events(policy, replication))

    def log(self, policy: str, replication: int) -> "TransitionLog":
        """The transitions of one replication; KeyError if they were not kept."""
        log = self.stored_run(policy, replication).log
        assert log is not None
        return log

    def measure(self, metric: "Callable[[Observation], Any]", available: "Predicate | None" = None) -> "pd.DataFrame":
        """Another metric of every Service in every run whose transitions were kept, without simulating again.

        A row per policy, replication and Service, with the metric under its function's name. `available`: another
        predicate than the experiment's.
        """
        from experiments.file.resolve import measured
        from experiments.metrics.observation import Observation

        goals = measured(self.resolved)

        def rows(run: "Run") -> Iterator[dict[str, Any]]:
            for goal in goals:
                history = run.services[goal.name]
                seen = Observation.of(history, available or goal.predicate, run.start, run.end, goal.slo)
                yield {"service": goal.name, metric.__name__: metric(seen)}

        return self._measured(rows, ["service", metric.__name__])

    def measure_runs(self, metric: "Callable[[Run], Any]") -> "pd.DataFrame":
        """Another metric of every run whose transitions were kept: a row per policy and replication."""
        return self._measured(lambda run: iter([{metric.__name__: metric(run)}]), [metric.__name__])

    def _measured(self, rows: "Callable[[Run], Iterator[dict[str, Any]]]", columns: list[str]) -> "pd.DataFrame":
        import pandas as pd

        found = [
            {"policy": policy, "replication": replication} | row
            for policy, replication in self.stored()
            for row in rows(self.stored_run(policy, replication))
        ]
        return pd.DataFrame(found, columns=["policy", "replication", *columns])

    # --- estimates ---------------------------------------------------------------------------------------------------

    def sample(self, service: str, policy: str) -> Sample:
        """The numbers behind the estimates of one Service under one policy."""
        if not self._samples:
            self._samples = dict(self._collect())
        self._known("service", service, self.services)
        self._known("policy", policy, self.policies)
        return self._samples.get((service, policy), Sample.empty())

    def _collect(self) -> Iterator[tuple[tuple[str, str], Sample]]:
        found = dict(self._by_pair(self.outages))
        for key, rows in self._by_pair(self.runs):
            columns = (rows[name].to_numpy() for name in ("replication", "window_s", "downtime_s", "outages"))
            replications, windows, downtimes, counts = columns
            outages = found.get(key, self.outages.iloc[:0])
            owners, spans = outages["replication"].to_numpy(), outages[["start_s", "end_s"]].to_numpy()
            yield key, Sample(replications, windows, downtimes, counts.astype(float), owners, spans)

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
        """Availability of one Service under one policy; see `experiments.estimate.availability`.

        Of fewer than `batch_means.ENOUGH_REPLICATIONS` replications the windows are cut into batches.
        """
        s, confidence = self.sample(service, policy), confidence or self.manifest.confidence
        length, n = self._outage_length(service), len(s.windows)
        if n == 0:
            return Estimate(math.nan, 0.0, 1.0, confidence, 0, "no replication")
        downtimes, windows, pieces = batch_means.observed(s)
        found = estimate.availability(downtimes, windows, s.lengths, confidence, length, pieces)
        return replace(found, n=n)

    def downtime_quantiles(
        self, service: str, policy: str, shares: Sequence[float] = (0.5, 0.95, 0.99)
    ) -> dict[float, Estimate]:
        """Share of the years -> the downtime, in seconds, that they stay within; see `experiments.yearly`."""
        s = self.sample(service, policy)
        return {share: yearly.quantile(s, share, self.manifest.confidence) for share in shares}

    def chance_of_meeting(self, service: str, policy: str, at_least: float) -> Estimate:
        """The share of years in which the Service is available for at least this share; see `experiments.yearly`."""
        return yearly.chance_of_meeting(self.sample(service, policy), at_least, self.manifest.confidence)

    def request_availability(self, service: str, policy: str) -> Estimate | None:
        """The share of the requests that is answered; None without traffic. See `request_table.answered`."""
        return request_table.answered(self, service, policy)

    def outage_rate(self, service: str, policy: str) -> Estimate:
        """Outages a year of one Service under one policy."""
        s = self.sample(service, policy)
        if len(s.windows) == 0:
            return Estimate(math.nan, 0.0, math.inf, self.manifest.confidence, 0, "no replication", "rate")
        return estimate.outages_per_year(s.counts, s.windows, self.manifest.confidence)

    def comparison(self, service: str, policy: str, baseline: str | None = None) -> Comparison | None:
        """Yearly downtime against the baseline's, paired by replication; None for the baseline or without two pairs.

        Its adjusted p counts all policies that are compared with this baseline at this Service.
        """
        self._known("policy", policy, self.policies)
        baseline = baseline or self.policies[0]
        return self.comparisons(service, tuple((one, baseline) for one in self.policies)).get((policy, baseline))

    def comparisons(self, service: str, pairs: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], Comparison]:
        """Pairs of policies at one Service as one family; see `experiments.comparison.compare`."""
        key = service, pairs
        if key not in self._comparisons:
            samples = {policy: self.sample(service, policy) for policy in self.policies}
            different = [(mine, other) for mine, other in pairs if mine != other]
            confidence, length = self.manifest.confidence, self._outage_length(service)
            self._comparisons[key] = compare(samples, different, confidence, length)
        return self._comparisons[key]

    # --- where the downtime comes from -------------------------------------------------------------------------------

    def parts(self, service: str, policy: str) -> "list[Part]":
        """The downtime of one Service under one policy by cause and stage; see `experiments.attribution`."""
        from experiments.attribution.breakdown import breakdown

        losses, sample = self.tables["losses"], self.sample(service, policy)
        return breakdown(losses.loc[(losses["service"] == service) & (losses["policy"] == policy)], sample)

    def attribution(self, service: str, policy: str) -> "pd.DataFrame":
        """The downtime of one Service under one policy by cause and stage: seconds a year that sum to it."""
        from experiments.attribution import breakdown

        return breakdown.frame(self.parts(service, policy), self.manifest.confidence)

    def what_if(self, service: str, policy: str, levers: "Sequence[Lever] | None" = None) -> "pd.DataFrame":
        """What shorter stages, or one cause less, would save, to first order; see `experiments.attribution.levers`."""
        from experiments.attribution.levers import frame, savings

        return frame(savings(self.parts(service, policy), levers))

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
        return (
            row
            | {
                "mttr_s": s.downtimes.sum() / s.counts.sum() if s.counts.sum() else math.nan,
                "longest_s": float(s.lengths.max(initial=0.0)),
                "outages": int(s.counts.sum()),
                "replications": len(s.windows),
                "years": float(s.windows.sum()) / estimate.YEAR,
                "confidence": found.confidence,
                "method": found.method,
            }
            | self._requests_row(service, policy)
        )

    def _requests_row(self, service: str, policy: str) -> dict[str, float]:
        """What became of requests, if there are any in this experiment; NaN for a Service without traffic."""
        if len(self.tables["requests"]) == 0:
            return {}
        found = self.request_availability(service, policy)
        value, low, high = (found.value, found.low, found.high) if found else (math.nan,) * 3
        return {"request_availability": value, "request_availability_low": low, "request_availability_high": high}

    def compare(self, baseline: str | None = None) -> "pd.DataFrame":
        """One row per Service and policy but the baseline: the paired difference of yearly downtime, in seconds.

        `p` is of the row alone; `p_adjusted`, and with it `stars` and `resolved`, of all policies at the Service.
        """
        import pandas as pd

        baseline = baseline or self.policies[0]
        self._known("policy", baseline, self.policies)
        rows = []
        for service in self.services:
            for policy in self.policies:
                if (found := self.comparison(service, policy, baseline)) is not None:
                    of = found.difference
                    row = [service, policy, baseline, of.value, of.low, of.high, found.p, found.adjusted]
                    rows.append([*row, found.stars, found.resolved, found.correlation, found.outages, of.n])
        return pd.DataFrame(rows, columns=_COMPARED)

    def ranking(self, service: str) -> "pd.DataFrame":
        """One row per policy, least downtime first; policies that share a letter of `group` cannot be told apart.

        Downtime in seconds a year; NaN with an upper bound where no outage was seen. See `experiments.ranking`.
        """
        import pandas as pd

        ranked = self.ranked(service)
        letters = ranked.letters
        rows = [
            [i, policy, letters[policy], found.value, found.low, found.high, ranked.outages[policy]]
            for i, (policy, found) in enumerate(ranked.downtimes.items(), 1)
        ]
        return pd.DataFrame(rows, columns=_RANKED)

    def ranked(self, service: str) -> Ranking:
        """The same, to be said in words: `ranked(service).sentences()`."""
        found = {policy: self.availability(service, policy) for policy in self.policies}
        downtimes = {policy: estimate.downtime_per_year(one) for policy, one in found.items()}
        outages = {policy: len(self.sample(service, policy).lengths) for policy in self.policies}
        return rank(service, downtimes, outages, self.comparisons(service, tuple(combinations(self.policies, 2))))

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

    def would_take(self, service: str, policy: str, relative: float, confidence: float) -> int | None:
        """Replications, in all, until that would be known; see `experiments.precision.would_take`."""
        return precision.would_take(
            self.sample(service, policy), self.availability(service, policy, confidence), relative
        )

    def _is_precise(self, service: str, policy: str, relative: float, confidence: float) -> bool:
        found = self.availability(service, policy, confidence)
        return precision.is_reached(self.sample(service, policy), found, relative)

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
        """Service, policy and number of outages where an interval rests on so few that it is wide."""
        counts = [(s, p, len(self.sample(s, p).lengths)) for s in self.services for p in self.policies]
        return [(service, policy, n) for service, policy, n in counts if 0 < n < FEW_OUTAGES]

    def uneven(self) -> list[tuple[str, str, int, int]]:
        """Service, policy, outages, and how many of them brought half of the downtime, where that is three or fewer."""
        samples = [(s, p, self.sample(s, p)) for s in self.services for p in self.policies]
        rows = [(s, p, len(of.lengths), of.half) for s, p, of in samples if len(of.lengths) >= FEW_OUTAGES]
        return [row for row in rows if row[-1] <= 3]

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
