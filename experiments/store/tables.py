"""The tables of a result folder: their columns, and how cells become rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from itertools import chain, islice
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.attribution import disruptions, losses, rare_losses
from experiments.metrics import burn_rate, jobs, operations, rare_outages, requests, rollouts
from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.column import Column, columns
from experiments.metrics.metric import metrics
from experiments.metrics.observation import Observation
from experiments.store.files import located
from experiments.store.rare_cell import RareCell

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from experiments.store.cell import Cell

_CELL = columns(
    Column("policy", str, "Name of the policy."),
    Column("replication", int, "Number of the replication; the same number means the same luck under every policy."),
)
_SERVICE = _CELL | columns(Column("service", str, "Name of the Service."))

DETAILS: dict[str, dict[str, Column]] = {
    "alerts": burn_rate.COLUMNS,
    "rollouts": rollouts.COLUMNS,
    "losses": losses.COLUMNS,
    "disruptions": disruptions.COLUMNS,
    "requests": requests.REQUESTS,
    "lost_requests": requests.LOST_REQUESTS,
    "rare": rare_outages.RARE,
    "excursions": rare_outages.EXCURSIONS,
    "rare_losses": rare_losses.COLUMNS,
}
"""Tables whose rows a cell brings along (`Cell.details`), none or many a Service: table -> name -> column.

Of no Service are the rows of `operations` and `jobs`, which a cell brings along too.
"""

_OUTAGES = columns(
    Column(
        "start_s",
        float,
        "Beginning, in seconds since the start of the measured window; 0 if it was under way then.",
    ),
    Column("end_s", float, "End, in the same seconds; the window's length if the outage was not over then."),
    Column(
        "cause",
        str,
        "Failure mode or operation that most of it is due to; empty if nothing broke, or if it is not known.",
    ),
)
_RUN = columns(
    Column("scenario", str, "Content id of what was simulated, without the replication."),
    Column("seed", int, "Seed of the experiment; with the replication it determines the run."),
    Column("status", str, "done or failed."),
    Column("error", str, "What went wrong in a failed cell; else empty."),
    Column("transitions", int, "State changes that happened in the run."),
    Column("strikes", str, "How often each failure mode and operation struck, as a JSON object."),
    Column("pending", str, "Pods not made, placed, started or running at the end and why, as a JSON object."),
)

COLUMNS: dict[str, dict[str, Column]] = {
    "runs": _SERVICE | columns(*(metric.column for metric in metrics(Observation).values())),
    "outages": _SERVICE | _OUTAGES,
    "cells": _CELL | _RUN | columns(*(metric.column for metric in metrics(ClusterObservation).values())),
    **{table: _SERVICE | declared for table, declared in DETAILS.items()},
    "operations": _CELL | operations.COLUMNS,
    "jobs": _CELL | jobs.COLUMNS,
}
"""Table -> name -> column, in order."""

_PANDAS = {int: "int64", float: "float64", str: "str"}

CELLS_AT_ONCE = 200
"""So many cells are rows in memory at a time: as Python objects they take many times the room of their columns."""


def tables(
    cells: "Iterable[Cell | RareCell]", policies: Sequence[str], services: Sequence[str]
) -> dict[str, "pd.DataFrame"]:
    """The tables of `COLUMNS`, in the order of policies, replications, services and time.

    The cells are taken as they come, each once, in any order. What is not in order yet waits in temporary files, so
    that there is little more in memory than the tables.
    """
    import pyarrow as pa

    coming = iter(cells)
    first = list(islice(coming, CELLS_AT_ONCE))
    if len(first) < CELLS_AT_ONCE:  # few: there is no need to keep them elsewhere
        return {name: _frame(name, rows, policies) for name, rows in rows_of(first, services).items()}
    coming = chain(first, coming)
    with TemporaryDirectory(prefix="kubenines-") as folder, located(folder):
        paths = {name: f"{folder}/{name}.arrow" for name in COLUMNS}
        with ExitStack() as stack:
            files = {
                n: stack.enter_context(pa.ipc.new_file(path, arrow_columns(n, []).schema)) for n, path in paths.items()
            }
            while some := list(islice(coming, CELLS_AT_ONCE)):
                for name, rows in rows_of(some, services).items():
                    files[name].write_table(arrow_columns(name, rows))
        return {name: _in_order(name, path, policies) for name, path in paths.items()}


def rows_of(cells: "Sequence[Cell | RareCell]", services: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of a few cells, by table; within a cell in the order of services and time."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for cell in cells:
        where = {"policy": cell.policy, "replication": cell.replication}
        for table, rows in cell.details.items():
            found[table] += [where | dict(row) for row in rows]
        if isinstance(cell, RareCell):
            continue
        found["cells"].append(
            {name: getattr(cell, name) for name in (*_CELL, *_RUN)}
            | dict(cell.metrics)
            | {"strikes": _sorted_json(cell.strikes), "pending": _sorted_json(cell.pending)}
        )
        for service in services:
            if service not in cell.services:
                continue
            here = where | {"service": service}
            found["runs"].append(here | dict(cell.services[service]))
            spans = cell.outages[service].tolist()
            found["outages"] += [
                here | {"start_s": start, "end_s": end, "cause": cause}
                for (start, end), cause in zip(spans, cell.causes.get(service) or [""] * len(spans), strict=True)
            ]
    return found


def arrow_columns(name: str, rows: Sequence[Mapping[str, Any]]) -> "pa.Table":
    """Rows of one of the tables as typed columns; a number that a row lacks is NaN."""
    import pyarrow as pa

    columns = {}
    for column in COLUMNS[name].values():
        values = [row.get(column.name) for row in rows]
        text = column.type is str
        columns[column.name] = pa.array(values, pa.large_string()) if text else np.array(values, _PANDAS[column.type])
    return pa.table(columns)


def _in_order(name: str, path: str, policies: Sequence[str]) -> "pd.DataFrame":
    """The rows of a temporary file."""
    import pyarrow as pa

    with pa.memory_map(path) as file:
        return _sorted(name, pa.ipc.open_file(file).read_all(), policies)


def _frame(name: str, rows: Sequence[Mapping[str, Any]], policies: Sequence[str]) -> "pd.DataFrame":
    """Some rows."""
    return _sorted(name, arrow_columns(name, rows), policies) if rows else _empty(name)


@cache
def _empty(name: str) -> "pd.DataFrame":
    return _sorted(name, arrow_columns(name, []), ())


def _sorted(name: str, table: "pa.Table", policies: Sequence[str]) -> "pd.DataFrame":
    """The rows in the order of policies and replications, of the same types if there are none as with many."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rank = pc.index_in(table["policy"], value_set=pa.array(policies, pa.large_string())).to_numpy()
    table = table.take(np.lexsort((table["replication"].to_numpy(), rank)))
    frame: pd.DataFrame = table.to_pandas()
    types = {column.name: _PANDAS[column.type] for column in COLUMNS[name].values()}
    found = frame.dtypes.to_dict()
    others = {column: of for column, of in types.items() if found[column] != of}
    return frame.astype(others) if others else frame


def _sorted_json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False)


def arrow_table(name: str, frame: "pd.DataFrame") -> Any:
    """One of the tables as pyarrow writes it: the types are those of `COLUMNS`, whatever the rows."""
    import pyarrow as pa

    types = {int: pa.int64(), float: pa.float64(), str: pa.string()}
    schema = pa.schema([(column.name, types[column.type]) for column in COLUMNS[name].values()])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)
