"""DaemonSets: a pod a node (kubernetes-behaviour, section 5.2, and the runs at the end of section 5)."""

from dataclasses import replace
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import Percent
from models.distributions import Uniform
from models.labels import LabelSelector, Operator, Requirement
from models.node import UNREACHABLE, Node, Taint, TaintEffect
from models.pod import Affinity, NodeSelectorTerm, PodTemplate, Toleration
from models.service import Service
from simulator.log import Kind
from simulator.run import simulate
from simulator.simulation import Simulation
from simulator.state.objects import DaemonSetState, Phase, PodState
from tests.simulator.clusters import (
    DAY,
    Lab,
    behaviour,
    container,
    deployment,
    down,
    node,
    nodes,
    template,
    tolerations,
)

GPU = Taint("dedicated", TaintEffect.NO_SCHEDULE, "gpu")
GPU_NOW = Taint("dedicated", TaintEffect.NO_EXECUTE, "gpu")


def version(name: str, **spec: object) -> PodTemplate:
    return replace(template("agent", **spec), annotations={"version": name})


def daemon_set(**other: object) -> DaemonSet:
    made = DaemonSet("agent", version("v1"), LabelSelector.of({"app": "agent"}))
    return replace(made, **other)  # type: ignore[arg-type]


class Diary:
    """What happened: (time, "+3:v2") a pod created for node 3, "-3:v1" one deleted, "|" one or more available."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []

    def follow(self, simulation: Simulation) -> None:
        state = simulation.state

        def note(sign: str, pod: PodState) -> None:
            made = pod.pod_class.template.annotations.get("version")
            self.lines.append((simulation.kernel.now, f"{sign}{pod.only_node}:{made}" if made else ""))

        state.listen(Kind.POD_PHASE, lambda pod, new, cause: note("+", pod) if new == Phase.PENDING else None)
        state.listen(Kind.POD_DELETING, lambda pod, new, cause: note("-", pod))
        state.listen(
            Kind.POD_AVAILABLE, lambda pod, new, cause: self.lines.append((simulation.kernel.now, "|" if new else ""))
        )

    def told(self, since: float = 0.0) -> str:
        """The words since then; nodes are called a, b, ... in order of appearance."""
        words = [word for time, word in self.lines if word and time >= since]
        letters: dict[str, str] = {}
        said = []
        for word in (key for key, _ in groupby(words)):
            number, colon, made = word[1:].partition(":")
            said.append(word[0] + letters.setdefault(number, "abcdefgh"[len(letters)]) + colon + made if made else word)
        return " ".join(said)


def lab_of(
    machines: tuple[Node, ...], spec: DaemonSet | None = None, under: Behaviour | None = None, **other: object
) -> Lab:
    service = Service("agent", selector={"app": "agent"})
    cluster = Cluster(nodes=machines, daemon_sets=(spec or daemon_set(),), services=(service,))
    return Lab(cluster, under or behaviour(), **other)  # type: ignore[arg-type]


def record(lab: Lab) -> DaemonSetState:
    return lab.state.workloads.of(DaemonSetState)[0]


def where(lab: Lab) -> list[int]:
    """The nodes of its pods."""
    return sorted(pod.node for pod in lab.pods("agent"))


def waves(lab: Lab, since: float = 0.0) -> list[int]:
    """How many pods were deleted at a time."""
    return [len(list(group)) for _, group in groupby(lab.times(Kind.POD_DELETING, since=since))]


def retaint(lab: Lab, number: int, *taints: Taint, at: float) -> None:
    """Replaces the node's taints."""
    lab.at(at, lambda: lab.state.nodes.set_taints(number, frozenset(taints), 0))


# Which nodes


def test_every_node_gets_one_pod() -> None:
    lab = lab_of(nodes(5))
    assert where(lab) == [0, 1, 2, 3, 4]
    assert [pod.slot.index for pod in lab.pods("agent")] == [pod.node for pod in lab.pods("agent")]
    assert all(pod.available for pod in lab.pods("agent"))
    assert len({pod.pod_class for pod in lab.pods("agent")}) == 1


