"""Moments of single runs that are worth a look: the worst outage, the first rollout. Seconds since failures began."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.findings.findings import Findings
from experiments.findings.pairs import of_pair

if TYPE_CHECKING:
    import pandas as pd

LEAST = 60.0
"""Seconds that the surroundings of something show before and after it, at least."""


@dataclass(frozen=True)
class Moment:
    """Something that happened in a replication, from `start` to `end`."""

    replication: int
    start: float
    end: float

    @property
    def surroundings(self) -> tuple[float, float]:
        """From when until when to look: what led to it, and how it went on."""
        length = self.end - self.start
        return max(self.start - max(0.3 * length, LEAST), 0.0), self.end + max(0.5 * length, LEAST)


def worst_outage(
    findings: "Findings", service: str, policy: str, replications: "set[int] | None" = None
) -> Moment | None:
    """The longest outage of a Service under a policy, in any of these replications (None: all); None without one."""
    rows = _among(of_pair(findings.outages, service, policy), replications)
    lengths = (rows["end_s"] - rows["start_s"]).to_numpy()
    return _moment(findings, rows.iloc[int(lengths.argmax())]) if len(rows) else None


def first_rollout(
    findings: "Findings", service: str, policy: str, replications: "set[int] | None" = None
) -> Moment | None:
    """The first rollout behind a Service under a policy, in the first of these replications that has one."""
    rows = _among(of_pair(findings.rollouts, service, policy), replications)
    return _moment(findings, rows.sort_values(["replication", "start_s"]).iloc[0]) if len(rows) else None


def _among(rows: "pd.DataFrame", replications: "set[int] | None") -> "pd.DataFrame":
    return rows if replications is None else rows.loc[rows["replication"].isin(replications)]


def _moment(findings: "Findings", row: "pd.Series[float]") -> Moment:
    begun = findings.manifest.warmup
    return Moment(int(row["replication"]), begun + float(row["start_s"]), begun + float(row["end_s"]))
