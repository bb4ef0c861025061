"""What an engine does for a sweep: the cells of its points, and what comes of the points whose cells are all done.

The experiment at a point is made where its cells run, and kept there while the next cells are of the same point.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from experiments.design.sweep import Point
from experiments.file.points import AtPoint, Swept
from experiments.findings.points import PointRow, findings_at, manifest_at
from experiments.runner.point_keys import PointKeys
from experiments.runner.replication import CellSpec, Simulate, run_cell
from experiments.store.cell import Cell
from experiments.store.manifest import Manifest
from models.input.problems import InputError, Location, Problem

POINTS_AT_HAND = 4
"""So many points are in a process at a time: its cells come point after point."""
_made: OrderedDict[tuple[str, int], tuple[AtPoint, dict[str, str]] | InputError] = OrderedDict()
"""By sweep and number of the point, with the content ids by policy."""


@dataclass(frozen=True)
class CellTask:
    """One replication of one policy at one point."""

    sweep: str
    """Tells apart the sweeps that one process works for."""
    swept: Swept
    point: Point
    policy: str
    key: str
    replication: int
    seed: int
    simulate: Simulate
    own_metrics: tuple[Any, ...] = ()

    def run(self) -> Cell:
        """Simulate and measure; a point that cannot be made gives a failed cell that says why."""
        try:
            at = _at(self.sweep, self.swept, self.point, {self.policy: self.key})
        except InputError as error:
            reason = "; ".join(f"{problem.path}: {problem.message}".removeprefix(": ") for problem in error.problems)
            return self.failed(f"{self.point.label} cannot be run: {reason}")
        [scenario] = (one for one in at.design.scenarios if one.policy == self.policy)
        return run_cell(CellSpec(scenario, self.key, self.replication, self.simulate, own_metrics=self.own_metrics))

    def failed(self, why: str) -> Cell:
        """The cell, of which nothing is known but why."""
        return Cell(self.policy, self.replication, self.key, self.seed, status="failed", error=why)


@dataclass(frozen=True)
class RowTask:
    """What comes of a point whose cells are all done."""

    sweep: str
    swept: Swept
    point: Point
    keys: dict[str, str]
    manifest: Manifest
    cells: tuple[Cell, ...]

    def run(self) -> PointRow:
        """Estimate and judge; raises InputError if the point cannot be made any more."""
        at = _at(self.sweep, self.swept, self.point, self.keys)
        return row(self.cells, at, manifest_at(self.manifest, self.point.label, at.design, self.keys))


Task: TypeAlias = CellTask | RowTask


def work(task: Task) -> Cell | PointRow:
    """What an engine calls."""
    return task.run()


def made(swept: Swept, point: Point) -> tuple[AtPoint, dict[str, str]]:
    """The experiment at a point, and by policy the content ids of what is simulated there; raises InputError."""
    at = swept.at(point)
    policies = [scenario.policy for scenario in at.design.scenarios]
    return at, PointKeys(swept.value["spec"], swept.axes, swept.folder).at(point, policies)


def row(cells: Iterable[Cell], at: AtPoint, manifest: Manifest) -> PointRow:
    """What comes of the cells of a point; `manifest` as `manifest_at` has it."""
    return PointRow.of(findings_at(cells, manifest, at.resolved))


def _at(sweep: str, swept: Swept, point: Point, wanted: Mapping[str, str]) -> AtPoint:
    """The experiment at a point, with its content ids as the sweep has them; raises InputError.

    Files may be others here than where the sweep began, or may have changed since: under these ids only what was there
    then may be kept.
    """
    key = sweep, point.index
    if key not in _made:
        try:
            _made[key] = made(swept, point)
        except InputError as error:
            _made[key] = error
        if len(_made) > POINTS_AT_HAND:
            _made.popitem(last=False)
    found = _made[key]
    if isinstance(found, InputError):
        raise found
    at, keys = found
    if any(keys[policy] != of for policy, of in wanted.items()):
        message = f"files in {swept.folder} are not as they were where the sweep began, when it began"
        raise InputError([Problem(Location(swept.file), "", message)])
    return at
