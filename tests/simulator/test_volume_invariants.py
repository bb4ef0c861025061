"""Whatever people and machines do: a disk is at one node at a time, and when it is over every pod has its volume."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from models.deployment import StrategyType
from models.distributions import Uniform
from models.node import OUT_OF_SERVICE, Taint, TaintEffect
from models.statefulset import PodManagementPolicy
from simulator.log import Kind
from simulator.state.objects import Phase
from tests.simulator.clusters import HOUR, Lab, behaviour, deployment, nodes, template
from tests.simulator.volumes import DISKS, claim, settled, stateful_set

NODES = 4
ACTIONS = st.sampled_from(
    ["crash", "repair", "cut off", "reconnect", "cordon", "uncordon", "declare", "delete", "force", "lose", "restore"]
)
STEPS = st.lists(
    st.tuples(st.floats(0.0, HOUR).map(lambda time: round(time, 1)), ACTIONS, st.integers(0, NODES - 1)), max_size=25
)
LAWS = behaviour(provision=Uniform(0.0, 5.0), attach=Uniform(0.0, 90.0), detach=Uniform(0.0, 90.0))
TAINT = frozenset({Taint(OUT_OF_SERVICE, TaintEffect.NO_EXECUTE)})


def act(lab: Lab, action: str, number: int) -> None:
    """One action; `number` is a node, or picks a pod or a volume."""
    state, table = lab.state, lab.state.nodes
    pods = list(state.pods.values())
    volume = state.volumes.existing[number % len(state.volumes.existing)]
    match action:
        case "crash" if not table.down_causes[number]:
            table.add_down_cause(number, "test", 0)
        case "repair" if table.down_causes[number]:
            table.remove_down_cause(number, "test")
        case "cut off" if not table.silent_causes[number]:
            table.add_silent_cause(number, "test", 0)
        case "reconnect" if table.silent_causes[number]:
            table.remove_silent_cause(number, "test")
        case "cordon" | "uncordon":
            table.set_unschedulable(number, action == "cordon", 0)
        case "declare":
            table.set_taints(number, table.taints_of(number) ^ TAINT, 0)
        case "delete" if pods and not pods[number % len(pods)].deleting:
            state.pods.mark_deleting(pods[number % len(pods)], 0)
        case "force" if pods and pods[number % len(pods)].deleting:
            state.pods.remove(pods[number % len(pods)])
        case "lose" if not volume.lost:
            state.volumes.lose(volume, "test", 0)
        case "restore" if volume.lost:
            state.volumes.restore(volume, "test", 0)


def end_all(lab: Lab) -> None:
    for number in range(NODES):
        for action in ("repair", "reconnect", "uncordon"):
            act(lab, action, number)
        lab.state.nodes.set_taints(number, lab.state.nodes.taints_of(number) - TAINT, 0)
    for volume in lab.state.volumes.existing:
        if volume.lost:
            lab.state.volumes.restore(volume, "test", 0)


def check(lab: Lab) -> None:
    volumes = lab.state.volumes
    for volume in volumes.existing:
        assert len({*volume.attached, *volume.under_way}) <= 1
    for pod in lab.state.pods.values():
        for one in volumes.of_pod(pod) if pod.running and pod.phase is Phase.RUNNING else ():
            assert one.volume is not None
            assert pod.node in one.volume.attached


@settings(max_examples=25, deadline=None, derandomize=True)
@given(steps=STEPS, policy=st.sampled_from(PodManagementPolicy))
def test_a_disk_is_at_one_node_and_every_pod_has_its_disk_in_the_end(
    steps: list[tuple[float, str, int]], policy: PodManagementPolicy
) -> None:
    web = replace(deployment(pods=template("web", claims=("data",))), strategy=StrategyType.RECREATE)
    databases = stateful_set(replicas=3, pod_management_policy=policy)
    lab = settled(DISKS, claim(), web, databases, machines=nodes(NODES), laws=LAWS)
    for kind in (Kind.VOLUME_ATTACHED, Kind.POD_NODE, Kind.POD_PHASE, Kind.POD_CONTAINERS):
        lab.state.listen(kind, lambda subject, new, cause: check(lab))
    for time, action, number in sorted(steps):
        lab.at(time, lambda action=action, number=number: act(lab, action, number))
    lab.at(HOUR + 1.0, lambda: end_all(lab))
    lab.run(4 * HOUR)
    assert len(lab.pods()) == 4
    assert all(pod.ready and pod.answering for pod in lab.pods())
    for volume in lab.state.volumes.existing:
        users = {p.node for p in lab.pods() for c in lab.state.volumes.of_pod(p) if c.volume is volume}
        assert set(volume.attached) == users
        assert not volume.under_way