not_first = NodeSelectorTerm(fields=(Requirement("metadata.name", Operator.NOT_IN, ("node-0",)),))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"node_selector": {"disk": "ssd"}}, [1, 2]),
        ({"node_name": "node-2"}, [2]),
        ({"node_name": "elsewhere"}, []),
        ({"affinity": Affinity(node_required=(not_first,))}, [1, 2, 4]),
        ({"tolerations": (Toleration("dedicated"),)}, [0, 1, 2, 3, 4]),
        ({"tolerations": (*tolerations(), Toleration("dedicated", "gpu", TaintEffect.NO_SCHEDULE))}, [0, 1, 2, 3, 4]),
        ({"tolerations": (Toleration("dedicated", "cpu"),)}, [0, 1, 2, 4]),
    ],
)
def test_the_template_says_which_nodes(spec: dict[str, object], expected: list[int]) -> None:
    machines = (
        node("node-0"),
        node("node-1", labels={"disk": "ssd"}),
        node("node-2", labels={"disk": "ssd"}),
        node("node-3", taints=(GPU,)),
        node("node-4", unschedulable=True, taints=(Taint("slow", TaintEffect.PREFER_NO_SCHEDULE),)),
    )
    lab = lab_of(machines, daemon_set(template=version("v1", **spec)))
    assert where(lab) == expected
    assert record(lab).desired == len(expected)


def test_a_pod_stays_with_a_no_schedule_taint_and_goes_with_a_no_execute_taint() -> None:
    diary = Diary()
    lab = lab_of(nodes(3), before=diary.follow)
    retaint(lab, 0, GPU, at=10)
    retaint(lab, 1, GPU_NOW, at=10)
    assert where(lab.run(100)) == [0, 2]
    assert record(lab).status()["desiredNumberScheduled"] == 1
    assert record(lab).status()["numberMisscheduled"] == 1
    [stays] = [pod for pod in lab.pods("agent") if pod.node == 0]
    lab.delete(stays, at=110)
    assert where(lab.run(200)) == [2]
    for number in (0, 1):
        retaint(lab, number, at=210)
    assert where(lab.run(300)) == [0, 1, 2]
    assert diary.told() == "-a:v1 -b:v1 +b:v1 +a:v1 |"


def test_a_cordoned_node_keeps_its_pod_and_gets_new_ones() -> None:
    lab = lab_of(nodes(2))
    lab.at(1, lambda: lab.state.nodes.set_unschedulable(0, True, 0))
    lab.delete(next(pod for pod in lab.pods("agent") if pod.node == 0), at=10)
    assert where(lab.run(100)) == [0, 1]


def test_a_pod_on_a_dead_node_is_not_evicted_and_a_new_one_not_made() -> None:
    lab = lab_of(nodes(3), failures=(down(1, at=0.0, lasting=5000.0),))
    [lost] = [pod for pod in lab.pods("agent") if pod.node == 1]
    lab.run(4000)
    assert lab.pods("agent")[1] is lost
    assert not lost.deleting
    assert (lost.available, record(lab).desired, len(record(lab).wanted)) == (False, 3, 2)
    lab.at(4000, lambda: lab.state.pods.mark_deleting(lost, 0))
    lab.run(4999)
    assert lost.uid in lab.state.pods
    lab.run(5100)
    assert where(lab) == [0, 1, 2]
    assert lost.uid not in lab.state.pods
    assert all(pod.available for pod in lab.pods("agent"))
    assert record(lab).wanted == {0, 1, 2}


def test_a_pod_for_which_its_node_has_no_room_waits_for_it_alone() -> None:
    machines = (node("node-0"), node("node-1", cpu=100), node("node-2", cpu=100), node("node-3"))
    big = deployment(
        "big", 2, pods=template("big", container(cpu=50), node_selector={"kubernetes.io/hostname": "node-1"})
    )
    cluster = Cluster(nodes=machines, deployments=(big,), daemon_sets=(daemon_set(),))
    lab = Lab(cluster, behaviour())
    # DaemonSets come first; give the node to the others.
    [agent] = [pod for pod in lab.pods("agent") if pod.only_node == 1]
    assert len(lab.pods("big")) == 2
    lab.delete(agent, at=1)
    lab.run(100)
    waiting = [pod for pod in lab.pods("agent") if pod.node < 0]
    assert [pod.only_node for pod in waiting] == [1]
    assert where(lab) == [-1, 0, 2, 3]
    assert list(lab.simulation.pending().values()) == [
        "0/4 nodes are available: 1 Insufficient cpu, 3 node(s) didn't satisfy plugin(s) [NodeAffinity]."
    ]
    lab.apply(replace(big, replicas=0), at=200)
    assert where(lab.run(300)) == [0, 1, 2, 3]


