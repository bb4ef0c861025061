"""Steps are taken when they are due, and the moments between changes are found."""

from dataclasses import replace

from models.distributions import Fixed
from simulator.attack.arsenal import Action
from simulator.attack.follow import FIRST, QUIET, Step, Target, follow, surveyed
from simulator.failures.control_plane_outage import ControlPlaneOutage
from simulator.failures.volume_loss import VolumeLoss
from simulator.processes import Process
from tests.simulator.attack.targets import CRASH, NODE, RELEASE, SOME_DAY, target
from tests.simulator.clusters import HOUR
from tests.simulator.volumes import DISKS, SLOW, stateful_set, stored

DOWN = Step(FIRST, Action("node-crash", "node-0"))


def test_nothing_happens_before_the_first_step_and_the_end_is_when_nothing_has_happened_for_long() -> None:
    followed = follow(target(NODE, machines=1, replicas=1), ())
    (settled,) = followed.moments
    assert (settled.begin, settled.end, settled.again) == (FIRST, FIRST + QUIET, True)
    assert (followed.end, followed.over) == (FIRST + QUIET, True)


def test_the_moments_after_a_crash_are_those_of_the_control_plane() -> None:
    """Down, not ready and tainted, evicted and replaced, back: each a stretch over which nothing changes."""
    followed = follow(target(NODE, machines=2, replicas=1), [Step(FIRST, Action("node-crash", "node-0"))])
    begins = [moment.begin for moment in followed.moments]
    assert begins[0] == FIRST
    assert begins == sorted(begins)
    assert all(a.end == b.begin for a, b in zip(followed.moments, followed.moments[1:], strict=False))
    assert followed.end >= FIRST + 3600.0 + QUIET
    assert {moment.counts["web"][1] for moment in followed.moments} == {1}


def test_a_cluster_that_is_as_it_was_is_known_again() -> None:
    moments = follow(target(CRASH, NODE), [Step(FIRST, Action("crash", "Deployment/default/web/0/server"))]).moments
    assert not moments[0].again
    rebooted = follow(target(replace(NODE, time_to_repair=replace(NODE.time_to_repair, value=20.0))), [DOWN]).moments
    assert rebooted[-1].again


def test_steps_are_taken_one_after_the_other_in_the_same_simulation() -> None:
    steps = [DOWN, Step(FIRST, Action("node-crash", "node-1")), Step(FIRST + 30.0, Action("node-crash", "node-2"))]
    followed = follow(target(NODE), steps, keep_log=True)
    answering = followed.services["web"].answering
    assert [float(answering.at(time)) for time in (FIRST, FIRST + 29.0, FIRST + 30.0)] == [1.0, 1.0, 0.0]


def test_the_same_steps_are_the_same_run_with_a_log_and_without() -> None:
    of = target(NODE, RELEASE)
    steps = [DOWN, Step(FIRST + 100.0, Action("release", "Deployment/web"))]
    first, second = follow(of, steps, keep_log=True), follow(of, steps, moments=False)
    for name, history in first.services.items():
        assert history.answering.times.tolist() == second.services[name].answering.times.tolist()
        assert history.answering.values.tolist() == second.services[name].answering.values.tolist()
    assert (first.end, first.over) == (second.end, second.over)


def test_what_does_not_end_is_watched_until_patience_is_over() -> None:
    impatient = replace(target(NODE), patience=600.0)
    followed = follow(impatient, [DOWN])
    assert (followed.end, followed.over) == (FIRST + 600.0, False)


def test_what_takes_long_is_waited_for_though_nothing_changes_meanwhile() -> None:
    """A disk is replaced, and then its data comes from a backup: two times one after the other, without a word."""
    disk = VolumeLoss("disk", SOME_DAY, Fixed(900.0), restore=Fixed(2 * HOUR))
    simulated = {"cluster": stored(DISKS, stateful_set()), "behaviour": SLOW}
    of, idle = surveyed(Target(simulated, (disk,), (), 0, 0, 4 * HOUR))
    assert idle == []
    (choice,) = follow(of, ()).moments[0].choices
    followed = follow(of, [Step(FIRST, choice.action)])
    assert followed.over
    assert followed.end > FIRST + 900.0 + 2 * HOUR
    assert followed.services["db"].answering.values.tolist() == [0.0, 1.0]


def test_what_nobody_sees_is_under_way_as_long_as_it_lasts() -> None:
    """Without a scheduler all looks well: it is a moment of its own, and not as it was at first."""
    away = ControlPlaneOutage("away", Process.SCHEDULER, SOME_DAY, Fixed(HOUR))
    during, after = follow(target(NODE, away), [Step(FIRST, Action("away", "scheduler"))]).moments
    assert (during.begin, during.again) == (FIRST, False)
    assert 15.0 <= after.begin - FIRST - HOUR <= 24.0  # another leader
    assert after.again
