"""What the simulator does is held against recordings of the real control plane."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from models.input.problems import InputError
from simulator.replay import replay

RECORDINGS = Path(__file__).parents[2] / "data" / "recordings"
FILES = sorted(RECORDINGS.glob("*/*.json"))


@pytest.fixture(scope="module")
def comparison() -> ModuleType:
    """The acceptance test of replays, as a module."""
    path = Path(__file__).parents[2] / "data" / "compare_recording.py"
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


@pytest.fixture(scope="module")
def rows(comparison: ModuleType) -> dict[str, tuple[int, list[str]]]:
    """Per recording, how many checks there are and which do not hold."""
    found = {}
    for path in FILES:
        recorded, simulated = json.loads(path.read_text()), replay(path)
        found[path.stem] = len(comparison.compare(recorded, simulated)), disagreements(comparison, recorded, simulated)
    return found


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_the_simulator_does_what_the_real_control_plane_did(name: str, rows: dict[str, tuple[int, list[str]]]) -> None:
    checks, disagreeing = rows[name]
    assert checks > 0
    assert disagreeing == []


def test_the_table_of_recordings(rows: dict[str, tuple[int, list[str]]], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n\nRECORDING                    CHECKS THAT HOLD")
        for name, (checks, disagreeing) in rows.items():
            print(f"{name:<28} {checks - len(disagreeing):>3} of {checks}")
    assert len(rows) == 53


def test_a_replay_is_the_same_every_time() -> None:
    assert replay(FILES[0]) == replay(FILES[0])


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"name": "x"}')
    with pytest.raises(InputError, match="actions, nodes, until missing"):
        replay(path)
