"""Argo Rollouts: canaries in steps, blue and green, analyses, and the way back."""

from dataclasses import replace
from typing import Any

import pytest

from models.distributions import Fixed
from models.pod import Probe
from models.release import Shows
from models.rollout import Analysis, BlueGreen, Canary, Metric, Pause, Progression, SetWeight
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.rare.settled import settled
from simulator.state.objects import DeploymentState
from simulator.stories.attempts import Outcome
from simulator.stories.releases import BadRelease, DetectedBy
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, container, deployment, nodes, template

PODS = template("web", container(readiness=Probe(period=1.0)))
ERRORS = BadRelease(1.0, Shows.ERRORS, detected_by=DetectedBy.NOBODY)
QUARTER = Canary((SetWeight(25), Pause(300.0), Analysis(), SetWeight(50), Pause(300.0)))


def lab(progression: Progression, bad: BadRelease | None = None, replicas: int = 4, **other: Any) -> Lab:
    """A release at 100 s; new pods are available 3 s after they are made."""
    given = {"max_unavailable": 0, "max_surge": 1} | other
    spec = deployment("web", replicas, pods=PODS, kind="Rollout", progression=progression, **given)
    release = Rollout("release", "Rollout/web", at=100.0, new_image=False, bad=bad)
    return Lab(cluster(nodes(4), spec), behaviour(), (), (release,), end=10 * HOUR)


def answering(found: Lab) -> list[tuple[float, int]]:
    """How many answer once all that happens at a time has happened."""
    return list({time: number for time, _, number in found.log(Kind.SERVICE_ANSWERING)}.items())


def outcome(found: Lab) -> tuple[float | None, Outcome]:
    (attempt,) = found.simulation.world.journal.attempts(found.simulation.kernel.now)
    return attempt.ended, attempt.outcome


def test_a_canary_goes_by_its_steps_and_is_as_many_replicas_as_the_weight_asks_for() -> None:
    found = lab(QUARTER).run(5000.0)
    assert found.rollout(since=0.0) == [(1, 4), (1, 3), (2, 3), (2, 2), (3, 2), (3, 1), (4, 1), (4, 0)]
    assert found.times(Kind.REPLICASET_DESIRED) == [100.0, 103.0, 403.0, 406.0, 706.0, 709.0, 709.0, 712.0]
    assert min(number for _, number in answering(found)) == 4
    assert outcome(found) == (712.0, Outcome.DONE)


def test_a_weight_is_rounded_up_for_both_versions() -> None:
    """10 % of 5 replicas is one, and the old version keeps 5: together one more than the surge allows for."""
    found = lab(Canary((SetWeight(10), Pause())), replicas=5, max_surge=0, max_unavailable=0).run(200.0)
    assert found.counts() == ((5, 5, 5), (1, 1, 1))


def test_an_analysis_that_fails_takes_the_canary_back_by_starting_old_replicas() -> None:
    found = lab(QUARTER, ERRORS).run(5000.0)
    assert answering(found) == [(103.0, 3), (406.0, 4)]
    assert found.log(Kind.DEPLOYMENT_ABORTED) == [(403.0, "web", 1)]
    assert outcome(found) == (403.0, Outcome.ROLLED_BACK)
    assert found.counts() == ((4, 4, 4), (0, 0, 0))


def test_an_analysis_in_the_background_counts_from_the_first_replica_of_the_new_version() -> None:
    background = Analysis((Metric(interval=60.0, failure_limit=1),))
    found = lab(Canary(QUARTER.steps, background), ERRORS).run(5000.0)
    assert answering(found) == [(103.0, 3), (166.0, 4)]
    well = lab(Canary(QUARTER.steps, background)).run(5000.0)
    assert outcome(well) == (712.0, Outcome.DONE)


def test_people_bring_the_old_version_back_without_any_steps() -> None:
    found = lab(QUARTER, BadRelease(1.0, Shows.ERRORS, detection=Fixed(200.0))).run(5000.0)
    assert answering(found) == [(103.0, 3), (303.0, 4)]
    assert found.log(Kind.DEPLOYMENT_COMPLETE) == [(100.0, "web", 0), (303.0, "web", 1)]


