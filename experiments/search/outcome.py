"""What a search came to: the candidates as they stood at its end, and which of them is the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from experiments.design.search import Cost
from experiments.design.sweep import shown
from experiments.findings.judgement import Judgement
from experiments.inference.estimate import Estimate
from experiments.inference.intervals import Interval

if TYPE_CHECKING:
    import pandas as pd

State = Literal["cheapest", "meets", "misses", "beaten", "open", "failed"]
"""How a candidate stands: it is the answer; it meets all objectives, and costs no less than the answer, or may be it if
there is none; it misses one; it costs no less than one that meets all, so nobody asked further; nobody knows yet; a
replication failed."""
Verdict = Literal["found", "none", "undecided"]
"""The cheapest is known, of those without a failed replication; every candidate misses an objective; neither, within
the replications that were allowed or because one of them failed."""
EXIT_CODES: dict[Verdict, int] = {"found": 0, "none": 1, "undecided": 4}
FAILED = 3


@dataclass(frozen=True)
class Standing:
    """A candidate at the end of a search."""

    name: str
    policy: str
    values: Mapping[str, Any]
    """Axis of the sweep -> value."""
    state: State
    replications: int
    """Those that were looked at."""
    cost: Interval
    """Of a year, with an interval at the search's confidence, each by itself."""
    judgements: Sequence[Judgement] = ()
    """Every objective as it was judged last, by an interval that holds together with all others of the search."""
    downtimes: Mapping[str, Estimate] | None = None
    """Service with an objective -> downtime a year, with an interval as wide as that of a judgement."""
    error: str = ""
    """What went wrong in a replication that failed."""


@dataclass(frozen=True)
class Outcome:
    """What a search found."""

    experiment: str
    cost: Cost
    confidence: float
    """The chance that everything said here is true."""
    standings: Sequence[Standing]
    """The cheapest first, by cost as far as it is known."""
    at_most: int
    """Replications that were allowed, in all."""
    grid: int
    """Replications that a run of all candidates would make."""

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        if self.cheapest is not None:
            return "found"
        return "undecided" if self.of_state("open", "meets", "failed") else "none"

    @property
    def cheapest(self) -> Standing | None:
        """The answer, if there is one."""
        return next(iter(self.of_state("cheapest")), None)

    @property
    def replications(self) -> int:
        """Those that were looked at, in all."""
        return sum(standing.replications for standing in self.standings)

    @property
    def exit_code(self) -> int:
        """0 found, 1 none meets, 3 a replication failed, 4 undecided."""
        return FAILED if self.of_state("failed") else EXIT_CODES[self.verdict]

    def table(self) -> "pd.DataFrame":
        """A row for each candidate, the cheapest first: a column for each axis of the sweep, and for each objective.

        What an objective is about has its value there, NaN where nothing but a bound is known.
        """
        import pandas as pd

        rows = [
            {
                "candidate": of.name,
                "policy": of.policy,
                **{axis: shown(value) for axis, value in of.values.items()},
                "state": of.state,
                "replications": of.replications,
                "cost": of.cost.value,
                "cost_low": of.cost.low,
                "cost_high": of.cost.high,
                **{one.objective: one.found.value for one in of.judgements},
            }
            for of in self.standings
        ]
        return pd.DataFrame(rows)

    def of_state(self, *states: State) -> list[Standing]:
        """The candidates that stand so."""
        return [standing for standing in self.standings if standing.state in states]
