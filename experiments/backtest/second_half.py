"""Simulates the second half many times over: every node goes on as it was at the cut, up or down, and as old."""

from dataclasses import dataclass

import numpy as np

from experiments.backtest.halves import Downs, FirstHalf
from experiments.backtest.hazards import Hazards
from models.arrays import Floats


@dataclass(frozen=True)
class Course:
    """What the draws of one pair of laws meet: a row a draw; columns are nodes, or stretches of the second half."""

    nodes: Floats
    """How many times the rate of the law each node has."""
    rates: Floats
    """How many times that rate all nodes have, in each stretch."""
    lengths: Floats
    """How many times as long as the law says repairs take that begin in each stretch."""


def simulated(
    first: FirstHalf,
    edges: Floats,
    up: Hazards,
    repair: Hazards,
    course: Course,
    instant: float,
    rng: np.random.Generator,
) -> Downs:
    """Outages of all draws after the cut; `edges`: of the stretches, from the cut to the end.

    `instant`: the share of repairs that take no time.
    """
    draws, nodes = course.nodes.shape
    end = float(edges[-1])
    at = np.full(draws * nodes, edges[0])
    age = np.tile(np.where(first.is_down, 0.0, first.age), draws)
    parts = []

    def take_down(who: np.ndarray, begin: Floats, lasts: Floats, new: bool) -> None:
        parts.append((who, begin, np.minimum(begin + lasts, end), np.full(len(who), new)))
        at[who] = begin + lasts
        age[who] = 0.0

    under_way = np.flatnonzero(np.tile(first.is_down, draws))
    old = np.tile(first.age, draws)[under_way]
    factor = course.lengths[under_way // nodes, 0]
    left = repair.age_at(repair.cumulative(old / factor) + rng.standard_exponential(len(old))) * factor - old
    take_down(under_way, np.full(len(old), edges[0]), np.maximum(left, 0.0), False)
    for stretch, until in enumerate(edges[1:]):
        rate = (course.nodes * course.rates[:, [stretch]]).ravel()
        active = np.flatnonzero(at < until)
        while len(active):
            reached = up.cumulative(age[active]) + rng.standard_exponential(len(active)) / rate[active]
            fails = up.cumulative(age[active] + until - at[active]) > reached  # forth is cheaper than back
            still, failing = active[~fails], active[fails]
            age[still] += until - at[still]
            at[still] = until
            lives = np.clip(up.age_at(reached[fails]) - age[failing], 0.0, until - at[failing])
            lasts = repair.age_at(rng.standard_exponential(len(failing))) * course.lengths[failing // nodes, stretch]
            lasts *= rng.random(len(failing)) >= instant
            take_down(failing, at[failing] + lives, lasts, True)
            active = failing[at[failing] < until]
    who, begin, finish, new = (np.concatenate([part[i] for part in parts]) for i in range(4))
    return Downs(who // nodes, who % nodes, begin, finish, new)
