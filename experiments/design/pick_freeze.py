"""Points at which an answer is asked for, to learn which of its inputs matter: pairs, and what lies between them.

Points are of the unit cube, a coordinate for every input: the probability with which the input is at most its value.
"""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from simulator.streams import Streams

BLOCKS = 16
"""Each scrambled by itself: enough that Student's factor is 2.13, few enough that each is evenly filled."""
_EDGE = 2.0**-40
"""No point lies at an end of the cube, where laws have no value."""


@dataclass(frozen=True)
class PickFreeze:
    """Rows of points: `a` and `b`, each of shape (blocks, rows of a block, inputs)."""

    a: Floats
    b: Floats

    @classmethod
    def scrambled(cls, inputs: int, rows: int, seed: int) -> "PickFreeze":
        """So many rows in all, `BLOCKS` times a power of 2: Sobol' sequences, scrambled block by block.

        The same seed gives the same points.
        """
        from scipy.stats import qmc

        each, rest = divmod(rows, BLOCKS)
        if rest or each < 1 or each & (each - 1):
            raise ValueError(f"rows must be {BLOCKS} times a power of 2 (got {rows})")
        streams = Streams(seed, "sensitivity")
        drawn = [
            qmc.Sobol(2 * inputs, seed=np.random.default_rng(streams.stream(f"block/{block}").integers(2**63)))
            for block in range(BLOCKS)
        ]
        points = np.stack([sequence.random(each) for sequence in drawn]).clip(_EDGE, 1 - _EDGE)
        return cls(points[..., :inputs], points[..., inputs:])

    @property
    def points(self) -> Floats:
        """Shape (inputs + 2, blocks, rows of a block, inputs): A, then B, then A with each input in turn as in B."""
        inputs = self.a.shape[-1]
        mixed = np.repeat(self.a[np.newaxis], inputs, axis=0)
        for number in range(inputs):
            mixed[number, ..., number] = self.b[..., number]
        return np.concatenate((self.a[np.newaxis], self.b[np.newaxis], mixed))
