"""The tables of a result folder: their columns, and how cells become rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from experiments.attribution import causes, losses
from experiments.metrics import burn_rate, requests, rollouts
from experiments.metrics.measure import CLUSTER_METRICS, METRICS

if TYPE_CHECKING:
    import pandas as pd

    from experiments.store.cell import Cell

_CELL = {
    "policy": "Name of the policy.",
    "replication": "Number of the replication; the same number means the same luck under every policy.",
}
_SERVICE = {**_CELL, "service": "Name of the Service."}

DETAILS: dict[str, dict[str, str]] = {
    "alerts": burn_rate.COLUMNS,
    "rollouts": rollouts.COLUMNS,
    "losses": losses.COLUMNS,
    "absences": causes.COLUMNS,
    "requests": requests.REQUESTS,
    "lost_requests": requests.LOST_REQUESTS,
}
"""Tables whose rows a cell brings along (`Cell.details`), none or many a Service: table -> column -> what it means."""

COLUMNS: dict[str, dict[str, str]] = {
    "runs": {
        **_SERVICE,
        "window_s": "Length of the measured window, in seconds.",
        **{column: (metric.__doc__ or "").split("\n")[0] for column, metric in METRICS.items()},
    },
    "outages": {
        **_SERVICE,
        "start_s": "Beginning, in seconds since the start of the measured window; 0 if it was under way then.",
        "end_s": "End, in the same seconds; the window's length if the outage was not over then.",
        "cause": "Failure mode or operation that most of it is due to; empty if nothing broke, or if it is not known.",
    },
    "cells": {
        **_CELL,
        "scenario": "Content id of what was simulated, without the replication.",
        "seed": "Seed of the experiment; with the replication it determines the run.",
        "status": "done or failed.",
        "error": "What went wrong in a failed cell; else empty.",
        "transitions": "State changes that happened in the run.",
        "strikes": "How often each failure mode and operation struck, as a JSON object.",
        "pending": "Pods not placed at the end and why, as a JSON object.",
        **{column: (metric.__doc__ or "").split("\n")[0] for column, metric in CLUSTER_METRICS.items()},
    },
    **{table: _SERVICE | columns for table, columns in DETAILS.items()},
}
"""Table -> column -> what it means."""

_INTEGERS = {"replication", "times", "outages", "undetected", "min_answering", "transitions", "seed"}
_TEXTS = {
    *("policy", "service", "scenario", "status", "error", "strikes", "pending"),
    *("alert", "deployment", "cause", "outcome", "stage", "lengths_s", "why"),
}


def tables(cells: Iterable["Cell"], policies: Sequence[str], services: Sequence[str]) -> dict[str, "pd.DataFrame"]:
    """The tables of `COLUMNS`, in the order of policies, replications, services and time."""
    import pandas as pd

    rank = {policy: i for i, policy in enumerate(policies)}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for cell in sorted(cells, key=lambda cell: (rank[cell.policy], cell.replication)):
        found["cells"].append(
            {name: getattr(cell, name) for name in COLUMNS["cells"] if name not in CLUSTER_METRICS}
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
    return {name: _typed(pd.DataFrame(rows, columns=list(COLUMNS[name]))) for name, rows in found.items()}


def _sorted_json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False)


def _typed(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The same types with no rows as with many."""
    types = {c: "int64" if c in _INTEGERS else "str" if c in _TEXTS else "float64" for c in frame.columns}
    return frame.astype(types)


def arrow_table(name: str, frame: "pd.DataFrame") -> Any:
    """One of the tables as pyarrow writes it: the types are those of `COLUMNS`, whatever the rows."""
    import pyarrow as pa

    schema = pa.schema([(column, _arrow_type(column)) for column in COLUMNS[name]])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)


def _arrow_type(column: str) -> Any:
    import pyarrow as pa

    return pa.int64() if column in _INTEGERS else pa.string() if column in _TEXTS else pa.float64()
