"""Results: tables of what was simulated, and the estimates that they carry."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.findings import judgement, summaries
from experiments.findings.judgement import INCONCLUSIVE, MISSED, Judgement
from experiments.inference import batch_means, estimate, yearly
from experiments.inference.comparison import Comparison, compare
from experiments.inference.estimate import STATED_OUTAGE, Estimate
from experiments.inference.ranking import Ranking, rank
from experiments.inference.sample import Sample, of_pair, samples
from experiments.inference.strata import Stratum
from experiments.report import requests as request_table
from experiments.store.folder import SCHEMA_VERSION, Manifest, NotAResultFolder, ResultFolder, write
from experiments.store.tables import COLUMNS
from models.input.problems import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from experiments.design.goal import Predicate
    from experiments.findings.breakdown import Part
    from experiments.findings.levers import Lever
    from experiments.findings.unseen import Unseen
    from experiments.metrics.observation import Observation
    from experiments.plots import Plots
    from simulator.log import TransitionLog
    from simulator.run import Run


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
        self._parts: dict[tuple[str, str], list[Part]] = {}
        self._comparisons: dict[tuple[str, tuple[tuple[str, str], ...]], dict[tuple[str, str], Comparison]] = {}

    @classmethod
    def open(cls, path: str | Path) -> "Results":
        """Read a result folder; `NotAResultFolder` if it is none."""
        folder = ResultFolder(Path(path))
        manifest = folder.manifest()
        if manifest is None:
            raise NotAResultFolder(f"{path} is not a result folder: no manifest.json")
        if manifest.schema_version != SCHEMA_VERSION:
            raise NotAResultFolder(
                f"{path} is of another version of kubenines (schema {manifest.schema_version}; this one reads "
                f"{SCHEMA_VERSION}); run the experiment again with --fresh"
            )
        try:
            tables = {name: folder.read_table(name) for name in COLUMNS}
        except (OSError, ValueError) as error:
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
    def requests(self) -> "pd.DataFrame":
        """A row per policy, replication and Service with traffic: what became of its requests."""
        return self.tables["requests"]

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
        from experiments.findings import stored_runs

        return stored_runs.kept(self)

    def stored_run(self, policy: str, replication: int) -> "Run":
        """One replication as `simulate` left it, read from the folder; KeyError if its transitions were not kept."""
        from experiments.findings import stored_runs

        self._check("policy", policy, self.policies)
        return stored_runs.one(self, policy, replication)

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
        from experiments.findings import stored_runs

        return stored_runs.measured(self, metric, available)

    def measure_runs(self, metric: "Callable[[Run], Any]") -> "pd.DataFrame":
        """Another metric of every run whose transitions were kept: a row per policy and replication."""
        from experiments.findings import stored_runs

        return stored_runs.measured_runs(self, metric)

    # --- estimates ---------------------------------------------------------------------------------------------------

    def sample(self, service: str, policy: str) -> Sample:
        """The numbers behind the estimates of one Service under one policy."""
        if not self._samples:
            self._samples = samples(self.runs, self.outages)
        self._check("service", service, self.services)
        self._check("policy", policy, self.policies)
        return self._samples.get((service, policy), Sample.empty())

    @staticmethod
    def _check(what: str, name: str, names: list[str]) -> None:
        if name not in names:
            raise KeyError(
                f"unknown {what} {name!r}; expected one of {', '.join(map(repr, names))}{did_you_mean(name, names)}"
            )

    def _outage_length(self, service: str) -> float:
        """What an outage is taken to last where none was seen: a stated hour, or the longest mean under any policy.

        Not a shorter mean: short outages are mostly those of single pods, and what takes all replicas may last longer.
        """
        samples = [self.sample(service, policy) for policy in self.policies]
        return max([STATED_OUTAGE, *(float(s.lengths.mean()) for s in samples if len(s.lengths))])

    @cached_property
    def _unseen(self) -> "Unseen":
        from experiments.findings.unseen import Unseen

        return Unseen.of(self)

    def unseen(self, service: str, policy: str) -> dict[str, float]:
        """Failure modes that caused no outage of the Service -> seconds that one is taken to last."""
        return self._unseen.by(service, policy, set(self.sample(service, policy).causes.tolist()))

    def availability(self, service: str, policy: str, confidence: float | None = None) -> Estimate:
        """Availability of one Service under one policy, by the causes of its outages; see `inference.strata`.

        Of fewer than `batch_means.ENOUGH_REPLICATIONS` replications the windows are cut into batches.
        """
        s, confidence = self.sample(service, policy), self.manifest.confidence if confidence is None else confidence
        if not 0 < confidence < 1:
            raise ValueError(f"a confidence is a share between 0 and 1, such as 0.95, not {confidence}")
        length, n = self._outage_length(service), len(s.windows)
        if n == 0:
            return Estimate(math.nan, 0.0, 1.0, confidence, 0, "no replication")
        downtimes, windows, pieces = batch_means.observed(s)
        strata = [Stratum(batch_means.observed(one)[0], one.lengths) for one in s.by_cause()]
        unseen = self.unseen(service, policy)
        found = estimate.availability(downtimes, windows, s.lengths, confidence, length, pieces, strata, unseen)
        return replace(found, n=n)

    def downtime_quantiles(
        self, service: str, policy: str, shares: Sequence[float] = (0.5, 0.95, 0.99)
    ) -> dict[float, Estimate]:
        """Share of the years -> the downtime, in seconds, that they stay within; see `inference.yearly`."""
        s = self.sample(service, policy)
        return {share: yearly.quantile(s, share, self.manifest.confidence) for share in shares}

    def chance_of_meeting(self, service: str, policy: str, at_least: float) -> Estimate:
        """The share of years in which the Service is available for at least this share; see `inference.yearly`."""
        if not 0 <= at_least <= 1:
            raise ValueError(f"an availability is a share between 0 and 1, such as 0.999, not {at_least}")
        return yearly.chance_of_meeting(self.sample(service, policy), at_least, self.manifest.confidence)

    def request_availability(self, service: str, policy: str) -> Estimate | None:
        """The share of the requests that is answered; None without traffic. See `request_table.answered`."""
        self._check("service", service, self.services)
        self._check("policy", policy, self.policies)
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
        self._check("policy", policy, self.policies)
        baseline = baseline or self.policies[0]
        return self.comparisons(service, tuple((one, baseline) for one in self.policies)).get((policy, baseline))

    def comparisons(self, service: str, pairs: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], Comparison]:
        """Pairs of policies at one Service as one family; see `experiments.inference.comparison.compare`."""
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
        from experiments.findings.breakdown import breakdown

        key = service, policy
        if key not in self._parts:
            losses, sample = of_pair(self.tables["losses"], service, policy), self.sample(service, policy)
            self._parts[key] = breakdown(losses, sample)
        return self._parts[key]

    def attribution(self, service: str, policy: str) -> "pd.DataFrame":
        """The downtime of one Service under one policy by cause and stage: seconds a year that sum to it."""
        from experiments.findings import breakdown

        return breakdown.frame(self.parts(service, policy), self.manifest.confidence)

    def what_if(self, service: str, policy: str, levers: "Sequence[Lever] | None" = None) -> "pd.DataFrame":
        """What shorter stages, or one cause less, would save, to first order; see `experiments.findings.levers`."""
        from experiments.findings.levers import frame, savings

        return frame(savings(self.parts(service, policy), levers))

    # --- tables ------------------------------------------------------------------------------------------------------

    def summary(self) -> "pd.DataFrame":
        """One row per Service and policy; a value without an outage behind it is NaN and has bounds only."""
        return summaries.summary(self)

    def compare(self, baseline: str | None = None) -> "pd.DataFrame":
        """One row per Service and policy but the baseline: the paired difference of yearly downtime, in seconds.

        `p` is of the row alone; `p_adjusted`, and with it `stars` and `resolved`, of all policies at the Service.
        """
        baseline = baseline or self.policies[0]
        self._check("policy", baseline, self.policies)
        return summaries.compared(self, baseline)

    def ranking(self, service: str) -> "pd.DataFrame":
        """One row per policy, least downtime first; policies that share a letter of `group` cannot be told apart.

        Downtime in seconds a year; NaN with an upper bound where no outage was seen. See `inference.ranking`.
        """
        return summaries.ranking(self.ranked(service))

    def ranked(self, service: str) -> Ranking:
        """The same, to be said in words: `ranked(service).sentences()`."""
        found = {policy: self.availability(service, policy) for policy in self.policies}
        downtimes = {policy: estimate.downtime_per_year(one) for policy, one in found.items()}
        outages = {policy: len(self.sample(service, policy).lengths) for policy in self.policies}
        return rank(service, downtimes, outages, self.comparisons(service, tuple(combinations(self.policies, 2))))

    # --- objectives --------------------------------------------------------------------------------------------------

    @cached_property
    def objectives(self) -> list[Judgement]:
        """Every objective under every policy that it is about, judged by the whole interval."""
        return judgement.judged(self)

    def verdict(self) -> int:
        """The exit code: 3 failed cells, 1 an objective missed, 4 one inconclusive, 0 else."""
        verdicts = {objective.verdict for objective in self.objectives}
        if len(self.failed):
            return 3
        return 1 if MISSED in verdicts else 4 if INCONCLUSIVE in verdicts else 0

    # --- pages and words ---------------------------------------------------------------------------------------------

    def to_html(self, path: str | Path) -> Path:
        """Write the report: one file that needs no other and no network."""
        from experiments.report.html import report_html

        write(Path(path), report_html(self))
        return Path(path)

    def _repr_html_(self) -> str:
        from experiments.report.text import summary_html

        return summary_html(self)

    def __repr__(self) -> str:
        done = int((self.cells["status"] == "done").sum())
        return f"<Results of {self.manifest.name}: {len(self.policies)} policies, {done} runs>"
