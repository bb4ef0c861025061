"""Markov chains in continuous time: long-run means and variances of what adds up along a path.

A path earns `rates[i]` a second in state i and `jumps[i, j]` at every jump from i to j. For A(T), all that it earned
in T seconds, A(T)/T tends to the mean and Var[A(T)]/T to the variance rate. With g the solution of the Poisson
equation, A(t) - mean t + g(X_t) is a martingale, and the variance rate the mean square of its jumps (Glynn & Meyn
1996). This is where the acceptance bands of the Markovian cases come from.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from models.arrays import Floats


@dataclass(frozen=True)
class Chain:
    """A finite irreducible chain."""

    generator: Floats
    """Shape (n, n): rate of the jumps from i to j per second; the diagonal makes rows sum to 0."""

    def stationary(self) -> Floats:
        """Long-run share of time of each state."""
        size = len(self.generator)
        equations = np.vstack((self.generator.T, np.ones(size)))
        result: Floats = np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0), rcond=None)[0]
        return result

    def mean_rate(self, rates: Floats, jumps: Floats) -> float:
        """Long-run earnings a second."""
        return float(self.stationary() @ self._drift(rates, jumps))

    def variance_rate(self, rates: Floats, jumps: Floats) -> float:
        """Limit of Var[A(T)] / T."""
        stationary, drift = self.stationary(), self._drift(rates, jumps)
        # The Poisson equation, made regular by asking for a mean of 0.
        potential = np.linalg.solve(self.generator - stationary, stationary @ drift - drift)
        steps = jumps + potential - potential[:, np.newaxis]
        flows = stationary[:, np.newaxis] * self.generator
        np.fill_diagonal(flows, 0.0)
        return float((flows * steps**2).sum())

    def _drift(self, rates: Floats, jumps: Floats) -> Floats:
        flows = self.generator.copy()
        np.fill_diagonal(flows, 0.0)
        drift: Floats = rates + (flows * jumps).sum(axis=1)
        return drift


def units_down(
    n: int, ways: tuple[tuple[float, float], ...], most: tuple[int, ...], crews: int | None = None
) -> tuple[Chain, Floats]:
    """The chain of n equal units, and how many are down in each of its states.

    A unit that is up fails in one of several ways, each with an exponential (mttf, mttr). States count the units that
    are down in each way, up to `most` of them. With `crews`, at most so many are repaired at once (one way only).
    """
    states = [state for state in product(*(range(limit + 1) for limit in most)) if sum(state) <= n]
    number = {state: i for i, state in enumerate(states)}
    generator = np.zeros((len(states), len(states)))
    for state, i in number.items():
        for way, (mttf, mttr) in enumerate(ways):
            more = (*state[:way], state[way] + 1, *state[way + 1 :])
            if more in number:
                repaired = more[way] if crews is None else min(more[way], crews)
                generator[i, number[more]] = (n - sum(state)) / mttf
                generator[number[more], i] = repaired / mttr
    np.fill_diagonal(generator, -generator.sum(axis=1))
    return Chain(generator), np.array([float(sum(state)) for state in states])
