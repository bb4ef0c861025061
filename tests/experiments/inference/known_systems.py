"""Systems whose availability is known exactly, simulated directly: histories of thousands of runs at a time."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from experiments import closed_form
from experiments.closed_form import layouts, pod_on_node
from models.units import YEAR

DAY = 86400.0
Law = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
"""Draws lengths of mean 1."""
Spans = tuple[np.ndarray, np.ndarray]
"""Starts and ends, in the windows of independent runs laid one after the other: run i has [2 i, 2 i + 1] windows."""
Outages = tuple[np.ndarray, np.ndarray, np.ndarray]
"""The same of a service, with the cause of each: its number in `System.modes`."""


def exponential(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_exponential(shape)


def weibull(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Shape 0.7: failures come in flocks."""
    return rng.weibull(0.7, shape) / math.gamma(1 + 1 / 0.7)


def lognormal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Sigma 1.2: the longest twentieth takes 35 % of the time."""
    return np.exp(1.2 * rng.standard_normal(shape) - 1.2**2 / 2)


def fixed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape)


def two_kinds(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Nine of ten are short, the tenth is ninety times as long: nine tenths of the time."""
    return np.where(rng.random(shape) < 0.1, 90.0, 1.0) / 9.9


def alternating(ups: np.ndarray, downs: np.ndarray, before: float, window: float) -> Spans:
    """What the window shows of units (the first axis: runs) that are up and down in turns, from `before` it on."""
    start, end = clipped(ups, downs, before, window)
    offset = 2 * window * np.arange(len(ups))[:, None]
    return (start + offset)[end > start], (end + offset)[end > start]


def clipped(ups: np.ndarray, downs: np.ndarray, before: float, window: float) -> Spans:
    """When such units are down, cut to the window: of no length outside it."""
    ends = np.cumsum(np.stack((ups, downs), axis=-1).reshape(len(ups), -1), axis=-1) - before
    return np.clip(ends[:, 0::2], 0, window), np.clip(ends[:, 1::2], 0, window)


def overlap(units: list[Spans], least: int) -> Spans:
    """When at least so many of the units are down."""
    starts, ends = (np.concatenate([unit[side] for unit in units]) for side in (0, 1))
    times = np.concatenate((starts, ends))
    order = np.argsort(times, kind="stable")
    down = np.cumsum(np.repeat([1, -1], len(starts))[order])
    edges = np.diff((down >= least).astype(int), prepend=0)
    return times[order][edges == 1], times[order][edges == -1]


def together(nodes: list[Spans], pods: list[Spans], least: int) -> Outages:
    """When at least so many replicas are missing, a pod on a node each: its node's doing (1) while that is down.

    An outage is due to what most missing replicas were missing for, and to pods if it is half and half (they crash
    more often), as in `experiments.attribution.causes`.
    """
    parts = [*nodes, *pods]
    times = np.concatenate([np.concatenate(part) for part in parts])
    owners = np.repeat(np.arange(len(parts)), [2 * len(part[0]) for part in parts])
    changes = np.concatenate([np.repeat([1, -1], len(part[0])) for part in parts])
    order = np.argsort(times, kind="stable")
    down = np.cumsum((owners[order] == np.arange(len(parts))[:, None]) * changes[order], axis=1) > 0
    by_node = down[: len(nodes)].sum(axis=0)
    missing = (down[: len(nodes)] | down[len(nodes) :]).sum(axis=0)
    edges = np.diff((missing >= least).astype(int), prepend=0)
    lasting = np.diff(times[order], append=times[order][-1:]) * (missing >= least)
    outage = np.maximum(np.cumsum(edges == 1) - 1, 0)
    share = np.bincount(outage, lasting * by_node / np.maximum(missing, 1)) / np.bincount(outage, lasting)
    return times[order][edges == 1], times[order][edges == -1], (share > 0.5 + 1e-9).astype(int)


def cycles(span: float, mean: float) -> int:
    """So many cycles of that mean are longer than the span, almost surely."""
    return int(span / mean + 8 * math.sqrt(2 * span / mean + 2) + 20)


class System(Protocol):
    """A service whose availability is known."""

    @property
    def unavailability(self) -> float: ...

    @property
    def outage_rate(self) -> float:
        """Outages that begin a second."""
        ...

    @property
    def modes(self) -> dict[str, float]:
        """What may break, and for how long it takes a replica away on average."""
        ...

    def outages(self, runs: int, window: float, rng: np.random.Generator) -> Outages:
        """The outages in the windows of independent, stationary runs."""
        ...

    def cost(self, window: float) -> float:
        """Numbers drawn for a run, about."""
        ...


@dataclass(frozen=True)
class Units:
    """`n` independent units, of which `k` must be up; a unit is up for 1 on average and down for `down`."""

    k: int
    n: int
    down: float
    lives: Law = exponential
    repairs: Law = exponential

    before = 10.0
    """Every history begins so long before its window that it does not matter that all units were new."""

    @property
    def unavailability(self) -> float:
        return closed_form.k_of_n_unavailability(self.n, self.k, 1.0, self.down)

    @property
    def outage_rate(self) -> float:
        return closed_form.k_of_n_outages_per_year(self.n, self.k, 1.0, self.down) / YEAR

    @property
    def modes(self) -> dict[str, float]:
        return {"unit": self.down}

    def outages(self, runs: int, window: float, rng: np.random.Generator) -> Outages:
        shape = (runs, cycles(self.before + window, 1.0))
        starts, ends = overlap([self._unit(shape, window, rng) for _ in range(self.n)], self.n - self.k + 1)
        return starts, ends, np.zeros(len(starts), dtype=int)

    def _unit(self, shape: tuple[int, int], window: float, rng: np.random.Generator) -> Spans:
        return alternating(self.lives(rng, shape), self.down * self.repairs(rng, shape), self.before, window)

    def cost(self, window: float) -> float:
        return self.n * cycles(self.before + window, 1.0)


