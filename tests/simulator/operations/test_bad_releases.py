"""Bad releases: how they show, who notices, and how the old one comes back."""

import math
from dataclasses import replace
from typing import Any

import pytest

from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Fixed
from models.labels import LabelSelector
from models.maintenance import Calendar
from models.pod import Probe
from models.release import Shows
from models.request_level import RequestLevel
from models.service import Service
from models.statefulset import StatefulSet
from models.traffic import RequestRate, Retries, Traffic
from models.weekday import Weekday
from simulator import simulate
from simulator.log import Configured, Kind
from simulator.operations.rollout import Rollout
from simulator.rare.settled import settled
from simulator.stories.attempts import Attempt, Outcome
from simulator.stories.configurations import Rollback
from simulator.stories.releases import BadRelease, DetectedBy
from simulator.traffic.run import expected, followed
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, container, deployment, nodes, template

PROBED = template("web", container(readiness=Probe(period=1.0)))


def app(replicas: int = 4, **other: Any) -> Deployment:
    """New pods answer 3 s after they are made; one is missing at a time."""
    return deployment("web", replicas, pods=PROBED, max_unavailable=1, max_surge=0, **other)


def bad(shows: Shows = Shows.CRASH, probability: float = 1.0, **other: Any) -> BadRelease:
    """Noticed after 1000 s."""
    people = other.get("detected_by", DetectedBy.PEOPLE) is DetectedBy.PEOPLE
    return BadRelease(probability, shows, **({"detection": Fixed(1000.0)} if people else {}) | other)


def lab(release: BadRelease | None, workload: Deployment | None = None, **other: Any) -> Lab:
    operation = Rollout("release", "Deployment/web", at=100.0, new_image=False, bad=release, **other)
    return Lab(cluster(nodes(4), workload or app()), behaviour(), (), (operation,), end=DAY)


def attempts(found: Lab) -> list[Attempt]:
    return list(found.simulation.world.journal.attempts(found.simulation.kernel.now))


def answering(found: Lab) -> list[tuple[float, int]]:
    """How many answer, after each change."""
    return [(time, number) for time, _, number in found.log(Kind.SERVICE_ANSWERING)]


@pytest.mark.parametrize("shows", [Shows.CRASH, Shows.NEVER_READY])
def test_what_probes_see_takes_no_more_than_max_unavailable_until_it_is_rolled_back(shows: Shows) -> None:
    found = lab(bad(shows)).run(5000.0)
    assert answering(found) == [(100.0, 3), (1103.0, 4)]
    assert {new for *_, new in found.log(Kind.POD_CONFIGURATION)} == {Configured.BAD_RELEASE}
    assert {cause for *_, cause in found.rows(Kind.POD_CONFIGURATION)} == {"release/Deployment/default/web"}
    (attempt,) = attempts(found)
    assert (attempt.begun, attempt.ended, attempt.outcome) == (100.0, 1100.0, Outcome.ROLLED_BACK)
    assert found.counts() == ((4, 4, 4), (0, 0, 0))
    restarts = max(container.restarts for pod in found.pods() for container in pod.containers)
    assert restarts == 0  # those that crashed are gone


@pytest.mark.parametrize("shows", [Shows.ERRORS, Shows.SLOW])
def test_what_probes_do_not_see_replaces_everything(shows: Shows) -> None:
    found = lab(bad(shows)).run(5000.0)
    down = [(100.0, 3), (103.0, 2), (106.0, 1), (109.0, 0)]
    assert answering(found) == [*down, (1103.0, 1), (1106.0, 2), (1109.0, 3), (1112.0, 4)]


def test_a_pod_that_fails_a_share_of_its_requests_is_an_endpoint_that_answers() -> None:
    found = lab(bad(Shows.ERRORS, share=0.25)).run(500.0)
    assert [new for *_, new in found.log(Kind.POD_FAILING)] == [250_000] * 4
    assert min(number for _, number in answering(found)) == 3
    assert answering(found)[-1] == (112.0, 4)


def test_a_pipeline_notices_what_probes_see_at_the_deadline() -> None:
    """The API keeps the time of the last progress in whole seconds, and the controller looks a second later."""
    late = bad(detected_by=DetectedBy.DEADLINE)
    assert answering(lab(late).run(5000.0)) == [(100.0, 3), (704.0, 4)]
    silent = lab(replace(late, shows=Shows.ERRORS)).run(5000.0)
    assert answering(silent)[-1] == (109.0, 0)


