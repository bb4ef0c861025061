"""While a process of the control plane is away nothing heals; what follows its return is worked out by hand."""

import math
from dataclasses import dataclass, replace
from typing import Any

import pytest

from models.autoscaling import HorizontalPodAutoscaler, Metric, MetricSource, TargetType
from models.disruption import PodDisruptionBudget
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.load import Load
from models.timing import Timing
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.control_plane_outage import ControlPlaneOutage
from simulator.failures.etcd_quorum_loss import EtcdQuorumLoss
from simulator.kernel import Story
from simulator.log import Kind
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.operations.scale import Scale
from simulator.processes import Process
from simulator.rare.settled import settled
from simulator.run import simulate
from simulator.stories.subject import Subject
from simulator.stories.world import World
from tests.simulator.clusters import DAY, EXACT, FOREVER, HOUR, Lab, behaviour, cluster, deployment, down, nodes

API, CONTROLLERS, SCHEDULER = Process.API_SERVER, Process.CONTROLLER_MANAGER, Process.SCHEDULER
ELECTION = 20.0
GRACE, TOLERATED, START = 50.0, 300.0, 3.0
"""Silence until a node is Unknown; default toleration; from a node to a pod that answers, with `PROMPT`."""
INSTANT = replace(EXACT, lease_renew_period=0.001, node_monitor_period=0.001)
"""Node health is looked at without delay, so that times are those of the constants alone."""


