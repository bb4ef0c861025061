"""The same arguments give the same bytes: in one process, in another, whatever the hash seed."""

import hashlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest

from experiments import Experiment, Results
from experiments.bench.cluster import uniform_cluster
from experiments.store.tables import arrow_table
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


# ----------------------------------------------------------------------------------- every table of a result folder

EVERYTHING = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: everything}
spec:
  duration: 3d
  seed: 5
  replications: 2
  cluster: {pools: [{name: n, count: 6, zones: [a, b, c], labels: {rack: r}, allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [SHOP, JOBS]
  failures:
  - {preset: google-2010-nodes, name: burst, timeToFailure: {kind: exponential, mean: 4d}}
  - {name: common, type: commonCause, timeToFailure: {kind: exponential, mean: 5d}, timeToRepair: {preset: lanl-05}}
  - {name: zone, type: zoneOutage, timeToFailure: {kind: exponential, mean: 3d}, timeToRepair: {kind: fixed, value: 9m}}
  - {name: crash, type: containerCrash, timeToFailure: {kind: exponential, mean: 1d}}
  operations:
  - {name: release, type: rollout, target: Deployment/frontend, every: 1d}
  services: [{name: frontend, available: {when: quorum}, slo: {objective: 99.99%, period: 1d}}, {name: cart}]
  traffic:
  - {service: frontend, rate: {kind: wave, mean: 1, peak: 2}, retries: {attempts: 1}}
  - {service: cart, rate: {kind: constant, value: 0.2}, balancing: {type: powerOfTwo}, requests: {}}
  calls: [{from: frontend, to: cart}]
  policies: POLICIES
"""
POLICIES = "[{name: shipped}, {name: three, patches: [{target: {kind: Deployment}, set: {spec.replicas: 3}}]}]"
JOBS = Path(__file__).resolve().parents[1] / "experiments" / "manifests" / "jobs.yaml"
SHOP = Path(__file__).resolve().parents[1] / "experiments" / "manifests" / "shop.yaml"


def simulated(path: Path, policies: str = POLICIES, failures: str = "") -> Results:
    text = EVERYTHING.replace("SHOP", str(SHOP)).replace("JOBS", str(JOBS)).replace("POLICIES", policies)
    path.write_text(text.replace("  failures:\n", f"  failures:\n{failures}"))
    return Experiment.from_yaml(path).run()


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return simulated(tmp_path_factory.mktemp("everything") / "e.yaml")


def test_every_table_has_rows(everything: Results) -> None:
    rare = ("rare", "excursions", "rare_losses")  # tests/experiments/runner/test_rare_outages.py is about these
    assert [name for name, table in everything.tables.items() if table.empty and name not in rare] == []


def test_every_table_is_the_same_in_another_process(everything: Results, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.test_determinism import simulated; "
        "from experiments.store.tables import arrow_table; "
        "[print(name, arrow_table(name, table).to_pydict()) for name, table in "
        "simulated(Path(sys.argv[1])).tables.items()]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "e.yaml")],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "PYTHONHASHSEED": "77", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    mine = [f"{name} {arrow_table(name, table).to_pydict()}" for name, table in everything.tables.items()]
    assert done.stdout.splitlines() == mine


NEVER = "timeToFailure: {kind: fixed, value: 900y}, timeToRepair: {kind: fixed, value: 5m}"
IDLE = "".join(
    f"  - {{name: idle-{kind}, type: {kind}, {NEVER}{more}}}\n"
    for kind, more in {
        "nodeBurst": "",
        "nodeCrash": "",
        "zoneOutage": "",
        "commonCause": "",
        "domainOutage": ", domain: rack",
    }.items()
)


@pytest.mark.parametrize(
    ("policies", "failures"),
    [(POLICIES.replace("[{name: shipped}", "[{name: shipped}, {name: other, failures: [FAILURE]}"), ""), ("", IDLE)],
    ids=["another policy", "failure modes that never strike"],
)
def test_what_is_added_changes_nothing_else(everything: Results, tmp_path: Path, policies: str, failures: str) -> None:
    further = "{name: x, type: containerCrash, timeToFailure: {kind: exponential, mean: 2h}}"
    found = simulated(tmp_path / "e.yaml", policies.replace("FAILURE", further) or POLICIES, failures)
    for name, table in everything.tables.items():
        differing = ["scenario", "strikes"] if name == "cells" else []
        theirs = found.tables[name]
        theirs = theirs.loc[theirs["policy"] != "other"].reset_index(drop=True)
        pd.testing.assert_frame_equal(theirs.drop(columns=differing), table.drop(columns=differing), check_exact=True)


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
