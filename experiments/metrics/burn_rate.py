"""Burn-rate alerts: when an alert on how fast the error budget goes would have fired, to the second.

The burn rate over a window is its share of downtime over 1 - objective: at 1 the budget lasts exactly the SLO's period.
An alert fires while the burn rates over its long window and over a short one, a twelfth of it, both exceed its limit:
the short one ends it soon after the outage (multiwindow, multi-burn-rate alerts of the Site Reliability Workbook,
chapter 5). Seconds before the measured window count as available.

The lost time in a sliding window is piecewise linear, with corners where one of its ends meets an end of an outage:
crossings are computed between corners, not sampled.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.metrics.column import Column, columns
from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation, once
from models.arrays import Floats
from models.units import DAY, HOUR


@dataclass(frozen=True)
class Alert:
    """Fires while the burn rate exceeds `burn` over `window` seconds and over a twelfth of them."""

    name: str
    burn: float
    window: float


ALERTS = (Alert("page-1h", 14.4, HOUR), Alert("page-6h", 6.0, 6 * HOUR), Alert("ticket-3d", 1.0, 3 * DAY))
"""2, 5 and 10 % of a budget of 30 days, spent in 1 hour, 6 hours and 3 days."""
SHORT = 1 / 12
ROUNDING = 1e-6
"""Seconds of downtime that make no difference: a limit that is only just met is not exceeded."""

COLUMNS = columns(
    Column("alert", str, "Which alert: page-1h, page-6h or ticket-3d."),
    Column("burn", float, "Burn rate above which it fires."),
    Column("start_s", float, "When it began to fire, in seconds since the start of the measured window."),
    Column("end_s", float, "When it ceased, in the same seconds; the window's length if it did not."),
    Column("delay_s", float, "Seconds from the beginning of the outage under way to the alert."),
)
"""Columns of `alerts`, beside policy, replication and Service: a row for each time that an alert fired."""


def firing(outages: Floats, alert: Alert, objective: float, end: float) -> Floats:
    """When the alert fires within [0, end], for these outages: shape (n, 2), start and end in seconds."""
    limit = alert.burn * (1 - objective)
    return _both(
        _exceeds(outages, alert.window, limit, end),
        _exceeds(outages, alert.window * SHORT, limit, end),
    )


def _exceeds(outages: Floats, window: float, limit: float, end: float) -> Floats:
    """When more than the share `limit` of the last `window` seconds was lost."""
    lengths = outages[:, 1] - outages[:, 0]
    edges = np.concatenate(([0.0], outages.ravel()))
    after = np.cumsum(lengths)
    lost = np.concatenate(([0.0], np.column_stack((after - lengths, after)).ravel()))
    corners = np.unique(np.clip(np.concatenate((edges, edges + window, [end])), 0.0, end))
    excess = np.interp(corners, edges, lost) - np.interp(corners - window, edges, lost) - limit * window - ROUNDING
    above = excess > 0
    at = np.flatnonzero(np.diff(above.astype(np.int8)))
    crossings = corners[at] - excess[at] * (corners[at + 1] - corners[at]) / (excess[at + 1] - excess[at])
    first, last = ([0.0] if above[0] else []), ([end] if above[-1] else [])
    return np.concatenate((first, crossings, last)).reshape(-1, 2)


def _both(one: Floats, other: Floats) -> Floats:
    """The stretches that lie in both of two lists of stretches, each in order and apart."""
    times = np.concatenate((one[:, 0], other[:, 0], one[:, 1], other[:, 1]))
    steps = np.repeat([1, -1], len(one) + len(other))
    order = np.lexsort((steps, times))
    within = np.append(0, np.cumsum(steps[order])) == 2
    times = times[order]
    begin = np.flatnonzero(within[1:] & ~within[:-1])
    return np.column_stack((times[begin], times[begin + 1]))


@once
def _stretches(seen: Observation) -> list[tuple[Alert, Floats]]:
    """When each alert fired, as `firing` has it; none without an SLO or an outage."""
    if seen.slo is None or len(seen.outages) == 0:
        return []
    objective = seen.slo.objective
    return [(alert, firing(seen.outages - seen.start, alert, objective, seen.window)) for alert in ALERTS]


def fired(seen: Observation) -> list[dict[str, Any]]:
    """A row per time that an alert fired, by the columns of `COLUMNS`; none without an SLO."""
    outages = seen.outages - seen.start
    rows = []
    for alert, stretches in _stretches(seen):
        for start, end in stretches.tolist():
            begun = outages[np.searchsorted(outages[:, 0], start, side="right") - 1, 0]
            values = (alert.name, alert.burn, start, end, start - float(begun))
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


@metric(Group.ALERTS, "alerts", Unit.NUMBER)
def alerts(seen: Observation) -> float:
    """How often a burn-rate alert began to fire; NaN without an SLO."""
    return math.nan if seen.slo is None else sum(len(stretches) for _, stretches in _stretches(seen))


@metric(Group.ALERTS, "delay of alerts", Unit.SECONDS)
def alert_delay_s(seen: Observation) -> float:
    """Mean time from the beginning of an outage to the first alert in it; NaN if none fired in any.

    An outage that begins while an alert still fires has it at once.
    """
    if seen.slo is None:
        return math.nan
    begun = seen.outages[seen.outages[:, 0] > seen.start] - seen.start
    first = np.full(len(begun), math.inf)
    for _, stretches in _stretches(seen):
        over = np.append(stretches[:, 1], math.inf)
        start = np.append(stretches[:, 0], math.inf)[np.searchsorted(over, begun[:, 0], side="right")]
        first = np.minimum(first, np.maximum(start, begun[:, 0]))
    delays = (first - begun[:, 0])[first < begun[:, 1]]
    return float(delays.mean()) if len(delays) else math.nan
