"""Whatever a field of a live log holds, it is read, or is bad input: never an exception of another kind."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.fitting.live_page import as_json, learn, lines
from experiments.fitting.readers.reader import read_live_logs
from models.input.problems import InputError, Problem
from tests.experiments.fitting.live_logs import START, answer, as_list, event, stamp
from tests.wrong_types import OTHERS, changed, places

TERMINATED = {"startedAt": stamp(START), "finishedAt": stamp(START + 60), "exitCode": 1}
CONTAINER = {
    "name": "c",
    "restartCount": 0,
    "lastState": {"terminated": TERMINATED},
    "state": {"running": {"startedAt": stamp(START + 70)}},
}
READY = {"type": "Ready", "status": "True", "lastTransitionTime": stamp(START), "lastHeartbeatTime": stamp(START + 9)}
EVENT = event("Started", "Pod", "p", START, 1, container="c", count=3, last=START + 50)
COUNTER = {"__name__": "kube_pod_container_status_restarts_total", "namespace": "d", "pod": "p", "container": "c"}
STATE = {"__name__": "kube_node_status_condition", "condition": "Ready", "status": "true", "node": "n"}
UNREADY = {"__name__": "kube_pod_status_ready", "condition": "true", "namespace": "d", "pod": "p"}
INPUTS = {
    "events": as_list([EVENT, {**EVENT, "series": {"count": 4, "lastObservedTime": stamp(START + 60)}}]),
    "newer events": as_list(
        [
            {
                "kind": "Event",
                "regarding": EVENT["involvedObject"],
                "note": "Created pod: p",
                "reason": "Pulled",
                "eventTime": stamp(START),
                "deprecatedCount": 2,
                "deprecatedSource": {"component": "kubelet"},
            }
        ]
    ),
    "problems": as_list(
        [
            event("OOMKilling", "Node", "n", START, 1, component="kernel-monitor"),
            event("Hung", "Node", "n", START, 2, message="Node condition Dead is now: True", component="x-monitor"),
        ]
    ),
    "nodes": as_list([{"kind": "Node", "metadata": {"name": "n"}, "status": {"conditions": [READY]}}]),
    "pods": as_list(
        [
            {
                "kind": "Pod",
                "metadata": {"name": "p", "namespace": "d", "ownerReferences": [{"kind": "Job", "controller": True}]},
                "spec": {"restartPolicy": "Always"},
                "status": {"conditions": [READY], "containerStatuses": [CONTAINER]},
            }
        ]
    ),
    **{
        f"answer of {metric['__name__']}": answer(metric, [(START + 60.0 * i, float(i > 2)) for i in range(5)])
        for metric in (COUNTER, STATE, UNREADY)
    },
}


def read(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value))
    problems: Sequence[Problem] = ()
    try:
        found = read_live_logs([str(file)])
    except InputError as error:
        problems = error.problems
    else:
        learnt = learn([str(file)], found, found.start, None)
        assert lines(learnt)
        json.dumps(as_json(learnt))
    assert all(problem.location.file == str(file) for problem in problems)


@pytest.mark.parametrize("name", INPUTS)
@given(data=st.data())
def test_any_value_in_any_place_is_read_or_bad_input(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    value = INPUTS[name]
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(places(value))))
        value = changed(value, path, data.draw(st.sampled_from(OTHERS)))
    read(tmp_path_factory.getbasetemp() / "log.json", value)
