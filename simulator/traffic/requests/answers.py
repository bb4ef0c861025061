"""What became of the requests to one Service, each followed by itself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Ints
from simulator.traffic import attempts
from simulator.traffic.attempts import Reason
from simulator.traffic.requests import arrays
from simulator.traffic.requests.arrays import State
from simulator.traffic.requests.latencies import Latencies

RESET, TIMEOUT = "reset", "time-out"
"""Reasons beyond those of `attempts`: the endpoint died before it had answered; the client gave up waiting."""
_REASONS = {
    arrays.DEAD: attempts.DEAD,
    arrays.REMOVED: attempts.REMOVED,
    arrays.NONE: attempts.NONE,
    arrays.OVERLOAD: attempts.OVERLOAD,
    arrays.RESET: RESET,
    arrays.TIMEOUT: TIMEOUT,
    arrays.WRONG: attempts.WRONG,
}


@dataclass(frozen=True)
class Answers:
    """What became of the requests to one Service in one run. A request counts where it was first sent."""

    service: str
    sent: int
    answered: int
    lost: Mapping[Reason, int]
    """Requests of which every attempt failed, by why the last one did."""
    retries: int
    """Attempts beyond the first."""
    shed: int
    """Attempts that met an endpoint without room."""
    latencies: Latencies
    """How long the requests took that were answered."""
    waited: int
    """Attempts that had to wait for a worker."""
    wait: float
    """Seconds that they waited in all."""
    attempts: Ints
    """By endpoint (index into EndpointHistory.names): attempts that were sent to it."""
    served: Ints
    """By endpoint: requests that it answered in time."""

    @property
    def losses(self) -> int:
        """Requests lost, for whatever reason."""
        return sum(self.lost.values())

    @property
    def success(self) -> float:
        """The share of requests that were answered; NaN without requests."""
        return self.answered / self.sent if self.sent else math.nan


def counted(service: str, state: State, causes: Sequence[str]) -> Answers:
    """The answers to a Service's requests at the end of a run, whose causes have these numbers."""
    tally, counts = state.tally, state.tally.counts.tolist()
    lost = {
        (_REASONS[reason], causes[cause]): int(tally.lost[reason, cause])
        for reason, cause in zip(*(found.tolist() for found in np.nonzero(tally.lost)), strict=True)
    }
    return Answers(
        service,
        sent=counts[arrays.SENT],
        answered=counts[arrays.ANSWERED],
        lost=lost,
        retries=counts[arrays.RETRIES],
        shed=counts[arrays.SHED],
        latencies=Latencies(tally.histogram, float(tally.sums[arrays.LATENCY]), float(tally.sums[arrays.WORST])),
        waited=counts[arrays.WAITED],
        wait=float(tally.sums[arrays.WAIT]),
        attempts=state.ends.arrived,
        served=state.ends.answered,
    )
