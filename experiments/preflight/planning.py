"""What a run would do: policies, pods, nodes, and an estimate of its cost from a few runs of each policy."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from statistics import fmean, median_low
from typing import Any, TypeVar

from experiments.design.scenario import Scenario
from experiments.design.sweep import Point, Sweep
from experiments.experiment import Experiment
from experiments.file.points import Swept
from experiments.findings.points import manifest_at
from experiments.metrics.metric import own_metrics
from experiments.rare import pilot as rare
from experiments.rare.replication import RareSpec, run_rare_cell
from experiments.rare.settings import RareSettings
from experiments.report.table import POLICY, Column, Table
from experiments.runner.engines.local import LocalEngine
from experiments.runner.point_tasks import made, row
from experiments.runner.replication import CellSpec, run_cell
from experiments.runner.run import FIRST_LOOK
from experiments.runner.sweep import described
from experiments.store.cell import Cell
from experiments.store.manifest import Manifest
from models.input.problems import InputError
from models.units import DAY, format_duration

T = TypeVar("T")

RARE_PHASES = 3
"""Of the pilot of rare outages at most, `experiments.rare.pilot.PILOT` replications each."""
PILOT_SECONDS = 60 * DAY
"""Simulated time of a pilot run: long enough for some failures, short enough to wait for."""

_ENOUGH = 0.3
"""Seconds of work that tell what it costs; less of it is done again, as the first time pays what only it pays."""
_MOST_TIMES = 5
_ROW_OF = 100
"""Replications of a policy of which a point's row is made here at most: it takes little more with many."""

COLUMNS = (
    POLICY,
    Column("WORKLOADS", "controllers of pods, and pods without one", gives_way=3),
    Column("PODS", "replicas that all of them ask for"),
    Column("NODES", "nodes of the cluster"),
    Column("TRANSITIONS", "changes of the cluster's state, about so many in all replications", gives_way=2),
    Column("TIME", "about the time that all replications take on one core"),
    Column("FAILURES AND OPERATIONS", "their names", "words", gives_way=1),
)


class PilotFailed(RuntimeError):
    """A replication that the estimate was to rest on raised an exception."""


@dataclass(frozen=True)
class PolicyPlan:
    """One policy of an experiment; costs are per replication, by whole ones if they are quick, else extrapolated."""

    policy: str
    workloads: int
    pods: int
    nodes: int
    failures: tuple[str, ...]
    operations: tuple[str, ...]
    transitions: float
    seconds: float


def plan(experiment: Experiment) -> list[PolicyPlan]:
    """Simulates and measures a short stretch of every policy, or all of it if that is quick; raises PilotFailed."""
    return [_plan(scenario)[0] for scenario in experiment.scenarios()]


@dataclass(frozen=True)
class SweepPlan:
    """A sweep, by pilots at a few of its points."""

    points: int
    pilots: tuple[str, ...]
    """Labels of the points that were tried."""
    refused: tuple[str, ...]
    """Points among them that cannot be run, and why."""
    policies: tuple[PolicyPlan, ...]
    """The mean over the pilots; of the first of them what is counted."""
    around: float
    """Seconds that a point takes beside its cells: to make it, and its row. The mean over the pilots."""


