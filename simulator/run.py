"""simulate(): lets a cluster live through its failures, and hands over what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models import demand
from models.behaviour import Behaviour
from models.cluster import Cluster, without_their_node
from models.daemonset import without_nodes
from models.load import Load
from models.people import People
from models.traffic import Traffic
from simulator.control_planes.wiring import Orchestrator
from simulator.garbage import left_alone
from simulator.job_run import JobRun
from simulator.log import TransitionLog
from simulator.node_autoscaling.fleet import NodeAutoscaler
from simulator.scheduling.framework import Profile
from simulator.simulation import Simulation
from simulator.state.history import ServiceHistory, histories
from simulator.stories.attempts import Attempt
from simulator.stories.protocols import FailureMode, Operation
from simulator.streams import Streams

__all__ = ["Run", "ServiceHistory", "histories", "simulate"]


@dataclass(frozen=True)
class Run:
    """What one replication left behind. Times are seconds since failures began."""

    seed: int
    replication: int
    start: float
    """Where measuring starts: the end of the warm-up."""
    end: float
    services: Mapping[str, ServiceHistory]
    """By name; by namespace/name if the cluster has Services in several namespaces."""
    transitions: int
    """State changes in all, those of the deployment before time 0 included."""
    strikes: Mapping[str, int]
    """How often each failure mode and operation struck."""
    attempts: tuple[Attempt, ...]
    """All that operations were asked to do until the end, begun or not, in order of time."""
    pending: Mapping[str, str]
    """Pods that were refused, had no node or could not start at the end, and why, in Kubernetes' words."""
    job_runs: tuple[JobRun, ...]
    """Each time that a Job was due until the end, and what came of it, in order of time."""
    exposure: Mapping[str, tuple[int, float, float]]
    """Per failure mode: clocks that fired, cumulative hazard and seconds that they were exposed to."""
    log: TransitionLog | None
    notes: tuple[str, ...] = ()
    """What was not simulated of this cluster, for want of input."""


@left_alone()
def simulate(
    cluster: Cluster,
    *,
    duration: float,
    behaviour: Behaviour = Behaviour(),
    failures: Sequence[FailureMode] = (),
    operations: Sequence[Operation] = (),
    loads: Sequence[Load] = (),
    traffic: Sequence[Traffic] = (),
    scheduler: Profile | None = None,
    node_autoscaler: NodeAutoscaler | None = None,
    people: People = People(),
    control_plane: Orchestrator | None = None,
    seed: int = 0,
    replication: int = 0,
    warmup: float = 0.0,
    keep_log: bool = False,
) -> Run:
    """Runs the cluster for `warmup` + `duration` seconds of failures and operations, measuring the latter part.

    The cluster starts settled: what fits was placed and started a day before time 0, when the failure clocks start at
    age 0; only Jobs and CronJobs are made at time 0. `traffic` counts for what it does to the pods: autoscalers measure
    it, and from time 0 on overloaded pods are late with their probes; what becomes of the requests, `simulator.traffic`
    works out afterwards. `scheduler` is a profile (simulator.scheduling.profile); without one it is Kubernetes'
    default. `node_autoscaler` changes the size of the cluster's pools from its deployment on; without one they stay as
    they are. `people` mend what failure modes leave to them. `control_plane` runs the containers
    (simulator.control_planes); without one it is Kubernetes. The same arguments give the same Run, byte for byte.
    Raises ValueError for an operation without a target, or traffic without a Service.
    """
    if not duration > 0 or warmup < 0:
        raise ValueError(f"expected duration > 0 and warmup >= 0 (got {duration!r} and {warmup!r})")
    streams = Streams(seed, replication)
    simulation = Simulation(
        cluster,
        behaviour,
        streams,
        warmup + duration,
        keep_log,
        loads=loads,
        profile=scheduler,
        traffic=traffic,
        node_autoscaler=node_autoscaler,
        people=people,
        orchestrator=control_plane,
    )
    simulation.deploy()
    simulation.run(failures, operations)
    return Run(
        seed=seed,
        replication=replication,
        start=warmup,
        end=warmup + duration,
        services=simulation.recorder.histories(warmup, warmup + duration),
        transitions=simulation.state.transitions.count,
        strikes=simulation.strikes(),
        attempts=simulation.world.journal.attempts(simulation.end),
        pending=simulation.pending(),
        job_runs=tuple(sorted(simulation.control_plane.job_runs, key=lambda run: run.due)),
        exposure={name: (e.fired, e.hazard, e.seconds) for name, e in sorted(simulation.hazards.exposure.items())},
        log=simulation.log,
        notes=(
            *demand.notes(cluster, loads, traffic),
            *without_nodes(cluster.daemon_sets, cluster.possible_nodes()),
            *without_their_node(cluster),
        ),
    )
