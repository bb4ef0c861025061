"""A small experiment without a cluster: each policy is a one-unit alternating renewal process."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from experiments.metrics.availability import ReadyEndpoints
from simulator.step_function import StepFunction

YEAR = 365 * 86400.0


@dataclass(frozen=True)
class Unit:
    """Fails after Exp(mttf), is back after Exp(mttr); `breaks` makes some replications raise or die."""

    mttf: float
    mttr: float
    raises: tuple[int, ...] = ()
    dies: tuple[int, ...] = ()


@dataclass(frozen=True)
class Goal:
    name: str
    predicate: ReadyEndpoints = field(default_factory=lambda: ReadyEndpoints(1))
    slo: None = None


@dataclass(frozen=True)
class Scenario:
    policy: str
    cluster: Unit
    id: str
    behaviour: None = None
    failures: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    loads: tuple[str, ...] = ()
    scheduler: None = None
    traffic: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    services: tuple[Goal, ...] = (Goal("frontend"), Goal("cart"))
    duration: float = YEAR
    warmup: float = 86400.0
    seed: int = 7


@dataclass(frozen=True)
class History:
    answering: StepFunction
    ready: StepFunction
    desired: StepFunction


@dataclass(frozen=True)
class Run:
    start: float
    end: float
    services: dict[str, History]
    transitions: int
    strikes: dict[str, int]
    pending: dict[str, str]
    log: None = None


def simulate(cluster: Unit, *, seed: int, replication: int, duration: float, warmup: float, **other: Any) -> Run:
    if replication in cluster.raises:
        raise RuntimeError("the model broke")
    if replication in cluster.dies:
        os._exit(1)
    services, failures = {}, 0
    for number, name in enumerate(("frontend", "cart")):
        rng = np.random.default_rng([seed, replication, number])
        count = int(3 * (warmup + duration) / cluster.mttf) + 20
        lives = rng.standard_exponential((count, 2)) * (cluster.mttf, cluster.mttr)
        times = np.concatenate(([0.0], np.cumsum(lives.ravel())))
        values = np.resize([1.0, 0.0], len(times))
        end = warmup + duration
        step = StepFunction.of_changes(0.0, 1.0, times, values, end)
        failures += int((step.values == 0).sum())
        services[name] = History(step, step, StepFunction(np.zeros(1), np.ones(1), end))
    pending = {"frontend-1": "0/6 nodes are available: 6 Insufficient cpu"} if cluster.mttf < 1000 else {}
    return Run(warmup, warmup + duration, services, 4 * failures, {"crash": failures, "zone": 0}, pending)


@dataclass(frozen=True)
class Precision:
    relative: float = 0.1
    confidence: float = 0.95
    at_most: int = 400


@dataclass(frozen=True)
class Objective:
    service: str
    limit: float
    policy: str | None = None
    metric: str = "availability"


@dataclass(frozen=True)
class Experiment:
    units: dict[str, Unit]
    replications: int = 20
    precision: Precision | None = None
    objectives: tuple[Objective, ...] = ()
    name: str = "fake"
    confidence: float = 0.95
    source_path: Path | None = Path("fake.yaml")
    settings: tuple[str, ...] = ()
    source_text: str = "kind: Experiment\n"
    inputs: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()

    def scenarios(self) -> list[Scenario]:
        return [Scenario(name, unit, id=repr(unit)) for name, unit in self.units.items()]

    @property
    def resolved(self) -> dict[str, Any]:
        return {"spec": {"policies": [{"name": name, "mttf": unit.mttf} for name, unit in self.units.items()]}}


def two_policies(**kwargs: Any) -> Experiment:
    """A unit that fails every 10 days for half an hour, and one that fails half as often."""
    return Experiment({"as-shipped": Unit(864000.0, 1800.0), "better": Unit(1728000.0, 1800.0)}, **kwargs)
