"""How often the intervals of rare outages hold the truth: many studies of cheap systems that differ in their seed only.

`python tests/experiments/rare/coverage.py` prints the page docs/coverage-rare.md, and with `--table` it writes it.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3]))  # as a program it is not part of the package

from experiments.design.scenario import Scenario
from experiments.rare import pilot
from experiments.rare.study import study
from models.distributions import Exponential, Fixed
from models.units import DAY
from tests.experiments.rare.systems import kubernetes, of_units, with_seed

LOOKS, PILOT, RELATIVE = 6, 6, 0.3
"""Degraded periods a replication, and replications of a phase of the pilot: fewer than is otherwise taken, so that they
are cheap, and their values more skewed."""


@dataclass(frozen=True)
class System:
    """A Service whose unavailability is known."""

    what: str
    scenario: Scenario
    unavailability: float | None
    """None: known only as the mean of all studies."""


SYSTEMS = {
    "fixed": System(
        "1 of 3 pods that stay, outages of one length",
        of_units(3, Exponential(75_600.0), Fixed(352.5), days=10),
        (352.5 / (75_600 + 352.5)) ** 3,
    ),
    "exponential": System(
        "1 of 2 pods that stay, exponential repairs",
        of_units(2, Exponential(10 * DAY), Exponential(1800.0), days=100),
        (1800 / (10 * DAY + 1800)) ** 2,
    ),
    "rescheduled": System(
        "1 of 2 replicas, moved by Kubernetes, lognormal repairs", kubernetes(2, nodes=4, life=13 * DAY, days=60), None
    ),
}


@dataclass(frozen=True)
class One:
    """What a study came to."""

    value: float
    low: float
    high: float
    replications: int
    complains: bool


def one(name: str, seed: int) -> One | None:
    """A study with this seed; None if its pilot met no outage."""
    pilot.LOOKS, pilot.PILOT = LOOKS, PILOT
    scenario = with_seed(SYSTEMS[name].scenario, seed)
    found = study(scenario, scenario.services[0].name, RELATIVE)
    if found.unavailability is None or found.diagnostics is None:
        return None
    of = found.unavailability
    return One(of.value, of.low, of.high, of.replications, bool(found.diagnostics.complaints))


@dataclass(frozen=True)
class Coverage:
    """What many studies of a system came to."""

    studies: int
    share: float
    """Those whose interval holds the truth; a study whose pilot met no outage holds nothing."""
    low: float
    """Those that state too low an unavailability."""
    mean: float
    """Of the values, as a share of the truth."""
    mean_error: float
    half: float
    """Of an interval, as a share of the value: the median."""
    replications: float
    """The median."""
    none: int
    """Those whose pilot met no outage."""

    @property
    def error(self) -> float:
        """Standard error of `share`, were it 0.95."""
        return math.sqrt(0.05 * 0.95 / self.studies)


def coverage(system: System, found: Sequence[One | None]) -> Coverage:
    """Of these studies."""
    some = [each for each in found if each is not None]
    values = np.array([each.value for each in some])
    true = system.unavailability or float(values.mean())
    return Coverage(
        len(found),
        sum(each.low <= true <= each.high for each in some) / len(found),
        sum(each.high < true for each in some) / len(found),
        float(values.mean()) / true,
        float(values.std(ddof=1)) / math.sqrt(len(values)) / true,
        float(np.median([(each.high - each.low) / 2 / each.value for each in some])),
        float(np.median([each.replications for each in some])),
        len(found) - len(some),
    )


HEAD = """| system | U | studies | covered | too low | mean of the values / U | half | replications |
|---|---|---|---|---|---|---|---|"""
PAGE = """# How often the intervals of rare outages hold the truth

Nominal 95 %; the studies of a system differ in their seed only, and each has a pilot of its own.
`python tests/experiments/rare/coverage.py --table` writes this page. The studies are asked for an interval of
{relative:.0%}, with {looks} degraded periods a replication, a quarter of what is otherwise taken: so they are cheap,
and their values are more skewed. What the intervals are is said in `experiments/inference/rare_events.py`.

{table}

The first two are known exactly; of the third the mean of all its studies is taken for the truth. "+-" are standard
errors. "Too low": the whole interval lies below the truth. "Half": half of an interval as a share of the value, the
median. A study whose pilot meets no outage counts as not covered; there were {none}. Measured at commit {commit}.
"""


def line(name: str, of: Coverage, unavailability: float) -> str:
    """Of the table."""
    mean = f"{of.mean:.4f} +- {of.mean_error:.4f}" if SYSTEMS[name].unavailability else f"1 +- {of.mean_error:.4f}"
    return (
        f"| {SYSTEMS[name].what} | {unavailability:.2e} | {of.studies} | {of.share:.3f} +- {of.error:.3f} | "
        f"{of.low:.3f} | {mean} | {of.half:.1%} | {of.replications:.0f} |"
    )


def page(found: dict[str, Sequence[One | None]], commit: str) -> str:
    """The page docs/coverage-rare.md."""
    lines, none = [HEAD], 0
    for name, its in found.items():
        of = coverage(SYSTEMS[name], its)
        values = [each.value for each in its if each is not None]
        lines.append(line(name, of, SYSTEMS[name].unavailability or float(np.mean(values))))
        none += of.none
    return PAGE.format(relative=RELATIVE, looks=LOOKS, table="\n".join(lines), none=none or "none", commit=commit)


def studies(name: str, count: int, pool: ProcessPoolExecutor, kept: Path | None) -> list[One | None]:
    """So many of the system; those that are in the folder `kept` are not made again."""
    lines = kept / f"{name}.jsonl" if kept else None
    known = lines.read_text().splitlines() if lines and lines.exists() else []
    found = [One(**row) if (row := json.loads(text)) else None for text in known[:count]]
    for each in pool.map(one, [name] * (count - len(found)), range(len(found) + 1, count + 1)):
        found.append(each)
        if lines:
            with lines.open("a") as file:
                file.write(json.dumps(each and vars(each)) + "\n")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--system", choices=SYSTEMS, action="append", help="only this one; may be given repeatedly")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a folder in which finished studies are kept, to go on later")
    parser.add_argument("--commit", default="of today", help="what the studies were made with, for the page")
    parser.add_argument("--table", action="store_true", help="write docs/coverage-rare.md instead of printing it")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("forkserver")) as pool:
        text = page(
            {name: studies(name, asked.studies, pool, asked.keep) for name in asked.system or SYSTEMS}, asked.commit
        )
    if asked.table:
        (Path(__file__).parents[3] / "docs" / "coverage-rare.md").write_text(text)
    else:
        print(text)
