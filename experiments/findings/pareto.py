"""Cost against downtime: what each candidate costs in a year and loses in a year, and which of them nobody beats."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.inference import estimate
from experiments.inference.estimate import Estimate
from experiments.inference.intervals import Interval, ratio
from models.units import YEAR

if TYPE_CHECKING:
    from experiments.findings.findings import Findings


@dataclass(frozen=True)
class Dot:
    """A policy, or a candidate of a search."""

    name: str
    cost: Interval
    """Of a year."""
    downtime: Estimate
    """Seconds a year; where no outage was seen only a bound."""
    state: str = ""
    """How it stands at the end of a search, see `experiments.search.outcome.State`; empty if there was none."""

    @property
    def lost(self) -> float:
        """Seconds a year by which it is compared: the bound, where nothing else is known."""
        return self.downtime.bound if self.downtime.is_bound else self.downtime.value


def frontier(dots: Sequence[Dot]) -> list[Dot]:
    """Those for which no other costs less and loses no more, or costs no more and loses less: the cheapest first."""
    found: list[Dot] = []
    for dot in sorted(dots, key=lambda dot: (dot.cost.value, dot.lost)):
        if not found or dot.lost < found[-1].lost:
            found.append(dot)
    return found


def of_findings(findings: "Findings", service: str) -> tuple[list[Dot], str]:
    """The policies with a finished run at a Service, and what costs are counted in.

    By the prices of the pools if there are any, else in node-hours, or in pod-hours if all have the same nodes.
    """
    cells = findings.cells.loc[findings.cells["status"] == "done"]
    means = cells.groupby("policy")[["node_cost", "node_hours"]].mean()
    metric, words = "pod_hours", "pod-hours"
    if means["node_cost"].any():
        metric, words = "node_cost", "node cost"
    elif len(means) and np.ptp(means["node_hours"]) > 1e-9 * means["node_hours"].max():
        metric, words = "node_hours", "node-hours"
    dots = []
    for policy in findings.policies:
        of = findings.availability(service, policy)
        costs = cells.loc[cells["policy"] == policy, metric].dropna().to_numpy() * YEAR / findings.manifest.duration
        if of.n and len(costs):
            dots.append(Dot(policy, _interval(costs, findings.manifest.confidence), estimate.downtime_per_year(of)))
    return dots, words


def _interval(costs: Any, confidence: float) -> Interval:
    if len(costs) > 1:
        return ratio(costs, np.ones(len(costs)), confidence)
    return Interval(float(costs[0]), float(costs[0]), float(costs[0]), "one replication")


def services_of(search: Mapping[str, Any]) -> list[str]:
    """The Services whose downtime a search has told, by its search.json."""
    return list(dict.fromkeys(name for of in search["candidates"] for name in of["downtimePerYear"]))


def of_search(search: Mapping[str, Any], service: str) -> list[Dot]:
    """The candidates of a search that ran, by its search.json."""
    return [
        Dot(of["name"], _cost(of["costPerYear"]), _downtime(of["downtimePerYear"][service]), of["state"])
        for of in search["candidates"]
        if service in of["downtimePerYear"]
    ]


def _cost(of: Mapping[str, Any]) -> Interval:
    return Interval(of["value"], of["low"], math.inf if of["high"] is None else of["high"], of["method"])


def _downtime(of: Mapping[str, Any]) -> Estimate:
    value, high = (
        end if end is not None else other for end, other in ((of["value"], math.nan), (of["high"], math.inf))
    )
    return Estimate(value, of["low"] or 0.0, high, of["confidence"], of["replications"], of["method"], "downtime")
