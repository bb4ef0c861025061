"""The rows of the tables that are about one Service under one policy."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from experiments.inference.sample import Sample

if TYPE_CHECKING:
    import pandas as pd


def samples(runs: "pd.DataFrame", outages: "pd.DataFrame") -> dict[tuple[str, str], Sample]:
    """Service and policy -> sample, by the tables of these names."""
    places, none = outages.groupby(["service", "policy"], sort=False).indices, np.empty(0, dtype=np.int64)
    all_owners, all_ends = outages["replication"].to_numpy(), outages[["start_s", "end_s"]].to_numpy()
    codes, names = outages["cause"].factorize()
    all_causes = np.array(names, dtype=object)[codes]
    by_key = {}
    for key, rows in by_pair(runs):
        columns = (rows[name].to_numpy() for name in ("replication", "window_s", "downtime_s", "outages"))
        replications, windows, downtimes, counts = columns
        mine = places.get(key, none)
        owners, ends = all_owners[mine], all_ends[mine]
        by_key[key] = Sample(replications, windows, downtimes, counts.astype(float), owners, ends, all_causes[mine])
    return by_key


def of_pair(frame: "pd.DataFrame", service: str, policy: str) -> "pd.DataFrame":
    """The rows of a table that are about one Service under one policy."""
    return frame.loc[(frame["service"] == service) & (frame["policy"] == policy)]


def by_pair(frame: "pd.DataFrame") -> "Iterator[tuple[tuple[str, str], pd.DataFrame]]":
    """The rows of each Service and policy."""
    for (service, policy), rows in frame.groupby(["service", "policy"], sort=False):
        yield (str(service), str(policy)), rows
