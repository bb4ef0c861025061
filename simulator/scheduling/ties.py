"""Which of several equally good nodes the scheduler takes.

Kubernetes 1.36 means to draw one at random, but draws only when an extender is configured; otherwise it takes the first
in the order in which its filters finish, which is nearly the order of its list (kubernetes pull request 141024).
"""

from typing import Protocol

from models.arrays import Ints
from simulator.scheduling.framework import Profile
from simulator.streams import Streams

BATCH = 256
"""Numbers are drawn so many at a time, which is cheaper."""


class Ties(Protocol):
    """Decides between equals."""

    def choose(self, best: Ints) -> int:
        """One of the given nodes (at least two), which are in the order of the scheduler's list."""
        ...


class RandomTies:
    """Every one with the same chance: what is meant, and what later versions do."""

    def __init__(self, streams: Streams) -> None:
        self._rng = streams.stream("scheduler/ties")
        self._drawn: list[float] = []

    def choose(self, best: Ints) -> int:
        if not self._drawn:
            self._drawn = self._rng.random(BATCH).tolist()
        return best.item(int(self._drawn.pop() * len(best)))


class FirstTies:
    """The first in the scheduler's list."""

    def choose(self, best: Ints) -> int:
        return best.item(0)


def ties_of(profile: Profile, streams: Streams) -> Ties:
    """What the profile asks for."""
    return FirstTies() if profile.ties == "first" else RandomTies(streams)
