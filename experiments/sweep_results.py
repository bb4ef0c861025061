"""Results of a sweep: a table over all points, and the results of each point as of a single experiment."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.design.sweep import Point, Sweep, value_text
from experiments.findings.sweep import SweepFindings
from experiments.store.cell import Cell
from experiments.store.folder import NotAResultFolder, ResultFolder
from experiments.store.kept import Kept
from models.input.problems import InputError, Refusal, did_you_mean
from models.units import counted

if TYPE_CHECKING:
    import pandas as pd

    from experiments.file.points import Swept
    from experiments.file.source import Source
    from experiments.findings.findings import Findings
    from experiments.plots.sweep import SweepPlots
    from experiments.results import Results

MOST_NAMED = 10
"""So many points are named in a message."""


class SweepResults(SweepFindings):
    """What a sweep found, of the folder that holds it."""

    @classmethod
    def open(cls, path: str | Path) -> "SweepResults":
        """Read a result folder; `NotAResultFolder` if it is none, or of a single experiment."""
        folder = ResultFolder(Path(path))
        manifest = folder.what_ran()
        if manifest.sweep is None:
            raise NotAResultFolder(f"{path} is of a single experiment, not of a sweep")
        with folder.complete():
            for name in ("summary.parquet", "points.parquet", "resolved.yaml"):
                folder.check(manifest, folder.path / name)
        return cls(manifest, Path(path))

    # --- one point ---------------------------------------------------------------------------------------------------

    def at(self, point: "Point | int") -> "Results":
        """The results at a point (or by its number), as of a single experiment; `Refusal` if it is not all done.

        `NotAResultFolder` if some of it is gone.
        """
        from experiments.findings.points import manifest_at
        from experiments.results import Results
        from experiments.store.tables import tables

        index = point if isinstance(point, int) else point.index
        row = self._points.iloc[index]
        if row["status"] == "missing":
            raise Refusal(f"{row['label']} is not all done yet: run the experiment again to resume it")
        try:
            at = self._swept.at(self.sweep.points[index])
        except InputError as error:
            reason = "; ".join(problem.message for problem in error.problems)
            raise Refusal(f"{row['label']} cannot be run: {reason}") from error
        keys: dict[str, str] = json.loads(row["keys"])
        manifest = manifest_at(self.manifest, str(row["label"]), at.design, keys)
        failures = {(of["policy"], of["replication"]): of["error"] for of in json.loads(row["failures"])}
        with ResultFolder(self.path).complete():
            cells = self._cells(keys, manifest.replications, failures)
            found = tables(cells, manifest.policies, manifest.services)
        return Results(manifest, found, at.resolved, self.path)

    def _cells(self, keys: dict[str, str], replications: int, failures: dict[tuple[str, int], str]) -> Iterator[Cell]:
        """The cells of a point, those that failed among them; ValueError if one is gone."""
        for policy, key in keys.items():
            for number in range(replications):
                if (error := failures.get((policy, number))) is not None:
                    yield Cell(policy, number, key, self.manifest.seed, status="failed", error=error)
                elif (name := f"{key}/{number}") in self._kept:
                    yield Cell.from_json(self._kept[name])
                else:
                    raise ValueError(f"replication {number} under {policy}, which was finished, is gone")

    def holds_every_cell(self) -> bool:
        """Whether what `at` needs is there of all points, if no cell of them failed."""
        keys = {key for of in self._points["keys"] for key in json.loads(of).values()}
        return all(f"{key}/{number}" in self._kept for key in keys for number in range(self.manifest.replications))

    def point(self, told: str) -> int:
        """The number of the point that is told as `node-mttf=30d,zones=a`, or by its number. Raises `Refusal`.

        Axes of which only one value is left by the others need not be said.
        """
        if told.isdecimal():
            if int(told) >= len(self._points):
                raise Refusal(f"there is no point {told}: they are numbered from 0 to {len(self._points) - 1}")
            return int(told)
        rows = self._points
        for axis, value in self._assignments(told):
            rows = self._having(rows, axis, value)
        if len(rows) > 1 and rows["label"].nunique() > 1:
            open_ = [axis for axis in self.axes if rows[axis].map(value_text).nunique() > 1]
            raise Refusal(f"{len(rows)} points are like this: {_some(rows['label'])}; say {' and '.join(open_)}, too")
        return int(rows["point"].iloc[0])

    def along(self, axis: str, point: str | None = None, policy: str | None = None) -> "Findings":
        """The points that differ on one axis, as policies that can be compared: named `AXIS=VALUE`, under one policy.

        `point` says what the other axes are (they may be left out if each has one value). Of a sample no two points
        are on a line along an axis, unless it is the only one. Raises `Refusal`.
        """
        from experiments.findings.merging import merged, under

        rows = self._points
        others = [name for name in self.axes if name != axis]
        for name, value in self._assignments(point) if point is not None else ():
            if name != axis:
                rows = self._having(rows, name, value)
        if open_ := [name for name in others if rows[name].map(value_text).nunique() > 1]:
            example = ",".join(f"{name}={value_text(rows[name].iloc[0])}" for name in open_)
            raise Refusal(f"to compare along {axis}, say where on {' and '.join(open_)}: --point {example}")
        policy = policy or self.policies[0]
        named = {f"{axis}={value_text(rows[axis].loc[i])}": self.at(int(rows["point"].loc[i])) for i in rows.index}
        found = merged({name: under(one, policy) for name, one in named.items()}, lambda name, policy: name)
        found.manifest = replace(found.manifest, name=f"{self.manifest.name}: {policy}", point=point)
        return found

    def fixed(self, told: str) -> dict[str, Any]:
        """Values of axes that are told as `zones=a,node-mttf=30d`, as the table has them. Raises `Refusal`."""
        return {axis: self._having(self._points, axis, value)[axis].iloc[0] for axis, value in self._assignments(told)}

    @staticmethod
    def _having(rows: "pd.DataFrame", axis: str, value: str) -> "pd.DataFrame":
        """The points with a value on an axis; raises `Refusal` if there is none."""
        known = [value_text(each) for each in rows[axis]]
        if value not in known:
            hint = did_you_mean(value, known) or f"; there is {_some(dict.fromkeys(known))}"
            raise Refusal(f"no point has {axis}={value}{hint}")
        return rows.loc[[each == value for each in known]]

    def _assignments(self, told: str) -> Iterator[tuple[str, str]]:
        """(axis, value as people write it): values may have commas in them, so that axes are told by their names."""
        names = "|".join(map(re.escape, sorted(self.axes, key=len, reverse=True)))
        parts = re.split(rf"(?:^|[,\s])({names})=", told)
        if parts[0].strip() or len(parts) < 3:
            first = parts[0].split("=")[0].strip(" ,")
            hint = did_you_mean(first, self.axes) or f"; the axes are {', '.join(self.axes)}"
            raise Refusal(f"a point is told by its axes, like {self._points['label'].iloc[0]!r} (got {told!r}){hint}")
        yield from zip(parts[1::2], (value.strip(" ,") for value in parts[2::2]), strict=True)

    @cached_property
    def sweep(self) -> Sweep:
        """The axes and their points."""
        assert self._source.file is not None
        assert self._source.file.spec.sweep is not None
        return self._source.file.spec.sweep.value(self._source.file.spec.seed)

    @cached_property
    def _source(self) -> "Source":
        from experiments.file.document import load_experiment
        from experiments.file.source import read

        document, problems = load_experiment(self.path / "resolved.yaml")
        source = read(document)
        if source.file is None or source.file.spec.sweep is None:
            raise InputError([*problems, *source.problems])
        return source

    @cached_property
    def _swept(self) -> "Swept":
        from experiments.file.points import Swept

        policies, times = tuple(self.manifest.policies), self.manifest.replications
        return Swept.of(self._source.document, str(self.path), self.sweep, policies, times)

    @cached_property
    def _kept(self) -> Kept:
        return Kept(ResultFolder(self.path).sweep_cells)

    def points_that_ran(self) -> list[int]:
        """The numbers of the points of which anything is known, all of them done."""
        known = set(self._table["point"])
        done = self._points["status"] != "missing"
        return [int(number) for number in self._points.loc[done, "point"] if number in known]

    def failed_outright(self, tell: Callable[[str], None]) -> int:
        """How many cells failed at points of which nothing is known; each such point is told with its reason."""
        nothing = ~self._points["point"].isin(self._table["point"])
        lost = self._points.loc[(self._points["status"] == "failed") & nothing]
        for label, error in zip(lost["label"], lost["error"], strict=True):
            tell(f"failed at [{label}]: {error}")
        return int(lost["failed"].sum())

    # --- pictures and pages ------------------------------------------------------------------------------------------

    @cached_property
    def plot(self) -> "SweepPlots":
        """The plots: `results.plot.curves("node-mttf", ax=ax)`."""
        from experiments.plots.sweep import SweepPlots

        return SweepPlots(self)

    def to_html(self, path: str | Path) -> Path:
        """Write the report: one file that needs no other and no network."""
        from experiments.report.sweep_html import report_html
        from experiments.store.files import write

        source = (self.path / "experiment.yaml").read_text(encoding="utf-8", errors="replace")
        write(Path(path), report_html(self, self.plot.drawings, source))
        return Path(path)

    def _repr_html_(self) -> str:
        from experiments.report.sweep import summary_html

        return summary_html(self)

    def __repr__(self) -> str:
        return f"<SweepResults of {self.manifest.name}: {counted(len(self._points), 'point')}>"


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:MOST_NAMED]) + (", ..." if len(listed) > MOST_NAMED else "")