@pytest.mark.parametrize("progression", [QUARTER, BlueGreen()])
def test_what_never_becomes_ready_stops_any_strategy_and_costs_nothing(progression: Progression) -> None:
    crash = BadRelease(1.0, Shows.CRASH, detected_by=DetectedBy.DEADLINE)
    found = lab(progression, crash).run(5000.0)
    assert answering(found) == []
    assert outcome(found) == (701.0, Outcome.ROLLED_BACK)


def test_a_pause_is_no_delay_of_the_rollout() -> None:
    found = lab(Canary((SetWeight(25), Pause(2 * HOUR)))).run(4 * HOUR)
    assert found.log(Kind.DEPLOYMENT_PROGRESSING) == []
    assert outcome(found)[1] is Outcome.DONE


def test_beyond_its_deadline_a_rollout_is_aborted_if_it_asks_for_that() -> None:
    crash = BadRelease(1.0, Shows.CRASH, detected_by=DetectedBy.NOBODY)
    stays = lab(QUARTER, crash).run(5000.0)
    assert stays.counts()[1][0] == 1
    aborted = lab(QUARTER, crash, aborts_at_deadline=True).run(5000.0)
    assert aborted.log(Kind.DEPLOYMENT_ABORTED) == [(701.0, "web", 1)]
    assert aborted.counts()[1] == (0, 0, 0)


def test_blue_green_switches_at_once_and_takes_the_old_version_away_later() -> None:
    found = lab(BlueGreen()).run(5000.0)
    assert found.rollout(since=0.0) == [(4, 4), (4, 0)]
    assert found.times(Kind.REPLICASET_DESIRED) == [100.0, 133.0]
    assert set(found.times(Kind.POD_SELECTED, 0)) == {100.0, 103.0}
    assert set(found.times(Kind.POD_SELECTED, 1)) == {103.0}
    assert outcome(found) == (133.0, Outcome.DONE)
    assert [number for _, number in answering(found)] == [4]


@pytest.mark.parametrize(("detection", "back"), [(20.0, 120.0), (1000.0, 1103.0)])
def test_the_way_back_takes_no_time_while_the_old_version_is_there(detection: float, back: float) -> None:
    found = lab(BlueGreen(), BadRelease(1.0, Shows.ERRORS, detection=Fixed(detection))).run(5000.0)
    assert answering(found) == [(103.0, 0), (back, 4)]


def test_an_analysis_before_the_switch_spares_the_users_and_one_after_it_switches_back() -> None:
    late = Analysis((Metric(initial_delay=100.0),))
    before = lab(BlueGreen(before=late), ERRORS).run(5000.0)
    assert answering(before) == []
    assert outcome(before) == (203.0, Outcome.ROLLED_BACK)
    soon = lab(BlueGreen(after=Analysis((Metric(initial_delay=10.0),))), ERRORS).run(5000.0)
    assert answering(soon) == [(103.0, 0), (113.0, 4)]
    after = lab(BlueGreen(after=late), ERRORS).run(5000.0)
    assert answering(after) == [(103.0, 0), (206.0, 4)]  # the old version has been taken away after 30 s
    assert {found.counts()[1] for found in (before, soon, after)} == {(0, 0, 0)}


def test_a_rollout_that_waits_in_a_step_is_no_settled_state() -> None:
    assert settled(lab(Canary((SetWeight(25), Pause()))).run(HOUR).simulation) is None
    assert settled(lab(Canary((SetWeight(25), Pause(60.0)))).run(HOUR).simulation) is not None


def test_a_rollout_is_scaled_like_a_deployment() -> None:
    found = lab(BlueGreen()).run(1000.0)
    (record,) = found.state.workloads.of(DeploymentState)
    found.apply(replace(record.spec, replicas=6), at=1100.0)
    assert found.run(2000.0).counts()[1] == (6, 6, 6)


def test_a_settled_state_names_replicas_as_if_there_had_been_no_rollout() -> None:
    state = settled(lab(BlueGreen()).run(HOUR).simulation)
    assert state is not None
    assert sorted(state.nodes) == [f"Rollout/default/web/{number}" for number in range(4)]


def test_the_log_says_that_it_is_a_rollout() -> None:
    found = lab(BlueGreen()).run(HOUR)
    log = found.simulation.completed_log()
    assert log is not None
    assert log.names["DEPLOYMENT"] == ["Rollout/web"]
    assert log.in_front_of["DEPLOYMENT"] == [(0,)]
