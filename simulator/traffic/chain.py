"""Chains of calls: what becomes of the requests to a Service that asks others.

Given what happened in a run, the picks of a request at each Service are independent. So the share that is answered at
a moment is the product of the shares at every Service that it needs, each as often as it is asked. What Services
share, such as nodes, is in their common history: over time the product form does not hold, nor is it used.
"""

from collections.abc import Mapping, Sequence

import numpy as np

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
    of, times = services[entry], needs(entry, calls)
    edges = np.unique(np.concatenate([of.rate.times, *(services[service].losing.times for service in times)]))
    seconds = np.diff(np.append(edges, of.rate.end))
    requests = of.rate.at(edges) * seconds
    reached, lost = np.ones(len(edges)), dict[str, np.ndarray]()
    for service, asked in times.items():
        answered = reached * (1.0 - services[service].losing.at(edges)) ** asked
        lost[service] = reached - answered
        reached = answered
    losing = StepFunction.of_changes(of.rate.start, 0.0, edges, np.minimum(sum(lost.values()), 1.0), of.rate.end)
    episodes = StepFunction(losing.times, -losing.values, losing.end).intervals_below(0.0)
    which = np.searchsorted(episodes[:, 0], edges, side="right") - 1
    sums: dict[tuple[int, str, str], float] = {}
    for loss in of.losses:
        key = (int(np.searchsorted(episodes[:, 0], loss.start, side="right")) - 1, loss.why, loss.cause)
        sums[key] = sums.get(key, 0.0) + loss.requests
    for service in list(times)[1:]:
        for piece in np.flatnonzero(lost[service] * requests > 0).tolist():
            key = (int(which[piece]), CALL, service)
            sums[key] = sums.get(key, 0.0) + float(lost[service][piece] * requests[piece])
    losses = tuple(
        Loss(float(episodes[episode, 0]), float(episodes[episode, 1]), why, cause, number)
        for (episode, why, cause), number in sorted(sums.items())
    )
    return Requests(name, of.rate, losing, losses, of.retries, of.shed, of.overloaded, of.peak)
