"""Service level objectives: a promised availability over a rolling period, and the error budget that it leaves."""

import math

import numpy as np

from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation
from experiments.metrics.windowed import worst_window


@metric(Group.BUDGET, "budget spent", Unit.SHARE)
def budget_spent(seen: Observation) -> float:
    """Share of the error budget spent when the window ends, in the SLO's last period; NaN without an SLO."""
    if seen.slo is None:
        return math.nan
    begin = seen.start + max(0.0, seen.window - seen.slo.period)
    pieces = np.clip(seen.outages, begin, None)
    return float((pieces[:, 1] - pieces[:, 0]).sum()) / seen.slo.budget


@metric(Group.BUDGET, "worst budget spent", Unit.SHARE)
def worst_budget_spent(seen: Observation) -> float:
    """Largest share of the error budget spent in any period of the SLO, more than 1 if it broke; NaN without an SLO.

    A window that is shorter than the period is all that is known of it.
    """
    if seen.slo is None:
        return math.nan
    period = min(seen.slo.period, seen.window)
    worst = worst_window(seen.outages - seen.start, seen.window, np.array([period]))[0]
    return float((1 - worst) * period) / seen.slo.budget
