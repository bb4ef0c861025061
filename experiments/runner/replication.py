"""One cell: one replication of one scenario, simulated and measured. It depends on nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.attribution import causes, disruptions, losses
from experiments.attribution.missing import missing_replicas
from experiments.metrics import burn_rate, jobs, operations, requests, rollouts
from experiments.metrics.chain import chains, observed
from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.measure import measure, measure_cluster
from experiments.metrics.observation import Observation
from experiments.store import events
from experiments.store.cell import Cell
from experiments.store.files import digest
from experiments.store.manifest import SCHEMA_VERSION
from simulator.run import Run, simulate
from simulator.stories.disruption_kind import kinds_of

if TYPE_CHECKING:
    from experiments.design.scenario import Scenario

Simulate = Callable[..., Run]


@dataclass(frozen=True)
class CellSpec:
    """What to run: plain values, so that it can be sent to another process."""

    scenario: "Scenario"
    key: str
    """`scenario_key` of the scenario."""
    replication: int
    simulate: Simulate = simulate
    events: bool = False
    """Whether to hand over the transitions, as a file's contents."""
    own_metrics: tuple[Callable[..., Any], ...] = ()
    """Metrics of the caller's own: another process has them because they are sent to it."""


def arguments(scenario: "Scenario") -> dict[str, Any]:
    """What `simulate` is to simulate, for how long and which replication aside."""
    return {
        "cluster": scenario.cluster,
        "behaviour": scenario.behaviour,
        "failures": scenario.failures,
        "operations": scenario.operations,
        "loads": scenario.loads,
        "traffic": scenario.traffic,
        "scheduler": scenario.scheduler,
        "node_autoscaler": scenario.node_autoscaler,
        "people": scenario.people,
        "control_plane": scenario.control_plane,
        "seed": scenario.seed,
    }


def run_cell(spec: CellSpec) -> Cell:
    """Simulate and measure; an exception of the model gives a failed cell, not an exception."""
    scenario = spec.scenario
    try:
        run = spec.simulate(
            **arguments(scenario),
            replication=spec.replication,
            duration=scenario.duration,
            warmup=scenario.warmup,
            keep_log=True,
        )
        seen = {
            goal.name: Observation.of(run.services[goal.name], goal.predicate, run.start, run.end, goal.slo)
            for goal in scenario.services
        }
        with_calls = seen | {chain.name: observed(chain, scenario, run, seen) for chain in chains(scenario)}
        met = requests.tables(scenario, run)
        log = run.log
        missing = {} if log is None else missing_replicas(log, seen, run.end)
        lost = {name: losses.attribute(spells, seen[name].outages) for name, spells in missing.items()}
        disrupted = {
            name: disruptions.disruptions(spells, lost[name], seen[name].outages, run.start, run.end)
            for name, spells in missing.items()
        }
        kinds = kinds_of((*scenario.failures, *scenario.operations))
        named = {name: causes.main_causes(lost[name], len(seen[name].outages), run.strikes) for name in lost}
    except Exception as error:
        return failed_cell(spec, error)
    return Cell(
        scenario.policy,
        spec.replication,
        spec.key,
        scenario.seed,
        transitions=run.transitions,
        strikes=dict(run.strikes),
        pending=dict(run.pending),
        services={name: measure(one) for name, one in with_calls.items()},
        outages={name: one.outages - one.start for name, one in with_calls.items()},
        causes=named,
        metrics={} if log is None else measure_cluster(ClusterObservation(log, run.start, run.end)),
        details={
            "alerts": [{"service": name} | row for name, one in seen.items() for row in burn_rate.fired(one)],
            "rollouts": [] if log is None else rollouts.rollouts(log, seen),
            "operations": operations.operations(run.attempts, run.start),
            "jobs": jobs.jobs(run.job_runs, run.start, run.end),
            "losses": losses.table(lost),
            "disruptions": disruptions.table(disrupted, kinds, run.start, run.end),
            **met,
        },
        events=events.stored(run) if spec.events else b"",
    )


def failed_cell(spec: CellSpec, error: Exception) -> Cell:
    """A cell of which nothing is known but the error and where it was raised."""
    text = raised(error)
    return Cell(spec.scenario.policy, spec.replication, spec.key, spec.scenario.seed, status="failed", error=text)


def raised(error: Exception) -> str:
    """An error and where it was raised, without this machine's paths."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error}{place}"


def scenario_key(scenario: "Scenario") -> str:
    """Content id of all that a cell depends on, but its replication: 16 hexadecimal digits."""
    return digest(f"{SCHEMA_VERSION}/{scenario.id}")
