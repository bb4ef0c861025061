"""What became of operations under each policy: how much of what was asked for was begun, done, held up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.stories.attempts import Outcome

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Operated:
    """One operation under one policy, over all replications; what is counted is each time it was asked for."""

    policy: str
    operation: str
    asked: int
    begun: int
    done: int
    given_up: int
    replaced: int
    rolled_back: int
    """What they brought was no good, and what was there before came back."""
    unfinished: int
    """Begun, and not over at the end of the run."""
    held_up: int
    """Unfinished ones of which some eviction was refused."""
    evicted: int
    refused: int
    last_refusal: str
    """The last of the last refusals; empty without any."""
    took: tuple[float, float] | None
    """Seconds within which half, and 95 %, of those done were done; None if none was."""
    emptied: tuple[float, float] | None
    """Seconds within which half, and 95 %, of the drained nodes were empty, of those that were; None if none was."""

    @property
    def not_begun(self) -> int:
        """How often it was asked for and did not even begin."""
        return self.asked - self.begun


def operated(operations: "pd.DataFrame", policies: list[str]) -> Iterator[Operated]:
    """Every operation that was asked for, policy by policy; `operations` is the table of that name."""
    for policy in policies:
        of_policy = operations.loc[operations["policy"] == policy]
        for operation, rows in of_policy.groupby("operation", sort=False):
            yield _operated(policy, str(operation), rows)


def _operated(policy: str, operation: str, rows: "pd.DataFrame") -> Operated:
    counts = rows["outcome"].value_counts()
    unfinished = rows["outcome"] == Outcome.UNFINISHED
    refusals = rows["last_refusal"].loc[rows["last_refusal"] != ""]
    done = rows.loc[rows["outcome"] == Outcome.DONE]
    return Operated(
        policy,
        operation,
        asked=len(rows),
        begun=int(rows["start_s"].notna().sum()),
        done=len(done),
        given_up=int(counts.get(Outcome.GIVEN_UP, 0)),
        replaced=int(counts.get(Outcome.REPLACED, 0)),
        rolled_back=int(counts.get(Outcome.ROLLED_BACK, 0)),
        unfinished=int(unfinished.sum()),
        held_up=int((unfinished & (rows["refused"] > 0)).sum()),
        evicted=int(rows["evicted"].sum()),
        refused=int(rows["refused"].sum()),
        last_refusal=str(refusals.iloc[-1]) if len(refusals) else "",
        took=_quantiles(done["end_s"] - done["start_s"]),
        emptied=_quantiles((rows["emptied_s"] - rows["start_s"]).dropna()),
    )


def _quantiles(seconds: "pd.Series[float]") -> tuple[float, float] | None:
    return (float(seconds.median()), float(seconds.quantile(0.95))) if len(seconds) else None
