"""How the endpoints of a Service stand over time: which can answer, and why the others cannot."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import repeat

import numpy as np

from models.arrays import Floats, Ints
from simulator.traffic.attempts import DEAD, REMOVED, TIMEOUT, Reason
from simulator.traffic.endpoints import Condition, EndpointHistory, Failing


class Conditions:
    """How all endpoints stand, from each of `times` on; the first is the start of the history."""

    def __init__(self, history: EndpointHistory) -> None:
        self._stops: defaultdict[int, list[tuple[float, Reason]]] = defaultdict(list)
        """By endpoint: when it stopped answering, and what to call it."""
        self.answering: list[frozenset[int]] = [frozenset()]
        """The endpoints that can answer, every set once."""
        well = Failing()
        times, kinds = [history.start], [0]
        failing: list[Mapping[int, Failing]] = [{}]
        numbers = {self.answering[0]: 0}
        before: dict[int, Condition] = {}
        now = self.answering[0]
        changes = zip(
            *(history.times.tolist(), history.endpoints.tolist(), history.conditions.tolist(), history.causes),
            history.failing or repeat(well, len(history.times)),
            strict=True,
        )
        for time, endpoint, code, cause, fails in changes:
            others = failing[-1]
            if fails != others.get(endpoint, well):
                others = {one: of for one, of in others.items() if one != endpoint}
                others |= {endpoint: fails} if fails.share else {}
            was, condition = before.get(endpoint), Condition(code)
            before[endpoint] = condition
            if not condition:
                del before[endpoint]
            if Condition.LATE in condition:
                if was is None or Condition.LATE not in was:
                    self._stops[endpoint].append((time, (TIMEOUT, cause)))
                now = now - {endpoint}
            elif Condition.ANSWERING in condition:
                if endpoint in now and others is failing[-1]:
                    continue
                now = now | {endpoint}
            elif was is None or Condition.ANSWERING in was:
                leaving = Condition.TERMINATING in condition | (was or Condition.GONE)
                self._stops[endpoint].append((time, (REMOVED if leaving else DEAD, cause)))
                now = now - {endpoint}
            elif others is failing[-1]:
                continue
            if now not in numbers:
                numbers[now] = len(self.answering)
                self.answering.append(now)
            if times[-1] == time:
                kinds[-1], failing[-1] = numbers[now], others
            else:
                times.append(time)
                kinds.append(numbers[now])
                failing.append(others)
        self.times: Floats = np.array(times)
        self.kinds: Ints = np.array(kinds)
        """Which of `answering` holds."""
        self.failing = failing
        """From each of the times on: which of their requests endpoints fail though they answer."""

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
