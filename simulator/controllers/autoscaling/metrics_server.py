"""metrics-server: what the metrics API answers about the pods of one workload.

Source: kubernetes-sigs/metrics-server (pkg/storage/pod.go). It asks all kubelets every 15 s and keeps what it got until
it asks again. A container that started less than 10 s before has no sample.

No loop runs here: while nothing changes a sample is like the one before, only younger.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from models.load import Load
from models.timing import Timing
from simulator.controllers.autoscaling.replica_calculator import Sample
from simulator.demand.use import Use
from simulator.kernel import Kernel
from simulator.state.objects import Phase, PodState

_ROUNDING = 1e-6
"""A share of a period, or seconds: times are sums, and a scrape must not be missed for their rounding."""


class _Scrape(NamedTuple):
    """Each pod's share of the load, at one time, and what requests have it use; those that do not run are left out."""

    time: float
    shares: dict[int, float]
    used: dict[int, Mapping[str, float]]


class MetricsServer:
    """Samples of the pods of one workload.

    Where a load is given for a metric the ready pods share it evenly; else it is what requests have them use.
    """

    def __init__(
        self,
        kernel: Kernel,
        timing: Timing,
        first: float,
        pods: Callable[[], Iterable[PodState]],
        is_reachable: Callable[[int], bool],
    ) -> None:
        self.loads: dict[str, Load] = {}
        self.use: Use | None = None
        """What requests have pods use, if any come."""
        self._kernel = kernel
        self._timing = timing
        self._first = first
        self._pods = pods
        self._is_reachable = is_reachable
        self._scrapes: deque[_Scrape] = deque()
        self._until = -math.inf
        self._armed = False

    def watch(self, until: float) -> None:
        """Something changed, or will until then: scrapes from now on differ from the last."""
        self._until = max(self._until, until)
        if not self._armed:
            self._arm(self._scrape_time(self._kernel.now, math.ceil))

    def _arm(self, time: float) -> None:
        self._armed = True
        self._kernel.timer(max(0.0, time - self._kernel.now), self._scrape)

    def _scrape_time(self, time: float, rounded: Callable[[float], int]) -> float:
        period = self._timing.metrics_resolution
        slack = _ROUNDING if rounded is math.floor else -_ROUNDING
        return self._first + max(0, rounded((time - self._first) / period + slack)) * period

    def _scrape(self) -> None:
        now = self._kernel.now
        pods = [pod for pod in self._pods() if pod.phase is Phase.RUNNING]
        ready = sum(pod.ready and not pod.deleting for pod in pods)
        born_before = now - self._timing.metrics_container_age + _ROUNDING
        seen = [p for p in pods if p.running and p.running_since <= born_before and self._is_reachable(p.node)]
        shares = {pod.uid: 1 / ready if pod.ready and not pod.deleting else 0.0 for pod in seen}
        used = {} if self.use is None else {pod.uid: self.use.of(pod) for pod in seen}
        self._scrapes.append(_Scrape(now, shares, used))
        self._armed = False
        if now < self._until:
            self._arm(now + self._timing.metrics_resolution)

    def samples(self, metric: str) -> dict[int, Sample] | None:
        """What it answers now, by uid of the pod; None if the workload has no load of this metric."""
        load = self.loads.get(metric)
        if load is None and self.use is None:
            return None
        shown = self._scrape_time(self._kernel.now - self._timing.metrics_delay, math.floor)
        while len(self._scrapes) > 1 and self._scrapes[1].time <= shown + _ROUNDING:
            self._scrapes.popleft()
        if not self._scrapes or self._scrapes[0].time > shown + _ROUNDING:
            return {}
        scrape, window = self._scrapes[0], self._timing.metrics_window
        if load is None:
            return {
                uid: Sample(int(used[metric]), shown, window) for uid, used in scrape.used.items() if metric in used
            }
        total = load.at(scrape.time)
        return {uid: Sample(int(total * share), shown, window) for uid, share in scrape.shares.items()}

    def value(self, metric: str) -> int | None:
        """An Object or External metric, now."""
        load = self.loads.get(metric)
        if load is not None:
            return int(load.at(self._kernel.now))
        total = None if self.use is None else self.use.total(metric, self._pods())
        return None if total is None else int(total)
