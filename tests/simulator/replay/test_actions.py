"""Any sequence of what people and machines do ends; and when it is over, every Deployment has what it asks for."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.deployment import Percent
from simulator.state.nodes import TRUE
from simulator.state.objects import DeploymentState
from tests.simulator.clusters import Lab, cluster, deployment, nodes

HOUR = 3600.0
NODES = 4

ACTIONS = st.sampled_from(
    ["scale", "release", "undo", "pause", "resume", "cut off", "reconnect", "unwell", "well", "cordon", "uncordon"]
)
STEPS = st.lists(
    st.tuples(st.floats(0.0, HOUR).map(lambda time: round(time, 1)), ACTIONS, st.integers(0, NODES - 1)),
    max_size=14,
)


def act(lab: Lab, action: str, number: int, cut: set[int]) -> None:
    """One action; `number` is a node, a release or a number of replicas, as it fits."""
    state = lab.state
    [record] = state.workloads.of(DeploymentState)
    spec = record.spec
    match action:
        case "scale":
            state.workloads.update(record, replace(spec, replicas=number + 1), 0)
        case "release" | "undo":
            release = str(number) if action == "release" else "0"
            template = replace(spec.template, annotations={"release": release})
            state.workloads.update(record, replace(spec, template=template), 0)
        case "pause" | "resume":
            state.workloads.update(record, replace(spec, paused=action == "pause"), 0)
        case "cut off" if number not in cut:
            cut.add(number)
            state.nodes.add_silent_cause(number, "test", 0)
        case "reconnect" if number in cut:
            cut.discard(number)
            state.nodes.remove_silent_cause(number, "test")
        case "unwell":
            state.nodes.add_unhealthy_cause(number, "test", 0)
        case "well":
            state.nodes.remove_unhealthy_cause(number, "test")
        case "cordon" | "uncordon":
            state.nodes.set_unschedulable(number, action == "cordon", 0)


def end_all(lab: Lab, cut: set[int]) -> None:
    for number in range(NODES):
        for action in ("reconnect", "well", "uncordon"):
            act(lab, action, number, cut)
    act(lab, "resume", 0, cut)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, surge=st.sampled_from([0, 1, Percent(50)]), unavailable=st.sampled_from([1, Percent(25)]))
def test_any_sequence_of_actions_ends_and_converges(
    steps: list[tuple[float, str, int]], surge: Any, unavailable: Any
) -> None:
    spec = replace(deployment(replicas=3), max_surge=surge, max_unavailable=unavailable)
    lab = Lab(cluster(nodes(NODES), spec))
    cut: set[int] = set()
    for time, action, number in sorted(steps):
        lab.at(time, lambda action=action, number=number: act(lab, action, number, cut))
    lab.at(HOUR + 1.0, lambda: end_all(lab, cut))
    lab.run(6 * HOUR)
    [record] = lab.state.workloads.of(DeploymentState)
    assert record.complete
    assert [len(r.pods) for r in record.replica_sets if r.desired] == [record.spec.replicas]
    assert all(pod.ready and not pod.deleting for pod in lab.state.pods.values())
    assert len(lab.state.pods) == record.spec.replicas
    assert lab.state.nodes.ready == [TRUE] * NODES
    assert all(not lab.state.nodes.taints_of(number) for number in range(NODES))
