"""The inner loop at work: batches of requests are put through it, on arrays that grow when they must."""

from simulator.traffic.balancing import Choose
from simulator.traffic.requests import allocation, arrays, compiling
from simulator.traffic.requests.arrays import Arrivals, State


class Driver:
    """Calls the loop of a run; `state` is another object after every call that made the arrays grow."""

    def __init__(self, choose: Choose, state: State) -> None:
        self.state = state
        self._choose, self._serve = compiling.choosing(choose), compiling.serving()
        self._batch = allocation.NOTHING

    def take(self, batch: Arrivals) -> None:
        """The requests that come next; all of the last batch must have been served."""
        self._batch = batch
        self.state.tally.numbers[arrays.NEXT] = 0

    def serve(self, until: float) -> None:
        """Everything that happens up to and including a time; at infinity all is brought to an end."""
        self._run(self._batch, until)

    def stop(self, endpoint: int, cause: int, now: float) -> None:
        """An endpoint stops answering; what is to come by `now` must have been served."""
        self._run(allocation.NOTHING, now, endpoint, cause)

    def _run(self, batch: Arrivals, until: float, stopping: int = -1, cause: int = 0) -> None:
        while self._serve(self._choose, self.state, batch, until, stopping, cause):
            self.state = allocation.grown(self.state)
