"""Which of several equally good nodes the scheduler takes.

Kubernetes 1.36 means to draw one at random, but draws only when an extender is configured; otherwise it takes the first
in the order in which its filters finish, which is nearly the order of its list (kubernetes pull request 141024).
"""

from typing import Protocol

import numpy as np

from simulator.nodes import Ints, NodeTable
from simulator.streams import Streams


class Ties(Protocol):
    """Decides between equals."""

    def choose(self, best: Ints) -> int:
        """One of the given nodes (at least two)."""
        ...


class RandomTies:
    """Every one with the same chance: what is meant, and what later versions do."""

    def __init__(self, streams: Streams) -> None:
        self._rng = streams.stream("scheduler/ties")

    def choose(self, best: Ints) -> int:
        return int(best[self._rng.integers(len(best))])


class FirstTies:
    """The first in the scheduler's list: zones in turn, each with its nodes in order of creation."""

    def __init__(self, table: NodeTable) -> None:
        turn: dict[tuple[str, str], int] = {}
        zones = {zone: i for i, zone in enumerate(dict.fromkeys(table.regions_and_zones))}
        keys = []
        for zone in table.regions_and_zones:
            keys.append((turn.get(zone, 0), zones[zone]))
            turn[zone] = turn.get(zone, 0) + 1
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self._rank = np.empty(len(keys), dtype=np.int64)
        self._rank[order] = np.arange(len(keys))

    def choose(self, best: Ints) -> int:
        return int(best[np.argmin(self._rank[best])])
