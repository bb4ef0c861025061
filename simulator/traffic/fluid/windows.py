"""Stretches of time over which the load on the endpoints of a Service has one bound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from simulator.step_function import StepFunction
from simulator.traffic.conditions import Conditions, entry_at, merged
from simulator.traffic.proxies import Known, Proxy
from simulator.traffic.views import Views


@dataclass(frozen=True)
class Windows:
    """Windows in which the endpoints stand still, and in which all lists arrive or none does; in order of time."""

    edges: Floats
    """When each begins, in seconds."""
    bounds: Floats
    """The edges, and the end of the last."""
    kinds: Ints
    """By window: which of `Conditions.answering` holds."""
    contents: list[tuple[int, ...]]
    """By window: contents of the lists that some client may know, as `Views.contents` numbers them."""
    fine: Floats
    """The edges, and the times at which the rate changes."""
    highest: Floats
    """By window: the highest rate, in requests per second."""


def windows(
    conditions: Conditions, known: Sequence[Known], proxies: Sequence[Proxy], views: Views, rate: StepFunction
) -> Windows:
    """The windows of a run, over the domain of `rate`."""
    arrivals = [proxy.arrivals for proxy in proxies]
    begins, ends = _arriving(np.array([one.time for one in known]), arrivals)
    edges = merged((conditions.times, begins, ends))
    edges = edges[(edges >= rate.start) & (edges < rate.end)]
    bounds = np.append(edges, rate.end)
    first = np.min([entry_at(times, edges) for times in arrivals], axis=0)
    last = np.max([np.searchsorted(times, bounds[1:], side="left") - 1 for times in arrivals], axis=0)
    last = np.maximum(first, last)
    contents = [
        tuple(dict.fromkeys(views.contents[low : high + 1].tolist()))
        for low, high in zip(first.tolist(), last.tolist(), strict=True)
    ]
    fine = merged((edges, rate.times))
    highest = np.maximum.reduceat(rate.at(fine), np.searchsorted(fine, edges))
    return Windows(edges, bounds, conditions.kinds[entry_at(conditions.times, edges)], contents, fine, highest)


def _arriving(listed: Floats, arrivals: Sequence[Floats]) -> tuple[Floats, Floats]:
    """When clients begin to learn of lists, and when all know the last of those: beginnings and ends."""
    until = np.maximum.accumulate(np.max(arrivals, axis=0))
    apart = np.append(True, listed[1:] > until[:-1])
    return listed[apart], until[np.append(np.flatnonzero(apart)[1:] - 1, len(listed) - 1)]
