"""Nodes that differ: each has a rate of its own, a multiple of the fleet's, gamma-distributed with mean 1.

Given how often a node failed and how often the law says, its multiple is a gamma variable again (Vaupel, Manton and
Stallard 1979; Poisson counts with gamma rates). How much nodes differ, the shape of the law, is averaged over by how
likely it makes the counts; that they do not differ has half of the prior weight.
"""

import numpy as np
from scipy import special

from models.arrays import Floats

SHAPES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""The smaller, the more nodes differ: the standard deviation of the multiples is 1 over the root."""
_EQUAL = 0.5


def multiples(counts: Floats, expected: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Multiples of the fleet's rate, a row a draw and a column a node; together they fail as often as the fleet."""
    nodes = len(counts)
    total = expected.sum()
    if nodes < 2 or not total > 0:
        return np.ones((draws, nodes))
    scaled = expected * counts.sum() / total
    likelihood = np.array(
        [
            *(
                (
                    special.gammaln(k + counts) - special.gammaln(k) + k * np.log(k) - (k + counts) * np.log(k + scaled)
                ).sum()
                for k in SHAPES
            ),
            -scaled.sum(),  # the limit: Poisson counts
        ]
    )
    weight = np.exp(likelihood - likelihood.max()) * np.array([*[(1 - _EQUAL) / len(SHAPES)] * len(SHAPES), _EQUAL])
    shape = np.array([*SHAPES, np.inf])[rng.choice(len(weight), draws, p=weight / weight.sum())][:, None]
    finite = np.where(np.isfinite(shape), shape, 1.0)
    drawn = rng.standard_gamma(finite + counts) / (finite + scaled)
    drawn = np.where(np.isfinite(shape), drawn, 1.0)
    return np.asarray(drawn * total / (drawn @ expected)[:, None])
