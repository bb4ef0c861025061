"""A small experiment without a cluster: each policy is a one-unit alternating renewal process."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments import Results
from experiments.design.goal import ReadyEndpoints, ServiceGoal
from experiments.design.objective import Objective
from experiments.design.plan import Design, Plan, Precision
from experiments.design.scenario import Scenario
from experiments.runner.engines import EngineLost, Id, Result, Spec
from experiments.runner.engines.chunks import result
from models.manifests import Named
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
    attempts: tuple[()] = ()
    job_runs: tuple[()] = ()
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


def scenario(policy: str, unit: Unit) -> Scenario:
    return Scenario(
        policy=policy,
        cluster=unit,
        behaviour=None,
        failures=(),
        operations=(),
        services=(ServiceGoal("frontend", ReadyEndpoints(1)), ServiceGoal("cart", ReadyEndpoints(1))),
        duration=YEAR,
        warmup=86400.0,
        seed=7,
    )


def precision(relative: float = 0.1, at_most: int = 400) -> Precision:
    return Precision(relative, 0.95, at_most)


def plan(
    units: dict[str, Unit],
    *,
    replications: int | None = 20,
    precision: Precision | None = None,
    objectives: tuple[Objective, ...] = (),
    inputs: tuple[Path, ...] = (),
    warnings: tuple[str, ...] = (),
    named: tuple[Named, ...] = (),
    **kwargs: Any,
) -> Plan:
    return Plan(
        name="fake",
        design=Design(
            scenarios=tuple(scenario(name, unit) for name, unit in units.items()),
            objectives=objectives,
            inputs=tuple(map(str, inputs)),
            warnings=warnings,
            named=named,
        ),
        confidence=0.95,
        replications=None if precision else replications,
        precision=precision,
        resolved={
            "spec": {"services": [], "policies": [{"name": name, "mttf": unit.mttf} for name, unit in units.items()]}
        },
        source_text="kind: Experiment\n",
        source_path=Path("fake.yaml"),
        **kwargs,
    )


TWO_UNITS = {"as-shipped": Unit(864000.0, 1800.0), "better": Unit(1728000.0, 1800.0)}


def two_policies(**kwargs: Any) -> Plan:
    """A unit that fails every 10 days for half an hour, and one that fails half as often."""
    return plan(TWO_UNITS, **kwargs)


def with_rare(of: Results, service: str, policy: str, lost: Sequence[float], choice: Mapping[str, Any] = {}) -> Results:
    """The same results, one row of which is estimated by rare outages: `lost` is the unavailability by replication.

    Two degraded periods in each of them, one of which has an outage of 20 s: 15 s undetected, 5 s until it started.
    Three replicas, one of which has to answer, each missing for 0.1 % of the time.
    """
    where = {"service": service, "policy": policy}
    rare, excursions, losses = [], [], []
    for number, share in enumerate(lost):
        here = where | {"replication": number}
        lasted = {"degraded": 1e-3, "degraded_begun": 1e-3 + 1e-5 * (number % 3 - 1)}
        counts = {"missing": 1e-3 + 1e-5 * (number % 3), "replicas": 3.0, "needed": 1.0, "full": 24} | lasted
        rare.append(here | {"phase": "main", "unavailability": share, "outages_per_s": share / 20, **counts})
        for downtime in (0.0, 20.0):
            mode = {"phase": "main", "begun": "settled", "mode": "zone"}
            weighed = {"multiplier": share / 20, "weight": 1.0 + 0.1 * (-1) ** number, "downtime_s": downtime}
            after = {"sojourn_layout": "", "sojourn_weight": 1.0, "sojourn_downtime_s": 0.0}
            excursions.append(here | mode | weighed | after | {"lasted_s": 300.0, "scale_s": 1000.0, "layout": ""})
        for cause, stage, seconds in (("crash", "undetected", 15.0), ("zone", "start", 5.0)):
            weighed = {"lost": share * seconds / 20, "lengths_s": f"[{seconds}]", "weights_per_s": f"[{share / 20}]"}
            losses.append(here | {"cause": cause, "stage": stage} | weighed)
    rows = {"rare": rare, "excursions": excursions, "rare_losses": losses}
    tables = {**of.tables, **{name: pd.DataFrame(each) for name, each in rows.items()}}
    chosen = where | {"method": "rare", "why": "less work", "work": 10.0, "plain_work": 6.5e6} | choice
    return Results(replace(of.manifest, rare=[chosen]), tables, of.resolved)


def slowly(cluster: Unit, **given: Any) -> Run:
    time.sleep(0.1)
    return simulate(cluster, **given)


@dataclass(frozen=True)
class Counted:
    """Simulates, and adds a byte to the file `calls` each time."""

    calls: str

    def __call__(self, cluster: Unit, **given: Any) -> Run:
        with Path(self.calls).open("ab") as file:
            file.write(b".")
        return simulate(cluster, **given)


@dataclass(frozen=True)
class Murdered:
    """Simulates, but the first process that does gets a signal that ends it; `marker` is a path that tells."""

    marker: str
    signal: int = signal.SIGKILL

    def __call__(self, cluster: Unit, **given: Any) -> Run:
        try:
            Path(self.marker).touch(exist_ok=False)
        except FileExistsError:
            return simulate(cluster, **given)
        os.kill(os.getpid(), self.signal)
        raise AssertionError("killed")


@dataclass
class LosesItself:
    """An engine of this process that is lost once it has worked on so many specs."""

    left: int
    name: str = "dask"
    workers: int = 1
    options: list[str] = field(default_factory=list)

    def map_unordered(
        self, function: Callable[[Spec], Result], specs: Iterable[tuple[Id, Spec]]
    ) -> Iterator[tuple[Id, Result | Exception]]:
        for key, spec in specs:
            if not self.left:
                raise EngineLost("the scheduler is gone")
            self.left -= 1
            yield key, result(function, spec)
