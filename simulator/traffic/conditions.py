"""How the endpoints of a Service stand over time: which can answer, and why the others cannot."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from models.arrays import Floats, Ints
from simulator.traffic.attempts import DEAD, REMOVED, Reason
from simulator.traffic.endpoints import Condition, EndpointHistory


class Conditions:
    """How all endpoints stand, from each of `times` on; the first is the start of the history."""

    def __init__(self, history: EndpointHistory) -> None:
        self._stops: defaultdict[int, list[tuple[float, Reason]]] = defaultdict(list)
        """By endpoint: when it stopped answering, and what to call it."""
        self.answering: list[frozenset[int]] = [frozenset()]
        """The endpoints that can answer, every set once."""
        times, kinds = [history.start], [0]
        numbers = {self.answering[0]: 0}
        before: dict[int, Condition] = {}
        now = self.answering[0]
        changes = zip(
            history.times.tolist(), history.endpoints.tolist(), history.conditions.tolist(), history.causes, strict=True
        )
        for time, endpoint, code, cause in changes:
            was, condition = before.get(endpoint), Condition(code)
            before[endpoint] = condition
            if not condition:
                del before[endpoint]
            if Condition.ANSWERING in condition:
                if endpoint in now:
                    continue
                now = now | {endpoint}
            elif was is None or Condition.ANSWERING in was:
                leaving = Condition.TERMINATING in condition | (was or Condition.GONE)
                self._stops[endpoint].append((time, (REMOVED if leaving else DEAD, cause)))
                now = now - {endpoint}
            else:
                continue
            if now not in numbers:
                numbers[now] = len(self.answering)
                self.answering.append(now)
            if times[-1] == time:
                kinds[-1] = numbers[now]
            else:
                times.append(time)
                kinds.append(numbers[now])
        self.times: Floats = np.array(times)
        self.kinds: Ints = np.array(kinds)
        """Which of `answering` holds."""
        self._wrong: list[dict[int, tuple[float, str]]] = [{}]
        """From each of the times at which it changes on: which share endpoints answer wrong, and why."""
        self._wrong_times: Floats = np.array([-np.inf])
        if history.wrong:
            self._read_wrong(history)

    def _read_wrong(self, history: EndpointHistory) -> None:
        for time, endpoint, share, cause in history.wrong:
            self._wrong.append({**self._wrong[-1], endpoint: (share, cause)})
            if not share:
                del self._wrong[-1][endpoint]
            self._wrong_times = np.append(self._wrong_times, time)
        times = merged([self.times, self._wrong_times[1:]])
        self.kinds = self.kinds[entry_at(self.times, times)]
        self.times = times

    def wrong(self, entry: int) -> dict[int, tuple[float, str]]:
        """By endpoint: the share of requests that it answers wrong from `times[entry]` on, and why."""
        return self._wrong[int(entry_at(self._wrong_times, self.times[entry : entry + 1])[0])]

    def stopped(self, endpoint: int, entry: int) -> Reason:
        """Why an endpoint does not answer, from `times[entry]` on."""
        stops = self._stops[endpoint]
        return stops[bisect_right(stops, float(self.times[entry]), key=lambda stop: stop[0]) - 1][1]


def entry_at(times: Floats, at: Floats) -> Ints:
    """The entry that holds at each time; the first also before."""
    return np.maximum(np.searchsorted(times, at, side="right") - 1, 0)


def merged(times: Sequence[Floats]) -> Floats:
    """All times in order, each once; each of the arrays is in order, which makes this fast."""
    every = np.sort(np.concatenate(times), kind="stable")
    return every[np.append(True, np.diff(every) > 0)] if len(every) else every
