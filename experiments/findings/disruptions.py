"""Disruptions under each policy, by what struck and by its kind: how long until all was back, and what was lost."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.inference.estimate import Estimate
from experiments.inference.yearly import order_statistics
from models.arrays import Floats
from simulator.stories.disruption_kind import DisruptionKind

if TYPE_CHECKING:
    import pandas as pd

MOST = 0.95
"""The share of disruptions that an objective is about."""


@dataclass(frozen=True)
class Spread:
    """Amounts of all disruptions of one sort: within which half of them, 95 % of them and all of them are."""

    half: float
    most: float
    worst: float

    @classmethod
    def of(cls, values: Floats) -> "Spread | None":
        """None without any."""
        if len(values) == 0:
            return None
        ordered = np.sort(values)
        at = (float(ordered[math.ceil(share * len(ordered) - 1e-9) - 1]) for share in (0.5, MOST, 1.0))
        return cls(*at)


@dataclass(frozen=True)
class Disrupted:
    """The disruptions of one Service under one policy by one failure mode or operation, or by all of a kind."""

    service: str
    policy: str
    kind: str
    cause: str | None
    """None: all of the kind."""
    strikes: int
    """How often it struck, whether or not that took a replica of the Service."""
    times: int
    """Disruptions of the Service."""
    recovery: Spread | None
    """Seconds to recover, of those that began in the measured window; if not over, until its end. None if none did."""
    not_over: int
    """How many were not over at the end of the run."""
    lost: Spread | None
    """Seconds without availability due to each."""
    replica_seconds: Spread | None
    """Replica-seconds missing due to each."""
    beside: dict[str, int]
    """With how many of them one by another cause overlapped, by that cause."""


def disrupted(
    table: "pd.DataFrame",
    strikes: Mapping[str, Mapping[str, int]],
    services: Sequence[str],
    policies: Sequence[str],
) -> Iterator[Disrupted]:
    """What was disrupted, by Service, kind and cause, under each policy; a kind with several causes is summed up too.

    `table`: `disruptions` of the results. `strikes`: policy -> failure mode or operation -> how often it struck.
    """
    for service, kind in product(services, DisruptionKind):
        rows = table.loc[(table["service"] == service) & (table["kind"] == str(kind))]
        causes = sorted(set(rows["cause"]))
        groups: list[tuple[str | None, list[str]]] = [(cause, [cause]) for cause in causes]
        for cause, names in groups if len(groups) <= 1 else [*groups, (None, causes)]:
            for policy in policies:
                struck = [strikes[policy][name] for name in names if name in strikes[policy]]
                if struck:
                    mine = rows.loc[(rows["policy"] == policy) & rows["cause"].isin(names)]
                    yield _disrupted((service, policy, str(kind), cause), sum(struck), mine)


def _disrupted(what: tuple[str, str, str, str | None], strikes: int, rows: "pd.DataFrame") -> Disrupted:
    beside: Counter[str] = Counter()
    for text in rows["beside"]:
        beside.update(json.loads(text))
    return Disrupted(
        *what,
        strikes,
        int(rows["times"].sum()),
        Spread.of(recoveries(rows)),
        sum(len(json.loads(text)) for text in rows["not_over"]),
        Spread.of(_all(rows["downtimes_s"])),
        Spread.of(_all(rows["replica_s"])),
        dict(sorted(beside.items())),
    )


def recoveries(rows: "pd.DataFrame") -> Floats:
    """Seconds that each disruption took which began in the measured window; of one that was not over, until its end."""
    lists = [json.loads(text)[before:] for text, before in zip(rows["lengths_s"], rows["begun_before"], strict=True)]
    return np.array([seconds for lengths in lists for seconds in lengths], dtype=np.float64)


def _all(texts: "pd.Series[str]") -> Floats:
    return np.array([value for text in texts for value in json.loads(text)], dtype=np.float64)


def meant(resolved: Any, policy: str, disruption: str) -> frozenset[str]:
    """The failure modes and operations under a policy that a name, or a type (`nodeCrash`), means."""
    spec = (resolved or {}).get("spec", {})
    owners = (spec, *(of for of in spec.get("policies", ()) if of["name"] == policy))
    stories = [story for of in owners for what in ("failures", "operations") for story in of.get(what, ())]
    return frozenset(story["name"] for story in stories if disruption in (story["name"], story.get("type")))


def recovery(rows: "pd.DataFrame", runs: int, confidence: float) -> Estimate:
    """The time within which 95 % of these disruptions have recovered, with its interval.

    By order statistics: where they are too few for an end, it is 0 or infinite. `runs`: replications that were made.
    """
    values = recoveries(rows)
    if len(values) == 0:
        return Estimate(math.nan, 0.0, math.inf, confidence, runs, "no disruption was seen", "time")
    method = f"order statistics, {len(values)} disruptions"
    return Estimate(*order_statistics(values, MOST, confidence), confidence, runs, method, "time")


class Recoveries:
    """Times to recovery, as objectives ask for them."""

    def __init__(self, tables: "Mapping[str, pd.DataFrame]", resolved: Any, confidence: float) -> None:
        self._tables, self._resolved, self._confidence = tables, resolved, confidence

    def of(self, service: str, policy: str, disruption: str) -> Estimate:
        """Seconds within which 95 % of the disruptions by a failure mode, or of a kind, have recovered."""
        cells, rows = self._tables["cells"], self._tables["disruptions"]
        names = list(meant(self._resolved, policy, disruption))
        rows = rows.loc[(rows["service"] == service) & (rows["policy"] == policy)]
        runs = int(((cells["policy"] == policy) & (cells["status"] == "done")).sum())
        return recovery(rows.loc[rows["cause"].isin(names) | (rows["kind"] == disruption)], runs, self._confidence)