# Rolling updates: the runs of the real controller


def test_fifteen_percent_of_ten_nodes_are_two() -> None:
    spec = daemon_set(max_unavailable=Percent(15))
    lab = lab_of(nodes(10), spec)
    lab.apply(replace(spec, template=version("v2")), at=1)
    lab.run(1000)
    assert waves(lab) == [2, 2, 2, 2, 2]
    assert record(lab).status()["updatedNumberScheduled"] == 10


def test_a_dead_node_uses_up_the_budget() -> None:
    spec = daemon_set(max_unavailable=Percent(15))
    lab = lab_of(nodes(10), spec, failures=(down(4, at=0.0),))
    lab.apply(replace(spec, template=version("v2")), at=1000)
    lab.run(DAY)
    assert waves(lab) == [2, 1, 1, 1, 1, 1, 1, 1, 1]
    assert record(lab).outdated == set()
    assert record(lab).unsettled == {4}


@pytest.mark.parametrize(
    ("surge", "expected"),
    [
        (1, "+a:v2 | -a:v1 +b:v2 | -b:v1 +c:v2 | -c:v1 +d:v2 | -d:v1"),
        (Percent(30), "+a:v2 +b:v2 | -a:v1 -b:v1 +c:v2 +d:v2 | -c:v1 -d:v1"),
    ],
)
def test_a_surge_makes_the_new_pod_first(surge: int | Percent, expected: str) -> None:
    spec = daemon_set(max_unavailable=0, max_surge=surge)
    diary = Diary()
    lab = lab_of(nodes(4), spec, before=diary.follow)
    lab.apply(replace(spec, template=version("v2")), at=1)
    lab.run(100)
    assert diary.told().replace("-d:v1 -c:v1", "-c:v1 -d:v1") == expected
    assert sorted(pod.slot.index for pod in lab.pods("agent")) == [4, 5, 6, 7]
    history = lab.simulation.recorder.histories(0.0, 100.0)["agent"]
    assert history.ready.values.min() == 4


def test_an_unavailable_old_pod_is_replaced_outside_the_surge() -> None:
    spec = daemon_set(max_unavailable=0, max_surge=1)
    diary = Diary()
    lab = lab_of(nodes(4), spec, before=diary.follow)
    lab.at(1, lambda: lab.simulation.control_plane.kubelet.make_unready(lab.pods("agent")[2]))
    lab.apply(replace(spec, template=version("v2")), at=10)
    lab.run(10.5)
    # The new pod next to an old one that is not ready replaces it without being available yet.
    created = [word for time, word in diary.lines if word.startswith("+") and time >= 0]
    assert len(created) == 2
    assert "+2:v2" in created
    assert [word for time, word in diary.lines if word.startswith("-")] == ["-2:v1"]
    lab.run(100)
    assert record(lab).status()["updatedNumberScheduled"] == 4


def test_nodes_go_in_an_order_drawn_once_a_run() -> None:
    def order(seed: int) -> list[str]:
        diary = Diary()
        spec = daemon_set()
        lab = lab_of(nodes(8), spec, seed=seed, before=diary.follow)
        for i, name in enumerate(("v2", "v3")):
            lab.apply(replace(spec, template=version(name)), at=100.0 * i)
        lab.run(200)
        return [word[1] for time, word in diary.lines if word.startswith("-") and time >= 0]

    first = order(1)
    assert first[:8] == first[8:]
    assert first == order(1) != order(2)
    assert sorted(first[:8]) == list("01234567")


