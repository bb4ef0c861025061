"""Replications of a search reach the disk as they come, whatever ends it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.search import keeping
from experiments.search.keeping import Keeping, OfRun, OfSweep
from experiments.store import kept
from experiments.store.cell import Cell
from experiments.store.folder import STATE, ResultFolder
from tests.experiments.search.problems import PROBLEMS
from tests.sources import ROOT

CLI = "import sys; from experiments.cli import main; sys.exit(main())"
POLICIES = [{"name": f"of-{replicas}", "replicas": replicas} for replicas in (1, 2, 3, 4)]
KINDS: dict[str, Callable[[ResultFolder], Keeping]] = {
    "sweep": lambda folder: OfSweep(folder, print),
    "run": lambda folder: OfRun(folder, ["a"], print),
}


def chunks(folder: Path) -> list[Path]:
    """The files of replications that are there, without one that is being written."""
    return [file for file in (folder / STATE).rglob("*") if file.suffix in (".json", ".jsonl")]


def cells(folder: Path) -> Counter[tuple[str, int]]:
    """How often each replication is in a folder, by its scenario and number."""
    found = Counter[tuple[str, int]]()
    for file in chunks(folder):
        lines = file.read_text().splitlines()
        values = map(json.loads, lines[1:]) if file.suffix == ".jsonl" else json.loads(lines[0])
        found.update((of["scenario"], of["replication"]) for of in values)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_is_kept_before_the_round_is_over(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (keeping, kept):
        monkeypatch.setattr(module, "SAVE_EVERY", 0.0)
    here = KINDS[kind](ResultFolder(tmp_path))
    for replication in range(2):
        time.sleep(0.001)  # a clock may stand still for as long
        here.keep(Cell("web", replication, "a", seed=1))
        assert cells(tmp_path) == {("a", at): 1 for at in range(replication + 1)}


def test_what_is_there_is_parsed_once_however_many_rounds_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of finished replications each chunk at the start, and again when what it holds is wanted."""
    folder, rounds = ResultFolder(tmp_path), 20
    for at in range(rounds):
        folder.save_chunk([Cell("web", at, "a", seed=1, metrics={"at": at}), Cell("web", at, "b", seed=1)])
    parsed, from_json = list[tuple[str, int]](), Cell.from_json

    def counted(values: dict[str, Any]) -> Cell:
        parsed.append((values["scenario"], values["replication"]))
        return from_json(values)

    monkeypatch.setattr(Cell, "from_json", counted)
    here = OfRun(folder, ["a"], print)
    for at in range(rounds):
        [(name, cell)] = here.read([("a", at), ("b", at), ("a", rounds + at)])
        assert (name, cell.metrics["at"]) == (("a", at), at)
    assert set(Counter(parsed).values()) == {2}
    assert len(parsed) == 2 * 2 * rounds


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_is_read(kind: str, tmp_path: Path) -> None:
    here, cell = KINDS[kind](ResultFolder(tmp_path)), Cell("web", 3, "a", seed=1)
    here.keep(cell)
    here.save()
    assert [name for name, _ in here.read([("a", 3), ("a", 4)])] == [("a", 3)]


def test_a_chunk_that_was_damaged_since_it_was_found_is_not_there_until_it_is_saved_again(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    folder.save_chunk([Cell("web", 0, "a", seed=1)])
    here = OfRun(folder, ["a"], print)
    [chunk] = chunks(tmp_path)
    chunk.write_text("[]")
    assert list(here.read([("a", 0)])) == []
    here.keep(Cell("web", 0, "a", seed=1))
    here.save()
    assert [name for name, _ in here.read([("a", 0)])] == [("a", 0)]


def searching(experiment: Path, out: Path) -> "subprocess.Popen[bytes]":
    """A search from the command line, by two processes."""
    words = ["search", str(experiment), "-o", str(out), "-j", "2", "-q", "--progress", "none"]
    return subprocess.Popen(
        [sys.executable, "-c", CLI, *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def files(folder: Path) -> dict[str, bytes]:
    """What a search leaves behind for its readers."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if STATE not in path.parts}


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"sweep": None, "policies": POLICIES}], ids=["sweep", "run"])
def test_a_killed_search_goes_on_to_the_same_bytes(settings: dict[str, Any], tmp_path: Path) -> None:
    """SIGKILL to all its processes: nothing that reached the disk is simulated again."""
    PROBLEMS["probes-and-replicas"].experiment(tmp_path, settings)
    experiment, out, at_once = tmp_path / "problem.yaml", tmp_path / "killed", tmp_path / "at-once"
    told, _ = searching(experiment, at_once).communicate()
    killed = searching(experiment, out)
    while killed.poll() is None and not chunks(out):
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    before = cells(out)
    assert 0 < len(before) < len(cells(at_once))
    assert json.loads((out / "search.json").read_text())["status"] == "running"
    again, _ = searching(experiment, out).communicate()
    assert again == told
    assert files(out) == files(at_once)
    assert set(before) <= set(cells(out))
    assert cells(out) == cells(at_once) == Counter(set(cells(at_once)))
