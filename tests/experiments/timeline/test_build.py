"""The timeline of an outage: what happened, when, to whom, as the log has it."""

import math
from typing import Any

import pytest

from experiments.attribution.stages import Stage
from experiments.design.goal import Capacity, ReadyEndpoints, ServiceGoal
from experiments.timeline import build
from experiments.timeline.build import timeline
from experiments.timeline.timeline import EventType, RowKind, Timeline
from models.behaviour import Behaviour
from models.distributions import Exponential, Fixed
from models.pod import Probe
from simulator.failures.container_crash import ContainerCrash
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.run import Run, simulate
from tests.experiments.attribution.scenarios import home, run, transition
from tests.simulator.clusters import DAY, HOUR, behaviour, cluster, container, deployment, down, node, nodes, template
from tests.simulator.failures.test_failures import APPS, FAILURES, LOAD, POLICIES, REQUESTS, instance

WEB = ServiceGoal("web", ReadyEndpoints(1))


def told(of: Run, goal: ServiceGoal = WEB, number: int = 0) -> Timeline:
    """The timeline of one of the outages of a run."""
    up = goal.predicate.up(of.services[goal.name])
    start, end = (float(time) - of.start for time in up.intervals_below(0.5)[number])
    return timeline(of, goal, "as-shipped", start, end, "crash")


@pytest.fixture(scope="module")
def lost() -> tuple[Run, Timeline, int]:
    """The node of the only replica fails and comes back later; with Kubernetes' defaults, and a pull of 7 s."""
    probed = deployment(pods=template("web", container(readiness=Probe(initial_delay=20.0, period=10.0))))
    there = home(cluster(nodes(2), probed))
    found = run(
        cluster(nodes(2), probed), down(there, at=500.0), under=behaviour(Behaviour().timing, image_pull=Fixed(7.0))
    )
    return found, told(found), there


def events(of: Timeline) -> list[tuple[str, str]]:
    return [(each.reason, each.object) for each in of.events]


def test_a_node_that_fails_is_told_in_the_words_of_the_control_plane(lost: Any) -> None:
    _, found, there = lost
    old, new, failed = "Pod/web-r0-0", "Pod/web-r0-1", f"Node/node-{there}"
    assert events(found)[: events(found).index(("OutageEnds", "Service/web")) + 1] == [
        ("NodeDown", failed),
        ("OutageBegins", "Service/web"),
        ("NodeNotReady", failed),
        ("NodeNotReady", old),
        ("Tainted", failed),
        ("TaintManagerEviction", old),
        ("SuccessfulCreate", "ReplicaSet/web-r0"),
        ("Scheduled", new),
        ("Pulling", new),
        ("Pulled", new),
        ("Started", new),
        ("Answering", new),
        ("Ready", new),
        ("OutageEnds", "Service/web"),
    ]
    messages = {each.reason: each.message for each in found.events}
    assert messages["NodeDown"] == f"The node is down, and all that runs on it: down-{there}-500.0"
    assert messages["OutageBegins"] == "web is down: 0 of 1 answer, at least 1 must"
    assert messages["Pulled"] == "Successfully pulled images in 7s"
    types = {each.reason: each.type for each in found.events if each.object != old}
    assert (types["NodeDown"], types["Tainted"], types["Scheduled"]) == tuple(
        EventType(name) for name in ("Fact", "Warning", "Normal")
    )


def test_times_count_from_the_beginning_of_the_outage(lost: Any) -> None:
    run, found, _ = lost
    assert (found.start, found.length) == (500.0, transition(run, Kind.SERVICE_ANSWERING, 1, 500.0) - 500.0)
    assert found.begin < 0
    assert found.end > found.length
    unknown = next(each.time for each in found.events if each.reason == "NodeNotReady")
    assert unknown == transition(run, Kind.NODE_READY, 2) - 500.0


def test_a_pod_goes_through_the_stages_that_its_downtime_is_attributed_to(lost: Any) -> None:
    _, found, there = lost
    [outage, cause, *things] = found.rows
    assert (outage.kind, [each.state for each in outage.intervals]) == (RowKind.OUTAGE, ["down"])
    assert (cause.kind, cause.name) == (RowKind.CAUSE, f"down-{there}-500.0/{there}")
    states = {row.name: [each.state for each in row.intervals] for row in things}
    assert states["web-r0-1"] == [Stage.QUEUED, Stage.IMAGE_PULL, Stage.START, Stage.NOT_READY, "answering"]
    assert states["web-r0-0"][:2] == ["answering", Stage.UNDETECTED]
    assert states["web-r0-0"][-1] == "terminating"
    of_node = states[f"node-{there}"]
    assert of_node[:2] == ["Ready", "down, still Ready"]
    assert of_node[-1] == "down, NotReady, NoExecute"
    assert [row.note for row in things if row.name == "web-r0-0"] == [f"node-{there}"]


