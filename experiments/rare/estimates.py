"""From the rows of replications made for rare outages to estimates."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.inference import rare_events
from experiments.inference.rare_events import Diagnostics, Drift, Periods, RareEstimate
from experiments.rare.settings import FAILURES_PER_PERIOD
from models.arrays import Floats
from models.units import YEAR

Rows = Sequence[Mapping[str, Any]]
"""Rows of one of the tables `rare` and `excursions`."""

_GROUP = re.compile(r"(?:^| )(.+?):(\d+)x\d+(?= |$)")
"""In a layout (`simulator.rare.watched.Watched.layout`) a failure mode, and how many endpoints a clock of it takes."""


def contribution(excursions: Any) -> Any:
    """What a degraded period brings to the unavailability of its replication: its weighted downtime, as a share.

    And that of the sojourn that it led to. Of one row, or of each of a DataFrame.
    """
    multiplier = excursions["multiplier"]
    period = multiplier * excursions["weight"] * excursions["downtime_s"]
    return period + multiplier * excursions["sojourn_weight"] * excursions["sojourn_downtime_s"]


def contributions_of(excursions: Rows) -> Floats:
    """`contribution` of each."""
    return np.array([contribution(row) for row in excursions], dtype=float)


def found(rare: Rows, excursions: Rows, confidence: float) -> tuple[RareEstimate, RareEstimate, Diagnostics]:
    """Unavailability, outages a year, and how far to trust them, from the rows of the main phase."""
    lost = np.array([row["unavailability"] for row in rare])
    rates = np.array([row["outages_per_s"] for row in rare]) * YEAR
    names = ("weight", "multiplier", "lasted_s", "scale_s")
    periods = Periods(
        contributions_of(excursions), *(np.array([row[name] for row in excursions], dtype=float) for name in names)
    )
    begun, seen = (np.array([row[column] for row in rare]) for column in ("degraded_begun", "degraded"))
    return (
        rare_events.estimate(lost, confidence),
        rare_events.estimate(rates, confidence),
        rare_events.diagnostics(periods, lost, begun, seen, FAILURES_PER_PERIOD, drift(rare, excursions)),
    )


def drift(rare: Rows, excursions: Rows) -> Drift | None:
    """Whether placement changes, and never came to where a single failure would be an outage, of the worst mode.

    None where replicas always lie alike, where that was met, or where it is not known how many would be an outage.
    """
    fatal = {row.get("replicas", math.nan) - row.get("needed", math.nan) + 1 for row in rare}
    if len(fatal) != 1 or math.isnan(most := fatal.pop()):
        return None
    together = defaultdict[str, set[int]](set)
    for layout in {layout for row in excursions for layout in (row["layout"], row["sojourn_layout"]) if layout}:
        groups = defaultdict[str, int](int)
        for mode, taken in _GROUP.findall(layout):
            groups[mode] = max(groups[mode], int(taken))
        for mode, taken in groups.items():
            together[mode].add(taken)
    drifting = {mode: max(sizes) for mode, sizes in together.items() if len(sizes) > 1 and max(sizes) < most}
    if not drifting:
        return None
    mode = max(sorted(drifting), key=lambda mode: drifting[mode])
    return Drift(mode, drifting[mode], int(most), int(sum(row["full"] for row in rare)))
