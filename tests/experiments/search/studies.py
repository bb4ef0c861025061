"""How often a race says something that is not true, at any of its looks; and how long it takes to say what is.

`python -m tests.experiments.search.studies 2000` prints the tables of docs/how-to/search.md: of so many races the share
in which an interval at any of ten looks (2 to 93 replications) missed the truth, at 95 % for all looks together, and
what it would be if each look had an interval at 95 %. Outages come as a Poisson process; their mean is ten minutes.
Then, of costs that vary by much in few replications, the share in which any look says that one costs no less though it
costs less; and the replications after which it is said of what costs more.
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


# --- costs: one is always somewhat dearer than 100, the other costs 100, but in a few replications far more -----------

ALPHA = 0.05 * 0.1 / 2
"""For a statement about the costs of two candidates, at 95 % for all that a race says."""
RARE = ((1.0, 0.1, 31.0), (1.0, 0.01, 101.0), (10.0, 0.1, 101.0), (50.0, 0.34, 148.0), (10.0, 0.01, 1001.0))
"""How much dearer one is; how often, and by how much, the other costs more than 100: in the mean it is the dearer."""


def is_said_at(ours: np.ndarray, theirs: np.ndarray, some_are_rare: bool = True) -> int | None:
    """After how many replications a race says that we cost no less; None: at none of its looks."""
    for look in range(1, LOOKS + 1):
        n = racing.replications(look)
        differences = (ours - theirs)[:n]
        if some_are_rare:
            said = racing.surely_positive_if_some_are_rare(differences, theirs[:n].max(), ALPHA)
        else:
            said = racing.surely_positive(differences, racing.error(ALPHA, 1, look))
        if said:
            return n
    return None


def share_wrong_of_costs(dearer: float, chance: float, more: float, races: int, some_are_rare: bool = True) -> float:
    """The share of so many races that say at any look that what costs less does not."""
    rng, most = np.random.default_rng(1), racing.replications(LOOKS)
    rare = rng.random((races, most)) < chance
    ours = np.full(most, 100 + dearer)
    return sum(is_said_at(ours, 100 + more * of, some_are_rare) is not None for of in rare) / races


def said_of_dearer(part: float) -> int | None:
    """After how many replications it is said of what always costs more by this part of the other's cost."""
    most = racing.replications(LOOKS)
    return is_said_at(np.full(most, 100 * (1 + part)), np.full(most, 100.0))


def _tell_costs(races: int) -> None:
    cases = [f"{dearer:g} always, {more:g} in {chance:.0%}" for dearer, chance, more in RARE]
    print("| dearer than 100 | " + " | ".join(cases) + " |")
    print("|---|" + "---|" * len(RARE))
    for name, some_are_rare in (("by Student's t", False), ("by bets", True)):
        wrong = [f"{share_wrong_of_costs(*of, races, some_are_rare):.4f}" for of in RARE]
        print(f"| {name} | " + " | ".join(wrong) + " |", flush=True)
    for part in (0.1, 0.2, 0.5, 1, 2):
        print(f"costs {part:.0%} more: said after {said_of_dearer(part)} replications")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rates = (0.1, 0.5, 2, 10, 50)
    print("| outages | each look at 95 % | " + " | ".join(f"{rate:g} a replication" for rate in rates) + " |")
    print("|---|---|" + "---|" * len(rates))
    for name in LAWS:
        for spent in (True, False):
            row = [f"{share_wrong(name, rate, count, spent):.3f}" for rate in rates]
            print(f"| {name} | {'no' if spent else 'yes'} | " + " | ".join(row) + " |", flush=True)
    _tell_costs(count)