@dataclass(frozen=True)
class PodOnNode:
    """One pod, restarted in place; a lost node costs `moved` seconds (case c1); else exponential."""

    pod: float
    restart: float
    node: float
    moved: float

    @property
    def unavailability(self) -> float:
        return pod_on_node.pod_on_node_unavailability(self.pod, self.restart, self.node, self.moved, 0.0)

    @property
    def outage_rate(self) -> float:
        return (1 - self.unavailability) * (1 / self.pod + 1 / self.node)

    @property
    def modes(self) -> dict[str, float]:
        return {"pod": self.restart, "node": self.moved}

    def outages(self, runs: int, window: float, rng: np.random.Generator) -> Outages:
        mean = 1 / self.outage_rate
        before = 2 * mean
        shape = (runs, cycles(before + window, mean))
        ups = rng.standard_exponential(shape) / (1 / self.pod + 1 / self.node)
        lost = rng.random(shape) < self.pod / (self.pod + self.node)
        restart, loss = self.restart * rng.standard_exponential(shape), self.node * rng.standard_exponential(shape)
        crashed = np.where(loss < restart, loss + self.moved, restart)
        downs, by_node = np.where(lost, self.moved, crashed), lost | (loss < restart)
        start, end = clipped(ups, downs, before, window)
        return (*alternating(ups, downs, before, window), by_node[end > start].astype(int))

    def cost(self, window: float) -> float:
        return 2 * cycles(window * self.outage_rate + 2, 1.0)


@dataclass(frozen=True)
class Layout:
    """Three pods on one node (packed) or three (spread), of which two must be up; mean life and repair, exponential."""

    packed: bool
    node: tuple[float, float]
    pod: tuple[float, float]

    def _down(self, part: tuple[float, float]) -> float:
        return part[1] / (part[0] + part[1])

    @property
    def unavailability(self) -> float:
        of = layouts.packed_unavailability if self.packed else layouts.spread_unavailability
        return of(3, 2, self._down(self.node), self._down(self.pod))

    @property
    def outage_rate(self) -> float:
        node_up, pod_up = 1 - self._down(self.node), 1 - self._down(self.pod)
        if self.packed:
            critical = 6 * pod_up * (1 - pod_up)  # of three pods one is down, and one of the two others fails
            up = 1 - layouts.packed_unavailability(3, 2, 0.0, 1 - pod_up)
            return node_up * (up / self.node[0] + critical * pod_up / self.pod[0])
        up = node_up * pod_up
        return 6 * up * (1 - up) * up * (1 / self.node[0] + 1 / self.pod[0])

    @property
    def _before(self) -> float:
        return 20 * max(self.node[1], self.pod[1])

    @property
    def modes(self) -> dict[str, float]:
        return {"pod": self.pod[1], "node": self.node[1]}

    def outages(self, runs: int, window: float, rng: np.random.Generator) -> Outages:
        def part(mean: tuple[float, float]) -> Spans:
            shape = (runs, cycles(self._before + window, sum(mean)))
            up, down = (one * rng.standard_exponential(shape) for one in mean)
            return alternating(up, down, self._before, window)

        nodes = [part(self.node)] * 3 if self.packed else [part(self.node) for _ in range(3)]
        return together(nodes, [part(self.pod) for _ in range(3)], 2)

    def cost(self, window: float) -> float:
        return 6 * sum(cycles(self._before + window, sum(mean)) for mean in (self.pod, self.node))


SYSTEMS: dict[str, System] = {
    "one unit": Units(1, 1, 0.001),
    "one unit, lognormal repairs": Units(1, 1, 0.001, repairs=lognormal),
    "one unit, Weibull lives": Units(1, 1, 0.001, lives=weibull),
    "2 of 3": Units(2, 3, 0.02),
    "2 of 3, lognormal repairs": Units(2, 3, 0.02, repairs=lognormal),
    "3 of 5": Units(3, 5, 0.05),
}
"""One cause: held to 93 % at any number of outages, and to 97 % from 50 on."""
CAUSES: dict[str, System] = {
    "node + pod, 4 crashes a loss": PodOnNode(30 * DAY, 60.0, 120 * DAY, 360.0),
    "node + pod, 60 crashes a loss": PodOnNode(2 * DAY, 10.0, 120 * DAY, 360.0),
    "2 of 3 packed": Layout(True, (60 * DAY, 1800.0), (2 * DAY, 30.0)),
    "2 of 3 spread": Layout(False, (60 * DAY, 36000.0), (20 * DAY, 6000.0)),
    "2 of 3 spread, short crashes": Layout(False, (60 * DAY, 36000.0), (2 * DAY, 600.0)),
}
"""Two causes: held to 93 % at any number of outages."""
REGULAR: dict[str, System] = {"one unit, fixed repairs": Units(1, 1, 0.001, repairs=fixed)}
"""Less varied than the interval assumes."""
RARE: dict[str, System] = {"one unit, two kinds of repairs": Units(1, 1, 0.001, repairs=two_kinds)}
"""Where a rare kind of outage brings much of the downtime, and has no name."""
