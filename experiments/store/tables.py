"""The tables of a result folder: their columns, and how cells become rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from experiments.attribution import causes, losses
from experiments.metrics import burn_rate, jobs, operations, requests, rollouts
from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.column import Column, columns
from experiments.metrics.metric import metrics
from experiments.metrics.observation import Observation

if TYPE_CHECKING:
    import pandas as pd

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
    "absences": causes.COLUMNS,
    "requests": requests.REQUESTS,
    "lost_requests": requests.LOST_REQUESTS,
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


def tables(cells: Iterable["Cell"], policies: Sequence[str], services: Sequence[str]) -> dict[str, "pd.DataFrame"]:
    """The tables of `COLUMNS`, in the order of policies, replications, services and time."""
    import pandas as pd

    rank = {policy: i for i, policy in enumerate(policies)}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for cell in sorted(cells, key=lambda cell: (rank[cell.policy], cell.replication)):
        found["cells"].append(
            {name: getattr(cell, name) for name in (*_CELL, *_RUN)}
            | dict(cell.metrics)
            | {"strikes": _sorted_json(cell.strikes), "pending": _sorted_json(cell.pending)}
        )
        where = {"policy": cell.policy, "replication": cell.replication}
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
        for table, rows in cell.details.items():
            found[table] += [where | dict(row) for row in rows]
    # The same types with no rows as with many.
    types = {table: {c.name: _PANDAS[c.type] for c in declared.values()} for table, declared in COLUMNS.items()}
    return {name: pd.DataFrame(rows, columns=list(types[name])).astype(types[name]) for name, rows in found.items()}


def _sorted_json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False)


def arrow_table(name: str, frame: "pd.DataFrame") -> Any:
    """One of the tables as pyarrow writes it: the types are those of `COLUMNS`, whatever the rows."""
    import pyarrow as pa

    types = {int: pa.int64(), float: pa.float64(), str: pa.string()}
    schema = pa.schema([(column.name, types[column.type]) for column in COLUMNS[name].values()])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)