def test_the_endpoints_are_those_that_answer_and_those_that_are_listed(lost: Any) -> None:
    run, found, _ = lost
    listed = transition(run, Kind.SERVICE_READY, 0, 500.0) - 500.0
    shown = [(each.time, each.answering, each.listed, each.desired) for each in found.endpoints]
    assert shown == [(found.begin, 1, 1, 1), (0, 0, 1, 1), (listed, 0, 0, 1), (found.length, 1, 1, 1)]
    assert found.endpoints_at(listed).listed == 0
    assert found.endpoints_at(listed - 0.1).listed == 1


def test_a_container_that_crashes_again_and_again_is_counted() -> None:
    crash = ContainerCrash("oom", Fixed(2.0))
    found = told(run(cluster(nodes(1), deployment()), crash, until=3000.0, under=behaviour(Behaviour().timing)))
    died = [each for each in found.events if each.reason == "ContainerDied"]
    assert [each.count for each in died][:3] == [1, 1, 1]
    assert died[0].message == "A container has died: oom"
    assert any(each.reason == "BackOff" and each.type is EventType.WARNING for each in found.events)
    counted = [each for each in found.events if each.count > 1]
    assert all(each.until is not None and each.until > each.time for each in counted)
    assert len(died) <= 4


def test_a_rollout_is_told_from_its_beginning_though_nothing_is_missing_yet() -> None:
    release = Rollout("release", "Deployment/web", at=400.0)
    goal = ServiceGoal("web", Capacity(1.0))
    found = told(run(cluster(nodes(2), deployment(replicas=4)), until=2000.0, operations=[release]), goal)
    reasons = [each.reason for each in found.events]
    assert reasons[0] == "TemplateChanged"
    assert {"ScalingReplicaSet", "SuccessfulDelete", "Killing", "NewReplicaSetAvailable"} <= set(reasons)
    [first] = [each for each in found.events if each.reason == "TemplateChanged"]
    assert first.time + found.start == 400.0
    assert first.message == "A rollout begins, to revision 2: release"
    scaled = [each.message for each in found.events if each.reason == "ScalingReplicaSet"]
    assert scaled[0] == "Scaled up replica set web-r1 from 0 to 1"


def test_a_pod_that_no_node_takes_waits_in_the_words_of_the_scheduler() -> None:
    load = cluster((node("small", cpu=50), node("large")), deployment())
    found = told(run(load, down(1, at=500.0), under=behaviour(Behaviour().timing)))
    [waits] = [each.message for each in found.events if each.reason == "FailedScheduling"]
    assert waits == (
        "0/2 nodes are available: 1 node(s) did not take it for another reason, "
        "1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }."
    )
    assert found.remarks == ("The outage is not over at the end of the run.",)
    assert "OutageEnds" not in [each.reason for each in found.events]


def test_what_is_too_much_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MOST_PODS", 2)
    monkeypatch.setattr(build, "MOST_EVENTS", 3)
    load = cluster(nodes(2), deployment(replicas=4))
    there = home(load)
    found = told(run(load, down(there, at=500.0)), ServiceGoal("web", Capacity(1.0)))
    assert sum(row.kind is RowKind.POD for row in found.rows) == 2
    assert len(found.events) == 3
    assert found.remarks[0] == "Not shown: 4 further pods, those that answered longest."
    assert any("further events, normal ones before others" in remark for remark in found.remarks)
    assert {"OutageBegins", "OutageEnds"} <= {each.reason for each in found.events}


def test_a_run_without_a_log_has_no_timeline() -> None:
    found = simulate(cluster(nodes(1), deployment()), duration=10.0)
    with pytest.raises(ValueError, match="kept no log"):
        timeline(found, WEB, "as-shipped", 0.0, 1.0, "")


def test_with_every_failure_mode_at_once_everything_has_its_place() -> None:
    often = {"time_to_failure": Exponential(DAY), "time_to_repair": Exponential(HOUR)}
    stories = {name: instance(policy, **often, name=name.replace(" ", "-")) for name, policy in POLICIES.items()}
    failures = [story for story in stories.values() if type(story) in FAILURES.values()]
    operations = [story for story in stories.values() if type(story) not in FAILURES.values()]
    found = simulate(
        LOAD, failures=failures, operations=operations, traffic=[REQUESTS], duration=2 * DAY, keep_log=True, seed=5
    )
    reasons: set[str] = set()
    for app in APPS:
        goal = ServiceGoal(app, ReadyEndpoints(1))
        count = len(goal.predicate.up(found.services[app]).intervals_below(0.5))
        for number in range(min(count, 5)):
            each = told(found, goal, number)
            reasons |= {event.reason for event in each.events}
            times = [event.time for event in each.events]
            assert times == sorted(times)
            assert all(each.begin <= time < each.end + 1e-6 for time in times)
            assert each.endpoints[0].time == pytest.approx(each.begin)
            assert any(math.isclose(of.end, each.length, abs_tol=1e-6) for of in each.rows[0].intervals)
            for row in each.rows:
                bounds = [time for of in row.intervals for time in (of.start, of.end)]
                assert bounds == sorted(bounds), "one state at a time"
                assert bounds[0] >= each.begin - 1e-6
                assert bounds[-1] <= each.end + 1e-6
                assert all(of.start < of.end for of in row.intervals)
    assert len(reasons) > 20