def test_each_wave_waits_for_min_ready_seconds() -> None:
    spec = daemon_set(min_ready_seconds=10.0)
    lab = lab_of(nodes(3), spec)
    lab.apply(replace(spec, template=version("v2")), at=0)
    lab.run(100)
    assert lab.times(Kind.POD_AVAILABLE, new=1) == [12, 24, 36]


def test_an_old_pod_that_is_not_available_is_replaced_at_once() -> None:
    spec = daemon_set()
    lab = lab_of(nodes(4), spec)
    for victim in lab.pods("agent")[1:3]:
        lab.at(1, lambda pod=victim: lab.simulation.control_plane.kubelet.make_unready(pod))  # type: ignore[misc]
    lab.apply(replace(spec, template=version("v2")), at=10)
    lab.run(100)
    assert waves(lab) == [2, 1, 1]


def test_on_delete_leaves_it_to_others_to_delete_pods() -> None:
    spec = daemon_set(on_delete=True)
    diary = Diary()
    lab = lab_of(nodes(3), spec, before=diary.follow)
    lab.apply(replace(spec, template=version("v2")), at=1)
    lab.delete(lab.pods("agent")[1], at=10)
    lab.run(100)
    assert diary.told() == "-a:v1 +a:v2 |"


def test_a_rollout_may_be_taken_back_half_way() -> None:
    spec = daemon_set()
    diary = Diary()
    lab = lab_of(nodes(3), spec, before=diary.follow)
    lab.apply(replace(spec, template=version("v2")), at=0)
    lab.apply(spec, at=4.5)
    lab.run(100)
    # The third node is between two pods when the template comes back: it gets the old one again.
    assert diary.told() == "-a:v1 +a:v2 | -b:v1 +b:v2 | -c:v1 +c:v1 | -a:v2 +a:v1 | -b:v2 +b:v1 |"
    assert {pod.pod_class.template.annotations["version"] for pod in lab.pods("agent")} == {"v1"}
    assert [revision.hash for revision in record(lab).history.revisions] == ["r1", "r0"]


def test_narrowing_the_node_selector_takes_pods_away() -> None:
    machines = (node("node-0", labels={"disk": "ssd"}), node("node-1"), node("node-2", labels={"disk": "ssd"}))
    spec = daemon_set()
    lab = lab_of(machines, spec)
    lab.apply(replace(spec, template=version("v2", node_selector={"disk": "ssd"})), at=1)
    lab.run(100)
    assert where(lab) == [0, 2]
    assert record(lab).desired == 2


# What others see


def test_the_service_history_desires_a_pod_on_every_node_also_during_outages() -> None:
    cluster = lab_of(nodes(3)).cluster
    run = simulate(cluster, behaviour=behaviour(), duration=DAY, failures=(down(0, at=1000.0, lasting=500.0),))
    history = run.services["agent"]
    assert list(history.desired.values) == [3]
    assert list(history.answering.values) == [3, 2, 3]


def test_the_status_counts_a_terminating_pod_as_available() -> None:
    spec = daemon_set()
    lab = lab_of(nodes(4), spec)
    lab.apply(replace(spec, template=version("v2")), at=1)
    lab.run(1.5)
    status = {
        "desiredNumberScheduled": 4,
        "currentNumberScheduled": 4,
        "numberMisscheduled": 0,
        "numberReady": 4,
        "numberAvailable": 4,
        "numberUnavailable": 0,
        "updatedNumberScheduled": 0,
    }
    assert record(lab).status() == status
    lab.run(2.5)
    assert record(lab).status() == status | {
        "numberReady": 3,
        "numberAvailable": 3,
        "numberUnavailable": 1,
        "updatedNumberScheduled": 1,
    }