def test_an_alert_notices_what_users_meet_and_not_what_endpoints_lack() -> None:
    """Of the endpoints in use 1, 2 and 3 of 3 fail for 3 s each, and then all: 51.84 s are lost at 157.84."""
    found = lab(bad(Shows.ERRORS, detected_by=DetectedBy.ALERT)).run(5000.0)
    assert attempts(found)[0].ended == pytest.approx(157.84, abs=1e-3)
    stuck = lab(bad(Shows.CRASH, detected_by=DetectedBy.ALERT)).run(5000.0)
    assert attempts(stuck)[0].outcome is Outcome.UNFINISHED


def test_helm_rolls_back_what_is_not_complete_in_time_bad_or_not() -> None:
    nobody = bad(detected_by=DetectedBy.NOBODY)
    assert answering(lab(nobody, rollback_on_failure=300.0).run(5000.0)) == [(100.0, 3), (403.0, 4)]
    slow = lab(None, app(min_ready_seconds=200.0), rollback_on_failure=300.0).run(5000.0)
    assert [a.outcome for a in attempts(slow)] == [Outcome.ROLLED_BACK]
    whole = lab(replace(nobody, shows=Shows.ERRORS), rollback_on_failure=300.0).run(5000.0)
    assert [a.outcome for a in attempts(whole)] == [Outcome.DONE]  # nothing that Helm could see
    assert answering(whole)[-1] == (109.0, 0)


def test_people_take_their_time_twice() -> None:
    by_hand = bad(rollback=Rollback.MANUAL, reaction=Fixed(500.0))
    assert answering(lab(by_hand).run(5000.0)) == [(100.0, 3), (1603.0, 4)]


def test_what_nobody_rolls_back_stays_until_the_next_release() -> None:
    found = lab(bad(rollback=Rollback.NONE, probability=0.5), every=3600.0)
    found.run(20 * HOUR)
    releases = attempts(found)
    outcomes = {attempt.outcome for attempt in releases}
    assert {Outcome.DONE, Outcome.REPLACED} <= outcomes <= {Outcome.DONE, Outcome.REPLACED, Outcome.UNFINISHED}
    assert found.simulation.world.strikes["release"] == 20


def test_one_is_looked_after_until_the_next_which_may_have_to_wait_for_its_window() -> None:
    """Due each day, and made on Mondays: the one that is due on Tuesday is made six days later."""
    mondays = Calendar((Weekday.MONDAY,))
    release = bad(detection=Fixed(2 * DAY))
    operation = Rollout(
        "release", "Deployment/web", at=100.0, every=DAY, new_image=False, bad=release, calendar=mondays
    )
    found = Lab(cluster(nodes(4), app()), behaviour(), (), (operation,), end=6 * DAY).run(6 * DAY)
    assert answering(found) == [(100.0, 3), (2 * DAY + 103.0, 4)]


def test_releases_have_luck_of_their_own_however_late_they_are() -> None:
    found = lab(None)
    rollouts = found.simulation.world.rollouts
    target = rollouts.rollable("Deployment/web")
    late = [Attempt("release", "Deployment/web", asked) for asked in (1e8, 1e8 + 60.0)]
    assert len({rollouts.luck(attempt, target).random() for attempt in late}) == 2


def test_a_rollback_is_not_made_of_what_another_operation_has_replaced() -> None:
    fix = Rollout("fix", "Deployment/web", at=600.0, new_image=False)
    release = Rollout("release", "Deployment/web", at=100.0, new_image=False, bad=bad())
    found = Lab(cluster(nodes(4), app()), behaviour(), (), (release, fix), end=DAY).run(5000.0)
    assert [a.outcome for a in attempts(found)] == [Outcome.REPLACED, Outcome.DONE]
    assert len(found.rows(Kind.DEPLOYMENT_REVISION)) == 2


