"""Chains: Services that call others, measured with all that they require."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.design.goal import ReadyEndpoints, ServiceGoal, chain_entries, chain_name
from experiments.metrics.observation import Observation
from simulator.traffic.chain import available, needs

if TYPE_CHECKING:
    from experiments.design.scenario import Scenario
    from simulator.run import Run


@dataclass(frozen=True)
class Chain:
    """A measured Service and all that a request to it needs."""

    name: str
    """How results call it: "frontend+calls"."""
    entry: ServiceGoal
    needs: tuple[str, ...]
    """The Services, the entry first."""


def chains(scenario: "Scenario") -> list[Chain]:
    """A chain for every measured Service that calls others."""
    entries = chain_entries(scenario.services, scenario.calls)
    return [Chain(chain_name(goal.name), goal, tuple(needs(goal.name, scenario.calls))) for goal in entries]


def observed(chain: Chain, scenario: "Scenario", run: "Run", seen: Mapping[str, Observation]) -> Observation:
    """The entry's endpoints; up while it and all that it needs are: by their own rules, or with one endpoint."""
    each = {
        name: seen[name] if name in seen else Observation.of(run.services[name], ReadyEndpoints(1), run.start, run.end)
        for name in chain.needs
    }
    entry, calls = chain.entry.name, scenario.calls
    return dataclasses.replace(
        seen[entry],
        up=available(entry, calls, {name: one.up for name, one in each.items()}),
        believed=available(entry, calls, {name: one.believed for name, one in each.items()}),
    )
