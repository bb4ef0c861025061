"""The same arguments give the same bytes: in one process, in another, whatever the hash seed."""

import hashlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest

from experiments.bench import uniform_cluster
from models.cluster import Cluster
from models.distributions import Exponential, LogNormal, Weibull
from models.labels import LabelSelector
from models.node import ZONE_LABEL, Taint, TaintEffect
from models.pod import TopologySpreadConstraint, WhenUnsatisfiable
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.rollout import Rollout
from simulator.run import Run, simulate
from tests.simulator.clusters import DAY, HOUR, deployment, nodes, template
from tests.simulator.clusters import cluster as small_cluster

FAILURES = (
    NodeCrash("node-crash", Exponential(3 * DAY), LogNormal.from_quantile(480.0, 3600.0)),
    ZoneOutage("zone-outage", Weibull(0.8, 3 * DAY), Exponential(HOUR)),
    ContainerCrash("crash", Exponential(DAY)),
    ContainerCrash("oom", Exponential(2 * DAY), LabelSelector.of({"app": "app-1"})),
)
ROLLOUTS = (Rollout("release", "Deployment/app-0", every=2 * DAY), Rollout("fix", "Deployment/app-1", at=2.5 * DAY))


def busy_cluster() -> Cluster:
    """Labels, taints and constraints of many words, so that sets and dicts have something to be disordered by."""
    spread = TopologySpreadConstraint(
        1, ZONE_LABEL, WhenUnsatisfiable.SCHEDULE_ANYWAY, LabelSelector.of({"app": "app-0"})
    )
    machines = tuple(
        replace(node, taints=tuple(Taint(f"taint-{i % k}", TaintEffect.PREFER_NO_SCHEDULE) for k in (2, 3)))
        for i, node in enumerate(nodes(9, "abc", cpu=900))
    )
    apps = (
        deployment("app-0", 7, pods=template("app-0", topology_spread_constraints=(spread,))),
        deployment("app-1", 5, pods=template("app-1", labels={f"label-{i}": f"value-{i}" for i in range(9)})),
        *(deployment(f"app-{i}", 4) for i in range(2, 6)),
    )
    return small_cluster(machines, *apps)


CLUSTERS = {"busy": busy_cluster, "uniform": lambda: uniform_cluster(12, 90)}


def run(name: str, replication: int = 2, **other: object) -> Run:
    arguments = {"failures": FAILURES, "operations": ROLLOUTS, "duration": 6 * DAY, "warmup": DAY, "keep_log": True}
    return simulate(CLUSTERS[name](), seed=3, replication=replication, **{**arguments, **other})  # type: ignore[arg-type]


def digest(run: Run) -> str:
    """A hash of everything that a run left behind."""
    parts: list[object] = [getattr(run, f.name) for f in fields(run) if f.name not in ("services", "log")]
    for name, history in run.services.items():
        for function in (history.answering, history.ready, history.desired):
            parts += [name, function.times.tobytes(), function.values.tobytes(), function.end]
    if run.log is not None:
        parts += [run.log.columns().tobytes(), run.log.causes, run.log.names]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def digests(names: Sequence[str] = tuple(CLUSTERS)) -> list[str]:
    return [digest(run(name)) for name in names]


@pytest.fixture(scope="module")
def expected() -> list[str]:
    return digests()


def test_much_happens_in_the_runs_that_are_compared() -> None:
    for name in CLUSTERS:
        result = run(name)
        assert all(result.strikes.values())
        assert set(result.strikes) == {policy.name for policy in (*FAILURES, *ROLLOUTS)}
        assert result.transitions > 2000


def test_a_process_repeats_itself(expected: list[str]) -> None:
    assert digests() == expected
    assert digests(list(CLUSTERS)[::-1]) == expected[::-1]


def test_other_seeds_and_replications_tell_other_stories(expected: list[str]) -> None:
    assert digest(run("busy", replication=3)) != expected[0]


def test_a_spawned_process_repeats_it(expected: list[str]) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(digests) == expected


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_the_hash_seed_does_not_matter(expected: list[str], hash_seed: str) -> None:
    program = "from tests.test_determinism import digests; print(*digests())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == expected


def test_keeping_the_log_changes_nothing_else() -> None:
    with_log, without = run("busy"), run("busy", keep_log=False)
    assert digest(replace(with_log, log=None)) == digest(without)


def test_the_warm_up_only_moves_the_window() -> None:
    early, late = run("busy", warmup=0.0, duration=7 * DAY), run("busy", warmup=DAY, duration=6 * DAY)
    assert early.log is not None
    assert late.log is not None
    assert early.log.columns().tobytes() == late.log.columns().tobytes()
    for name, history in late.services.items():
        clipped = early.services[name].answering.clip(late.start, late.end)
        assert clipped.times.tobytes() == history.answering.times.tobytes()
        assert clipped.values.tobytes() == history.answering.values.tobytes()
