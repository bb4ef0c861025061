"""Chains of calls: what becomes of the requests to a Service that asks others.

Given what happened in a run, the picks of a request at each Service are independent. So the share that is answered at
a moment is the product of the shares at every Service that it needs, each as often as it is asked. What Services
share, such as nodes, is in their common history: over time the product form does not hold, nor is it used.

A caller that keeps answers (`Call.cached`) misses the other only once nothing was answered for so long.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from models.arrays import Floats
from models.traffic import Call
from simulator.step_function import StepFunction
from simulator.traffic.fluid.fluid import Requests
from simulator.traffic.losses import Loss

CALL = "call"
"""Why a request is lost that another Service did not answer."""


def needs(entry: str, calls: Sequence[Call]) -> dict[str, int]:
    """How often a request to `entry` needs each Service, by required calls; callers before those whom they ask."""
    required = [call for call in calls if call.required]
    reached = {entry}
    while further := {call.callee for call in required if call.caller in reached} - reached:
        reached |= further
    inside = [call for call in required if call.caller in reached]
    times = {entry: 1}
    while len(times) < len(reached):
        for name in dict.fromkeys(call.callee for call in inside if call.callee not in times):
            callers = [call.caller for call in inside if call.callee == name]
            if all(caller in times for caller in callers):
                times[name] = sum(times[caller] for caller in callers)
    return times


def available(entry: str, calls: Sequence[Call], ups: Mapping[str, StepFunction]) -> StepFunction:
    """1.0 while a Service and all that it needs are up, or are not missed yet; `ups` has every one of them."""
    reached = needs(entry, _fresh(calls))
    parts = [ups[name] for name in reached]
    for call in _cached(calls, reached):
        up = available(call.callee, calls, ups)
        times, values = _missed(up.intervals_below(0.5), call)
        parts.append(StepFunction.of_changes(up.start, 1.0, times, 1.0 - values, up.end))
    return all_up(parts)


def _fresh(calls: Sequence[Call]) -> list[Call]:
    return [call for call in calls if call.cached is None]


def _cached(calls: Sequence[Call], reached: Mapping[str, int]) -> list[Call]:
    return [call for call in calls if call.cached is not None and call.caller in reached]


def _missed(intervals: Floats, call: Call) -> tuple[Floats, Floats]:
    """Of stretches without any answer: times, and 1.0 from when the cache is too old, 0.0 from when there is one."""
    late = intervals[:, 0] + (call.cached or 0.0)
    long = late < intervals[:, 1]
    times = np.column_stack((late[long], intervals[long, 1])).ravel()
    return times, np.tile((1.0, 0.0), int(long.sum()))


def all_up(ups: Sequence[StepFunction]) -> StepFunction:
    """1.0 while all of these are 1.0, else 0.0; they have the same domain."""
    times = np.unique(np.concatenate([up.times for up in ups]))
    lowest = np.min([up.at(times) for up in ups], axis=0)
    return StepFunction.of_changes(ups[0].start, 0.0, times, lowest, ups[0].end)


def chained(name: str, entry: str, calls: Sequence[Call], services: Mapping[str, Requests]) -> Requests:
    """What becomes of the requests to `entry`, if it needs all that it calls; `services` has every one of them.

    A lost request counts where it was lost first, in the order of `needs`: at the entry with its own reasons, at other
    Services as a `CALL` with the Service as its cause.
    """
    of, times = services[entry], needs(entry, _fresh(calls))
    parts = [(service, services[service].losing, asked) for service, asked in times.items()]
    for call in _cached(calls, times):
        losing = chained(call.callee, call.callee, calls, services).losing
        nothing = StepFunction(losing.times, 1.0 - losing.values, losing.end).intervals_below(1e-12)
        changes = _missed(nothing, call)
        missing = StepFunction.of_changes(losing.start, 0.0, *changes, losing.end)
        parts.append((call.callee, missing, times[call.caller]))
    edges = np.unique(np.concatenate([of.rate.times, *(losing.times for _, losing, _ in parts)]))
    seconds = np.diff(np.append(edges, of.rate.end))
    requests = of.rate.at(edges) * seconds
    reached, lost = np.ones(len(edges)), dict[str, np.ndarray]()
    for service, losing, asked in parts:
        answered = reached * (1.0 - losing.at(edges)) ** asked
        lost[service] = lost.get(service, 0.0) + reached - answered
        reached = answered
    total = StepFunction.of_changes(of.rate.start, 0.0, edges, np.minimum(sum(lost.values()), 1.0), of.rate.end)
    episodes = StepFunction(total.times, -total.values, total.end).intervals_below(0.0)
    which = np.searchsorted(episodes[:, 0], edges, side="right") - 1
    sums: dict[tuple[int, str, str], float] = {}
    for loss in of.losses:
        key = (int(np.searchsorted(episodes[:, 0], loss.start, side="right")) - 1, loss.why, loss.cause)
        sums[key] = sums.get(key, 0.0) + loss.requests
    for service in list(lost)[1:]:
        for piece in np.flatnonzero(lost[service] * requests > 0).tolist():
            key = (int(which[piece]), CALL, service)
            sums[key] = sums.get(key, 0.0) + float(lost[service][piece] * requests[piece])
    losses = tuple(
        Loss(float(episodes[episode, 0]), float(episodes[episode, 1]), why, cause, number)
        for (episode, why, cause), number in sorted(sums.items())
    )
    return Requests(name, of.rate, total, losses, of.retries, of.shed, of.overloaded, of.peak)
