"""Result folders that somebody damaged: a number that is still shown is the right one, and a run sets all right again.

An input says what is done to a folder: a JSON list of [what, file, detail].
"""

import functools
import io
import json
import os
import random
import shutil
import zlib
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from experiments.experiment import Experiment
from experiments.plots import Plots
from experiments.report import downtime, text
from experiments.report.html import report_html
from experiments.results import Results
from experiments.runner.run import run
from experiments.store.folder import STATE
from models.input.problems import Refusal
from tests.fuzz.mutations import ODD_TEXTS, tree_mutant
from tests.fuzz.target import Target, kept, refused

_APPLICATION = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
_EXPERIMENT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: fuzzed}
spec:
  duration: 10d
  warmup: 1h
  replications: 2
  manifests: [app.yaml]
  cluster: {pools: [{name: a, count: 2, allocatable: {cpu: 4, memory: 8Gi}}]}
  failures:
  - {name: crash, type: nodeCrash, timeToFailure: {kind: exponential, mean: 1d}, timeToRepair: {kind: fixed, value: 1h}}
  operations: [{name: release, type: rollout, target: Deployment/web, every: 3d}]
  services: [{name: web, slo: {objective: 99%, period: 5d}}]
  traffic: [{service: web, rate: {kind: constant, value: 5}}]
  objectives: [{service: web, metric: availability, atLeast: 99%}]
  policies: [{name: one}, {name: two, patches: [{target: {kind: Deployment}, set: {spec.replicas: 3}}]}]