def stateful(release: BadRelease) -> Lab:
    spec = StatefulSet("web", PROBED, LabelSelector.of({"app": "web"}), replicas=3)
    operation = Rollout("release", "StatefulSet/web", at=100.0, new_image=False, bad=release)
    load = Cluster(nodes=nodes(3), services=(Service("web", selector={"app": "web"}),), stateful_sets=(spec,))
    return Lab(load, behaviour(), (), (operation,), end=DAY)


def test_the_stuck_pod_of_a_stateful_set_comes_back_only_by_hand() -> None:
    by_program = stateful(bad()).run(5000.0)
    assert [number for _, number in answering(by_program)] == [2]
    by_hand = stateful(bad(rollback=Rollback.MANUAL, reaction=Fixed(0.5))).run(5000.0)
    assert [number for _, number in answering(by_hand)] == [2, 3]


def test_a_bad_release_that_waits_to_be_noticed_is_no_settled_state() -> None:
    found = lab(bad(Shows.ERRORS, detected_by=DetectedBy.DEADLINE))
    assert settled(found.run(50.0).simulation) is not None
    assert settled(found.run(3 * HOUR).simulation) is None
    good = lab(bad(Shows.ERRORS, probability=0.0, detected_by=DetectedBy.DEADLINE))
    assert settled(good.run(3 * HOUR).simulation) is not None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"probability": 1.5}, "from 0 to 1"),
        ({"share": 0.0}, "more than 0"),
        ({"share": 0.5}, "for errors and slow"),
        ({"detection": None}, "go together"),
        ({"detected_by": DetectedBy.ALERT, "detection": Fixed(1.0)}, "go together"),
        ({"rollback": Rollback.MANUAL}, "go together"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bad(**wrong)


def test_there_must_be_a_deadline_and_a_service_to_go_by() -> None:
    with pytest.raises(ValueError, match="has no progressDeadlineSeconds"):
        stateful(bad(detected_by=DetectedBy.DEADLINE))
    release = Rollout("release", "Deployment/web", at=1.0, bad=bad(detected_by=DetectedBy.ALERT))
    with pytest.raises(ValueError, match="no Service is in front of"):
        Lab(cluster(nodes(4), app(), services=False), behaviour(), (), (release,))


def test_the_share_of_users_that_meet_it_is_lost_in_both_models_of_requests() -> None:
    """60 % of the requests for 1000 s and two ramps; followed one by one, within 4 standard errors of that."""
    operation = Rollout("release", "Deployment/web", at=100.0, new_image=False, bad=bad(Shows.ERRORS, share=0.6))
    load = cluster(nodes(4), app())
    run = simulate(
        load, behaviour=behaviour(), operations=(operation,), duration=HOUR, warmup=0.0, seed=1, keep_log=True
    )
    traffic = Traffic("web", RequestRate.constant(20.0), service_time=Fixed(0.0), requests=RequestLevel())
    fluid = expected(traffic, run, load)
    errors = math.fsum(loss.requests for loss in fluid.losses if loss.why == "error")
    assert errors == pytest.approx(20.0 * 0.6 * 1000.0, rel=0.001)  # the ramps at both ends make up for each other
    one_by_one = followed(traffic, run, load)
    lost = one_by_one.lost["error", "release/Deployment/default/web"]
    # Given the run, the number of those lost varies at most as a Poisson number does.
    assert abs(lost - errors) < 4 * math.sqrt(errors)


def test_who_gets_a_late_answer_has_waited_for_the_whole_time_out() -> None:
    """With one retry, the second attempt of those that meet it comes a time-out later, and so do their answers."""
    load = cluster(nodes(4), app())
    worst = {}
    for shows in (Shows.ERRORS, Shows.SLOW):
        operation = Rollout("release", "Deployment/web", at=100.0, new_image=False, bad=bad(shows, share=0.5))
        run = simulate(
            load, behaviour=behaviour(), operations=(operation,), duration=600.0, warmup=0.0, seed=1, keep_log=True
        )
        traffic = Traffic(
            "web",
            RequestRate.constant(5.0),
            service_time=Fixed(0.01),
            retries=Retries(1),
            timeout=2.0,
            endpoint_lag=Fixed(0.0),
            requests=RequestLevel(),
        )
        worst[shows] = followed(traffic, run, load).latencies.worst
    assert worst[Shows.ERRORS] < 1.0
    assert 2.0 < worst[Shows.SLOW] < 3.0
