"""The requests to one Service at each moment, with the retries of those that nobody answers in time.

A request that was sent to an endpoint which does not answer, or whose queue is longer than clients wait (`timeout`),
is sent again after the time-out and the back-off, `retries.attempts` times at most and within the budget. Retries are
spread over all endpoints like other requests. What is shed comes back at once and finds the queues as full, so it need
not be counted: it makes nobody wait longer.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise

from models.demand import Demand
from models.traffic import Traffic
from simulator.demand.rate import Rate
from simulator.kernel import Kernel
from simulator.state.objects import PodClass, ServiceState
from simulator.state.objects.service import USUAL


class Stream:
    """The requests to one Service; `arriving` of them a second, evenly over its endpoints in use."""

    def __init__(self, kernel: Kernel, traffic: Traffic, service: ServiceState) -> None:
        self._kernel = kernel
        self.surge = 1.0
        """Requests that may come at most, in proportion to those that usually do."""
        self.traffic, self.service = traffic, service
        self.rate = Rate(traffic.rate)
        delays = traffic.retries.delays(traffic.timeout)
        self._waits = [later - sooner for sooner, later in pairwise(delays)]
        self._retries = [0.0] * len(self._waits)
        """By attempt beyond the first: how many a second."""
        self._failing = [0.0] * len(self._waits)
        """By attempt that may be followed by another: how many of them a second fail."""
        self._demands: dict[PodClass, Demand] = {}

    @property
    def patience(self) -> float:
        """Seconds after which an attempt is followed by another, answered or not; 0: it never is."""
        hedge, timeout = self.traffic.retries.hedge_after, self.traffic.timeout
        return timeout if hedge is None else min(hedge, timeout or math.inf)

    def demand(self, pod_class: PodClass) -> Demand:
        """What it asks of a pod of this class."""
        found = self._demands.get(pod_class)
        if found is None:
            found = self._demands[pod_class] = Demand.of(self.traffic, pod_class.spec)
        return found

    def least_capacity(self, pod_class: PodClass) -> float:
        """Requests per second that a pod of this class can answer on any node: with what it requests."""
        return self.demand(pod_class).capacity_with(pod_class.requests.cpu)

    @property
    def retrying(self) -> bool:
        """Whether there are retries now."""
        return any(self._retries)

    @property
    def failing(self) -> bool:
        """Whether there will be retries."""
        return any(self._failing)

    @property
    def most(self) -> float:
        """Attempts per second at most, ever."""
        return self.rate.highest * self.surge * (1.0 + min(len(self._waits), self.traffic.retries.budget_share))

    @property
    def offered(self) -> float:
        """Requests per second now."""
        usual = self.rate.at(self._kernel.now)
        return usual if self.service.rate == USUAL else usual * self.service.rate / USUAL

    def next_above(self, level: float) -> float:
        """When more than so many requests per second will be offered, if nothing but the usual rate changes."""
        usual = level if self.service.rate == USUAL else level * USUAL / max(self.service.rate, 1)
        return self.rate.next_above(self._kernel.now, usual)

    def arriving(self) -> float:
        """Attempts per second now that reach an endpoint, if there is one."""
        if self.service.circuit_open:
            return 0.0
        first = self.offered
        return first + min(sum(self._retries), self.traffic.retries.budget_share * first)

    def on_each(self) -> float:
        """Attempts per second at each endpoint in use; 0 without one."""
        endpoints = len(self.service.in_use)
        return self.arriving() / endpoints if endpoints else 0.0

    def fail(self, share: float, changed: Callable[[], None]) -> None:
        """From now on this share of attempts fails; `changed()` is called whenever that adds or ends retries."""
        for number, wait in enumerate(self._waits):
            attempts = self._retries[number - 1] if number else self.offered
            failing = attempts * share
            if failing != self._failing[number] and wait > 0:
                self._failing[number] = failing
                self._kernel.timer(wait, partial(self._again, number, failing, changed))

    def _again(self, number: int, attempts: float, changed: Callable[[], None]) -> None:
        self._retries[number] = attempts
        changed()
