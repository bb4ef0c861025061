"""What an objective can be about: the metrics, in which direction each is good, and how its limit is written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from experiments.inference import estimate
from experiments.inference.estimate import YEAR, Estimate, show_seconds
from models.units import parse_duration, parse_percent

if TYPE_CHECKING:
    from experiments.results import Results

Direction = Literal["at_least", "at_most"]
MetricName = Literal["availability", "requestAvailability", "downtimePerYear", "outagesPerYear"]


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
    estimate: Callable[["Results", str, str], Estimate]
    """Of a Service under a policy; without a replication `n` is 0."""
    share: Callable[[float], float] | None = None
    """The availability that a period needs to keep a limit; None if it is not a matter of time alone."""

    def objective(self, limit: float) -> str:
        """An objective in words."""
        return self.words.format(self.show(limit))


def _number(written: object) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float) or not 0 <= written < float("inf"):
        raise ValueError(f"expected a number, not less than 0 (got {written!r})")
    return float(written)


def _percent(share: float) -> str:
    return f"{share * 100:.10g}%"


def _duration(seconds: float) -> str:
    """Two units, or seconds where that would not be exact."""
    text = show_seconds(seconds)
    return text if parse_duration(text) == seconds else f"{seconds:.10g}s"


def _answered(results: "Results", service: str, policy: str) -> Estimate:
    found = results.request_availability(service, policy)
    return found or Estimate(float("nan"), 0.0, 1.0, results.manifest.confidence, 0, "no request")


METRICS: dict[MetricName, ObjectiveMetric] = {
    "availability": ObjectiveMetric(
        "availability >= {}",
        "at_least",
        parse_percent,
        _percent,
        lambda results, service, policy: results.availability(service, policy),
        lambda limit: limit,
    ),
    "requestAvailability": ObjectiveMetric("requests answered >= {}", "at_least", parse_percent, _percent, _answered),
    "downtimePerYear": ObjectiveMetric(
        "downtime <= {} a year",
        "at_most",
        parse_duration,
        _duration,
        lambda results, service, policy: estimate.downtime_per_year(results.availability(service, policy)),
        lambda limit: 1 - limit / YEAR,
    ),
    "outagesPerYear": ObjectiveMetric(
        "outages <= {} a year",
        "at_most",
        _number,
        "{:.10g}".format,
        lambda results, service, policy: results.outage_rate(service, policy),
    ),
}
"""Name in the experiment file -> metric."""
