"""Rolling updates and bad releases."""

import itertools
from dataclasses import replace

import pytest

from models.deployment import Deployment, StrategyType
from models.distributions import Fixed
from models.pod import Probe
from models.release import Shows
from simulator.control_planes.nomad import Nomad
from simulator.log import Kind
from simulator.nomad.latencies import EVALUATION
from simulator.nomad.options import UPDATE, Update
from simulator.operations.rollout import Rollout
from simulator.stories.attempts import Outcome
from simulator.stories.configurations import Rollback
from simulator.stories.releases import BadRelease, DetectedBy
from tests.simulator.clusters import HOUR, Lab, cluster, container, deployment, nodes, template
from tests.simulator.nomad.labs import HANDOVER, PLACEMENT, START, STARTUP, STOP, failures_of, fewest, outages


def web(replicas: int, **other: object) -> Deployment:
    return deployment(replicas=replicas, **other)


def released(
    spec: Deployment,
    bad: BadRelease | None = None,
    update: Update = UPDATE,
    machines: int = 4,
    seed: int = 0,
) -> Lab:
    """A release at 100 s."""
    operation = Rollout("release", f"{spec.kind}/web", at=100.0, bad=bad)
    return Lab(cluster(nodes(machines), spec), operations=[operation], control_plane=Nomad(update=update), seed=seed)


def answering(lab: Lab) -> list[tuple[float, int]]:
    return [(time, new) for time, _, _, new, _ in lab.rows(Kind.SERVICE_ANSWERING, 1.0)]


CRASHES = BadRelease(1.0, Shows.CRASH, detected_by=DetectedBy.NOBODY)


def test_one_replica_is_away_while_it_stops_and_another_starts() -> None:
    """T_exit + ~0.5 + S: it leaves the catalogue first, and another client hears a moment later that it has stopped."""
    lab = released(web(1), machines=2, seed=1)
    [before] = lab.pods("web")
    lab.run(200.0)
    [after] = lab.pods("web")
    elsewhere = HANDOVER if after.node != before.node else 0.0
    assert outages(lab) == pytest.approx([STOP + elsewhere + START + STARTUP])


def test_a_rolling_update_takes_a_step_for_each_replica() -> None:
    """A step is the plan, the stop, the start, the time to be healthy and a look each half second."""
    lab = released(web(4, pods=template("web", container(readiness=None)))).run(300.0)
    assert fewest(lab) == 3
    taken = lab.times(Kind.POD_DELETING)
    assert len(taken) == 4
    for before, after in itertools.pairwise(taken):
        least = STOP + START + 10.0 + EVALUATION
        assert least <= after - before <= least + HANDOVER + 0.5 + 1e-3
    [complete] = lab.times(Kind.DEPLOYMENT_COMPLETE, 1, since=100.0)
    assert taken[-1] + STOP + START + 10.0 <= complete


def test_max_parallel_and_min_healthy_time_set_the_pace() -> None:
    lab = released(web(6), update=Update(max_parallel=3, min_healthy_time=4.0)).run(300.0)
    assert fewest(lab) == 3
    taken = lab.times(Kind.POD_DELETING)
    assert [round(time) for time in taken[:3]] == [round(taken[0])] * 3
    assert taken[3] - taken[0] < 8.0


def test_recreate_replaces_all_at_once() -> None:
    lab = released(web(3, strategy=StrategyType.RECREATE)).run(300.0)
    assert fewest(lab) == 0
    assert len(set(lab.times(Kind.POD_DELETING))) == 1


