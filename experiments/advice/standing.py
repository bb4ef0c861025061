"""How a mend stands that was tried: what it saves, for what cost, and whether that is more than luck."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from experiments.advice.candidate import Candidate, Pair
from experiments.inference.intervals import Interval

State = Literal["helps", "open", "worse", "failed"]
"""It saves downtime; no gain was seen; it costs downtime; a replication failed."""


@dataclass(frozen=True)
class Standing:
    """A mend, or two at once, after they were tried."""

    tried: Candidate | Pair
    state: State
    saved: Interval
    """Seconds a year; the intervals of all that were tried hold together."""
    share: float
    """Of what is lost as it is; NaN if nothing was seen."""
    by_service: Mapping[str, Interval]
    """What is saved of each Service that is asked about."""
    node_hours: float
    """What it costs, a year: further hours of nodes."""
    pod_hours: float
    """The same of pods."""
    p: float
    """Of no difference at all, adjusted for all that were tried; NaN if nothing can be compared."""
    outages: int
    """Seen under both policies together; of rare ones those that were begun on purpose."""
    lost: float
    """Seconds a year that are lost as it is, weighed, on the luck by which the mend is judged."""
    error: str = ""
    """What went wrong in a replication that failed."""

    @property
    def name(self) -> str:
        """What its policy is called."""
        return self.tried.name

    @property
    def tier(self) -> int:
        """0: it costs nothing; 1: pods; 2: nodes. No rate of exchange between them is assumed."""
        return 2 if self.node_hours > 0 else 1 if self.pod_hours > 0 else 0

    @property
    def saved_per_hour(self) -> float:
        """Seconds that are saved for an hour of nodes, or of pods; of what costs nothing, seconds in all."""
        return self.saved.value / {0: 1.0, 1: self.pod_hours, 2: self.node_hours}[self.tier]
