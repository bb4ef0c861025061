"""What is wrong with a recording is said with its place, all of it, before anything is done."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.input.problems import InputError
from simulator.replay import replay

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "web:1"}]}}
WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
}
POD: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": TEMPLATE["spec"]}
APPLIED = {"at": 0, "do": "apply", "object": WEB}


def recording(*actions: Any, **changes: Any) -> dict[str, Any]:
    return {"name": "x", "nodes": [{"name": "n"}], "actions": [APPLIED, *actions], "until": 20} | changes


def problems(folder: Path, value: Any) -> list[str]:
    path = folder / "x.json"
    path.write_text(json.dumps(value, indent=1))
    with pytest.raises(InputError) as error:
        replay(path)
    return [f"{p.location.line}:{p.location.column}: {p.path}: {p.message}" for p in error.value.problems]


def annotated(text: str) -> dict[str, Any]:
    metadata = {"labels": {"app": "web"}, "annotations": {"sim/start": text}}
    return WEB | {"spec": WEB["spec"] | {"template": TEMPLATE | {"metadata": metadata}}}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "expected a mapping (got a list)"),
        ({"name": "x"}, "actions: required value is missing"),
        (recording(until="1m"), "until: expected a number (got '1m')"),
        (recording(until=1e9), "until: 1000000000.0 is greater than the maximum of 21600"),
        (recording(flag={}), "flag: unknown field; did you mean 'flags'?"),
        (recording(flags={"node-monitor-perod": 1}), "did you mean 'node-monitor-period'?"),
        (recording(flags={"node-monitor-period": "soon"}), "flags.node-monitor-period: expected a duration"),
        (recording(flags={"node-monitor-period": 0}), "expected at least 0.1 s (got 0)"),
        (recording(nodes=[{"name": "n", "cpu": "many"}]), "status.allocatable.cpu: expected a quantity"),
        (recording({"at": 1, "do": "add-node", "node": {"name": "n"}}), "there is a node 'n' already"),
        (recording({"at": 1, "do": "aply"}), "unknown action 'aply'; expected one of"),
        (recording({"at": -1, "do": "settle"}), "actions[1].at: -1 is less than the minimum of 0"),
        (recording({"at": 1, "do": "fail-node", "node": "m"}), "actions[1].node: there is no node 'm' then"),
        (
            recording({"at": 1, "do": "delete-node", "name": "n"}, {"at": 2, "do": "drain", "node": "n"}),
            "actions[2].node: there is no node 'n' then",
        ),
        (
            recording({"at": 1, "do": "patch", "kind": "Deployment", "name": "wbe", "patch": {}}),
            "actions[1].name: there is no Deployment/wbe then; did you mean 'web'?",
        ),
        (
            recording({"at": 1, "do": "merge", "kind": "Deployment", "name": "web", "patch": {"metadata": None}}),
            "actions[1].patch: what is patched must stay Deployment/web",
        ),
        (
            recording({"at": 1, "do": "delete", "kind": "Deploymint", "name": "web"}),
            "actions[1].kind: expected one of Pod, PodDisruptionBudget, Deployment",
        ),
        (recording({"at": 1, "do": "apply", "object": annotated("soon")}), "expected seconds (got 'soon')"),
        (
            recording({"at": 1, "do": "gate", "pods": [7], "condition": "c", "status": "True"}),
            "no pod has this ordinal",
        ),
        (recording({"at": 1, "do": "bind-wait", "objects": []}), "expected only in a recording of placements"),
        (recording({"at": 1, "do": "metrics", "load": [[5, 1], [5, 2]]}), "must increase in time"),
        (recording(placements=[{"pod": "p", "node": "n", "bound_after": 1}]), "no action creates the pod 'p'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(value: Any, said: str, tmp_path: Path) -> None:
    assert said in "\n".join(problems(tmp_path, value))


def test_all_problems_are_said_at_once_each_with_its_line(tmp_path: Path) -> None:
    value = recording({"at": "1", "do": "settle"}, {"at": 1, "do": "drain", "nod": "n"}, nodes=[{}], until=None)
    assert len({line.split(":")[0] for line in problems(tmp_path, value)}) == 5
    value = recording({"at": 1, "do": "drain", "node": "m"}, flags={"x": 1}, nodes=[{"name": "n", "cpu": "-1"}])
    assert len(problems(tmp_path, value)) == 3
    [twice] = problems(tmp_path, recording(nodes=[{"name": "n"}, {"name": "n"}]))
    assert "Node/n metadata.name: defined twice (first at" in twice


@pytest.mark.parametrize(
    ("placement", "said"),
    [
        ({"pod": "p", "node": "m", "bound_after": 1}, "there is no node 'm'"),
        ({"pod": "p", "node": "n"}, "expected how many pods there were when it was bound, 1 to 1"),
        ({"pod": "p", "node": "n", "bound_after": 2}, "expected how many pods there were when it was bound, 1 to 1"),
    ],
)
def test_placements_must_be_possible(placement: dict[str, Any], said: str, tmp_path: Path) -> None:
    applied = {"at": 0, "do": "apply", "object": POD}
    assert said in "\n".join(problems(tmp_path, recording(actions=[applied], placements=[placement])))


def test_a_node_that_never_failed_recovers_without_consequence(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(recording({"at": 1, "do": "recover-node", "node": "n"})))
    assert replay(path)["observed"]


def test_a_drain_of_the_oldest_pods_node_needs_a_pod_on_a_node(tmp_path: Path) -> None:
    value = recording({"at": 1, "do": "drain-pod-node"}, nodes=[])
    assert problems(tmp_path, value)[0].endswith("actions[1]: no pod is on any node then")


def test_waiting_for_what_never_settles_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(recording({"at": 1, "do": "settle"}, nodes=[], until=21600)))
    assert "Settled" not in [seen["kind"] for seen in replay(path)["observed"]]
