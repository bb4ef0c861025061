"""What it takes to know an unavailability that is rare: outages begun on purpose, beside waiting for them."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeVar

import numpy as np

from experiments.bench.cluster import GIB, TOLERATIONS
from experiments.design.goal import ReadyEndpoints, ServiceGoal
from experiments.design.scenario import Scenario
from experiments.inference.rare_events import RareEstimate, estimate
from experiments.rare.estimates import Rows
from experiments.rare.study import study
from experiments.report.table import Column, Row, Table
from experiments.runner.replication import arguments
from models.arrays import Floats
from models.behaviour import Behaviour
from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Exponential, LogNormal
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Resources
from models.pod import Container, PodSpec, PodTemplate
from models.service import Service
from models.units import DAY, YEAR
from simulator.failures.node_crash import NodeCrash
from simulator.run import simulate

T = TypeVar("T")

CONFIDENCE = 0.95
SERVICE = "web"
NODES = 6
FEW = 5
"""Plain replications whose cost is taken for that of others."""
LIVES_PER_REPLICATION = 30
"""A replication lasts so many times as long as a node lives."""


@dataclass(frozen=True)
class System:
    """A Service that is up while one of its pods answers, on six nodes in three zones."""

    about: float
    """Its unavailability, roughly; its name."""
    replicas: int
    life: float
    """Mean seconds until a node crashes (exponential); its repair is lognormal, median 8 min, p95 1 h."""

    @property
    def scenario(self) -> Scenario:
        """One replication of it."""
        machines = tuple(
            Node(
                f"node-{i}",
                Resources(4000, 16 * GIB),
                labels={HOSTNAME_LABEL: f"node-{i}", ZONE_LABEL: f"zone-{i % 3}"},
            )
            for i in range(NODES)
        )
        container = Container("server", image="web", requests=Resources(100, GIB // 8), declared=frozenset({"cpu"}))
        labels = {"app": SERVICE}
        template = PodTemplate(PodSpec((container,), tolerations=TOLERATIONS), labels)
        return Scenario(
            f"{self.replicas} replicas",
            Cluster(
                nodes=machines,
                deployments=(Deployment(SERVICE, template, LabelSelector.of(labels), replicas=self.replicas),),
                services=(Service(SERVICE, selector=labels),),
            ),
            Behaviour(),
            (NodeCrash("node-crash", Exponential(self.life), LogNormal.from_quantile(480.0, 3600.0)),),
            (),
            (ServiceGoal(SERVICE, ReadyEndpoints(1)),),
            LIVES_PER_REPLICATION * self.life,
            0.0,
            1,
        )


SYSTEMS = (System(1e-5, 2, 1.05 * DAY), System(1e-7, 2, 10.5 * DAY), System(1e-9, 3, 3.3 * DAY))


@dataclass(frozen=True)
class NinesBench:
    """One system; all seconds are CPU seconds of this process, all intervals are of 95 %."""

    about: float
    replicas: int
    node_life_s: float
    unavailability: float
    """By rare outages."""
    half_width: float
    """Half of its interval, relative."""
    rare_s: float
    """The whole study: pilot, trial, estimate."""
    rare_replications: int
    plain_s: float
    """What plain replications take for the half width that was asked for: their cost a year times `plain_years`."""
    plain_years: float
    """So many years have to be simulated, by the mean and the second moment of an outage's downtime."""
    gain: float
    """By how much more work plain replications would give the interval that rare outages gave."""
    measured_s: float | None
    """What so many plain replications took; None if they were not run."""
    measured: float | None
    """The unavailability that they found."""
    measured_half_width: float | None
    """Half of its interval, relative."""
    independent: float
    """The unavailability if replicas were lost and came back each by itself, missing as often as they were seen to be:
    the answer of a tool that knows no control plane."""
    repyability_s: float | None
    """What RePyability takes to work that out; None if it is not installed."""


def nines(about: Sequence[float], relative: float, plain_seconds: float) -> list[NinesBench]:
    """The systems of about these unavailabilities, each to this relative half width of its interval.

    Plain replications are run where they are expected to take at most `plain_seconds`; elsewhere their cost is only
    worked out. ValueError if a pilot meets no outage.
    """
    simulate(**arguments(SYSTEMS[0].scenario), duration=DAY)  # modules are imported at the first run
    return [_bench(system, relative, plain_seconds) for system in SYSTEMS if system.about in about]


