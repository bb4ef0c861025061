"""How often intervals of Sobol' indices hold the truth: studies of functions whose indices are known, with luck added.

Run as a program it prints the table in the docstring of `experiments.inference.sobol_indices`.
"""

import sys
from dataclasses import dataclass

import numpy as np

from experiments.design.pick_freeze import PickFreeze
from experiments.inference.sobol_indices import Indices, indices
from models.arrays import Floats

_A, _B = 7.0, 0.1
_ALONE = np.array([(1 + _B * np.pi**4 / 5) ** 2 / 2, _A**2 / 8, 0.0])
_TOGETHER = 8 * _B**2 * np.pi**8 / 225
"""Of the first and the third input."""
VARIANCE = float(_ALONE.sum() + _TOGETHER)
FIRST = _ALONE / VARIANCE
TOTAL = FIRST + np.array([_TOGETHER, 0.0, _TOGETHER]) / VARIANCE


def ishigami(points: Floats) -> Floats:
    """sin x + 7 sin^2 y + 0.1 z^4 sin x over (-pi, pi)^3; `points` are of the unit cube (Ishigami and Homma 1990)."""
    x, y, z = np.moveaxis((2 * points - 1) * np.pi, -1, 0)
    answers: Floats = np.sin(x) + _A * np.sin(y) ** 2 + _B * z**4 * np.sin(x)
    return answers


@dataclass(frozen=True)
class Study:
    """`rows` of points with so many replications each, of answers with deviation 1 about `level`.

    They are multiplied by luck, gamma of mean 1: common to a row with the variation `common`, of each point by itself
    with `own`.
    """

    rows: int
    replications: int = 1
    level: float = 0.0
    common: float = 0.0
    own: float = 0.0

    def answers(self, seed: int) -> Floats:
        """As `indices` takes them."""
        rng = np.random.default_rng(seed)
        exact = ishigami(PickFreeze.scrambled(3, self.rows, seed).points)[..., np.newaxis] / VARIANCE**0.5 + self.level
        shape = (*exact.shape[:-1], self.replications)
        return exact * _luck(rng, self.common, (1, *shape[1:])) * _luck(rng, self.own, shape)

    def indices(self, seed: int) -> Indices:
        """What one study finds."""
        return indices(self.answers(seed), 0.95)


def _luck(rng: np.random.Generator, variation: float, shape: tuple[int, ...]) -> Floats:
    return rng.gamma(variation**-2, variation**2, shape) if variation else np.ones(shape)


def coverage(study: Study, studies: int) -> tuple[int, Floats]:
    """How many of so many studies found any indices, and the shares of these whose intervals hold each of them."""
    held = []
    for seed in range(studies):
        found = study.indices(seed)
        if found.known:
            truth = zip((*found.first, *found.total), (*FIRST, *TOTAL), strict=True)
            held.append([interval.low <= exact <= interval.high for interval, exact in truth])
    return len(held), np.array(held).mean(axis=0)


STUDIES = {
    "no luck, 32 rows": Study(32),
    "no luck, 128 rows": Study(128),
    "no luck, 512 rows": Study(512),
    "luck of its own 0.5, level 2, 128 rows x 4": Study(128, 4, 2, own=0.5),
    "common luck 1, own 0.3, level 4, 128 rows x 4": Study(128, 4, 4, 1, 0.3),
    "common luck 1, own 0.3, level 4, 512 rows x 4": Study(512, 4, 4, 1, 0.3),
    "common luck 0.5, level 10, 128 rows x 2": Study(128, 2, 10, 0.5),
}


def main(studies: int) -> None:
    """Print the table."""
    print(f"    {'':45}  known      first-order          total")
    for name, study in STUDIES.items():
        known, held = coverage(study, studies)
        first, total = (" ".join(f"{share:.3f}" for share in of) for of in (held[:3], held[3:]))
        print(f"    {name:45}  {known / studies:.3f}  {first}  {total}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
