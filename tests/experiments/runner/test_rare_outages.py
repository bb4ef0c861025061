"""Replications for rare outages: the same bytes from any number of workers, resumed where they stopped."""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from experiments import Experiment
from experiments.design.plan import Precision
from experiments.inference.sample import Sample
from experiments.plots import Plots
from experiments.rare import pilot
from experiments.rare.pilot import RarePlan
from experiments.rare.replication import RareSpec, run_rare_cell
from experiments.rare.settings import RareSettings
from experiments.rare.study import Asking
from experiments.results import Results
from experiments.runner import job, rare_outages
from experiments.runner.endings import Interrupted
from experiments.store.rare_cell import RareCell

ROOT = Path(__file__).parents[3]

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxUnavailable: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: server, image: "web:1", resources: {requests: {cpu: 100m, memory: 64Mi}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
EXPERIMENT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: rare}
spec:
  duration: 20d
  seed: 3
  precision: {relative: 10%, atMost: 4, method: rare}
  cluster: {pools: [{name: n, count: 2, zones: [a, b], allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [web.yaml]
  failures:
  - {name: node, type: nodeCrash, timeToFailure: {kind: exponential, mean: 4d}, timeToRepair: {kind: fixed, value: 9m}}
  - {name: crash, type: containerCrash, timeToFailure: {kind: weibull, shape: 0.8, mean: 4h}}
  operations:
  - {name: release, type: rollout, target: Deployment/web, every: 3d}
  services: [{name: web}]
  policies: [{name: as-shipped}]
"""
UNCHANGING = "summary.csv", "summary.json", "rare.parquet", "excursions.parquet", "runs.parquet", "cells.parquet"


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """A pilot that is as short as may be, and no plots: they are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pilot, "PILOT", 2)
        patch.setattr(pilot, "LOOKS", 6)
        patch.setattr(Plots, "featured", lambda plots: [])
        yield


def written(folder: Path) -> Path:
    """The experiment's file."""
    folder.mkdir(exist_ok=True)
    (folder / "web.yaml").write_text(WEB)
    (folder / "rare.yaml").write_text(EXPERIMENT)
    return folder / "rare.yaml"


def run(file: Path, out: Path, **kwargs: Any) -> Results:
    return Experiment.from_yaml(file).run(out=out, **kwargs)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in UNCHANGING}


@pytest.fixture(scope="module")
def file(small: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("experiment"))


@pytest.fixture(scope="module")
def one_worker(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder made in this process by one worker."""
    out = tmp_path_factory.mktemp("one-worker")
    run(file, out)
    return out


def test_the_estimate_rests_on_degraded_periods_of_all_phases(one_worker: Path) -> None:
    results = Results.open(one_worker)
    assert [row["method"] for row in results.manifest.rare] == ["rare"]
    assert Counter(results.tables["rare"]["phase"]) == {"main": 4}
    assert set(results.tables["excursions"]["begun"]) == {"settled", "running", "otherwise"}
    assert results.availability("web", "as-shipped").method.startswith("rare outages")


def test_one_and_two_workers_write_the_same_bytes(file: Path, one_worker: Path, tmp_path: Path) -> None:
    run(file, tmp_path / "out", workers=2)
    assert contents(tmp_path / "out") == contents(one_worker)


def test_the_hash_seed_of_python_changes_no_byte(file: Path, one_worker: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from tests.experiments.runner.test_rare_outages import pilot, Plots, run\n"
        "pilot.PILOT, pilot.LOOKS, Plots.featured = 2, 6, lambda plots: []\n"
        "run(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    subprocess.run(
        [sys.executable, "-c", code, str(file), str(tmp_path / "out")],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": other, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert contents(tmp_path / "out") == contents(one_worker)


ALL = [
    *(("scales", 0), ("scales", 1), ("pilot", 0), ("pilot", 1), ("trial", 0), ("trial", 1)),
    *(("main", 0), ("main", 1), ("main", 2), ("main", 3)),
]


@pytest.mark.parametrize("last", [("scales", 0), ("pilot", 1), ("main", 1)], ids=str)
def test_what_was_interrupted_goes_on_and_does_nothing_twice(
    last: tuple[str, int], file: Path, one_worker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, int]] = []

    def noting(spec: RareSpec) -> RareCell:
        made.append((spec.phase, spec.replication))
        if made[-1] == last:
            signal.raise_signal(signal.SIGTERM)
        return run_rare_cell(spec)

    monkeypatch.setattr(job, "run_rare_cell", noting)
    with pytest.raises(Interrupted) as caught:
        run(file, tmp_path / "out")
    assert made[-1] == last
    assert caught.value.command.endswith("--resume")
    meanwhile = Results.open(tmp_path / "out")
    assert (meanwhile.manifest.status, len(meanwhile.cells), len(meanwhile.tables["rare"])) == ("interrupted", 4, 0)
    run(file, tmp_path / "out")
    assert made == ALL
    assert contents(tmp_path / "out") == contents(one_worker)


def test_a_finished_folder_is_not_computed_again(
    file: Path, one_worker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(one_worker, out)
    monkeypatch.setattr(job, "run_rare_cell", None)
    run(file, out)
    assert contents(out) == contents(one_worker)


def at_once(plans: dict[str, RarePlan | None]) -> Asking[dict[str, RarePlan | None]]:
    """Plans that take no replication."""
    yield from ()
    return plans


def test_a_replication_that_fails_is_a_reason_for_those_alone_that_it_was_made_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = RarePlan(RareSettings(2.5), 30, transitions=1.0, outages_per_year=1e-9, outages_asked_for=768.0)
    down = replace(plan, outages_per_year=0.0)
    monkeypatch.setattr(rare_outages, "plans", lambda *arguments: at_once({"web": plan, "api": None, "down": down}))
    services = [SimpleNamespace(name=name) for name in ("web", "api", "down")]
    scenario = SimpleNamespace(policy="p", services=services, duration=86400.0, control_plane=None)

    def failing(specs: list[RareSpec]) -> list[RareCell]:
        return [RareCell("p", spec.replication, "", "failed", "ValueError: no", {}) for spec in specs]

    of = SimpleNamespace(scenarios=[scenario], run_rare=failing, rare=[], manifest=SimpleNamespace(rare=[]))
    results = SimpleNamespace(cells=pd.DataFrame({"policy": ["p"], "transitions": [1000.0]}))
    rare_outages.look_for(of, results, Precision(0.1, 0.95, 100, "rare"))  # type: ignore[arg-type]
    assert {row["service"]: (row["method"], row["why"]) for row in of.manifest.rare} == {
        "web": ("plain", "a replication failed: ValueError: no"),
        "api": ("plain", "no outage was met in a pilot of rare outages"),
        "down": ("plain", "it is down, and no outage began in a pilot of rare outages"),
    }
    assert of.rare == []


def test_what_is_asked_for_though_it_saves_nothing_is_not_said_to_save_work(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = RarePlan(RareSettings(2.5), 30, transitions=1e6, outages_per_year=100.0, outages_asked_for=10.0)
    monkeypatch.setattr(rare_outages, "plans", lambda *arguments: at_once({"web": plan}))
    scenario = SimpleNamespace(policy="p", services=[SimpleNamespace(name="web")], duration=86400.0, control_plane=None)

    def done(specs: list[RareSpec]) -> list[RareCell]:
        return [RareCell("p", spec.replication, "", "done", "", {}) for spec in specs]

    of = SimpleNamespace(scenarios=[scenario], run_rare=done, rare=[], manifest=SimpleNamespace(rare=[]))
    results = SimpleNamespace(cells=pd.DataFrame({"policy": ["p"], "transitions": [1000.0]}))
    rare_outages.look_for(of, results, Precision(0.1, 0.95, 100, "rare"))  # type: ignore[arg-type]
    assert [(row["method"], row["why"]) for row in of.manifest.rare] == [
        ("rare", "as asked for, though plain replications take hardly more work, or less")
    ]


@pytest.mark.parametrize("at_most", [50, 2000])
def test_what_was_never_seen_down_gets_a_pilot_however_many_replications_are_allowed(
    at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    piloted: list[str] = []

    def met_none(scenario: object, services: list[str], *others: object) -> Asking[dict[str, RarePlan | None]]:
        piloted.extend(services)
        return at_once({})

    monkeypatch.setattr(rare_outages, "plans", met_none)
    scenario = SimpleNamespace(
        policy="p", services=[SimpleNamespace(name="web")], duration=86400.0 * 365, control_plane=None
    )
    of = SimpleNamespace(scenarios=[scenario], run_rare=None, rare=[], manifest=SimpleNamespace(rare=[]))
    nothing = SimpleNamespace(is_bound=True, lost=None, value=float("nan"), low=0.999, high=1.0, n=50, confidence=0.95)
    results = SimpleNamespace(
        sample=lambda *row: Sample.empty(), availability=lambda *row: nothing, cells=pd.DataFrame({"policy": []})
    )
    rare_outages.look_for(of, results, Precision(0.1, 0.95, at_most))  # type: ignore[arg-type]
    assert piloted == ["web"]
