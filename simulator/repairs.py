"""Repairs: how long what broke stays broken. All of them are drawn here, so that they can be drawn length-biased."""

import math
from collections.abc import Collection, Sequence

import numpy as np

from models.distributions import Distribution, Fixed
from models.length_biased import is_biasable, length_biased, length_biased_sum
from simulator.kernel import Kernel


class Repairs:
    """Draws the repairs of a run, and knows until when those that are under way will take."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._ends: dict[tuple[str, str], float] = {}
        self._waiting: dict[tuple[str, str], float] = {}
        """Seconds that those take which wait for people."""
        self.biased: Collection[str] = ()
        """Failure modes of which repairs are drawn length-biased for now."""
        self.quantile: float | None = None
        """Nothing is drawn, and every repair takes this quantile of its law (in [0, 1)); None: they are drawn."""
        self.only_weighs = False
        """Whether they are drawn as their laws say, and the bias tells only how likely that would be under it."""
        self.log_likelihood_ratio = 0.0
        """Ln of how much less (or more) likely the repairs drawn were without the bias."""

    def draw(self, mode: str, subject: str, law: Distribution, rng: np.random.Generator) -> float:
        """Seconds that the repair takes which begins now."""
        if mode in self.biased and is_biasable(law):
            seconds = law.sample(rng) if self.only_weighs else length_biased(law, rng)
            self._weigh(law.mean, seconds)
        else:
            seconds = self._plain(law, rng)
        self._ends[mode, subject] = self._kernel.now + seconds
        return seconds

    def wait(self, mode: str, subject: str, laws: Sequence[Distribution], rng: np.random.Generator) -> None:
        """A repair that takes times of these laws together waits until it is begun; its times are drawn now."""
        if (
            mode in self.biased
            and all(is_biasable(law) or isinstance(law, Fixed) for law in laws)
            and (mean := math.fsum(law.mean for law in laws))
        ):
            seconds = _sum(laws, rng) if self.only_weighs else length_biased_sum(laws, rng)
            self._weigh(mean, seconds)
        else:
            seconds = math.fsum(self._plain(law, rng) for law in laws)
        self._waiting[mode, subject] = seconds

    def _plain(self, law: Distribution, rng: np.random.Generator) -> float:
        """Seconds by the law as it is."""
        return law.sample(rng) if self.quantile is None else law.age_at(-math.log1p(-self.quantile))

    def _weigh(self, mean: float, seconds: float) -> None:
        """The bias never draws 0 seconds."""
        self.log_likelihood_ratio += math.log(mean / seconds) if seconds else math.inf

    def begin(self, mode: str, subject: str) -> float:
        """Seconds that the repair takes which has waited until now."""
        seconds = self._waiting.pop((mode, subject))
        self._ends[mode, subject] = self._kernel.now + seconds
        return seconds

    def longest_left(self, modes: Collection[str]) -> float:
        """Seconds until the last repair that is under way after a failure of these modes is done; 0 if none is.

        Of one that waits for people: what it takes once it is begun.
        """
        now = self._kernel.now
        left = [end - now for (mode, _), end in self._ends.items() if mode in modes]
        left += [seconds for (mode, _), seconds in self._waiting.items() if mode in modes]
        return max([0.0, *left])


def _sum(laws: Sequence[Distribution], rng: np.random.Generator) -> float:
    return math.fsum(law.sample(rng) for law in laws)