def _bench(system: System, relative: float, plain_seconds: float) -> NinesBench:
    scenario = system.scenario
    found, rare_s = _timed(lambda: study(scenario, SERVICE, relative))
    of = found.unavailability
    if of is None:
        raise ValueError(f"no outage was met in the pilot of {system}")
    years = _plain_years(found.rows["excursions"], of, relative)
    replications = math.ceil(years * YEAR / scenario.duration)
    _, some_s = _timed(lambda: _plain(scenario, FEW))
    plain_s = some_s / FEW * replications
    lost, measured_s = _timed(lambda: _plain(scenario, replications)) if plain_s <= plain_seconds else (None, None)
    waited = None if lost is None else estimate(lost, CONFIDENCE)
    missing = math.fsum(row["missing"] for row in found.rows["rare"]) / of.replications
    return NinesBench(
        about=system.about,
        replicas=system.replicas,
        node_life_s=system.life,
        unavailability=of.value,
        half_width=_half_width(of),
        rare_s=rare_s,
        rare_replications=of.replications,
        plain_s=plain_s,
        plain_years=years,
        gain=plain_s / rare_s * (relative / _half_width(of)) ** 2,
        measured_s=measured_s,
        measured=waited.value if waited else None,
        measured_half_width=_half_width(waited) if waited else None,
        independent=missing**system.replicas,
        repyability_s=_repyability(system, missing),
    )


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    begin = time.process_time()
    result = work()
    return result, time.process_time() - begin


def _half_width(of: RareEstimate) -> float:
    return (of.high - of.low) / 2 / of.value if of.value else math.inf


def _plain_years(excursions: Rows, of: RareEstimate, relative: float) -> float:
    """Outages come as a Poisson process: then the downtime of a time T has the mean UT and the variance UT E[L^2]/E[L].

    L is an outage's downtime; its moments are those of the weighted degraded periods, few of which hold two.
    """
    seconds, squares = (
        math.fsum(row["multiplier"] * row["weight"] * row["downtime_s"] ** power for row in excursions)
        for power in (1, 2)
    )
    wanted = (NormalDist().inv_cdf((1 + CONFIDENCE) / 2) / relative) ** 2
    return wanted * squares / seconds / of.value / YEAR


def _plain(scenario: Scenario, replications: int) -> Floats:
    """The unavailability that each plain replication sees."""
    lost = []
    for replication in range(replications):
        run = simulate(**arguments(scenario), replication=replication, duration=scenario.duration)
        lost.append(run.services[SERVICE].answering.time_below(1.0) / scenario.duration)
    return np.array(lost)


def _repyability(system: System, missing: float) -> float | None:
    """Seconds in which RePyability works out the unavailability of replicas that are missing each by itself."""
    try:
        from repyability.rbd.repairable_rbd import RepairableRBD
        from surpyval import Exponential as Law
    except ImportError:
        return None
    life, away = system.life, system.life * missing / (1 - missing)
    unit = {"reliability": Law.from_params([1 / life]), "repairability": Law.from_params([1 / away])}
    names = [f"replica-{i}" for i in range(system.replicas)]
    edges = [("in", name) for name in names] + [(name, "out") for name in names]

    def answer() -> float:
        diagram = RepairableRBD(edges, dict.fromkeys(names, unit), input_node="in", output_node="out")
        return float(diagram.mean_unavailability())

    answer()  # as above: the first one pays for what it imports
    found, seconds = _timed(answer)
    if not math.isclose(found, missing**system.replicas, rel_tol=1e-6):
        raise ValueError(f"RePyability says {found}, not {missing**system.replicas}")
    return seconds


COLUMNS = (
    Column("UNAVAILABILITY", "share of time in which no replica answers, by rare outages, with half of its interval"),
    Column("SYSTEM", "replicas, and the mean life of a node", "name"),
    Column("RARE", "CPU seconds of the whole study by rare outages"),
    Column("PLAIN", "CPU seconds of plain replications to the half width asked for, from their cost a year"),
    Column("YEARS", "simulated years that these are"),
    Column("GAIN", "times as much work that plain replications take for the interval of rare outages"),
    Column("PLAIN, RUN", "CPU seconds that plain replications took, and what they found"),
    Column("INDEPENDENT", "unavailability if replicas were missing as often, but each by itself"),
    Column("REPYABILITY", "CPU seconds in which RePyability works that out"),
)


def table(rows: Sequence[NinesBench]) -> Table:
    """Side by side."""
    return Table(COLUMNS, tuple(map(_row, rows)))


def _row(row: NinesBench) -> Row:
    if row.measured_s is None or row.measured is None or row.measured_half_width is None:
        run = "not run"
    else:
        run = f"{row.measured_s:,.0f}: {_known(row.measured, row.measured_half_width)}"
    return (
        _known(row.unavailability, row.half_width),
        f"1 of {row.replicas}, {row.node_life_s / DAY:g} d",
        f"{row.rare_s:,.1f}",
        f"{row.plain_s:,.0f}",
        f"{row.plain_years:,.0f}",
        f"{row.gain:,.3g}",
        run,
        f"{row.independent:.2e}",
        "not installed" if row.repyability_s is None else f"{row.repyability_s:.4f}",
    )


def _known(value: float, half_width: float) -> str:
    return f"{value:.2e} +-{half_width:.0%}"
