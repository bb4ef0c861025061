"""What a result folder keeps of a study of uncertain inputs, beside its cells: two tables.

tornado.parquet   a row per policy x service x input x end      answers.parquet   a row per run x service
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from experiments.metrics.column import Column, columns
from experiments.store.files import sha256, write
from experiments.store.folder import ResultFolder
from experiments.store.manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd

_OF = (
    Column("service", str, "Name of the Service."),
    Column("policy", str, "Name of the policy."),
)
COLUMNS: dict[str, dict[str, Column]] = {
    "tornado": columns(
        *_OF,
        Column("input", str, "Name of the input; empty of the middle, where all inputs are at their medians."),
        Column("end", str, "middle, low, high, or swing: high against low."),
        Column("value", str, "Of the input, at this end."),
        Column("downtime_s_per_year", float, "Downtime there; NaN where no outage was seen, and of a swing."),
        Column("downtime_low", float, "Lower end of its interval."),
        Column("downtime_high", float, "Upper end of its interval."),
        Column("replications", int, "Replications behind it."),
        Column("method", str, "How its interval was made."),
        Column("difference_s_per_year", float, "Downtime minus that of the middle; of a swing, of high minus low."),
        Column("difference_low", float, "Lower end of its interval, paired by replication."),
        Column("difference_high", float, "Upper end of its interval."),
        Column("pairs", int, "Replications in which both were run."),
        Column("correlation", float, "Of the paired downtimes; NaN where one of them never varies."),
        Column("outages", int, "Outages of both together."),
        Column("differing", int, "Replications in which the downtimes are unequal."),
        Column("p", float, "Of this difference alone."),
        Column("p_adjusted", float, "Adjusted for all differences of the Service under the policy."),
    ),
    "answers": columns(
        *_OF,
        Column("point", int, "Number of the point."),
        Column("block", int, "Which of the blocks, scrambled by themselves, its row is of."),
        Column("row", int, "Number of the row in its block."),
        Column("place", str, "In the row: A, B, or the input that is as in B where all others are as in A."),
        Column("replication", int, "Number of the replication; the same number means the same luck."),
        Column("downtime_s_per_year", float, "Downtime in this run, in seconds a year; NaN if it failed."),
    ),
}
"""Table -> name -> column, in order. In `answers` a column for each input follows, with its value as text."""
_ARROW = {int: "int64", float: "float64", str: "string"}


def write_tables(folder: ResultFolder, found: "Mapping[str, pd.DataFrame]") -> dict[str, str]:
    """Write the tables, and say what they are to be known by: `Manifest.files`."""
    import pyarrow.parquet as pq

    paths = {name: folder.path / f"{name}.parquet" for name in COLUMNS}
    for name, path in paths.items():
        write(path, partial(pq.write_table, _typed(name, found[name]), compression="zstd"))
    return {folder.name(path): sha256(path) for path in paths.values()}


def _typed(name: str, frame: "pd.DataFrame") -> Any:
    import pyarrow as pa

    types = {column.name: _ARROW[column.type] for column in COLUMNS[name].values()}
    schema = pa.schema([(str(each), types.get(str(each), "string")) for each in frame.columns])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)


def table(name: str, rows: Sequence[Mapping[str, Any]], inputs: Sequence[str] = ()) -> "pd.DataFrame":
    """A table from its rows; numbers that a row lacks are NaN, or 0 where they are whole."""
    import pandas as pd

    lacks = {int: 0, float: float("nan"), str: ""}
    declared = {column.name: lacks[column.type] for column in COLUMNS[name].values()} | dict.fromkeys(inputs, "")
    found = {each: [row.get(each, otherwise) for row in rows] for each, otherwise in declared.items()}
    types = {
        column.name: {int: "int64", float: "float64", str: "str"}[column.type] for column in COLUMNS[name].values()
    }
    return pd.DataFrame(found).astype(types | dict.fromkeys(inputs, "str"))


def read_tables(folder: ResultFolder, manifest: Manifest) -> "dict[str, pd.DataFrame]":
    """The tables; ValueError if one is not as it was written."""
    import pandas as pd

    paths = {name: folder.path / f"{name}.parquet" for name in COLUMNS}
    for path in paths.values():
        folder.check(manifest, path)
    return {name: pd.read_parquet(path) for name, path in paths.items()}
