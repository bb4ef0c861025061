"""How often comparisons of policies err: studies of systems whose difference is known.

Outages come as Poisson processes, some shared by all policies of a study, some a policy's own. Run as a program it
prints the tables in the docstring of `experiments.inference.comparison`.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from experiments.inference import comparison, significance
from experiments.inference.comparison import Comparison, Versus
from experiments.inference.sample import Sample
from models.units import YEAR

Law = Callable[[np.random.Generator, int], np.ndarray]
"""Draws so many lengths of mean 1."""


def exponential(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.standard_exponential(count)


def lognormal(rng: np.random.Generator, count: int) -> np.ndarray:
    """Sigma 1.2: the longest twentieth takes 35 % of the time."""
    return np.exp(1.2 * rng.standard_normal(count) - 1.2**2 / 2)


def fixed(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.ones(count)


@dataclass(frozen=True)
class Outages:
    """`expected` outages in a whole study, of a mean `length` in seconds."""

    expected: float
    law: Law = exponential
    length: float = 600.0

    @property
    def downtime(self) -> float:
        return self.expected * self.length


@dataclass(frozen=True)
class Study:
    """`shared` outages that every policy has at the same times, and those of each policy alone."""

    shared: Outages
    policies: tuple[Outages, ...]
    replications: int = 50

    def difference(self, policy: int) -> float:
        """Downtime a year minus that of policy 0, in seconds."""
        return (self.policies[policy].downtime - self.policies[0].downtime) / self.replications

    def samples(self, rng: np.random.Generator) -> dict[str, Sample]:
        shared = self._drawn(self.shared, rng)
        own = [self._drawn(outages, rng) for outages in self.policies]
        return {str(number): self._sample([shared, one]) for number, one in enumerate(own)}

    def _drawn(self, outages: Outages, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        count = rng.poisson(outages.expected)
        starts = rng.random(count) * YEAR
        lengths = outages.length * outages.law(rng, count)
        return rng.integers(0, self.replications, count), np.column_stack((starts, starts + lengths))

    def _sample(self, parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> Sample:
        owners = np.concatenate([owner for owner, _ in parts])
        spans = np.concatenate([span for _, span in parts])
        numbers, lengths = np.arange(self.replications), spans[:, 1] - spans[:, 0]
        downtimes = np.bincount(owners, lengths, self.replications).astype(float)
        counts = np.bincount(owners, minlength=self.replications).astype(float)
        return Sample(numbers, np.full(self.replications, YEAR), downtimes, counts, owners, spans)


def compared(study: Study, rng: np.random.Generator) -> tuple[dict[str, Sample], list[Comparison]]:
    """One study: what was drawn, and every policy against the first."""
    samples = study.samples(rng)
    family = {policy: Versus(samples[policy], samples["0"], 600.0) for policy in list(samples)[1:]}
    return samples, list(comparison.compare(family, 0.95).values())


def student(samples: dict[str, Sample], policy: str = "1") -> tuple[tuple[float, float], float]:
    """What Student's paired t would say: interval and p."""
    differences = samples[policy].downtimes - samples["0"].downtimes
    if not differences.any():
        return (0.0, 0.0), 1.0
    found = stats.ttest_1samp(differences, 0.0)
    low, high = found.confidence_interval(0.95)
    return (float(low), float(high)), float(found.pvalue)


def familywise(study: Study, studies: int, seed: int) -> dict[str, float]:
    """Share of studies with any p below 0.05: alone, by Holm's method, adjusted; and with any false verdict."""
    rng, found = np.random.default_rng(seed), np.zeros(4)
    for _ in range(studies):
        verdicts = compared(study, rng)[1]
        alone = np.sort([one.p for one in verdicts])
        found += [
            alone[0] < 0.05,
            alone[0] * len(alone) < 0.05,
            min(one.adjusted for one in verdicts) < 0.05,
            any(one.resolved for one in verdicts),
        ]
    return dict(zip(("alone", "Holm", "adjusted", "resolved"), (found / studies).tolist(), strict=True))


def table(studies: int, seed: int = 1) -> None:
    significance.FLIPS = 1999
    none = Outages(0)
    print(f"{studies} studies of 50 replications, two policies\n")
    print("                                          coverage          p < 0.05          verdict")
    print("                                       Student   ours   Student   ours     reached")
    kinds: dict[str, list[Study]] = {}
    for n in (2, 5, 10, 20, 50, 200):
        a = Outages(n)
        kinds.setdefault("same law, exponential", []).append(Study(none, (a, a)))
        a = Outages(n, lognormal)
        kinds.setdefault("same law, lognormal(1.2)", []).append(Study(none, (a, a)))
        few, rare = Outages(n), Outages(n / 4, fixed, 2400.0)
        kinds.setdefault("same mean, a quarter as many", []).append(Study(none, (few, rare)))
        kinds.setdefault("against none, exponential", []).append(Study(none, (Outages(n), none)))
        a, b = Outages(n / 3, lognormal), Outages(2 * n / 3, lognormal)
        kinds.setdefault("a third shared, lognormal(1.2)", []).append(Study(a, (b, none)))
        kinds.setdefault("nine tenths shared, exponential", []).append(
            Study(Outages(0.9 * n), (Outages(0.1 * n), none))
        )
    for kind, of in kinds.items():
        for study, n in zip(of, (2, 5, 10, 20, 50, 200), strict=True):
            rng, found = np.random.default_rng(seed), np.zeros(5)
            for _ in range(studies):
                samples, (ours,) = compared(study, rng)
                (low, high), p = student(samples)
                truth = study.difference(1)
                found += [
                    low <= truth <= high,
                    ours.difference.low <= truth <= ours.difference.high,
                    p < 0.05,
                    ours.p < 0.05,
                    ours.resolved,
                ]
            a, b, c, d, e = found / studies
            print(f"{kind:32s} {n:4d}    {a:.3f}  {b:.3f}     {c:.3f}  {d:.3f}       {e:.3f}", flush=True)
    print("\nfive policies like the baseline")
    for n in (5, 10, 20, 50, 200):
        print(n, familywise(Study(none, (Outages(n, lognormal),) * 6), studies, seed), flush=True)


if __name__ == "__main__":
    table(int(sys.argv[1]))
