"""Findings: the tables of an experiment, and every estimate drawn from them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from experiments.design.goal import entry_of
from experiments.findings import judgement, requests
from experiments.findings.breakdown import Part, breakdown, rare_breakdown
from experiments.findings.disruptions import Recoveries
from experiments.findings.jobs import JobRuns
from experiments.findings.judgement import Judgement
from experiments.findings.pairs import of_pair, samples
from experiments.findings.rare import RareRows, chance_of_meeting, in_common
from experiments.findings.scenarios import Scenarios
from experiments.findings.unseen import Unseen
from experiments.inference import batch_means, estimate, yearly
from experiments.inference.comparison import Comparison, Versus, compare
from experiments.inference.estimate import STATED_OUTAGE, Estimate
from experiments.inference.ranking import Ranking, rank
from experiments.inference.rare_comparison import RarePair
from experiments.inference.sample import Sample
from experiments.inference.strata import Stratum
from experiments.store.manifest import Manifest
from models.input.problems import did_you_mean
from models.manifests import Named

if TYPE_CHECKING:
    import pandas as pd


class Findings:
    """What an experiment found; `store.tables.COLUMNS` documents the columns of its tables.

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
        self.policies, self.services = manifest.policies, manifest.services
        """Names in the order of the experiment; the first policy of the manifest is the baseline."""
        self._samples: dict[tuple[str, str], Sample] = {}
        self._parts: dict[tuple[str, str], list[Part]] = {}
        self.rare = RareRows(tables, manifest)
        """What is known of rare outages."""
        self.recoveries = Recoveries(tables, resolved, manifest.confidence)
        """Times to recovery, as objectives ask for them."""
        self.scenarios = Scenarios(path, resolved if manifest.point is not None else None)
        """What ran under each policy."""
        self._families: dict[tuple[tuple[str, str, str], ...], dict[tuple[str, str, str], Comparison]] = {}

    def only(self, service: str | None = None, policy: str | None = None) -> Self:
        """These findings, told of one Service, or of one policy; every estimate rests on all of them, as before.

        KeyError if there is no such Service or policy.
        """
        tables = self.tables if service is None else {**self.tables, "operations": self._operations_about(service)}
        told = type(self)(self.manifest, tables, self.resolved, self.path)
        for what, name, names in (("service", service, self.services), ("policy", policy, self.policies)):
            if name is not None:
                self._check(what, name, names)
        told.services = self.services if service is None else [service]
        told.policies = self.policies if policy is None else [policy]
        return told

    def _operations_about(self, service: str) -> "pd.DataFrame":
        """The operations but for those on workloads that are seen to be behind other Services only."""
        behind = {name: set(of["workload"]) for name, of in self.rollouts.groupby("service")}
        of_others = set().union(*behind.values()) - behind.get(service, set())
        if entry_of(service) != service:  # all that it needs is its own
            return self.operations
        return self.operations.loc[~self.operations["subject"].isin(of_others)]

    @property
    def baseline(self) -> str:
        """The policy that the others are compared with: the first of the experiment."""
        return self.manifest.policies[0]

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
    def operations(self) -> "pd.DataFrame":
        """A row per time that an operation was asked for: when, whether it began, what came of it, what held it up."""
        return self.tables["operations"]

    @property
    def cells(self) -> "pd.DataFrame":
        """A row per policy and replication."""
        return self.tables["cells"]

    @property
    def requests(self) -> "pd.DataFrame":
        """A row per policy, replication and Service with traffic: what became of its requests."""
        return self.tables["requests"]

    @cached_property
    def named(self) -> tuple[Named, ...]:
        """What the manifests say that may matter and is not read: by effect, the most frequent first."""
        return tuple(map(Named.from_json, self.manifest.named))

    @property
    def failed(self) -> "pd.DataFrame":
        """The rows of `cells` that failed."""
        return self.cells.loc[self.cells["status"] != "done"]

    # --- estimates ---------------------------------------------------------------------------------------------------

    def sample(self, service: str, policy: str) -> Sample:
        """The numbers behind the estimates of one Service under one policy."""
        if not self._samples:
            self._samples = samples(self.runs, self.outages)
        self._check("service", service, self.manifest.services)
        self._check("policy", policy, self.manifest.policies)
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
        samples = [self.sample(service, policy) for policy in self.manifest.policies]
        return max([STATED_OUTAGE, *(float(s.lengths.mean()) for s in samples if len(s.lengths))])

    @cached_property
    def _unseen(self) -> Unseen:
        return Unseen.of(self.tables, self.manifest.policies, self.resolved)

    def unseen(self, service: str, policy: str) -> dict[str, float]:
        """Failure modes that caused no outage of the Service -> seconds that one is taken to last."""
        return self._unseen.by(service, policy, set(self.sample(service, policy).causes.tolist()))

    def availability(
        self, service: str, policy: str, confidence: float | None = None, until: float | None = None
    ) -> Estimate:
        """Availability of one Service under one policy, by the causes of its outages; see `inference.strata`.

        Of fewer than `batch_means.ENOUGH_REPLICATIONS` replications the windows are cut into batches. `until`: what was
        known then, in seconds since the start of measuring, by outages as they came; estimates by rare outages know no
        such time.
        """
        s, confidence = self.sample(service, policy), self.manifest.confidence if confidence is None else confidence
        if not 0 < confidence < 1:
            raise ValueError(f"a confidence is a share between 0 and 1, such as 0.95, not {confidence}")
        if until is not None:
            s = s.until(until)
        elif (rare := self.rare.of(service, policy, confidence)) is not None:
            return rare.availability(confidence)
        length, n = self._outage_length(service), len(s.windows)
        if n == 0:
            return Estimate(math.nan, 0.0, 1.0, confidence, 0, "no replication")
        downtimes, windows, pieces = batch_means.observed(s)
        strata = [Stratum(batch_means.observed(of)[0], of.lengths) for of in s.by_cause()]
        unseen = self._unseen.by(service, policy, set(s.causes.tolist()))
        estimated = estimate.availability(downtimes, windows, s.lengths, confidence, length, pieces, strata, unseen)
        return replace(estimated, n=n)

    def downtime_quantiles(
        self, service: str, policy: str, shares: Sequence[float] = (0.5, 0.95, 0.99)
    ) -> dict[float, Estimate]:
        """Share of the years -> the downtime, in seconds, that they stay within; see `inference.yearly`."""
        s = self.sample(service, policy)
        return {share: yearly.quantile(s, share, self.manifest.confidence) for share in shares}

    def chance_of_meeting(self, service: str, policy: str, at_least: float) -> Estimate:
        """The share of years in which the Service is available for at least this share; see `inference.yearly`.

        Of rare outages: by those that were begun on purpose, if any of them is too long.
        """
        if not 0 <= at_least <= 1:
            raise ValueError(f"an availability is a share between 0 and 1, such as 0.999, not {at_least}")
        s, confidence = self.sample(service, policy), self.manifest.confidence
        if (rare := self.rare.of(service, policy)) is not None and len(s.windows):
            excursions, period = of_pair(self.tables["excursions"], service, policy), yearly.period(s)
            within = (1 - at_least) * period
            if (met := chance_of_meeting(excursions, rare.replications, within, period, confidence)) is not None:
                return met
        return yearly.chance_of_meeting(s, at_least, confidence)

    def request_availability(self, service: str, policy: str) -> Estimate | None:
        """The share of the requests that is answered; None without traffic. See `findings.requests.answered`."""
        self._check("service", service, self.manifest.services)
        self._check("policy", policy, self.manifest.policies)
        mine, lost = (of_pair(self.tables[table], service, policy) for table in ("requests", "lost_requests"))
        return requests.answered(mine, lost, self.manifest.duration, self.manifest.confidence)

    def job(self, job: str, policy: str) -> JobRuns:
        """What became of the runs of a Job or CronJob ("CronJob/backup") under one policy; see `findings.jobs`."""
        self._check("policy", policy, self.policies)
        return JobRuns.of(self.tables["jobs"], job, policy, self.manifest.confidence)

    def outage_rate(self, service: str, policy: str) -> Estimate:
        """Outages a year of one Service under one policy."""
        s = self.sample(service, policy)
        if (rare := self.rare.of(service, policy)) is not None:
            return rare.rate(self.manifest.confidence)
        if len(s.windows) == 0:
            return Estimate(math.nan, 0.0, math.inf, self.manifest.confidence, 0, "no replication", "rate")
        return estimate.outages_per_year(s.counts, s.windows, self.manifest.confidence)

    def comparison(self, service: str, policy: str, baseline: str | None = None) -> Comparison | None:
        """Yearly downtime against the baseline's, paired by replication; None for the baseline or without two pairs.

        As independent estimates if only one of them is of rare outages. Its adjusted p counts every Service and policy
        that is compared with this baseline: a whole table.
        """
        self._check("service", service, self.manifest.services)
        self._check("policy", policy, self.manifest.policies)
        baseline, m = baseline or self.baseline, self.manifest
        table = tuple((each, mine, baseline) for each in m.services for mine in m.policies)
        return self._family(table).get((service, policy, baseline))

    def comparisons(self, service: str, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Comparison]:
        """Pairs of policies at one Service as one family; see `experiments.inference.comparison.compare`."""
        found = self._family(tuple((service, mine, other) for mine, other in pairs))
        return {(mine, other): comparison for (_, mine, other), comparison in found.items()}

    def _family(self, rows: tuple[tuple[str, str, str], ...]) -> dict[tuple[str, str, str], Comparison]:
        """(Service, policy, what it is compared with) -> comparison, adjusted for all the rows."""
        if rows not in self._families:
            family = {
                (service, mine, other): Versus(
                    self.sample(service, mine),
                    self.sample(service, other),
                    self._outage_length(service),
                    self._rare_pair(service, mine, other),
                )
                for service, mine, other in rows
                if mine != other
            }
            self._families[rows] = compare(family, self.manifest.confidence)
        return self._families[rows]

    def _rare_pair(self, service: str, mine: str, other: str) -> RarePair | None:
        """Two policies as they are compared if one is estimated by rare outages; None if none is, or one not at all."""
        policies = mine, other
        rare = [self.rare.of(service, policy) for policy in policies]
        if not any(rare):
            return None
        of, its = (self.availability(service, policy) for policy in policies)
        if not of.n or not its.n:
            return None
        seen = [len(self.sample(service, policy).lengths) for policy in policies]
        outages = min(each.hits if each else count for each, count in zip(rare, seen, strict=True))
        return RarePair(of, its, outages, in_common(*rare))

    def parts(self, service: str, policy: str) -> list[Part]:
        """The downtime of one Service under one policy by cause and stage; see `findings.breakdown`."""
        key = service, policy
        if key not in self._parts:
            rare = self.rare.of(service, policy)
            losses = of_pair(self.tables["rare_losses" if rare else "losses"], service, policy)
            sample = self.sample(service, policy)
            self._parts[key] = rare_breakdown(losses, rare.replications) if rare else breakdown(losses, sample)
        return self._parts[key]

    def ranked(self, service: str) -> Ranking:
        """The policies at one Service by downtime, and what can be said of their order: `.sentences()`."""
        downtimes = {policy: estimate.downtime_per_year(self.availability(service, policy)) for policy in self.policies}
        outages = {policy: len(self.sample(service, policy).lengths) for policy in self.policies}
        return rank(service, downtimes, outages, self.comparisons(service, tuple(combinations(self.policies, 2))))

    # --- objectives --------------------------------------------------------------------------------------------------

    @cached_property
    def objectives(self) -> list[Judgement]:
        """Every objective under every policy that it is about, judged by the whole interval."""
        others = set(self.manifest.services) - set(self.services)  # an objective may be about a Job, which is neither
        wanted = [
            of
            for of in self.manifest.objectives
            if of["service"] not in others and of.get("policy") in (None, *self.policies)
        ]
        return judgement.judged(wanted, self.policies, self, self.manifest.confidence)

    def verdict(self) -> int:
        """The exit code: 3 failed cells, 1 an objective missed, 4 one inconclusive, 0 else."""
        return judgement.verdict(self.objectives, len(self.failed))
