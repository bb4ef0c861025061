"""The outages of an experiment, one by one: numbered, so that one of them can be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.design.goal import entry_of
from experiments.findings.findings import Findings


@dataclass(frozen=True)
class Outage:
    """One outage of a Service in one replication."""

    number: int
    """From 1, in the order of the table `outages`; whatever Service or policy is asked for, it stays the same."""
    service: str
    policy: str
    replication: int
    start: float
    """Seconds since measuring began."""
    end: float
    """Seconds since then; the window's length if the outage was not over."""
    cause: str
    """Failure mode or operation that most of it is due to; "" if nothing broke."""

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start


def outages(findings: Findings) -> list[Outage]:
    """The outages of the Services and under the policies that the findings are told of, by number.

    Without those of chains of calls, which are no Services of their own.
    """
    table = findings.outages
    columns = [table[name].tolist() for name in ("service", "policy", "replication", "start_s", "end_s", "cause")]
    told = {service for service in findings.services if entry_of(service) == service}
    return [
        Outage(number, *values)
        for number, values in enumerate(zip(*columns, strict=True), 1)
        if values[0] in told and values[1] in findings.policies
    ]


def longest_first(among: Sequence[Outage]) -> list[Outage]:
    """All of them, the longest first; of equally long ones the first."""
    return sorted(among, key=lambda outage: (-outage.length, outage.number))


def worst(among: Sequence[Outage]) -> Outage:
    """The longest; IndexError if there is none."""
    return longest_first(among)[0]


def typical(among: Sequence[Outage]) -> Outage:
    """The one of median length; of two in the middle the shorter. IndexError if there is none."""
    return longest_first(among)[len(among) // 2]
