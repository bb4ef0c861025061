"""A check, a study, and how all of them are run."""

import json
import math
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context

LIMIT = 4.0
"""Standard errors: a false alarm once in 16,000 checks."""


@dataclass(frozen=True)
class Check:
    """An estimate held against the exact answer."""

    id: str
    """The id of the case in the list of exact answers."""
    quantity: str
    exact: float
    estimate: float
    standard_error: float
    """Of the estimate, from the system's known variance."""

    @property
    def z(self) -> float:
        """(estimate - exact) in standard errors."""
        return (self.estimate - self.exact) / self.standard_error

    @property
    def holds(self) -> bool:
        """Within four standard errors."""
        return abs(self.z) < LIMIT


@dataclass(frozen=True)
class Study:
    """Some simulated time of one system, and the checks that it serves."""

    name: str
    run: Callable[[int, float], list[Check]]
    """(seed, effort) -> checks; effort 1 is the full study, less is that share of its simulated time."""


def studies() -> tuple[Study, ...]:
    """All studies."""
    from experiments.verify import k_of_n, node_and_pod, single_unit, zones

    return (*single_unit.STUDIES, *k_of_n.STUDIES, *node_and_pod.STUDIES, *zones.STUDIES)


def verify(seed: int = 0, effort: float = 1.0, workers: int = 1) -> list[Check]:
    """Runs every study; the checks in the order of the studies, whatever the number of workers."""
    chosen = studies()
    if workers == 1:
        return [check for study in chosen for check in study.run(seed, effort)]
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        results = pool.map(_run, range(len(chosen)), [seed] * len(chosen), [effort] * len(chosen))
        return [check for checks in results for check in checks]


def _run(index: int, seed: int, effort: float) -> list[Check]:
    return studies()[index].run(seed, effort)


def main(as_json: bool = False, seed: int = 0, effort: float = 1.0, workers: int = 2) -> int:
    """Prints every check; returns the exit code: 0 if all hold, 1 otherwise."""
    checks = verify(seed, effort, workers)
    failed = [check for check in checks if not check.holds]
    if as_json:
        rows = [{**asdict(check), "z": check.z, "holds": check.holds} for check in checks]
        sys.stdout.write(json.dumps({"checks": rows, "failed": len(failed)}, indent=1) + "\n")
    else:
        sys.stdout.write(table(checks))
    return 1 if failed else 0


def table(checks: Sequence[Check]) -> str:
    """A line a check, and a verdict over all of them."""
    lines = [f"{'CASE':<14}{'EXACT':>14}{'ESTIMATE':>14}{'Z':>7}  QUANTITY"]
    for check in checks:
        mark = "" if check.holds else "  <-- beyond four standard errors"
        lines.append(
            f"{check.id:<14}{check.exact:>14.6g}{check.estimate:>14.6g}{check.z:>7.2f}  {check.quantity}{mark}"
        )
    held = sum(check.holds for check in checks)
    spread = math.sqrt(sum(check.z**2 for check in checks) / len(checks))
    lines.append(
        f"{held} of {len(checks)} within {LIMIT:g} standard errors; root mean square z {spread:.2f} (1 expected)"
    )
    return "\n".join(lines) + "\n"
