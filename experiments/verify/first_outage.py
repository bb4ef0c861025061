"""How long systems last until their first outage, for many choices of units from a pool."""

from collections.abc import Iterable

import numpy as np

from models.arrays import Floats, Ints
from simulator.log import Kind
from simulator.run import Run

"""Shape (choices, n): the units of each system."""


def power_changes(run: Run) -> list[tuple[float, int, bool]]:
    """(time, node, whether it is up again) of all losses and returns of power."""
    assert run.log is not None
    rows = run.log.columns()
    rows = rows[(rows[:, 1] == Kind.NODE_POWER) & (rows[:, 0] >= 0)]
    return [(time, int(node), bool(new)) for time, _, node, _, new, _ in rows]


class FirstOutages:
    """Lives of systems, each from all units up to the first outage; a new life starts when all are up again.

    With exponential lives of the units every such moment is as good as the start.
    """

    def __init__(self, choices: Ints, k: int, horizon: float) -> None:
        self._failures = choices.shape[1] - k + 1
        self._having = [np.flatnonzero((choices == unit).any(axis=1)) for unit in range(choices.max() + 1)]
        self._count = len(choices)
        self._horizon = horizon

    def of(self, changes: Iterable[tuple[float, int, bool]]) -> tuple[float, int, float]:
        """(seconds lived, lives that ended, share of the systems that met an outage at all) over one run."""
        lost, ended = 0.0, 0
        struck: set[int] = set()
        for excursion in _excursions(changes, self._failures):
            down = np.zeros(self._count, dtype=np.int64)
            dead_since = np.full(self._count, np.nan)
            for time, unit, up in excursion:
                if unit >= len(self._having):
                    continue
                mine = self._having[unit]
                down[mine] += -1 if up else 1
                if up:
                    whole = mine[(down[mine] == 0) & ~np.isnan(dead_since[mine])]
                    lost += float((time - dead_since[whole]).sum())
                    dead_since[whole] = np.nan
                else:
                    dying = mine[(down[mine] >= self._failures) & np.isnan(dead_since[mine])]
                    dead_since[dying] = time
                    ended += len(dying)
                    struck.update(dying.tolist())
            lost += float(np.nansum(self._horizon - dead_since))
        return self._horizon * self._count - lost, ended, len(struck) / self._count


def _excursions(changes: Iterable[tuple[float, int, bool]], failures: int) -> Iterable[list[tuple[float, int, bool]]]:
    """The stretches between moments with all units up in which so many were down at once."""
    current: list[tuple[float, int, bool]] = []
    down = most = 0
    for change in changes:
        current.append(change)
        down += -1 if change[2] else 1
        most = max(most, down)
        if down == 0:
            if most >= failures:
                yield current
            current, most = [], 0
    if most >= failures:
        yield current


def mean_of_lives(lived: Floats, ended: Floats) -> tuple[float, float]:
    """Seconds lived per life that ended, over independent replications, and its standard error (delta method)."""
    mean = float(lived.sum() / ended.sum())
    residuals = lived - mean * ended
    return mean, float(np.sqrt(len(lived)) * residuals.std(ddof=1) / ended.sum())
