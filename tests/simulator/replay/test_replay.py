"""What the simulator does is held against recordings of the real control plane."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from models.timing import Timing
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
    assert len(rows) >= 64


def found_unknown(run: dict[str, Any]) -> dict[str, float]:
    """When each node was first seen to be Unknown."""
    found: dict[str, float] = {}
    for seen in run["observed"]:
        if seen["kind"] == "Node" and seen.get("ready") == "Unknown":
            found.setdefault(seen["name"], seen["t"])
    return found


def test_the_loops_stand_where_they_stood_in_every_recording() -> None:
    period = Timing().node_monitor_period
    compared = 0
    for path in FILES:
        recorded = found_unknown(json.loads(path.read_text()))
        simulated = found_unknown(replay(path)) if recorded else {}
        assert simulated == pytest.approx(recorded, abs=period / 2), path.stem
        compared += bool(recorded)
    assert compared >= 10


def test_a_replay_is_the_same_every_time() -> None:
    assert replay(FILES[0]) == replay(FILES[0])


def test_weights_of_the_schedulers_configuration_act_in_placements(tmp_path: Path) -> None:
    recorded = json.loads((RECORDINGS / "placements" / "place-taints.json").read_text())
    only_taints = {"score": {"disabled": [{"name": "*"}], "enabled": [{"name": "TaintToleration", "weight": 7}]}}
    recorded["scheduler"] = {"profiles": [{"schedulerName": "default-scheduler", "plugins": only_taints}]}
    path = tmp_path / "weighted.json"
    path.write_text(json.dumps(recorded))
    scored = [placement["scores"] for placement in replay(path)["placements"] if "scores" in placement]
    default = [placement["scores"]["TaintToleration"] for placement in recorded["placements"] if "scores" in placement]
    assert all(scores.keys() == {"TaintToleration", "total"} for scores in scored)
    assert [scores["total"] for scores in scored] == [
        {node: value // 3 * 7 for node, value in by_node.items()} for by_node in default
    ]


def test_a_pod_that_a_controller_made_can_be_relabelled_by_its_name(tmp_path: Path) -> None:
    template = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "c", "image": "db:1"}]}}
    spec = {"replicas": 1, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": template}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"}, "spec": {"selector": {"app": "db"}}}
    service["spec"]["ports"] = [{"port": 80}]  # type: ignore[index]
    stateful_set = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec}
    aside = {"metadata": {"labels": {"app": "aside"}}}
    actions = [
        {"at": 0, "do": "apply", "object": service},
        {"at": 0, "do": "apply", "object": stateful_set},
        {"at": 10, "do": "merge", "kind": "Pod", "name": "db-0", "patch": aside},
    ]
    path = tmp_path / "relabelled.json"
    path.write_text(json.dumps({"name": "x", "nodes": [{"name": "n"}], "actions": actions, "until": 20}))
    endpoints = [seen["ready"] for seen in replay(path)["observed"] if seen["kind"] == "EndpointSlice"]
    assert endpoints[-2:] == [["db-0"], []]
