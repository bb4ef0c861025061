"""The Progressing condition (kubernetes-behaviour, section 4.6): when a rollout is late, to the second."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from models.deployment import NO_DEADLINE, Deployment
from models.distributions import Fixed
from simulator.log import Kind
from simulator.state.objects import DeploymentState, Rollout
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, down, nodes
from tests.simulator.controllers.test_deployment import NEVER, release, web

RECORDED = Path(__file__).parents[2] / "data/recordings/rollouts/rollout-bad-then-undo.json"
BAD = release("broken")


def rolled(spec: Deployment, at: float = 100.0, machines: int = 8) -> Lab:
    """A settled Deployment that is given a template whose pods never start."""
    lab = Lab(cluster(nodes(machines), spec), NEVER)
    lab.apply(replace(spec, template=BAD), at)
    return lab


def progressing(lab: Lab) -> list[tuple[float, int]]:
    return [(time, new) for time, _, new in lab.log(Kind.DEPLOYMENT_PROGRESSING, since=-HOUR)]


@pytest.mark.parametrize("at", [100.0, 100.7])
@pytest.mark.parametrize("deadline", [60.0, 600.0])
def test_a_rollout_is_late_a_second_after_its_deadline_counted_in_whole_seconds(at: float, deadline: float) -> None:
    lab = rolled(web(4, progress_deadline_seconds=deadline), at).run(HOUR)
    assert progressing(lab) == [(100.0 + deadline + 1.0, 0)]
    assert lab.state.workloads.of(DeploymentState)[0].progress.reason is Rollout.DEADLINE_EXCEEDED


def test_a_late_rollout_goes_on_as_before() -> None:
    early, late = (rolled(web(4, progress_deadline_seconds=deadline)).run(HOUR) for deadline in (60.0, 2 * HOUR))
    assert early.rollout() == late.rollout()
    assert not early.state.workloads.of(DeploymentState)[0].complete


def test_every_step_moves_the_deadline() -> None:
    spec = web(3, progress_deadline_seconds=12.0)
    lab = Lab(cluster(nodes(4), spec), behaviour(start=Fixed(9.0)))
    lab.apply(replace(spec, template=release("2")), at=100.0)
    lab.run(HOUR)
    [_, (done, _, complete)] = lab.log(Kind.DEPLOYMENT_COMPLETE, 1.0)
    assert complete
    assert done > 120.0
    assert progressing(lab) == []


def test_a_late_rollout_that_gets_on_is_late_no_more() -> None:
    spec = web(2, progress_deadline_seconds=60.0)
    lab = Lab(cluster(nodes(2), spec), failures=[down(0, 1, at=99.0, lasting=301.0)])
    lab.apply(replace(spec, template=release("2")), at=100.0)
    lab.run(HOUR)
    (late, stuck), (back, well), *rest = progressing(lab)
    assert (late, stuck, well, rest) == (161.0, 0, 1, [])
    assert 400.0 < back < lab.log(Kind.DEPLOYMENT_COMPLETE, 101.0)[-1][0]
    assert lab.state.workloads.of(DeploymentState)[0].progress.reason is Rollout.AVAILABLE


def test_a_paused_rollout_is_not_judged_and_has_all_its_time_when_it_is_resumed() -> None:
    spec = replace(web(4, progress_deadline_seconds=60.0), template=BAD)
    lab = rolled(web(4, progress_deadline_seconds=60.0))
    lab.apply(replace(spec, paused=True), at=130.0)
    assert progressing(lab.run(500.0)) == []
    assert lab.state.workloads.of(DeploymentState)[0].progress.reason is Rollout.PAUSED
    lab.apply(spec, at=500.5)
    assert progressing(lab.run(HOUR)) == [(561.0, 0)]


def test_a_pause_does_not_hide_that_a_rollout_is_late() -> None:
    spec = replace(web(4, progress_deadline_seconds=60.0), template=BAD)
    lab = rolled(web(4, progress_deadline_seconds=60.0))
    lab.apply(replace(spec, paused=True), at=200.0)
    lab.apply(spec, at=300.0)
    assert progressing(lab.run(HOUR)) == [(161.0, 0)]
    assert lab.state.workloads.of(DeploymentState)[0].progress.reason is Rollout.DEADLINE_EXCEEDED


def test_a_rollout_without_a_deadline_is_never_late() -> None:
    lab = rolled(web(4, progress_deadline_seconds=NO_DEADLINE)).run(9 * 24 * HOUR)
    assert progressing(lab) == []
    assert lab.state.workloads.of(DeploymentState)[0].progress.reason is Rollout.UNKNOWN


def test_a_deadline_that_is_taken_away_or_brought_forward_counts_at_once() -> None:
    spec = replace(web(4, progress_deadline_seconds=600.0), template=BAD)
    lab = rolled(web(4, progress_deadline_seconds=600.0))
    lab.apply(replace(spec, progress_deadline_seconds=60.0), at=130.0)
    lab.apply(replace(spec, progress_deadline_seconds=NO_DEADLINE), at=300.0)
    lab.apply(replace(spec, progress_deadline_seconds=50.0), at=400.0)
    assert progressing(lab.run(HOUR)) == [(161.0, 0), (300.0, 1), (451.0, 0)]


def test_a_rollover_starts_the_clock_anew() -> None:
    spec = web(4, progress_deadline_seconds=60.0)
    lab = rolled(spec)
    lab.apply(replace(spec, template=release("broken", termination_grace_period=29.0)), at=130.0)
    assert progressing(lab.run(HOUR)) == [(191.0, 0)]


def test_a_rollover_ends_a_late_rollout() -> None:
    spec = web(4, progress_deadline_seconds=60.0)
    lab = rolled(spec)
    lab.apply(replace(spec, template=release("2")), at=200.0)
    assert progressing(lab.run(HOUR)) == [(161.0, 0), (200.0, 1)]
    assert lab.state.workloads.of(DeploymentState)[0].complete


def test_scaling_a_complete_deployment_is_no_rollout_that_could_be_late() -> None:
    spec = web(2, progress_deadline_seconds=60.0)
    lab = Lab(cluster(nodes(1), spec))
    lab.apply(replace(spec, replicas=500), at=100.0)
    assert progressing(lab.run(HOUR)) == []
    assert not lab.state.workloads.of(DeploymentState)[0].complete


def test_a_pod_that_is_ready_is_progress_before_it_is_available() -> None:
    spec = web(1, progress_deadline_seconds=60.0)
    lab = Lab(cluster(nodes(2), spec), behaviour(start=Fixed(29.0)))
    lab.apply(replace(spec, min_ready_seconds=200.0, template=release("2")), at=100.0)
    lab.run(HOUR)
    assert lab.times(Kind.POD_READY, 1, since=1.0) == [129.0]
    assert progressing(lab) == [(190.0, 0), (329.0, 1)]


def test_lateness_comes_and_goes_as_recorded_of_the_real_controller() -> None:
    observed = json.loads(RECORDED.read_text(encoding="utf-8"))["observed"]
    told = [(seen["t"], seen["conditions"]) for seen in observed if seen["kind"] == "Deployment"]
    recorded = [(time, "Progressing=False:ProgressDeadlineExceeded" not in found) for time, found in told]
    late = next(time for time, well in recorded if not well)
    back = next(time for time, well in recorded if well and time > late)
    lab = Lab(cluster(nodes(6), spec := web(5, progress_deadline_seconds=15.0)), NEVER)
    lab.apply(replace(spec, template=BAD), at=15.0)
    lab.apply(spec, at=45.0)
    (begun, stuck), (over, well) = progressing(lab.run(80.0))
    assert (stuck, well) == (0, 1)
    assert (begun, over) == pytest.approx((late, back), abs=1.0)
