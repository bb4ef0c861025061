"""The tables of a sweep: those of a single experiment with the number of the point in front, and two of its own.

They are written point by point, so that no more than a few cells are in memory at a time.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias

from experiments.design.sweep import Point, shown
from experiments.store.cell import Cell
from experiments.store.files import UNFINISHED, csv_text, located, write
from experiments.store.tables import CELLS_AT_ONCE, COLUMNS, arrow_columns, rows_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def write_tables(folder: Path, cells: Iterable[tuple[int, Cell]]) -> list[str]:
    """Write every table of `COLUMNS`, with a column `point` in front, from cells in the order of points.

    Returns the names of the files.
    """
    import pyarrow.parquet as pq

    coming = iter(cells)
    with TemporaryDirectory(dir=folder, prefix=".tables-", suffix=UNFINISHED) as temporary, located(folder):
        with ExitStack() as stack:
            writers: dict[str, Any] = {}
            for name in COLUMNS:
                schema = _with_point(arrow_columns(name, []), []).schema
                path = f"{temporary}/{name}.parquet"
                writers[name] = stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
            while some := list(islice(coming, CELLS_AT_ONCE)):
                for name, table in _batches(some):
                    writers[name].write_table(table)
        for name in COLUMNS:
            path = f"{temporary}/{name}.parquet"
            with open(path, "r+b") as file:
                os.fsync(file.fileno())
            os.replace(path, folder / f"{name}.parquet")
    return [f"{name}.parquet" for name in COLUMNS]


def _batches(cells: Sequence[tuple[int, Cell]]) -> Iterator[tuple[str, "pa.Table"]]:
    """The rows of some cells, by table, those without any aside."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    points: dict[str, list[int]] = {name: [] for name in COLUMNS}
    for point, cell in cells:
        for name, found in rows_of([cell], list(cell.services)).items():
            rows[name] += found
            points[name] += [point] * len(found)
    for name, found in rows.items():
        if found:
            yield name, _with_point(arrow_columns(name, found), points[name])


def _with_point(table: "pa.Table", points: Sequence[int]) -> "pa.Table":
    import pyarrow as pa

    return table.add_column(0, "point", pa.array(points, pa.int64()))


Found: TypeAlias = tuple[list[dict[str, Any]], list[dict[str, Any]]]


class PointTable:
    """Points as they are added, in their order: how each ended, and the rows of its summary."""

    def __init__(self, axes: Sequence[str]) -> None:
        self._axes = list(axes)
        self._points: list[dict[str, Any]] = []
        self._values: list[tuple[Any, ...]] = []
        self._rows: list[dict[str, Any]] = []
        self.failed = 0
        """Cells that failed."""
        self.missing = 0
        """Points that are not all done."""
        self.first_error = ""

    def add(
        self, point: Point, keys: Mapping[str, str], found: "Found | None", failed: Sequence[Cell], *, done: bool
    ) -> None:
        """One more: (rows of its summary, judged objectives) if anything is known of it, and cells that failed.

        `done`: whether nothing of it is left to do.
        """
        status = "missing" if not done else "failed" if failed else "done"
        error = failed[0].error if failed else ""
        self.failed, self.first_error = self.failed + len(failed), self.first_error or error
        self.missing += not done
        told = {"point": point.index, "label": point.label, "status": status, "failed": len(failed), "error": error}
        failures = [{"policy": cell.policy, "replication": cell.replication, "error": cell.error} for cell in failed]
        objectives = [] if found is None else found[1]
        beside = {"keys": keys, "failures": failures, "objectives": objectives}
        self._points.append(told | {name: json.dumps(of, ensure_ascii=False) for name, of in beside.items()})
        self._values.append(point.values)
        self._rows += [{"point": len(self._points) - 1} | row for row in (() if found is None else found[0])]

    def write(self, folder: Path) -> None:
        """Write points.parquet, summary.parquet and summary.csv."""
        import pandas as pd

        axes = pd.DataFrame(_axis_columns(self._axes, self._values))
        points = pd.DataFrame(self._points)
        points = pd.concat([points[["point"]], axes, points.drop(columns=["point"])], axis="columns")
        rows = pd.DataFrame(self._rows, columns=None if self._rows else ["point", "policy", "service"])
        of_rows = axes.loc[rows["point"]].reset_index(drop=True)
        rest = ["policy", "service", *(name for name in rows.columns if name not in ("point", "policy", "service"))]
        numbers = points[["point"]].loc[rows["point"]].reset_index(drop=True)
        summary = pd.concat([numbers, of_rows, rows[rest]], axis="columns")
        write(folder / "points.parquet", partial(_to_parquet, points))
        write(folder / "summary.parquet", partial(_to_parquet, summary))
        write(folder / "summary.csv", csv_text(summary))


def _axis_columns(names: Sequence[str], points: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Axis -> its value at each point: numbers where all are, else as people write them."""
    columns: dict[str, list[Any]] = {}
    for name, values in zip(names, zip(*points, strict=True), strict=True):
        numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        columns[name] = list(values) if numeric else [shown(value) for value in values]
    return columns


def _to_parquet(frame: "pd.DataFrame", path: Path) -> None:
    """Write a frame as a table that does not depend on pandas."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd")