"""
_TABLES = (
    "runs",
    "outages",
    "cells",
    "alerts",
    "rollouts",
    "losses",
    "disruptions",
    "requests",
    "lost_requests",
    "operations",
)
_NAMES = (
    *("manifest.json", "manifest.json", "manifest.json", ".state/*", ".state/*", ".state/*", "resolved.yaml", ".lock"),
    *(f"{name}.parquet" for name in _TABLES),
    *("summary.csv", "summary.json", "experiment.yaml", "report.html", "inputs/1-app.yaml", "events/one/0.parquet"),
    *(".state", "events", "events/one", "inputs", "plots"),
)
_ACTIONS = ("cut", "empty", "flip", "append", "delete", "swap", "directory", "file", "loop", "foreign", "odd", "tree")
_EVENTS = 1
ONE_IN = 4
"""Of the folders one in so many is also run anew, or reported of."""


_DRAWINGS = {"comparison": "<svg></svg>"}
"""In place of pictures: they are drawn from what was read, and take long."""


@functools.cache
def _folders(scratch: Path) -> tuple[Path, Path, str]:
    """(a finished folder, the folder of another run of the same names, what is shown of the first)."""
    base = scratch.parent / f"{scratch.name}-folders"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True)
    (base / "app.yaml").write_text(_APPLICATION)
    (base / "experiment.yaml").write_text(_EXPERIMENT)
    for name in ("right", "other"):
        _run(base, base / name, name, fresh=False)
    return base / "right", base / "other", _shown(base / "right")


def _run(base: Path, out: Path, name: str, *, fresh: bool) -> None:
    with patch.object(Plots, "drawings", _DRAWINGS), patch.object(Plots, "save"):
        run(_experiment(base, name).plan, out=out, events=_EVENTS, fresh=fresh)


@functools.cache
def _experiment(base: Path, name: str) -> Experiment:
    return Experiment.from_yaml(base / "experiment.yaml", () if name == "right" else ("spec.seed=9",))


def _shown(folder: Path) -> str:
    """What `show` and `why` say of a folder, and what is made of its events."""
    results = Results.open(folder)
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()):
        text.show(results)
        downtime.show(results)
    measured = [results.stored_run(*key).services["web"].ready.integral() for key in results.stored()]
    said = [line for line in out.getvalue().splitlines() if str(folder) not in line]  # where the report is
    return "\n".join([*said, results.summary().to_csv(), str(measured)])


def seeds(scratch: Path) -> list[bytes]:
    _folders(scratch)
    return [*kept("folders"), b"[]"]


def mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    count = generator.choice((1, 1, 1, 2, 2, 4))
    steps = [(generator.choice(_ACTIONS), generator.choice(_NAMES), generator.randrange(2**31)) for _ in range(count)]
    return json.dumps(steps).encode()


def attempt(data: bytes, scratch: Path) -> bool:
    right, other, expected = _folders(scratch)
    folder = scratch / "folder"
    for copy in (folder, scratch / "fresh"):
        shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(right, folder)
    for what, name, detail in json.loads(data):
        _damage(what, name, random.Random(detail), folder, other)
    shutil.copytree(folder, scratch / "fresh", symlinks=True)
    valid = _refusable(lambda: _check(folder, expected))
    if valid and zlib.crc32(data) % ONE_IN == 0:
        report_html(Results.open(folder), _DRAWINGS)
    if _refusable(lambda: _run(right.parent, folder, "right", fresh=False)):
        _check(folder, expected)
    fresh = scratch / "fresh"
    if zlib.crc32(data) % ONE_IN == 0 and os.path.lexists(fresh / STATE):
        _run(right.parent, fresh, "right", fresh=True)
        _check(fresh, expected)
    return valid


def _check(folder: Path, expected: str) -> None:
    shown = _shown(folder)
    assert shown == expected, f"another number is shown than was found:\n{shown}\n{expected}"


def _refusable(act: Callable[[], None]) -> bool:
    """Whether it was done; False if it was refused, in words."""
    try:
        act()
    except Refusal as error:
        return refused(str(error).splitlines())
    except OSError as error:  # the command line says it with the file's name
        if not error.filename:
            raise
        return False
    return True


def _damage(what: str, name: str, generator: random.Random, folder: Path, other: Path) -> None:
    path = _chosen(name, generator, folder)
    data = path.read_bytes() if path.is_file() else b""
    match what:
        case "cut" if data:
            path.write_bytes(data[: generator.randrange(len(data))])
        case "flip" if data:
            at = generator.randrange(len(data))
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << generator.randrange(8)]) + data[at + 1 :])
        case "append" if data:
            path.write_bytes(data + generator.choice((data, b"\n", b"x", b"\x00")))
        case "tree" if data and path.suffix in (".json", ".yaml"):
            path.write_bytes(_tree(data, generator))
        case "swap":
            second = _chosen(generator.choice(_NAMES), generator, folder)
            if data and second.is_file():
                path.write_bytes(second.read_bytes())
                second.write_bytes(data)
        case "foreign":
            source = _chosen(name, generator, other)
            _remove(path)
            if source.is_dir():
                shutil.copytree(source, path)
            elif source.is_file() and path.parent.is_dir():
                shutil.copy(source, path.with_name(source.name))
        case "empty" | "odd":
            _put(path, generator.choice(ODD_TEXTS) if what == "odd" else "")
        case "directory":
            _put(path, None)
        case "file":
            _put(path, "something else\n")
        case "loop":
            _remove(path)
            if path.parent.is_dir():
                path.symlink_to(path)
        case "delete":
            _remove(path)


def _tree(data: bytes, generator: random.Random) -> bytes:
    try:
        tree: Any = json.loads(data)
    except ValueError:
        return data[::-1]
    return json.dumps(tree_mutant(generator, tree, tree, mildness=0.5)).encode()


def _chosen(name: str, generator: random.Random, folder: Path) -> Path:
    """The file; of a pattern, one of those that there are."""
    if "*" not in name:
        return folder / name
    there = sorted(folder.glob(name))
    return generator.choice(there) if there else folder / name.replace("*", "0123456789abcdef.json")


def _put(path: Path, contents: str | None) -> None:
    """A file with these contents, or an empty directory, whatever was there."""
    _remove(path)
    if not path.parent.is_dir():
        return
    if contents is None:
        path.mkdir()
    else:
        path.write_text(contents, "utf-8", errors="surrogatepass")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


TARGET = Target("folders", seeds, mutate, attempt)