def plan_sweep(experiment: Experiment, sweep: Sweep, replications: int) -> SweepPlan:
    """Does what a sweep does at the first, the last and a point between, with replications as those of `plan`."""
    points = sweep.points
    chosen = [points[i] for i in sorted({0, len(points) // 2, len(points) - 1})]
    manifest, _ = described(experiment, sweep, None, replications, LocalEngine())
    swept = Swept.of(experiment.source.document, experiment.folder, sweep, experiment.policies, replications)
    found: list[list[PolicyPlan]] = []
    refused, around = [], []
    for point in chosen:
        try:
            plans, seconds = _plan_at(point, swept, manifest)
            found.append(plans)
            around.append(seconds)
        except InputError as error:
            refused.append(f"{point.label} cannot be run: {'; '.join(problem.message for problem in error.problems)}")
        except PilotFailed as error:
            refused.append(f"{point.label}: {error}")
    means = tuple(
        replace(
            of[0],
            transitions=fmean(each.transitions for each in of),
            seconds=fmean(each.seconds for each in of),
        )
        for of in zip(*found, strict=True)
    )
    labels = tuple(point.label for point in chosen)
    return SweepPlan(len(points), labels, tuple(refused), means, fmean(around) if around else 0.0)


def _plan_at(point: Point, swept: Swept, manifest: Manifest) -> tuple[list[PolicyPlan], float]:
    """The plan of every policy at a point, and the seconds that it takes beside its cells.

    Raises InputError and PilotFailed.
    """
    (at, keys), making = _timed(lambda: made(swept, point), 2)
    planned = [_plan(scenario) for scenario in at.design.scenarios]
    times = range(min(swept.replications, _ROW_OF))
    cells = [replace(pilot, replication=number) for _, pilot in planned for number in times]
    of_point = manifest_at(manifest, point.label, at.design, keys)
    _, telling = _timed(lambda: row(cells, at, of_point), 2)
    return [of for of, _ in planned], making + telling


def rare_pilot(experiment: Experiment) -> float | None:
    """About the seconds that a pilot of rare outages takes on one core if it is made for every Service and policy.

    By one of its replications under the first policy. None if no precision makes them a question.
    """
    precision = experiment.precision
    if precision is None or precision.method == "plain":
        return None
    begun = [one for one in experiment.scenarios() if one.control_plane is None or one.control_plane.restores]
    if not begun:
        return None
    first, *others = begun
    begin = time.process_time()
    run_rare_cell(RareSpec(first, "scales", {goal.name: RareSettings(0.0) for goal in first.services}, 0))
    return (time.process_time() - begin) * RARE_PHASES * rare.PILOT * (1 + len(others))


def rare_sentence(experiment: Experiment, seconds: float | None) -> list[str]:
    """What will become of rare outages, in a sentence; none if they are no question."""
    precision = experiment.precision
    if precision is None or seconds is None:
        return []
    every = "of every Service and policy"
    if precision.method == "auto":
        every = f"of a Service and policy for which {precision.at_most} replications would not do"
    return [
        f"rare outages {every}: after {FIRST_LOOK} plain ones a pilot decides how they are looked for, whether that "
        "takes less than plain replications, and how many it takes; for all of them about "
        f"{format_duration(seconds)} on one core, and mostly as long again for what comes after it"
    ]


def _plan(scenario: Scenario) -> tuple[PolicyPlan, Cell]:
    """The plan of a policy, and a replication that it rests on."""
    whole = scenario.warmup + scenario.duration
    pilot = min(whole, PILOT_SECONDS)
    _cell(scenario, 1.0 / whole)  # what only the first run in a process pays
    started, start_seconds = _timed(lambda: _cell(scenario, 1.0 / whole))
    run, seconds = _timed(lambda: _cell(scenario, pilot / whole))
    transitions = started.transitions + (run.transitions - started.transitions) * whole / pilot
    seconds = start_seconds + max(seconds - start_seconds, 0.0) * whole / pilot
    if pilot < whole and seconds < _ENOUGH:  # it may have met nothing that costs
        numbers = count()
        run, seconds = _timed(lambda: _cell(scenario, 1.0, next(numbers)), 2)
        transitions = run.transitions
    cluster = scenario.cluster
    replicas = [d.replicas for d in cluster.deployments] + [r.replicas for r in cluster.replica_sets]
    replicas += [s.replicas for s in cluster.stateful_sets]
    replicas += [
        sum(daemons.pod_template.spec.allows_node(node.labels, node.name) for node in cluster.nodes)
        for daemons in cluster.daemon_sets
    ]
    of_policy = PolicyPlan(
        policy=scenario.policy,
        workloads=len(replicas) + len(cluster.pods) + len(cluster.jobs) + len(cluster.cron_jobs),
        pods=sum(replicas) + len(cluster.pods),
        nodes=len(cluster.nodes),
        failures=tuple(mode.name for mode in scenario.failures),
        operations=tuple(operation.name for operation in scenario.operations),
        transitions=transitions,
        seconds=seconds,
    )
    return of_policy, run


def _cell(scenario: Scenario, share: float, replication: int = 0) -> Cell:
    """A replication of a policy, of this share of the time that it is to run."""
    short = replace(scenario, warmup=scenario.warmup * share, duration=scenario.duration * share)
    cell = run_cell(CellSpec(short, "", replication, own_metrics=own_metrics()))
    if cell.status == "failed":
        raise PilotFailed(f"a pilot of {scenario.policy} fails: {cell.error}")
    return cell


def _timed(work: Callable[[], T], least: int = 1) -> tuple[T, float]:
    """What comes of some work, and the seconds that it takes on one core: the median of `least` times or more."""
    taken: list[float] = []
    while len(taken) < least or (len(taken) < _MOST_TIMES and sum(taken) < _ENOUGH):
        begin = time.process_time()
        found = work()
        taken.append(time.process_time() - begin)
    return found, median_low(taken)


def plain(
    experiment: Experiment,
    plans: Sequence[PolicyPlan],
    replications: int,
    pending: list[str],
    pilot_time: float | None,
    sweep: SweepPlan | None = None,
) -> dict[str, Any]:
    """The plan as plain values for other programs; `docs/json.md` documents the shape."""
    points = 1 if sweep is None else sweep.points
    return {
        "apiVersion": "kubenines/v1",
        "kind": "Plan",
        "experiment": experiment.name,
        "services": experiment.scenarios()[0].measured,
        "baseline": experiment.policies[0],
        "replications": replications,
        "points": points,
        "cells": points * len(plans) * replications,
        "pilots": [] if sweep is None else list(sweep.pilots),
        "pointsTime": 0.0 if sweep is None else sweep.around * points,
        "atMost": experiment.precision is not None,
        "duration": experiment.duration,
        "warmup": experiment.warmup,
        "seed": experiment.seed,
        "confidence": experiment.confidence,
        "policies": [
            {
                "policy": plan.policy,
                "workloads": plan.workloads,
                "pods": plan.pods,
                "nodes": plan.nodes,
                "failures": list(plan.failures),
                "operations": list(plan.operations),
                "transitions": plan.transitions * replications * points,
                "time": plan.seconds * replications * points,
            }
            for plan in plans
        ],
        "rareOutages": _rare(experiment, pilot_time),
        "notStarted": pending,
        "warnings": list(experiment.warnings),
        "notRead": [one.to_json() for one in experiment.named],
    }


def _rare(experiment: Experiment, pilot_time: float | None) -> dict[str, Any] | None:
    if experiment.precision is None or pilot_time is None:
        return None
    return {"method": experiment.precision.method, "pilotTime": pilot_time}


def table(plans: Sequence[PolicyPlan], replications: int) -> Table:
    """What so many replications of each policy would do: a row per policy."""
    return Table(
        COLUMNS,
        tuple(
            (
                policy.policy,
                str(policy.workloads),
                str(policy.pods),
                str(policy.nodes),
                f"{policy.transitions * replications:,.0f}",
                format_duration(policy.seconds * replications),
                ", ".join([*policy.failures, *policy.operations]) or "none",
            )
            for policy in plans
        ),
    )
