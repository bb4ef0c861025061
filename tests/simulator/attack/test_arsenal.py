"""What can be made to strike, and that nothing does else."""

from dataclasses import replace

from models.distributions import Fixed
from simulator.attack.arsenal import Action
from simulator.attack.follow import FIRST, Step, Target, follow, surveyed
from simulator.failures.outage_log import NodeOutage, OutageLog
from simulator.stories.releases import BadRelease, DetectedBy
from tests.simulator.attack.targets import CRASH, DRAIN, NODE, RELEASE, ZONE, target


def actions(of: Target) -> list[Action]:
    (settled,) = follow(of, ()).moments
    return [
        replace(choice.action, subject=subject)
        for choice in settled.choices
        for subject in (choice.action.subject, *choice.alike)
    ]


def test_each_failure_mode_and_operation_can_strike_all_that_it_is_about() -> None:
    assert actions(target(NODE, ZONE, DRAIN, RELEASE, CRASH)) == [
        *(Action("crash", f"Deployment/default/web/{i}/server") for i in range(3)),
        *(Action("node-crash", f"node-{i}") for i in range(3)),
        *(Action("zone-outage", zone) for zone in "abc"),
        *(Action("drain", f"node-{i}") for i in range(3)),
        Action("release", "Deployment/web"),
    ]


def test_nothing_strikes_that_is_not_told_to_however_often_it_does_by_its_law() -> None:
    often = replace(NODE, time_to_failure=Fixed(10.0))
    followed = follow(target(often, replace(DRAIN, every=10.0), replace(RELEASE, every=10.0)), (), keep_log=True)
    assert followed.run is not None
    assert followed.run.strikes == {"node-crash": 0}
    assert followed.run.attempts == ()
    assert followed.services["web"].answering.values.tolist() == [3.0]


def test_a_step_strikes_its_subject_alone_and_once() -> None:
    of = target(NODE, DRAIN)
    crashed = follow(of, [Step(FIRST, Action("node-crash", "node-1"))], keep_log=True)
    drained = follow(of, [Step(FIRST, Action("drain", "node-2"))], keep_log=True)
    assert crashed.run is not None
    assert drained.run is not None
    assert crashed.run.strikes["node-crash"] == 1
    assert [(one.operation, one.subject, one.asked) for one in drained.run.attempts] == [("drain", "node-2", FIRST)]


def test_a_release_that_may_be_no_good_is_tried_good_and_bad() -> None:
    def releases(probability: float) -> list[Action]:
        bad = BadRelease(probability, detected_by=DetectedBy.NOBODY)
        return actions(target(replace(RELEASE, bad=bad)))

    good, bad = Action("release", "Deployment/web"), Action("release", "Deployment/web", bad=True)
    assert releases(0.1) == [good, bad]
    assert releases(1.0) == [bad]
    assert releases(0.0) == [good]


def test_repairs_take_as_long_as_19_of_20_do() -> None:
    of = target(replace(NODE, time_to_repair=replace(NODE.time_to_failure, mean=1000.0)))
    followed = follow(of, [Step(FIRST, Action("node-crash", "node-0"))], keep_log=True)
    assert followed.run is not None
    assert followed.run.log is not None
    log = followed.run.log.to_frame()
    back = log[(log["kind"] == "NODE_POWER") & (log["new"] == 1)]["time"].iloc[0]
    assert round(back - FIRST) == 2996  # -ln 0.05 of 1000


def test_what_has_its_times_given_cannot_be_made_to_strike_and_is_left_out_by_name() -> None:
    log = OutageLog("log", outages=(NodeOutage("node-0", FIRST, FIRST + 60.0),))
    of = target(NODE)
    kept, idle = surveyed(replace(of, failures=(NODE, log)))
    assert idle == ["log"]
    assert kept.failures == (NODE,)


def test_a_step_at_what_is_not_there_is_not_possible() -> None:
    assert not follow(target(NODE), [Step(FIRST, Action("node-crash", "node-9"))]).possible
    assert not follow(target(DRAIN), [Step(FIRST, Action("drain", "node-9"))]).possible


def test_actions_say_what_they_are() -> None:
    assert str(Action("drain", "node-1")) == "drain of node-1"
    assert str(Action("release", "Deployment/web", bad=True)) == "release of Deployment/web (no good)"
    assert str(Action("upgrade", "")) == "upgrade"
