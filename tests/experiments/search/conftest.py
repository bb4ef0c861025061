"""Candidates without a cluster: units that fail and are repaired, at a price."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from experiments.experiment import Experiment
from experiments.runner.replication import CellSpec, failed_cell, run_cell
from experiments.search.outcome import Outcome
from experiments.search.search import search
from experiments.store.cell import Cell
from tests.experiments import fakes
from tests.experiments.fakes import Unit
from tests.sources import ROOT

DAY = 86400.0
GOOD, BAD = Unit(20 * DAY, 600.0), Unit(2 * DAY, 3600.0)
"""Available for 99.965 %, and for 97.96 %."""
TEXT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {{name: raced}}
spec:
  duration: 1y
  warmup: 1d
  seed: 7
  replications: 60
  cluster: {{pools: [{{name: general, count: 3, zones: [a], allocatable: {{cpu: "4", memory: 16Gi}}}}]}}
  manifests: [{shop}]
  services: [{{name: frontend}}]
  policies: [{policies}]
  objectives: [{{service: frontend, atLeast: 99.9%}}]
  {further}
"""


@dataclass
class Engine:
    """Runs units in place of clusters: by policy the unit, and what it costs, mean and deviation."""

    units: Mapping[str, Unit]
    costs: Mapping[str, tuple[float, float]]
    name: str = "fake"
    workers: int = 1
    ran: list[tuple[str, int]] = field(default_factory=list)

    def map_unordered(
        self, function: Callable[[CellSpec], Cell], specs: Iterable[tuple[Any, CellSpec]]
    ) -> Iterator[tuple[Any, Cell]]:
        for name, spec in specs:
            policy = spec.scenario.policy
            self.ran.append((policy, spec.replication))
            yield name, self.cell(policy, spec)

    def cell(self, policy: str, spec: CellSpec) -> Cell:
        unit = self.units[policy]
        if spec.replication in unit.raises:
            return failed_cell(spec, RuntimeError("the model broke"))
        cell = run_cell(replace(spec, simulate=lambda cluster, **of: fakes.simulate(unit, **of)))
        mean, deviation = self.costs[policy]
        luck = (spec.replication * 0.618 * len(policy)) % 1 - 0.5
        hours, prices = 365 * 24.0, [pool.price * pool.count for pool in spec.scenario.cluster.pools]
        metrics = {"pod_hours": mean + deviation * luck, "node_hours": 3 * hours, "node_cost": sum(prices) * hours}
        return replace(cell, metrics=metrics)


@dataclass
class Race:
    """A race of units."""

    experiment: Experiment
    engine: Engine

    def run(self, **how: Any) -> Outcome:
        return search(self.experiment, engine=self.engine, **how)


@pytest.fixture
def race(tmp_path: Path) -> Callable[..., Race]:
    """Policies, each a unit and what it costs; in their order, by pod-hours."""

    def made(units: Mapping[str, tuple[Unit, float]], deviation: float = 10.0, further: str = "") -> Race:
        policies = ", ".join(f"{{name: {name}}}" for name in units)
        shop = ROOT / "experiments" / "manifests" / "shop.yaml"
        further = further or "search: {cost: podHours}"
        (tmp_path / "raced.yaml").write_text(TEXT.format(shop=shop, policies=policies, further=further))
        costs = {name: (cost, deviation) for name, (_, cost) in units.items()}
        engine = Engine({name: unit for name, (unit, _) in units.items()}, costs)
        return Race(Experiment.from_yaml(tmp_path / "raced.yaml"), engine)

    return made
