"""Alerts on how fast the error budget of a Service goes, in a running simulation.

The share of requests that fail is a step function of time, so what was lost in a sliding window is piecewise linear,
with corners where one of its ends meets a change: the time at which it is too much is computed, not sampled.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.kernel import Event, Kernel, Order, Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState, ServiceState
from simulator.state.objects.pod import ALL

SHORT = 1 / 12
"""The short window of an alert, as a part of the long one."""
ROUNDING = 1e-9
"""Of the limit: what makes no difference."""


@dataclass(frozen=True)
class Alert:
    """Fires once the error budget of a Service goes too fast, over a long window and over a twelfth of it.

    Burn rate 1 spends the budget in exactly the period of the SLO. The defaults page when 2 % of the budget of 30 days
    is spent in an hour: an outage for everybody is noticed after 52 s, errors of 5 % of the requests after 17 min, and
    errors of less than 1.44 % never.

    Source: Site Reliability Workbook, chapter 5 (multiwindow, multi-burn-rate alerts).
    """

    objective: float = 0.999
    """The share of requests that is promised to be answered."""
    burn_rate: float = 14.4
    """Above which it fires."""
    window: float = 3600.0
    """The long window."""

    def __post_init__(self) -> None:
        if not 0 < self.objective < 1:
            raise ValueError("`objective` must be between 0 and 1")
        if self.burn_rate <= 0 or self.window <= 0:
            raise ValueError("`burnRate` and `window` must be positive")
        if self.limit >= 1:
            raise ValueError(
                f"it could never fire: at a `burnRate` of {self.burn_rate:g} more than {self.limit:.0%} of all "
                "requests would have to fail"
            )

    @property
    def limit(self) -> float:
        """The share of the requests of a window above which it fires."""
        return self.burn_rate * (1 - self.objective)


PAGE = Alert()


class ErrorBudget:
    """Watches the share of requests to one Service that fail, and says when an alert on it fires.

    Every endpoint in use gets as many requests; where there is none, all fail.
    """

    def __init__(self, kernel: Kernel, state: ClusterState, service: ServiceState, alert: Alert) -> None:
        self._kernel = kernel
        self._service = service
        self._alert = alert
        self._times = [kernel.now]
        self._shares = [failing(service)]
        """What is lost from each of the times on; nothing before the first."""
        self._timer: Timer | None = None
        self._waiting: list[Event] = []
        for kind in (Kind.SERVICE_ANSWERING, Kind.SERVICE_READY):
            state.listen(kind, lambda changed, new, cause: self._look() if changed is service else None)
        state.listen(Kind.POD_FAILING, self._failing_changed)

    def fires(self) -> Event:
        """An event to yield: succeeds when the alert fires; at once, if it does."""
        event = self._kernel.event()
        self._waiting.append(event)
        self._expect()
        return event

    @property
    def is_whole(self) -> bool:
        """Whether nothing was lost in the last window."""
        self._forget()
        return not any(self._shares)

    def _failing_changed(self, pod: PodState, new: int, cause: int) -> None:
        if pod.uid in self._service.in_use:
            self._look()

    def _look(self) -> None:
        share, now = failing(self._service), self._kernel.now
        if share == self._shares[-1]:
            return
        if self._times[-1] == now:
            self._shares[-1] = share
        else:
            self._times.append(now)
            self._shares.append(share)
        self._forget()
        self._expect()

    def _forget(self) -> None:
        """What was before the window does not count any more."""
        past = bisect_right(self._times, self._kernel.now - self._alert.window) - 1
        if past > 0:
            del self._times[:past], self._shares[:past]

    def _expect(self) -> None:
        """Waits for the time at which it will fire if all stays as it is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        self._forget()
        after = max(self._fires_after(self._alert.window), self._fires_after(self._alert.window * SHORT))
        if self._kernel.now + after <= self._kernel.end:
            self._timer = self._kernel.timer(after, self._fire, Order.REPAIR)

    def _fires_after(self, window: float) -> float:
        return fires_after(self._times, self._shares, self._kernel.now, window, self._alert.limit)

    def _fire(self) -> None:
        self._timer = None
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            if not event.triggered:
                event.succeed()


class Alerts:
    """The error budgets that operations watch."""

    def __init__(self, kernel: Kernel, state: ClusterState) -> None:
        self._kernel = kernel
        self._state = state
        self._budgets: dict[tuple[ServiceState, Alert], ErrorBudget] = {}

    def on(self, service: ServiceState, alert: Alert) -> ErrorBudget:
        """The error budget of a Service, watched from now on."""
        key = service, alert
        if key not in self._budgets:
            self._budgets[key] = ErrorBudget(self._kernel, self._state, service, alert)
        return self._budgets[key]

    @property
    def are_quiet(self) -> bool:
        """Whether no watched Service has lost anything that an alert still remembers."""
        return all(budget.is_whole for budget in self._budgets.values())


def failing(service: ServiceState) -> float:
    """The share of requests to the Service that fail now."""
    used = service.in_use
    if not used:
        return 1.0
    return math.fsum(abs(pod.failing) / ALL if pod.answering else 1.0 for pod in used.values()) / len(used)


def fires_after(times: Sequence[float], shares: Sequence[float], now: float, window: float, limit: float) -> float:
    """Seconds from now until more than the share `limit` of the last `window` seconds is lost; infinity if never.

    `shares[i]` is lost from `times[i]` on, the last of them for ever, and nothing before the first.
    """
    ends = [*times[1:], math.inf]

    def excess(at: float) -> float:
        begin = at - window
        lost = (
            share * max(0.0, min(end, at) - max(start, begin))
            for start, end, share in zip(times, ends, shares, strict=True)
        )
        return math.fsum(lost) - limit * window * (1 + ROUNDING)

    before, was = now, excess(now)
    if was > 0:
        return 0.0
    for corner in sorted({now + window, *(time + window for time in times if time + window > now)}):
        if (then := excess(corner)) > 0:
            return before - now + (corner - before) * -was / (then - was)
        before, was = corner, then
    return math.inf
