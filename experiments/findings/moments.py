"""Moments of single runs that are worth a look: the worst outage, the first rollout. Seconds since failures began."""

from dataclasses import dataclass

from experiments.findings.findings import Findings
from experiments.findings.outages import outages, worst
from experiments.findings.pairs import of_pair

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
    among = outages(findings.only(service, policy))
    among = [outage for outage in among if replications is None or outage.replication in replications]
    if not among:
        return None
    longest, begun = worst(among), findings.manifest.warmup
    return Moment(longest.replication, begun + longest.start, begun + longest.end)


def first_rollout(
    findings: "Findings", service: str, policy: str, replications: "set[int] | None" = None
) -> Moment | None:
    """The first rollout behind a Service under a policy, in the first of these replications that has one."""
    rows = of_pair(findings.rollouts, service, policy)[["replication", "start_s", "end_s"]]
    rows = rows if replications is None else rows.loc[rows["replication"].isin(replications)]
    begun = findings.manifest.warmup
    found = [Moment(int(number), begun + start, begun + end) for number, start, end in rows.to_numpy().tolist()]
    return min(found, key=lambda moment: (moment.replication, moment.start), default=None)
