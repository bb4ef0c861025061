"""A rare estimate beside plain replications of the same scenario."""

from dataclasses import dataclass

import numpy as np

from experiments.design.scenario import Scenario
from experiments.inference.rare_events import Diagnostics, RareEstimate
from experiments.rare.study import study
from simulator.run import simulate


@dataclass(frozen=True)
class Side:
    """A mean with its standard error."""

    value: float
    error: float


def plain(scenario: Scenario, replications: int) -> dict[str, tuple[Side, Side]]:
    """By Service: unavailability, and outages per second, of so many plain replications."""
    shares: dict[str, list[float]] = {goal.name: [] for goal in scenario.services}
    counts: dict[str, list[float]] = {goal.name: [] for goal in scenario.services}
    for replication in range(replications):
        run = simulate(
            scenario.cluster,
            duration=scenario.duration,
            behaviour=scenario.behaviour,
            failures=scenario.failures,
            operations=scenario.operations,
            loads=scenario.loads,
            seed=scenario.seed + 1000,
            replication=replication,
            warmup=scenario.warmup,
        )
        for goal in scenario.services:
            up = goal.predicate.up(run.services[goal.name])
            shares[goal.name].append(up.time_below(0.5) / scenario.duration)
            # An outage under way at the start of the window did not begin in it.
            counts[goal.name].append(float((np.diff(up.values) < 0).sum()) / scenario.duration)
    return {name: (_side(shares[name]), _side(counts[name])) for name in shares}


def _side(values: list[float]) -> Side:
    return Side(float(np.mean(values)), float(np.std(values, ddof=1)) / len(values) ** 0.5)


@dataclass(frozen=True)
class Rare:
    """What the rare method says of a Service."""

    unavailability: RareEstimate
    rate: Side
    """Outages per second."""
    diagnostics: Diagnostics


def rare(scenario: Scenario, service: str, relative: float = 0.1) -> Rare | None:
    """None if its pilot met no outage."""
    found = study(scenario, service, relative)
    if found.unavailability is None or found.diagnostics is None:
        return None
    return Rare(found.unavailability, _side([row["outages_per_s"] for row in found.rows["rare"]]), found.diagnostics)


def distance(one: Side | RareEstimate, other: Side | RareEstimate) -> float:
    """Their difference in its standard errors."""
    return (one.value - other.value) / (one.error**2 + other.error**2) ** 0.5
