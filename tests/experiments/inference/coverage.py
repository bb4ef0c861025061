"""How often the product's intervals hold the truth: studies of systems whose availability is known exactly.

`python tests/experiments/inference/coverage.py` prints the page docs/coverage.md, and with `--table` it writes it.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.units import YEAR

sys.path.insert(0, str(Path(__file__).parents[3]))  # as a program it is not part of the package

from experiments.inference import estimate, intervals
from experiments.inference.strata import Stratum
from tests.experiments.inference.known_systems import CAUSES, RARE, REGULAR, SYSTEMS, System


@dataclass(frozen=True)
class Study:
    """What a study sees: per replication downtime and outages begun; the outages of each cause; the window."""

    downtimes: np.ndarray
    counts: np.ndarray
    by_cause: dict[str, Stratum]
    window: float

    @property
    def lengths(self) -> np.ndarray:
        """Of all outages."""
        return np.concatenate([np.empty(0), *(one.lengths for one in self.by_cause.values())])


def studies(system: System, outages: float, replications: int, count: int, rng: np.random.Generator) -> Iterator[Study]:
    """`count` studies with so many expected outages in all."""
    window = outages / system.outage_rate / replications
    size = max(1, min(count, int(2e6 / system.cost(window) / replications)))
    for done in range(0, count, size):
        batch = min(size, count - done)
        starts, ends, causes = system.outages(batch * replications, window, rng)
        run = (starts / (2 * window)).astype(int)
        begun = starts > 2 * window * run
        counts = np.bincount(run, begun, batch * replications).reshape(batch, replications)
        strata = {
            mode: list(_by_study(run[causes == number], (ends - starts)[causes == number], batch, replications))
            for number, mode in enumerate(system.modes)
        }
        for study in range(batch):
            found = {mode: of[study] for mode, of in strata.items()}
            downtimes = np.sum([one.downtimes for one in found.values()], axis=0)
            seen = {mode: one for mode, one in found.items() if len(one.lengths)}
            yield Study(downtimes, counts[study], seen, window)


def _by_study(runs: np.ndarray, lengths: np.ndarray, batch: int, replications: int) -> Iterator[Stratum]:
    """Outages in so many studies of so many runs each."""
    downtimes = np.bincount(runs, lengths, batch * replications).astype(float).reshape(batch, replications)
    of_study = np.split(lengths, np.searchsorted(runs, replications * np.arange(1, batch)))
    for sums, one in zip(downtimes, of_study, strict=True):
        yield Stratum(sums, one)


@dataclass(frozen=True)
class Coverage:
    """Of all studies; one that saw no outage counts as covered if its bound, with the true mean length, holds."""

    share: float
    """Those whose interval of the availability holds the truth."""
    nameless: float
    """Those whose interval would, if the causes of outages were not known."""
    too_high: float
    """Those that state too high an availability."""
    rate: float
    """Those whose interval of the outages a year holds the truth."""
    none_seen: float
    student: float
    """Those whose usual t interval would hold the truth."""
    wide: float
    """Upper end of the unavailability over its value, the median."""
    nameless_wide: float
    """The same, if the causes of outages were not known."""


def coverage(system: System, outages: float, replications: int, count: int, seed: int) -> Coverage:
    """The product's 95 % intervals in `count` studies with so many expected outages each."""
    true, rate = system.unavailability, system.outage_rate
    hits = blind = above = rates = none = usual = 0
    wide, blind_wide = [], []
    for study in studies(system, outages, replications, count, np.random.default_rng(seed)):
        windows = np.full(replications, study.window)
        unseen = {mode: length for mode, length in system.modes.items() if mode not in study.by_cause}
        strata = list(study.by_cause.values())
        found = estimate.availability(
            study.downtimes, windows, study.lengths, 0.95, true / rate, by_cause=strata, unseen=unseen
        )
        nameless = estimate.availability(study.downtimes, windows, study.lengths, 0.95, true / rate)
        hits += found.low <= 1 - true <= found.high
        blind += nameless.low <= 1 - true <= nameless.high
        above += found.low > 1 - true
        per_year = estimate.outages_per_year(study.counts, windows, 0.95)
        rates += per_year.low <= rate * YEAR <= per_year.high
        none += found.is_bound
        student = intervals.ratio(study.downtimes, windows, 0.95)
        usual += student.low <= true <= student.high
        if not found.is_bound:
            wide.append((1 - found.low) / (1 - found.value))
            blind_wide.append((1 - nameless.low) / (1 - nameless.value))
    return Coverage(
        share=hits / count,
        nameless=blind / count,
        too_high=above / count,
        rate=rates / count,
        none_seen=none / count,
        student=usual / count,
        wide=float(np.median(wide)),
        nameless_wide=float(np.median(blind_wide)),
    )


