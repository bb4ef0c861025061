"""How often a race says something that is not true: an interval that misses the truth at any of its looks.

`python -m tests.experiments.search.studies 2000` prints the table of docs/how-to/search.md: of so many races the share
in which any of ten looks (2 to 93 replications) was wrong, at 95 % for all looks together, and what it would be if each
look had an interval at 95 %. Outages come as a Poisson process; their mean is ten minutes.
"""

import sys
from collections.abc import Callable

import numpy as np

from experiments.inference import estimate, racing
from models.units import MINUTE, YEAR

LOOKS = 10
MEAN = 10 * MINUTE
LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "of one length": lambda rng, n: np.ones(n),
    "exponential": lambda rng, n: rng.standard_exponential(n),
    "lognormal(1.2)": lambda rng, n: np.exp(1.2 * rng.standard_normal(n) - 1.2**2 / 2),
}


def is_wrong(law: str, per_replication: float, rng: np.random.Generator, spend: bool = True) -> bool:
    """Whether any look of a race at one statement misses the truth."""
    most = racing.replications(LOOKS)
    counts = rng.poisson(per_replication, most)
    lengths = MEAN * LAWS[law](rng, counts.sum())
    ends = np.cumsum(counts)
    downtimes = np.array([lengths[end - n : end].sum() for n, end in zip(counts, ends, strict=True)])
    truth = 1 - per_replication * MEAN / YEAR
    for look in range(1, LOOKS + 1):
        n = racing.replications(look)
        error = racing.error(0.05, 1, look) if spend else 0.05
        found = estimate.availability(downtimes[:n], np.full(n, YEAR), lengths[: ends[n - 1]], 1 - error)
        if not found.low <= truth <= found.high:
            return True
    return False


def share_wrong(law: str, per_replication: float, races: int, spend: bool = True) -> float:
    """The share of so many races that are wrong at any look."""
    rng = np.random.default_rng(1)
    return sum(is_wrong(law, per_replication, rng, spend) for _ in range(races)) / races


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rates = (0.1, 0.5, 2, 10, 50)
    print("| outages | each look at 95 % | " + " | ".join(f"{rate:g} a replication" for rate in rates) + " |")
    print("|---|---|" + "---|" * len(rates))
    for name in LAWS:
        for spent in (True, False):
            row = [f"{share_wrong(name, rate, count, spent):.3f}" for rate in rates]
            print(f"| {name} | {'no' if spent else 'yes'} | " + " | ".join(row) + " |", flush=True)
