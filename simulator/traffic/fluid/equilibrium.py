"""The load on the endpoints of a Service once it has settled, retries of what was turned away included."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.arrays import Bools, Floats, Ints
from models.traffic import Traffic
from simulator.traffic.conditions import entry_at
from simulator.traffic.fluid.arriving import Arriving, EndpointLoad
from simulator.traffic.paths import limit
from simulator.traffic.proxies import Proxy

_ROUNDS = 500
"""After so many a load that does not settle is taken as it is."""

Groups = tuple[tuple[int, float], ...]
"""The views that clients have, and the part of the requests that comes from each."""


def groups(
    moments: Floats, proxies: Sequence[Proxy], by_content: Sequence[Ints], contents: Ints, weights: Floats
) -> list[Groups]:
    """The groups of clients at each moment; `by_content`: by place, the view of each content of a list."""
    seen = np.column_stack(
        [
            views[contents[entry_at(proxy.arrivals, moments)]]
            for views, proxy in zip(by_content, proxies, strict=True)
        ]
    )  # fmt: skip
    columns, into = np.unique(seen, return_inverse=True)
    table = np.zeros((len(moments), len(columns)))
    np.add.at(table, (np.arange(len(moments))[:, None], into.reshape(seen.shape)), weights[None, :])
    names = columns.tolist()
    return [tuple((view, weight) for view, weight in zip(names, row, strict=True) if weight) for row in table.tolist()]


Moment = tuple[int, float, Groups]
"""Which endpoints answer (`Conditions.kinds`), the requests per second, the clients."""


class Equilibrium:
    """Fixed points of the load, each worked out once."""

    def __init__(self, traffic: Traffic, arriving: Arriving) -> None:
        self._capacity, self._arriving = traffic.capacity, arriving
        self._found: dict[Moment, tuple[EndpointLoad | None, float]] = {}

    def settled(self, moments: Sequence[Moment]) -> list[tuple[EndpointLoad | None, float]]:
        """By moment: the load, None if it does not matter; and the highest of any endpoint, by capacities.

        What is turned away comes back as retries: the load grows until it feeds itself. Starting from no overload the
        served parts only fall, to the solution with the least overload. Many moments together take little longer than
        one.
        """
        fresh = [moment for moment in dict.fromkeys(moments) if moment not in self._found]
        if fresh:
            self._found.update(zip(fresh, self._solved(fresh), strict=True))
        return [self._found[moment] for moment in moments]

    def _solved(self, moments: Sequence[Moment]) -> list[tuple[EndpointLoad | None, float]]:
        capacity = self._capacity
        assert capacity is not None
        classes = _Classes(self._arriving, moments)
        whole = np.where(classes.answering, 1.0, 0.0)
        served, loads = whole.copy(), np.zeros(len(whole))
        moving = np.array([rate > 0 for _, rate, _ in moments])
        for _ in range(_ROUNDS):
            if not moving.any():
                break
            here = moving[classes.owners]
            found = classes.loads(served, moving)
            over = here & classes.answering & (found > capacity * (1 + 1e-12))
            settled = np.where(over, capacity / np.where(over, found, 1.0), whole)
            moved = np.zeros(len(moments))
            np.maximum.at(moved, classes.owners[over], np.abs(settled - served)[over])
            served, loads = np.where(here, settled, served), np.where(here, found, loads)
            moving &= (moved >= 1e-12) & (self._arriving.attempts > 1)
        peaks = np.zeros(len(moments))
        np.maximum.at(peaks, classes.owners[classes.answering], loads[classes.answering] / capacity)
        parts: list[dict[int, float]] = [{} for _ in moments]
        for number in np.flatnonzero(classes.answering & (served < 1)).tolist():
            parts[classes.owners[number]].update(dict.fromkeys(classes.members[number], float(served[number])))
        answers: list[tuple[EndpointLoad | None, float]] = []
        for (kind, rate, groups), part, peak in zip(moments, parts, peaks.tolist(), strict=True):
            depends = any(self._arriving.depends(view, kind) for view, _ in groups)
            load = EndpointLoad(rate if depends else 1.0, part)
            answers.append((load if part or depends else None, peak))
        return answers


class _Part(NamedTuple):
    """Clients who choose from classes with the same pasts (`paths`), in parallel arrays."""

    moments: Ints
    classes: Ints
    """By part and class."""
    shares: Floats
    sizes: Ints
    rates: Floats
    """Requests per second of these clients."""


class _Classes:
    """The endpoints at each moment, put together where all clients there see them alike."""

    def __init__(self, arriving: Arriving, moments: Sequence[Moment]) -> None:
        self._arriving = arriving
        self.members: list[list[int]] = []
        """By class, its endpoints."""
        owners, answering = [], []
        parts: dict[tuple[int, ...], list[tuple[int, list[int], list[float], float]]] = {}
        for number, (kind, rate, groups) in enumerate(moments):
            chosen = [arriving.chosen(view, kind, rate) for view, _ in groups]
            alive = arriving.answering(kind)
            alike: dict[tuple[float, ...], list[int]] = {}
            for endpoint in dict.fromkeys(endpoint for one in chosen for endpoint in one):
                key = (endpoint in alive, *(one.get(endpoint, 0.0) for one in chosen))
                alike.setdefault(key, []).append(endpoint)
            first = len(self.members)
            self.members += alike.values()
            owners += [number] * len(alike)
            answering += [bool(key[0]) for key in alike]
            for i, (_, weight) in enumerate(groups, start=1):
                met = [
                    (limit(len(members), arriving.attempts, tried=True), c, key[i])
                    for c, (key, members) in enumerate(alike.items(), start=first)
                    if key[i] > 0
                ]
                met.sort()
                part = (number, [c for _, c, _ in met], [share for *_, share in met], rate * weight)
                parts.setdefault(tuple(most for most, *_ in met), []).append(part)
        self.owners = np.array(owners, dtype=np.int64)
        """By class, its moment."""
        self.answering = np.array(answering, dtype=np.bool_)
        """By class, whether its endpoints answer."""
        sizes = np.array([len(members) for members in self.members], dtype=np.int64)
        self._parts: dict[tuple[int, ...], _Part] = {}
        for limits, several in parts.items():
            if limits:
                whose, which, shares, rates = (np.array(column) for column in zip(*several, strict=True))
                self._parts[limits] = _Part(whose, which, shares, sizes[which], rates)

    def loads(self, served: Floats, moving: Bools) -> Floats:
        """By class, the attempts per second at each endpoint that serves this part of them; only of some moments."""
        found = np.zeros(len(self.members))
        for limits, part in self._parts.items():
            rows = np.flatnonzero(moving[part.moments])
            if len(rows):
                which = part.classes[rows]
                each = self._arriving.at_each(part.shares[rows], 1.0 - served[which], part.sizes[rows], limits)
                np.add.at(found, which, part.rates[rows, None] * each)
        return found
