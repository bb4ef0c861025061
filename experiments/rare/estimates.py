"""From the rows of replications made for rare outages to estimates."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.inference import rare_events
from experiments.inference.rare_events import Diagnostics, Periods, RareEstimate
from experiments.rare.settings import FAILURES_PER_PERIOD
from models.arrays import Floats
from models.units import YEAR

Rows = Sequence[Mapping[str, Any]]
"""Rows of one of the tables `rare` and `excursions`."""


def contributions_of(excursions: Rows) -> Floats:
    """What each degraded period brings to the unavailability of its replication: its weighted downtime, as a share."""
    return np.array([row["multiplier"] * row["weight"] * row["downtime_s"] for row in excursions])


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
        rare_events.diagnostics(periods, lost, begun, seen, FAILURES_PER_PERIOD),
    )
