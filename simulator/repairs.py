"""Repairs: how long what broke stays broken. All of them are drawn here, so that they can be drawn length-biased."""

import math
from collections.abc import Collection

import numpy as np

from models.distributions import Distribution
from models.length_biased import is_biasable, length_biased
from simulator.kernel import Kernel


class Repairs:
    """Draws the repairs of a run, and knows until when those that are under way will take."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._ends: dict[tuple[str, str], float] = {}
        self.biased: Collection[str] = ()
        """Failure modes of which repairs are drawn length-biased for now."""
        self.log_likelihood_ratio = 0.0
        """Ln of how much less (or more) likely the repairs drawn were without the bias."""

    def draw(self, mode: str, subject: str, law: Distribution, rng: np.random.Generator) -> float:
        """Seconds that the repair takes which begins now."""
        if mode in self.biased and is_biasable(law):
            seconds = length_biased(law, rng)
            self.log_likelihood_ratio += math.log(law.mean / seconds)
        else:
            seconds = law.sample(rng)
        self._ends[mode, subject] = self._kernel.now + seconds
        return seconds

    def longest_left(self, modes: Collection[str]) -> float:
        """Seconds until the last repair that is under way after a failure of these modes is done; 0 if none is."""
        now = self._kernel.now
        ends = (end for (mode, _), end in self._ends.items() if mode in modes)
        return max(0.0, max(ends, default=now) - now)
