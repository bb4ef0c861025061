"""All studies: how they are run, and what they come to."""

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from zlib import crc32

from experiments.verify.check import BAND, LIMIT, Basis, Check, Study

UNLIKELY = 1e-6
"""Probability below which so many moderate deviations are not put down to chance."""


def studies() -> tuple[Study, ...]:
    """All studies, in the order in which their checks are listed."""
    from experiments.verify import (
        configuration,
        jobs,
        k_of_n,
        node_and_pod,
        nodes_come_and_go,
        published,
        rare_events,
        repair_crew,
        rollout,
        single_unit,
        spreading,
        traffic,
        volumes,
        windows,
        zones,
    )

    modules = (
        single_unit,
        k_of_n,
        repair_crew,
        node_and_pod,
        spreading,
        zones,
        rollout,
        configuration,
        windows,
        volumes,
        traffic,
        jobs,
        nodes_come_and_go,
        rare_events,
        published,
    )
    return tuple(study for module in modules for study in module.STUDIES)


def verify(seed: int = 0, effort: float = 1.0, workers: int = 1) -> list[Check]:
    """Runs every study; the checks in the order of the studies, whatever the number of workers."""
    chosen = [study for study in studies() if study.least <= effort]
    longest_first = sorted(range(len(chosen)), key=lambda index: -chosen[index].seconds)
    checks: dict[int, list[Check]] = {}
    if workers == 1:
        for done, index in enumerate(longest_first, 1):
            checks[index] = _run(chosen[index].name, seed, effort)
            _progress(done, len(chosen), chosen[index])
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
            waiting = {pool.submit(_run, chosen[index].name, seed, effort): index for index in longest_first}
            for done, future in enumerate(as_completed(waiting), 1):
                index = waiting[future]
                checks[index] = future.result()
                _progress(done, len(chosen), chosen[index])
    return [check for index in range(len(chosen)) for check in checks[index]]


def _run(name: str, seed: int, effort: float) -> list[Check]:
    [study] = [study for study in studies() if study.name == name]
    # Seeds of their own: studies of like systems must not meet the same luck.
    return study.run(crc32(f"{seed}/{study.name}".encode()), study.effort(effort))


def _progress(done: int, of: int, study: Study) -> None:
    """On a terminal a line that is written over, else nothing: a log has no use for it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{done} of {of} studies; last: {study.name}" + ("\n" if done == of else ""))
        sys.stderr.flush()


def main(as_json: bool = False, seed: int = 0, effort: float = 1.0, workers: int = 2) -> int:
    """Prints every check; returns the exit code: 0 if all hold, 1 otherwise."""
    started = time.perf_counter()
    checks = verify(seed, effort, workers)
    sys.stderr.write(f"{len(checks)} checks in {time.perf_counter() - started:.0f} s\n")
    if as_json:
        rows = [{**asdict(check), "z": check.z, "margin": check.margin, "holds": check.holds} for check in checks]
        failed = sum(not check.holds for check in checks)
        sys.stdout.write(json.dumps({"checks": rows, "failed": failed, "verdict": verdict(checks)}, indent=1) + "\n")
    else:
        sys.stdout.write(table(checks))
    return 0 if passed(checks) else 1


def passed(checks: Sequence[Check]) -> bool:
    """Every check holds, and together they are no further off than chance allows."""
    return all(check.holds for check in checks) and probability_of_such_deviations(checks) >= UNLIKELY


def probability_of_such_deviations(checks: Sequence[Check]) -> float:
    """P(chi-square as large as the sum of z^2), as if the checks were independent: some share a simulation."""
    from scipy.stats import chi2

    squares = [check.z**2 for check in checks if check.z is not None]
    return float(chi2.sf(math.fsum(squares), len(squares))) if squares else 1.0


def table(checks: Sequence[Check]) -> str:
    """A line a check, and a verdict over all of them."""
    width = max(len(check.id) for check in checks) + 2
    lines = [f"{'CASE':<{width}}{'EXACT':>14}{'ESTIMATE':>14}{'OFF BY':>9}  {'BASIS':<11}QUANTITY"]
    for check in checks:
        mark = "" if check.holds else "  <-- beyond its margin"
        lines.append(
            f"{check.id:<{width}}{check.exact:>14.7g}{check.estimate:>14.7g}{_off_by(check):>9}  {check.basis:<11}"
            f"{check.quantity}{mark}"
        )
    return "\n".join((*lines, "", *verdict(checks))) + "\n"


def _off_by(check: Check) -> str:
    if check.z is not None:
        return f"{check.z:+.2f} se"
    share = (check.estimate - check.exact) / check.exact if check.exact else check.estimate
    return "0" if abs(share) < 1e-9 else f"{share:+.2%}"


def verdict(checks: Sequence[Check]) -> list[str]:
    """The checks as a whole, in sentences."""
    zs = [check.z for check in checks if check.z is not None]
    groups = Counter(check.id[0] for check in checks)
    held = sum(check.holds for check in checks)
    certain, published = (sum(check.basis is basis for check in checks) for basis in (Basis.CERTAIN, Basis.PUBLISHED))
    return [
        f"{held} of {len(checks)} checks hold, in {len(groups)} groups ({', '.join(sorted(groups))}).",
        f"{len(zs)} by {LIMIT:g} standard errors, {certain} without any chance, "
        f"{published} measurements of others by {BAND:.0%}.",
        f"Root mean square of the {len(zs)} deviations {math.sqrt(math.fsum(z**2 for z in zs) / max(1, len(zs))):.2f} "
        f"standard errors (1 expected), largest {max(map(abs, zs), default=0.0):.2f}; chi-square probability "
        f"{probability_of_such_deviations(checks):.2g} (as if independent).",
        "PASSED" if passed(checks) else "FAILED",
    ]