changes = st.lists(
    st.fixed_dictionaries(
        {
            "template": st.sampled_from(["v1", "v2", "v3"]).map(version),
            "limits": st.sampled_from([(1, 0), (Percent(50), 0), (0, 1), (0, Percent(60)), (3, 0)]),
            "pause": st.sampled_from([0.0, 1.5, 3.0, 60.0, 500.0]),
            "lost": st.none() | st.integers(0, 4),
            "tainted": st.none() | st.tuples(st.integers(0, 4), st.sampled_from([GPU, GPU_NOW])),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(changes, st.sampled_from([0.0, 5.0]))
def test_whatever_is_asked_for_is_there_in_the_end(asked: list[dict[str, object]], min_ready: float) -> None:
    """And the sets of nodes that the controller keeps are always what a recount gives."""
    spec = daemon_set(min_ready_seconds=min_ready)
    lab = lab_of(nodes(5), spec, under=behaviour(start=Uniform(0.5, 3.0)))
    for change in asked:
        unavailable, surge = change["limits"]  # type: ignore[misc]
        spec = replace(spec, template=change["template"], max_unavailable=unavailable, max_surge=surge)  # type: ignore[arg-type]
        now = lab.kernel.now
        lab.apply(spec, at=now + 1)
        if isinstance(lost := change["lost"], int):
            outage = object()
            lab.at(now + 2, lambda node=lost, outage=outage: lab.state.nodes.add_down_cause(node, outage, 0))  # type: ignore[misc]
            lab.at(now + 400, lambda node=lost, outage=outage: lab.state.nodes.remove_down_cause(node, outage))  # type: ignore[misc]
        if isinstance(tainted := change["tainted"], tuple):
            number, taint = tainted
            lab.at(now + 2, lambda number=number, taint=taint: add_taint(lab, number, taint))  # type: ignore[misc]
        assert isinstance(change["pause"], float)
        lab.run(now + 2 + change["pause"])
        recount(lab)
    lab.run(lab.kernel.now + 3000)
    recount(lab)
    found, table = record(lab), lab.state.nodes
    free = {n for n in range(5) if not table.taints_of(n)}
    assert found.wanted == found.meant == free
    assert UNREACHABLE not in {taint.key for n in range(5) for taint in table.taints_of(n)}
    newest = found.history.revisions[-1]
    assert newest.template == spec.template
    for number in range(5):
        pods = found.by_node.get(number, [])
        assert len(pods) == 1 if number in free else len(pods) <= 1
        assert all(pod.available and pod.node == number for pod in pods)
        assert number not in free or newest.made(pods[0])


def add_taint(lab: Lab, number: int, taint: Taint) -> None:
    lab.state.nodes.set_taints(number, lab.state.nodes.taints_of(number) | {taint}, 0)


def recount(lab: Lab) -> None:
    """The pods by node are those that exist, and no node has more than two that stay."""
    found = record(lab)
    of_node = {n: [pod for pod in lab.pods("agent") if pod.only_node == n] for n in range(len(lab.state.nodes))}
    assert found.by_node == {n: pods for n, pods in of_node.items() if pods}
    for pods in of_node.values():
        staying = [pod for pod in pods if not pod.deleting]
        assert len(staying) <= 2
        assert len({pod.slot.index for pod in staying}) == len(staying)
        assert all(pod.node in (-1, pod.only_node) for pod in pods)


def test_a_pod_is_available_at_the_pass_min_ready_seconds_after_it_was_seen_to_be_ready() -> None:
    """Not at the whole second at which its time is over: nothing wakes the controller then."""
    spec = daemon_set(min_ready_seconds=10.0)
    lab = lab_of(nodes(1), spec)
    lab.apply(replace(spec, template=version("v2")), at=20.3)  # gone 1 s later, its successor ready a second after that
    lab.run(60.0)
    assert lab.times(Kind.POD_AVAILABLE, 1, since=1.0) == [pytest.approx(32.3)]


def test_a_pod_that_is_ready_while_a_look_is_due_waits_for_the_next() -> None:
    spec = daemon_set(min_ready_seconds=10.0)
    lab = lab_of(nodes(2), spec)
    first, second = lab.pods()
    for pod, at in ((first, 20.0), (second, 25.0)):
        lab.at(at, lambda pod=pod: lab.state.pods.set_ready(pod, False, 0))  # type: ignore[misc]
        lab.at(at + 0.5, lambda pod=pod: lab.state.pods.set_ready(pod, True, 0))  # type: ignore[misc]
    lab.run(60.0)
    assert lab.times(Kind.POD_AVAILABLE, 1, since=1.0) == [30.5, 40.5]