@dataclass(frozen=True)
class Away:
    """A scripted outage of a process: (at, lasting)."""

    process: Process
    at: float
    lasting: float
    name: str = "away"

    def install(self, world: World) -> None:
        world.tell(self.name, f"{self.process}-{self.at}", self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        yield world.sleep(self.at)
        outage = world.control_plane.fail(self.process, f"{self.name}/{self.process}")
        yield world.sleep(self.lasting)
        world.control_plane.repair(outage, dict.fromkeys(Process, ELECTION))


def lab(*stories: Any, replicas: int = 1, machines: int = 2, timing: Timing = INSTANT, **other: Any) -> Lab:
    found = cluster(nodes(machines), deployment(replicas=replicas))
    return Lab(found, behaviour(timing), failures=stories, **other)


def home() -> int:
    return lab().pods()[0].node


def moments(found: Lab, kind: Kind, new: int | None = None) -> list[float]:
    """To a tenth of a second: the phases of loops that take a millisecond do not matter."""
    return [round(time, 1) for time in found.times(kind, new, since=0.0)]


# Nodes that are lost meanwhile


@pytest.mark.parametrize("process", [API, CONTROLLERS])
def test_a_node_that_dies_meanwhile_is_found_after_the_return_the_election_and_a_full_grace(process: Process) -> None:
    """Recovery after a crash 50 s into an outage of 1000 s: (1000 - 50) + 20 + 50 + 300 + 3."""
    found = lab(Away(process, 100.0, 1000.0), down(home(), at=150.0)).run(HOUR)
    unknown = 1100.0 + ELECTION + GRACE
    assert moments(found, Kind.NODE_READY) == [unknown]
    assert moments(found, Kind.SERVICE_ANSWERING) == [150.0, unknown + TOLERATED + START]


def test_a_toleration_that_ran_begins_anew() -> None:
    """Dead at 100, Unknown at 150, to be evicted at 450: the controllers are away from 400 to 500."""
    found = lab(Away(CONTROLLERS, 400.0, 100.0), down(home(), at=100.0)).run(HOUR)
    assert moments(found, Kind.POD_DELETING) == [500.0 + ELECTION + TOLERATED]


def test_a_short_hiccup_of_the_api_server_costs_no_leader_and_no_timer() -> None:
    """Not more than the renew deadline of 10 s: what fell due meanwhile happens at the return."""
    found = lab(Away(API, 445.0, 9.0), down(home(), at=100.0)).run(HOUR)
    assert moments(found, Kind.POD_DELETING) == [454.0]
    exited = lab(Away(API, 445.0, 11.0), down(home(), at=100.0)).run(HOUR)
    assert moments(exited, Kind.POD_DELETING) == [456.0 + ELECTION + TOLERATED]


def test_no_node_is_judged_for_an_outage_of_the_api_server_however_long() -> None:
    found = lab(Away(API, 100.0, 10 * HOUR), replicas=2).run(DAY)
    assert not found.rows(Kind.NODE_READY)
    assert not found.rows(Kind.POD_READY, since=0.0)
    assert not found.rows(Kind.SERVICE_ANSWERING, since=0.0)


def test_a_node_that_comes_back_before_anybody_looks_was_never_lost() -> None:
    """Its pods start when their kubelet hears of them again, at the return of the API server."""
    found = lab(Away(API, 100.0, 1000.0), down(home(), at=150.0, lasting=60.0)).run(HOUR)
    assert not found.rows(Kind.NODE_READY)
    assert moments(found, Kind.SERVICE_ANSWERING) == [150.0, 1100.0 + START]


def test_with_the_scheduler_away_pods_are_made_and_wait() -> None:
    found = lab(Away(SCHEDULER, 100.0, 1000.0), down(home(), at=150.0)).run(HOUR)
    created = 150.0 + GRACE + TOLERATED
    assert moments(found, Kind.POD_PHASE)[0] == created
    assert moments(found, Kind.POD_NODE) == [1100.0 + ELECTION]
    assert moments(found, Kind.SERVICE_ANSWERING) == [150.0, 1100.0 + ELECTION + START]


# Pods


@pytest.mark.parametrize("process", Process)
def test_containers_restart_in_place_all_the_while(process: Process) -> None:
    """Back-off of 0 s, 2 s to start up; crashes 500 s after each start."""
    crash = ContainerCrash("crash", Fixed(500.0))
    under = replace(INSTANT, crash_loop_initial=0.0)
    found = lab(Away(process, 100.0, HOUR), crash, timing=under).run(900.0)
    assert moments(found, Kind.POD_ANSWERING) == [500.0, 502.0]


@pytest.mark.parametrize("process", [API, CONTROLLERS])
def test_endpoints_stay_as_they_are(process: Process) -> None:
    """A pod of two dies with its node: the Service lists both until all is over."""
    found = lab(Away(process, 100.0, HOUR), down(home(), at=150.0), replicas=2).run(HOUR)
    assert not found.rows(Kind.SERVICE_READY, since=0.0)
    assert found.state.services[0].answering == 1
    assert len(found.state.services[0].endpoints) == 2


def test_a_pod_that_is_deleted_stays_listed_while_the_controllers_are_away() -> None:
    found = lab(Away(CONTROLLERS, 100.0, 1000.0), replicas=2)
    gone = found.pods()[0]
    found.delete(gone, at=200.0)
    found.run(1050.0)
    service = found.state.services[0]
    assert gone.uid not in found.state.pods
    assert len(found.pods()) == 1
    assert gone.uid in service.endpoints
    assert service.answering == 1
    found.run(HOUR)
    assert set(service.endpoints) == set(found.state.pods)
    assert service.answering == 2
    assert moments(found, Kind.SERVICE_READY)[0] == 1100.0 + ELECTION


# People and programs


def test_what_people_begin_meanwhile_begins_at_the_return() -> None:
    late = Scale("late", "Deployment/web", 4, at=200.0)
    release = Rollout("release", "Deployment/web", at=300.0)
    found = lab(Away(API, 100.0, 1000.0), replicas=2, operations=[late, release]).run(HOUR)
    generations = [time for time, *_ in found.rows(Kind.DEPLOYMENT_GENERATION, since=0.0)]
    assert generations == [1100.0, 1100.0]
    assert min(time for time, *_ in found.rows(Kind.POD_PHASE, since=0.0)) >= 1100.0 + ELECTION
    assert found.counts()[-1] == (4, 4, 4)


def test_evictions_wait_and_budgets_are_those_from_before() -> None:
    """Without the controller manager, each eviction takes one from what was allowed, and nothing gives it back."""
    load = cluster(nodes(3), deployment(replicas=3))
    budget = PodDisruptionBudget("web", LabelSelector.of({"app": "web"}), max_unavailable=1)
    load = load.of([*load.nodes, *load.services, *load.deployments, budget])
    drain = Drain("drain", at=200.0, max_concurrent=3)
    found = Lab(load, behaviour(INSTANT), failures=[Away(CONTROLLERS, 100.0, 1000.0)], operations=[drain]).run(1050.0)
    assert moments(found, Kind.POD_DELETING) == [200.0]
    found.run(2 * HOUR)
    assert found.counts()[-1] == (3, 3, 3)
    waits = Lab(load, behaviour(INSTANT), failures=[Away(API, 100.0, 1000.0)], operations=[drain]).run(2 * HOUR)
    assert moments(waits, Kind.POD_DELETING)[0] == 1100.0


# Several at a time


def test_outages_are_counted() -> None:
    """The API server is away from 100 to 900, as two outages of it overlap."""
    found = lab(Away(API, 100.0, 500.0), Away(API, 400.0, 500.0), down(home(), at=150.0)).run(HOUR)
    assert moments(found, Kind.NODE_READY) == [900.0 + ELECTION + GRACE]


def test_an_election_that_is_cut_short_is_held_anew() -> None:
    found = lab(Away(API, 100.0, 500.0), Away(API, 610.0, 5.0), down(home(), at=150.0)).run(HOUR)
    assert moments(found, Kind.NODE_READY) == [615.0 + ELECTION + GRACE]


def test_another_leader_takes_over_in_the_time_of_an_election() -> None:
    found = lab(Away(CONTROLLERS, 100.0, 0.0), down(home(), at=100.0)).run(HOUR)
    assert moments(found, Kind.COMPONENT_UP) == [100.0, 100.0 + ELECTION]
    assert moments(found, Kind.NODE_READY) == [100.0 + ELECTION + GRACE]


def test_an_outage_is_no_settled_state_and_leaves_none_behind() -> None:
    outage = ControlPlaneOutage("control-plane", API, Fixed(HOUR), Fixed(100.0), election=Fixed(ELECTION))
    found = Lab(cluster(nodes(2), deployment(replicas=2)), failures=[outage], end=10 * HOUR).run(HOUR - 1)
    assert settled(found.simulation) is not None
    for moment in (HOUR + 50.0, HOUR + 110.0):
        assert settled(found.run(moment).simulation) is None
    assert settled(found.run(HOUR + 130.0).simulation) is not None


# Laws


@pytest.mark.parametrize("members", [1, 2, 3, 4, 5])
def test_a_quorum_is_there_as_often_as_arithmetic_says(members: int) -> None:
    """Alternating members, up 3 h and down 1 h on average: sum over k >= quorum of C(n, k) a^k (1 - a)^(n - k)."""
    up, lasting, days = 3 * HOUR, HOUR, 200
    mode = EtcdQuorumLoss("etcd", Exponential(up), Exponential(lasting), members, election=Fixed(0.0))
    load = cluster(nodes(1), deployment())
    result = simulate(load, failures=[mode], duration=days * DAY, seed=members, keep_log=True)
    assert result.log is not None
    rows = [row for row in result.log.of_kind(Kind.COMPONENT_UP).tolist() if row[2] == list(Process).index(API)]
    edges = [*(row[0] for row in rows), *([days * DAY] if len(rows) % 2 else [])]
    away = sum(edges[1::2]) - sum(edges[::2])
    a, quorum = up / (up + lasting), members // 2 + 1
    chance = [math.comb(members, k) * a**k * (1 - a) ** (members - k) for k in range(members + 1)]
    expected = sum(chance[:quorum])
    # Var of a time average of an indicator: at most 2 p (1 - p) tau / T; members forget with rate 1/up + 1/lasting.
    tau = 1 / (1 / up + 1 / lasting)
    deviation = math.sqrt(2 * expected * (1 - expected) * tau / (days * DAY))
    assert abs(away / (days * DAY) - expected) < 4 * deviation


def test_without_an_outage_nothing_is_different() -> None:
    """A mode that never strikes leaves the log as it is."""
    never = ControlPlaneOutage("never", API, Fixed(FOREVER), Fixed(1.0))
    load = cluster(nodes(3), deployment(replicas=2))
    with_, without = (
        simulate(load, failures=[*modes, down(0, at=100.0)], duration=DAY, keep_log=True) for modes in ([never], [])
    )
    assert with_.log is not None
    assert without.log is not None
    assert with_.log.columns()[:, :5].tobytes() == without.log.columns()[:, :5].tobytes()


def test_an_autoscaler_begins_with_fresh_windows() -> None:
    """The load falls at 1000: fewer replicas 300 s later, or 300 s after the controllers are back."""
    metric = Metric(MetricSource.RESOURCE, "cpu", TargetType.UTILIZATION, 50)
    scaler = HorizontalPodAutoscaler("web", "Deployment", "web", 10, 1, (metric,))
    spec = cluster(nodes(3), deployment(replicas=4))
    spec = spec.of([*spec.nodes, *spec.services, *spec.deployments, scaler])

    def shrinks(*stories: Any) -> float:
        loads = [Load("Deployment/web", ((0.0, 200.0), (1000.0, 50.0)))]
        result = simulate(spec, behaviour=behaviour(), failures=stories, loads=loads, duration=HOUR, keep_log=True)
        assert result.log is not None
        return min(row[0] for row in result.log.of_kind(Kind.AUTOSCALER_DESIRED).tolist() if row[0] > 0)

    look = 15.0 + 15.0 + 10.0  # until a sample is taken, is old enough, and is looked at
    assert 0.0 <= shrinks() - 1300.0 <= look
    assert 0.0 <= shrinks(Away(CONTROLLERS, 1100.0, 100.0)) - (1200.0 + ELECTION + 300.0) <= look