OUTAGES = (2, 5, 10, 20, 50, 100, 200)


HEAD = f"| expected outages | {' | '.join(map(str, OUTAGES))} |\n|---|{'---|' * len(OUTAGES)}"
PAGE = """# How often the intervals hold the truth

Nominal 95 %, {replications} replications a study, {count} studies a number (standard error {error:.3f}), one seed;
`python tests/experiments/inference/coverage.py --table` writes this page, and `pytest -m slow` repeats it. Every
system is simulated directly, and its availability is known exactly. What the intervals are is said in
`experiments/inference/intervals.py`.
A study without any outage states a bound, the rule of three times a stated length of an outage (here the true mean); it
counts as covered when the bound holds. That is 13 % of the studies where two outages are expected, 0.7 % of those with
five, and none from ten on.

## Availability

{systems}

At least 93 % at any number of outages, and not more than 97 % from 50 on: one cause. Lognormal has sigma 1.2, Weibull
the shape 0.7.

### Several causes

Intervals by cause (`experiments/inference/strata.py`): each outage has a name, and modes that caused none are counted
in.

{causes}

At least 93 % at any number of outages, and mostly more than 97 %: parts whose ends are far from normal are joined as
if they were normal, and a bound for the unseen is added to what was seen. `4 crashes a loss`: a pod that crashes every
30 days (restart 60 s) on nodes that are lost every 120 days (360 s); `60 crashes`: every 2 days, 10 s. Layouts: three
replicas, two needed, nodes 60 d; an outage that a node and a pod share half and half counts as the pod's. A mode that
caused no outage is taken to last as long as it truly takes a replica away.

The same without names, from the lengths of outages alone:

{nameless}

Where 2 % of the outages are 30 to 40 times as long as the others and bring some 40 % of the downtime (second and last
row), lengths alone cannot know of those that did not happen yet.

### Outages of one length

{regular}

The interval does not know that they are all alike, and takes them for more unequal.

### Rare outages that bring much of the downtime, of one cause

{rare}

Here 10 % of the outages are 90 times as long as the others and bring nine tenths of the downtime, and no name tells
them apart. No interval knows of outages that did not happen yet: when it misses, the availability is nearly always
stated too high. So the end of a run names failures that never struck and rows where three outages or fewer brought half
of the downtime; the remedies are more replications, and failures of different length under different names.

## How wide they are

The upper end of the unavailability over its value, the median of studies that saw an outage:

{wide}

Of several causes, and in the second table the same without names:

{causes_wide}

{nameless_wide}

## Outages a year

{rates}

## For comparison: Student's t on the replications

{student}
"""


def show(systems: dict[str, System], found: dict[str, list[Coverage]], what: str = "share", digits: int = 3) -> str:
    """A table of Markdown, a line per system."""
    lines = [
        f"| {name} | {' | '.join(f'{getattr(one, what):.{digits}f}' for one in found[name])} |" for name in systems
    ]
    return "\n".join([HEAD, *lines])


def page(replications: int, count: int) -> str:
    """The page docs/coverage.md."""
    everything = SYSTEMS | CAUSES | REGULAR | RARE
    found = {
        name: [coverage(system, outages, replications, count, seed=1) for outages in OUTAGES]
        for name, system in everything.items()
    }
    return PAGE.format(
        replications=replications,
        count=f"{count:,}",
        error=math.sqrt(0.05 * 0.95 / count),
        systems=show(SYSTEMS, found),
        regular=show(REGULAR, found),
        rare=show(RARE, found),
        causes=show(CAUSES, found),
        nameless=show(CAUSES, found, "nameless"),
        wide=show(SYSTEMS, found, "wide", 2),
        causes_wide=show(CAUSES, found, "wide", 2),
        nameless_wide=show(CAUSES, found, "nameless_wide", 2),
        rates=show(everything, found, "rate"),
        student=show(SYSTEMS | CAUSES, found, "student"),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=50)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--table", action="store_true", help="write docs/coverage.md instead of printing it")
    asked = parser.parse_args()
    text = page(asked.replications, asked.studies)
    if asked.table:
        target = Path(__file__).parents[3] / "docs" / "coverage.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    else:
        print(text)
