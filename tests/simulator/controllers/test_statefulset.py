"""StatefulSets: one pod after the other (kubernetes-behaviour, section 5.1, and the runs at the end of section 5)."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.behaviour import Behaviour, BehaviourOverride
from models.cluster import Cluster
from models.distributions import Fixed
from models.labels import LabelSelector
from models.pod import PodTemplate, Probe
from models.service import Service
from models.statefulset import PodManagementPolicy, StatefulSet
from simulator.log import Kind
from simulator.run import simulate
from simulator.state.objects import REVISION_LABEL, Phase, PodState, StatefulSetState
from tests.simulator.clusters import DAY, EXACT, PROMPT, Lab, behaviour, container, down, nodes, template

ORDERED, PARALLEL = PodManagementPolicy.ORDERED_READY, PodManagementPolicy.PARALLEL
both_policies = pytest.mark.parametrize("policy", [ORDERED, PARALLEL])

BEHAVIOUR = Behaviour(
    PROMPT,
    (BehaviourOverride(replace(PROMPT, startup=Fixed(1e9)), selector=LabelSelector.of({"state": "broken"})),),
    EXACT,
)
"""Bound to ready 1 s, SIGTERM to exit 1 s; pods labelled as broken never answer."""


def version(name: str, **spec: object) -> PodTemplate:
    """A template of this version; "broken" is never ready."""
    probe = Probe(period=1.0) if name == "broken" else None
    labels = {"state": "broken"} if name == "broken" else {}
    made = template("db", container(readiness=probe), labels=labels, **spec)
    return replace(made, annotations={"version": name})


def stateful_set(replicas: int = 5, policy: PodManagementPolicy = ORDERED, **other: object) -> StatefulSet:
    made = StatefulSet(
        "db", version("v1"), LabelSelector.of({"app": "db"}), replicas=replicas, pod_management_policy=policy
    )
    return replace(made, **other)  # type: ignore[arg-type]


def lab_of(spec: StatefulSet, machines: int = 8, under: Behaviour = BEHAVIOUR, **other: object) -> Lab:
    """A settled StatefulSet with one pod a node."""
    service = Service("db", selector={"app": "db"})
    cluster = Cluster(nodes=nodes(machines, pods=1), stateful_sets=(spec,), services=(service,))
    return Lab(cluster, under, **other)  # type: ignore[arg-type]


def record(lab: Lab) -> StatefulSetState:
    return lab.state.workloads.of(StatefulSetState)[0]


def member(lab: Lab, ordinal: int) -> PodState:
    [found] = [pod for pod in lab.pods("db") if pod.ordinal == ordinal]
    return found


def lose(lab: Lab, ordinal: int, at: float = 0.0, lasting: float = 1e12) -> None:
    """The node of one of the pods goes down."""
    down(member(lab, ordinal).node, at=at, lasting=lasting).install(lab.simulation.world)


def told(lab: Lab, since: float = 0.0, gone: bool = False) -> str:
    """What happened: -1 pod 1 deleted, x1 gone, +1:v2 created, | one or more became available."""
    log = lab.state.log
    assert log is not None
    words: list[str] = []
    for time, kind, uid, _, new, _ in log.columns():
        if time < since or kind not in (Kind.POD_PHASE, Kind.POD_DELETING, Kind.POD_AVAILABLE):
            continue
        _, pod_class, ordinal = lab.state.pods.names[int(uid)]
        if kind == Kind.POD_DELETING:
            words.append(f"-{ordinal}")
        elif kind == Kind.POD_PHASE and new == Phase.PENDING:
            words.append(f"+{ordinal}:{pod_class.template.annotations['version']}")
        elif kind == Kind.POD_PHASE and new == Phase.ABSENT and gone:
            words.append(f"x{ordinal}")
        elif kind == Kind.POD_AVAILABLE and new and words[-1:] != ["|"]:
            words.append("|")
    return " ".join(words)


# The runs of the real controller


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(ORDERED, "+0:v1 | +1:v1 | +2:v1 |"), (PARALLEL, "+0:v1 +1:v1 +2:v1 |")],
)
def test_creation(policy: PodManagementPolicy, expected: str) -> None:
    assert told(lab_of(stateful_set(3, policy)), since=-2 * DAY) == expected


@both_policies
def test_an_update_goes_from_the_highest_ordinal_down(policy: PodManagementPolicy) -> None:
    spec = stateful_set(5, policy)
    lab = lab_of(spec)
    lab.apply(replace(spec, template=version("v2")), at=1)
    assert told(lab.run(100)) == "-4 +4:v2 | -3 +3:v2 | -2 +2:v2 | -1 +1:v2 | -0 +0:v2 |"


@pytest.mark.parametrize(("policy", "expected"), [(ORDERED, "-4 x4 -3 x3 -2 x2"), (PARALLEL, "-4 -3 -2 x4 x3 x2")])
def test_scaling_down(policy: PodManagementPolicy, expected: str) -> None:
    spec = stateful_set(5, policy)
    lab = lab_of(spec)
    lab.apply(replace(spec, replicas=2), at=1)
    assert told(lab.run(100), gone=True) == expected


@both_policies
def test_a_broken_update_stops_at_its_first_pod(policy: PodManagementPolicy) -> None:
    spec = stateful_set(2, policy)
    lab = lab_of(spec)
    lab.apply(replace(spec, template=version("broken")), at=1)
    assert told(lab.run(DAY)) == "-1 +1:broken"


def test_reverting_a_broken_update_heals_only_with_the_parallel_policy() -> None:
    for policy, expected in ((ORDERED, ""), (PARALLEL, "-1 +1:v1 |")):
        spec = stateful_set(2, policy)
        lab = lab_of(spec)
        lab.apply(replace(spec, template=version("broken")), at=1)
        lab.apply(spec, at=100)
        assert told(lab.run(DAY), since=50) == expected
        if policy is ORDERED:
            lab.delete(member(lab, 1), at=DAY + 1)
            assert told(lab.run(2 * DAY), since=DAY) == "-1 +1:v1 |"


@pytest.mark.parametrize(
    ("policy", "after_the_loss"),
    [(ORDERED, "-1 -4 +1:v1 | +4:v2 |"), (PARALLEL, "-1 -4 +1:v1 +4:v2 |")],
)
def test_pods_below_the_partition_come_back_as_they_were(policy: PodManagementPolicy, after_the_loss: str) -> None:
    spec = stateful_set(5, policy, partition=3)
    lab = lab_of(spec)
    lab.apply(replace(spec, template=version("v2")), at=1)
    assert told(lab.run(100)) == "-4 +4:v2 | -3 +3:v2 |"
    lab.delete(member(lab, 1), at=101)
    lab.delete(member(lab, 4), at=101)
    assert told(lab.run(200), since=100) == after_the_loss


@pytest.mark.parametrize(
    ("policy", "scaled_up", "updated", "scaled_down"),
    [
        (ORDERED, "", "", ""),
        (PARALLEL, "+5:v1 +6:v1 |", "-6 +6:v4 | -5 +5:v4 | -4 +4:v4 | -3 +3:v4", "-6 -5 -4"),
    ],
)
def test_a_pod_stuck_on_a_dead_node(
    policy: PodManagementPolicy, scaled_up: str, updated: str, scaled_down: str
) -> None:
    """In order nothing at all happens any more; in parallel only the stuck pod itself is stuck."""
    spec = stateful_set(5, policy)
    lab = lab_of(spec)
    stuck = member(lab, 1)
    lab.at(1, lambda: lab.state.nodes.add_down_cause(stuck.node, "test", 0))
    lab.delete(stuck, at=2)
    seven = replace(spec, replicas=7)
    lab.apply(seven, at=10)
    assert told(lab.run(19), since=10) == scaled_up
    lab.apply(replace(seven, template=version("v4")), at=20)
    # A pod takes 2 s; the fourth is starting when the next change comes.
    assert told(lab.run(27.5), since=20) == updated
    lab.apply(replace(seven, template=version("v4"), replicas=4), at=27.5)
    assert told(lab.run(27.75), since=27.25) == scaled_down
    lab.run(DAY)
    assert stuck.deleting
    assert stuck.uid in lab.state.pods
    assert record(lab).current is not record(lab).history.revisions[-1]


# Times


@both_policies
def test_how_long_it_takes_to_start_and_to_update(policy: PodManagementPolicy) -> None:
    """Start-up 20 s, termination 5 s: 60 s in order, 20 s in parallel; the update 75 s in both."""
    spec = stateful_set(3, policy)
    lab = lab_of(spec, under=behaviour(start=Fixed(20.0), stop=Fixed(5.0)))
    assert max(lab.times(Kind.POD_AVAILABLE, since=-2 * DAY)) + DAY == (60 if policy is ORDERED else 20)
    lab.apply(replace(spec, template=version("v2")), at=0)
    lab.run(1000)
    assert max(lab.times(Kind.POD_AVAILABLE, new=1)) == 75


def test_each_step_waits_for_min_ready_seconds() -> None:
    spec = stateful_set(3, min_ready_seconds=10.0)
    lab = lab_of(spec)
    assert lab.times(Kind.POD_AVAILABLE, since=-2 * DAY) == [-DAY + 11, -DAY + 22, -DAY + 33]
    lab.apply(replace(spec, template=version("v2")), at=0)
    lab.run(1000)
    assert lab.times(Kind.POD_AVAILABLE, new=1) == [12, 24, 36]


def test_changing_min_ready_seconds_judges_pods_anew() -> None:
    spec = stateful_set(2)
    lab = lab_of(spec)
    lab.apply(replace(spec, min_ready_seconds=2 * DAY), at=0)
    lab.apply(replace(spec, min_ready_seconds=1.0), at=50)
    lab.run(100)
    assert lab.times(Kind.POD_AVAILABLE, new=0) == [0, 0]
    assert lab.times(Kind.POD_AVAILABLE, new=1) == [50, 50]


# Identity


def test_pods_have_names_and_labels_that_stay() -> None:
    lab = lab_of(stateful_set(2, start=3))
    first = member(lab, 3)
    lab.delete(first, at=1)
    lab.run(100)
    second = member(lab, 3)
    assert (first.name, second.name) == ("db-3", "db-3")
    assert first is not second
    assert first.slot is second.slot
    assert [pod.slot.index for pod in lab.pods("db")] == [4, 3]
    assert second.pod_class.labels["statefulset.kubernetes.io/pod-name"] == "db-3"
    assert second.pod_class.labels["apps.kubernetes.io/pod-index"] == "3"
    assert REVISION_LABEL in second.pod_class.labels
    assert second.pod_class.labels["app"] == "db"


def test_partition_and_scale_count_from_the_first_ordinal() -> None:
    spec = stateful_set(3, start=10, partition=2)
    lab = lab_of(spec)
    lab.apply(replace(spec, template=version("v2")), at=1)
    lab.apply(replace(spec, template=version("v2"), replicas=1), at=50)
    assert told(lab.run(100)) == "-12 +12:v2 | -12 -11"


def test_moving_the_first_ordinal_moves_the_pods() -> None:
    spec = stateful_set(2)
    lab = lab_of(spec)
    lab.apply(replace(spec, start=1), at=1)
    assert told(lab.run(100)) == "+2:v1 | -0"


def test_a_service_may_select_a_single_pod() -> None:
    one = Service("db-1", selector={"statefulset.kubernetes.io/pod-name": "db-1"})
    every = Service("db", selector={"app": "db"}, headless=True)
    spec = stateful_set(3)
    cluster = Cluster(nodes=nodes(3, pods=1), stateful_sets=(spec,), services=(one, every))
    lab = Lab(cluster, BEHAVIOUR)
    assert [list(service.endpoints.values()) for service in lab.state.services] == [[member(lab, 1)], lab.pods("db")]
    lab.apply(replace(spec, replicas=1), at=10)
    lab.run(100)
    history = lab.simulation.recorder.histories(0.0, 100.0)
    assert list(history["db-1"].desired.values) == [1, 0]
    assert list(history["db"].desired.values) == [3, 1]
    assert list(history["db"].ready.values) == [3, 2, 1]


# Revisions


def test_on_delete_leaves_it_to_others_to_delete_pods() -> None:
    spec = stateful_set(3, on_delete=True)
    lab = lab_of(spec)
    lab.apply(replace(spec, template=version("v2")), at=1)
    lab.delete(member(lab, 0), at=50)
    assert told(lab.run(100)) == "-0 +0:v2 |"


def test_a_template_that_comes_back_is_an_old_revision_made_newest() -> None:
    spec = stateful_set(2)
    lab = lab_of(spec)
    for i, name in enumerate(("v2", "v1")):
        lab.apply(replace(spec, template=version(name)), at=100 * i)
    lab.run(200)
    history = record(lab).history.revisions
    assert [(revision.number, revision.hash) for revision in history] == [(2, "r1"), (3, "r0")]
    assert record(lab).current is history[-1]
    assert told(lab, since=100) == "-1 +1:v1 | -0 +0:v1 |"


def test_old_revisions_are_forgotten_beyond_the_limit() -> None:
    spec = stateful_set(1, revision_history_limit=2)
    lab = lab_of(spec)
    for i in range(6):
        lab.apply(replace(spec, template=version(f"v{i + 2}")), at=100.0 * i)
    lab.run(1000)
    assert [revision.hash for revision in record(lab).history.revisions] == ["r3", "r4", "r5", "r6"]


def test_the_status_counts_terminating_pods_as_ready() -> None:
    spec = stateful_set(3)
    lab = lab_of(spec)
    lab.apply(replace(spec, template=version("v2")), at=1)
    lab.run(1.5)
    assert record(lab).status() == {
        "replicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "currentReplicas": 2,
        "updatedReplicas": 0,
        "specReplicas": 3,
    }


# Failures


def test_a_pod_of_a_lost_node_comes_back_with_its_node() -> None:
    """Detected after 50 s or so, evicted 300 s later, stuck until the node is back."""
    lab = lab_of(stateful_set(3))
    lost = member(lab, 1)
    lose(lab, 1, at=1000.0, lasting=2000.0)
    lab.run(2999)
    assert lost.deleting
    assert lab.pods("db") == [member(lab, ordinal) for ordinal in (0, 1, 2)]
    assert told(lab) == "-1"
    assert told(lab.run(3100)) == "-1 +1:v1 |"
    [unready] = lab.times(Kind.POD_READY, new=0)
    assert unready == pytest.approx(1047, abs=8)
    assert member(lab, 1).cause == lost.cause != 0


def test_a_crashed_node_stops_scaling_in_order_but_not_in_parallel() -> None:
    for policy, expected in ((ORDERED, ""), (PARALLEL, "+3:v1 +4:v1 |")):
        spec = stateful_set(3, policy)
        lab = lab_of(spec)
        lose(lab, 0)
        lab.apply(replace(spec, replicas=5), at=200)
        assert told(lab.run(300)) == expected


def test_scaling_down_in_order_takes_the_lowest_sick_pod_when_it_is_its_turn() -> None:
    """It goes at once when it is the highest; those below it wait until it is gone."""
    spec = stateful_set(4)
    lab = lab_of(spec)
    lose(lab, 2, lasting=300.0)
    lab.apply(replace(spec, replicas=1), at=100)
    assert told(lab.run(299)) == "-3 -2"
    assert told(lab.run(400)) == "-3 -2 -1"


def test_scaling_down_in_order_waits_for_a_sick_pod_above_another() -> None:
    spec = stateful_set(4)
    lab = lab_of(spec)
    sick = [member(lab, ordinal) for ordinal in (1, 3)]
    for pod in sick:
        lab.at(1, lambda pod=pod: lab.simulation.control_plane.kubelet.make_unready(pod))  # type: ignore[misc]
    lab.apply(replace(spec, replicas=1), at=2)
    assert told(lab.run(DAY)) == ""
    lab.at(DAY, lambda: lab.state.pods.set_ready(sick[0], True, 0))
    assert told(lab.run(2 * DAY), since=DAY + 1) == "-2 -1"


def test_the_service_history_desires_its_replicas() -> None:
    cluster = lab_of(stateful_set(3), machines=3).cluster
    run = simulate(cluster, behaviour=BEHAVIOUR, duration=DAY, failures=(down(0, at=1000.0, lasting=500.0),))
    history = run.services["db"]
    assert list(history.desired.values) == [3]
    assert list(history.answering.values) == [3, 2, 3]


changes = st.lists(
    st.fixed_dictionaries(
        {
            "replicas": st.integers(0, 5),
            "partition": st.integers(0, 3),
            "template": st.sampled_from(["v1", "v2", "v3"]).map(version),
            "pause": st.sampled_from([0.0, 1.5, 3.0, 60.0, 500.0]),
            "lost": st.none() | st.integers(0, 4),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(changes, st.sampled_from([ORDERED, PARALLEL]), st.sampled_from([0.0, 5.0]))
def test_whatever_is_asked_for_is_there_in_the_end(
    asked: list[dict[str, object]], policy: PodManagementPolicy, min_ready: float
) -> None:
    """With one pod a name at any time, and never more than one pod taken down by the update."""
    spec = stateful_set(3, policy, min_ready_seconds=min_ready)
    lab = lab_of(spec, machines=6)
    for change in asked:
        pause, lost = change.pop("pause"), change.pop("lost")
        spec = replace(spec, **change)  # type: ignore[arg-type]
        now = lab.kernel.now
        lab.apply(spec, at=now + 1)
        if isinstance(lost, int):
            outage = object()
            lab.at(now + 2, lambda node=lost, outage=outage: lab.state.nodes.add_down_cause(node, outage, 0))  # type: ignore[misc]
            lab.at(now + 400, lambda node=lost, outage=outage: lab.state.nodes.remove_down_cause(node, outage))  # type: ignore[misc]
        assert isinstance(pause, float)
        lab.run(now + 2 + pause)
        names = [pod.name for pod in lab.pods("db")]
        assert len(set(names)) == len(names)
    lab.run(lab.kernel.now + 2000)
    found = record(lab)
    pods = sorted(lab.pods("db"), key=lambda pod: pod.ordinal)
    assert [pod.ordinal for pod in pods] == list(spec.ordinals)
    assert all(pod.available and not pod.deleting for pod in pods)
    newest = found.history.revisions[-1]
    assert all(newest.made(pod) for pod in pods[spec.partition :])
    assert newest.template == spec.template
