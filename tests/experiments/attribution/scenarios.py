"""Runs of small clusters, and where their downtime came from."""

import math
from collections.abc import Sequence
from typing import Any

from experiments.attribution.losses import attribute, table
from experiments.attribution.missing import missing_replicas
from experiments.design.goal import ReadyEndpoints
from experiments.metrics.observation import Observation
from models.behaviour import Behaviour
from models.cluster import Cluster
from simulator.log import Kind
from simulator.run import Run, simulate
from tests.simulator.clusters import (
    behaviour,
)

Stages = dict[tuple[str, str], float]
ANY = ReadyEndpoints(1)


def lost(run: Run, service: str = "web", available: Any = ANY) -> Stages:
    """Seconds by failure mode and stage, to the millisecond."""
    outages = Observation.of(run.services[service], available, run.start, run.end).outages
    assert run.log is not None
    rows = table({service: attribute(missing_replicas(run.log, [service], run.end)[service], outages)})
    assert math.isclose(sum(row["lost_s"] for row in rows), (outages[:, 1] - outages[:, 0]).sum(), rel_tol=1e-12)
    return {(row["cause"], row["stage"]): round(row["lost_s"], 3) for row in rows}


def run(
    load: Cluster, *stories: Any, until: float = 2000.0, under: Behaviour | None = None, operations: Sequence[Any] = ()
) -> Run:
    laws = under or behaviour()
    return simulate(load, behaviour=laws, failures=stories, operations=operations, duration=until, keep_log=True)


def home(load: Cluster) -> int:
    """The node that the first pod is put on."""
    log = run(load, until=1.0).log
    assert log is not None
    return int(log.of_kind(Kind.POD_NODE)[0, 4])


def transition(run: Run, kind: Kind, new: int, since: float = 0.0) -> float:
    """When it happened first."""
    assert run.log is not None
    rows = run.log.of_kind(kind)
    return float(rows[(rows[:, 0] >= since) & (rows[:, 4] == new)][0, 0])