def test_a_bad_release_stops_at_the_first_allocation_and_stays_there() -> None:
    """One slot is bad: restarts, reschedules after 30, 60, 120, 240 s, and the deployment fails after 10 minutes."""
    lab = released(web(3), CRASHES).run(2 * HOUR)
    assert fewest(lab) == 2
    assert answering(lab)[-1][1] == 2
    [late] = lab.times(Kind.DEPLOYMENT_PROGRESSING, 0)
    assert late == pytest.approx(700.0)
    failed = failures_of(lab)
    waits = [later - time for time, later in zip(failed, [t for t, *_ in lab.rows(Kind.POD_NODE)][1:], strict=False)]
    assert len(waits) >= 3
    assert waits == pytest.approx([delay + PLACEMENT for delay in (30.0, 60.0, 120.0, 240.0)[: len(waits)]])


def test_with_auto_revert_the_last_stable_version_comes_back_after_the_progress_deadline() -> None:
    """Capacity (n - 1) / n for 600 s and a step."""
    lab = released(web(3), CRASHES, Update(auto_revert=True)).run(2 * HOUR)
    changes = answering(lab)
    assert fewest(lab) == 2
    assert changes[-1][1] == 3
    whole = changes[-1][0] - changes[0][0]
    assert 600.0 - 2.0 <= whole <= 600.0 + 2 * STOP + START + STARTUP + HANDOVER + PLACEMENT + 1.0
    attempts = lab.simulation.world.journal.attempts(lab.simulation.end)
    assert [attempt.outcome for attempt in attempts] == [Outcome.ROLLED_BACK]


def test_without_a_progress_deadline_the_first_failure_reverts() -> None:
    lab = released(web(3), CRASHES, Update(auto_revert=True, progress_deadline=0.0)).run(2 * HOUR)
    changes = answering(lab)
    assert changes[-1][1] == 3
    assert changes[-1][0] - 100.0 < 60.0


def test_max_parallel_allocations_are_bad() -> None:
    lab = released(web(6), CRASHES, Update(max_parallel=2)).run(2 * HOUR)
    assert fewest(lab) == 4


def test_a_release_that_is_never_ready_is_unhealthy_at_its_deadline_and_replaced() -> None:
    never = BadRelease(1.0, Shows.NEVER_READY, detected_by=DetectedBy.NOBODY)
    checked = template("web", container(readiness=Probe(period=5.0)))
    lab = released(web(3, pods=checked), never).run(650.0)
    assert fewest(lab) == 2
    placed = [time for time, *_ in lab.rows(Kind.POD_NODE)]
    assert placed[1] - placed[0] == pytest.approx(300.0 + 30.0 + PLACEMENT, abs=1e-3)


def test_people_may_roll_back_and_the_old_allocations_stay() -> None:
    noticed = BadRelease(1.0, Shows.CRASH, detection=Fixed(120.0), rollback=Rollback.AUTOMATIC)
    lab = released(web(3), noticed).run(HOUR)
    assert answering(lab)[-1][1] == 3
    stayed = [pod for pod in lab.pods("web") if pod.created < 0]
    assert len(stayed) == 2


def test_a_lost_node_during_a_failed_deployment_is_made_up_for() -> None:
    lab = released(web(3), CRASHES).run(HOUR)
    pod = next(pod for pod in lab.pods("web") if pod.ready and not pod.deleting)
    lab.state.pods.mark_deleting(pod, 0)
    lab.run(HOUR + 10.0)
    assert len([each for each in lab.pods("web") if not each.deleting]) == 3


def test_scaling_adds_and_takes_the_last() -> None:
    lab = Lab(cluster(nodes(4), web(3)), control_plane=Nomad())
    lab.apply(replace(web(3), replicas=5), at=100.0)
    lab.apply(replace(web(3), replicas=2), at=200.0)
    lab.run(150.0)
    assert len(lab.pods("web")) == 5
    lab.run(300.0)
    assert [pod.slot.index for pod in lab.pods("web")] == [0, 1]


def test_a_second_release_takes_over_the_first() -> None:
    operation = Rollout("release", "Deployment/web", every=15.0)
    lab = Lab(cluster(nodes(4), web(3)), operations=[operation], control_plane=Nomad()).run(31.0)
    assert len([pod for pod in lab.pods("web") if not pod.deleting]) == 3
