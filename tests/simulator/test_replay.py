"""What the simulator does is held against recordings of the real control plane."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from models.problems import InputError
from simulator.replay import replay

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"
FILES = sorted(RECORDINGS.glob("*/*.json"))


@pytest.fixture(scope="module")
def comparison() -> ModuleType:
    """The acceptance test of replays, as a module."""
    path = Path(__file__).parents[1] / "data" / "compare_recording.py"
    spec = importlib.util.spec_from_file_location("compare_recording", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def disagreements(comparison: ModuleType, recorded: dict[str, Any], simulated: dict[str, Any]) -> list[str]:
    """The checks that do not hold, but for those that differ between two runs of the real control plane too."""
    return [
        f"{check['check']}: {check['figure']}"
        for check in comparison.compare(recorded, simulated)
        if not check["ok"] and check["check"] not in recorded.get("real_vs_real", [])
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_simulator_does_what_the_real_control_plane_did(path: Path, comparison: ModuleType) -> None:
    assert disagreements(comparison, json.loads(path.read_text()), replay(path)) == []


def test_there_are_thirty_four_recordings() -> None:
    assert len(FILES) == 34


def test_a_replay_is_the_same_every_time() -> None:
    assert replay(FILES[0]) == replay(FILES[0])


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"name": "x"}')
    with pytest.raises(InputError, match="actions, nodes, until missing"):
        replay(path)
