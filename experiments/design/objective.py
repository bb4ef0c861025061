"""Objectives: what they can be about, in which direction each metric is good, and how its limit is written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from experiments.inference import estimate
from experiments.inference.estimate import Estimate, show_seconds
from models.units import YEAR, format_percent, parse_duration, parse_percent

Direction = Literal["at_least", "at_most"]
MetricName = Literal[
    "availability",
    "requestAvailability",
    "downtimePerYear",
    "outagesPerYear",
    "jobSuccess",
    "jobLateness",
    "recoversWithin",
]


class JobEstimates(Protocol):
    """What is known of the runs of a Job or CronJob under a policy."""

    @property
    def success(self) -> Estimate:
        """The share of those that were due that are complete."""
        ...

    @property
    def lateness(self) -> Estimate:
        """Mean seconds from when one was due until it is complete."""
        ...


class Recoveries(Protocol):
    """What is known of how Services recovered."""

    def of(self, service: str, policy: str, disruption: str) -> Estimate:
        """Seconds within which 95 % of the disruptions by a failure mode, or of a kind, have recovered."""
        ...


class Estimates(Protocol):
    """What is known of Services and Jobs under the policies, each with an interval; without a replication `n` is 0."""

    def availability(self, service: str, policy: str) -> Estimate:
        """The share of the time in which the Service is available."""
        ...

    def request_availability(self, service: str, policy: str) -> Estimate | None:
        """The share of the requests that is answered; None without any request."""
        ...

    def outage_rate(self, service: str, policy: str) -> Estimate:
        """Outages a year."""
        ...

    @property
    def recoveries(self) -> Recoveries:
        """Times to recovery."""
        ...

    def job(self, job: str, policy: str) -> JobEstimates:
        """What is known of the runs of a Job or CronJob."""
        ...


class Subject(NamedTuple):
    """What an objective is about."""

    name: str
    """The Service, or the Job or CronJob as Kind/name."""
    disruption: str | None = None
    """By what it is disrupted: a failure mode or operation, by its name or its type, or a kind of disruption."""

    def __str__(self) -> str:
        return self.name if self.disruption is None else f"{self.name} after {self.disruption}:"


@dataclass(frozen=True)
class ObjectiveMetric:
    """A metric with an interval, so that an objective about it can be judged."""

    words: str
    """An objective about it, but for its limit: "downtime <= {} a year"."""
    good: Direction
    """An objective asks for at least so much of what is good when it is large, else for at most so much."""
    read: Callable[[object], float]
    """A limit as it is written; raises ValueError."""
    show: Callable[[float], str]
    estimate: Callable[[Estimates, Subject, str], Estimate | None]
    """Its value for what it is about under a policy; None if there is nothing to judge."""
    share: Callable[[float], float] | None = None
    """The availability that a period needs to keep a limit; None if it is not a matter of time alone."""
    written: str | None = None
    """How a file says its limit, if it is neither `atLeast` nor `atMost`."""
    of_jobs: bool = False
    """It is about a Job or CronJob, else about a Service."""

    def objective(self, limit: float) -> str:
        """An objective in words."""
        return self.words.format(self.show(limit))


def _number(written: object) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float) or not 0 <= written < float("inf"):
        raise ValueError(f"expected a number, not less than 0 (got {written!r})")
    return float(written)


def _duration(seconds: float) -> str:
    """Two units, or seconds where that would not be exact."""
    text = show_seconds(seconds)
    return text if 0 < seconds < 1e-9 or parse_duration(text) == seconds else f"{seconds:.10g}s"


METRICS: dict[MetricName, ObjectiveMetric] = {
    "availability": ObjectiveMetric(
        "availability >= {}",
        "at_least",
        parse_percent,
        format_percent,
        lambda known, of, policy: known.availability(of.name, policy),
        lambda limit: limit,
    ),
    "requestAvailability": ObjectiveMetric(
        "requests answered >= {}",
        "at_least",
        parse_percent,
        format_percent,
        lambda known, of, policy: known.request_availability(of.name, policy),
    ),
    "downtimePerYear": ObjectiveMetric(
        "downtime <= {} a year",
        "at_most",
        parse_duration,
        _duration,
        lambda known, of, policy: estimate.downtime_per_year(known.availability(of.name, policy)),
        lambda limit: 1 - limit / YEAR,
    ),
    "outagesPerYear": ObjectiveMetric(
        "outages <= {} a year",
        "at_most",
        _number,
        "{:.10g}".format,
        lambda known, of, policy: known.outage_rate(of.name, policy),
    ),
    "jobSuccess": ObjectiveMetric(
        "runs complete >= {}",
        "at_least",
        parse_percent,
        format_percent,
        lambda known, of, policy: known.job(of.name, policy).success,
        of_jobs=True,
    ),
    "jobLateness": ObjectiveMetric(
        "complete within {} of when it is due, in the mean",
        "at_most",
        parse_duration,
        _duration,
        lambda known, of, policy: known.job(of.name, policy).lateness,
        of_jobs=True,
    ),
    "recoversWithin": ObjectiveMetric(
        "95% of disruptions recovered within {}",
        "at_most",
        parse_duration,
        _duration,
        lambda known, of, policy: known.recoveries.of(of.name, policy, of.disruption or ""),
        written="recoversWithin, with disruption",
    ),
}
"""Name in the experiment file -> metric."""


@dataclass(frozen=True)
class Objective:
    """How good a Service or a Job must be by one of `METRICS`, under one policy or, if None, under all."""

    service: str
    """The Service; with a metric of Jobs the Job or CronJob, as Kind/name or Kind/namespace/name."""
    limit: float
    """The least or the most that is good, as the metric is: a share, seconds or a number."""
    metric: MetricName = "availability"
    policy: str | None = None
    disruption: str | None = None
    """With `recoversWithin`: by what it is disrupted, as in `Subject`."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, the limit by the direction in which the metric is good, as a manifest keeps them."""
        values = {"service": self.service, "policy": self.policy, "metric": self.metric}
        disruption = {} if self.disruption is None else {"disruption": self.disruption}
        return values | {METRICS[self.metric].good: self.limit} | disruption
