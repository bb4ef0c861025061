"""Allocations that end: restarts on the node, reschedules elsewhere, and the outages of one replica and of several."""

import pytest

from models.distributions import Fixed
from models.pod import Probe
from simulator.control_planes.nomad import Nomad
from simulator.failures.container_crash import ContainerCrash
from simulator.log import Kind
from simulator.nomad.options import DelayFunction, Provider, Reschedule, Restart, RestartMode
from simulator.nomad.rescheduling import next_delay
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, container, deployment, down, nodes, template
from tests.simulator.nomad.labs import (
    PLACEMENT,
    START,
    STARTUP,
    apart,
    assert_mean,
    detected,
    failures_of,
    fewest,
    outages,
    placements,
    starts,
)

QUICK = behaviour(start=Fixed(0.0))


def crash(after: float) -> ContainerCrash:
    return ContainerCrash("crash", Fixed(after))


def test_a_task_that_keeps_crashing_restarts_twice_and_then_its_allocation_goes_elsewhere() -> None:
    """T7: starts at 0, 15 to 18.75 and 30 to 37.5 s, then the next allocation after 30 s, 60 s, ... up to an hour."""
    lab = Lab(cluster(nodes(4), deployment()), QUICK, failures=[crash(1e-6)], control_plane=Nomad()).run(20 * HOUR)
    [_, *complete, _] = starts(lab).values()
    for first, second, third in complete:
        assert 15.0 <= second - first <= 18.7501
        assert 15.0 <= third - second <= 18.7501
    waits = [later - end for end, later in zip(failures_of(lab), placements(lab), strict=False)]
    delays = [30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0]
    assert waits[:9] == pytest.approx([delay + PLACEMENT for delay in delays])


def test_an_allocation_that_failed_is_replaced_on_another_node() -> None:
    lab = Lab(cluster(nodes(4), deployment()), QUICK, failures=[crash(1e-6)], control_plane=Nomad())
    [pod] = lab.pods("web")
    lab.run(300.0)
    used = [pod.node, *(node for *_, node, _ in lab.rows(Kind.POD_NODE))]
    assert len(set(used[:3])) == 3


def test_a_crash_costs_one_replica_15_to_18_75_s_and_its_start() -> None:
    apps = [deployment(f"app-{i}") for i in range(200)]
    lab = Lab(cluster(nodes(40), *apps), failures=[crash(100.0)], control_plane=Nomad()).run(150.0)
    found = outages(lab)
    assert len(found) == 200
    assert min(found) >= 15.0 + STARTUP
    assert max(found) <= 18.75 + STARTUP
    assert_mean(found, 16.875 + STARTUP)


def test_with_a_check_it_costs_the_time_to_the_first_pass_as_well() -> None:
    """The check runs for the first time at a random moment of its interval: from then on every 10 s."""
    checked = container(readiness=Probe(period=10.0))
    apps = [deployment(f"app-{i}", pods=template(f"app-{i}", checked)) for i in range(200)]
    lab = Lab(cluster(nodes(40), *apps), failures=[crash(100.0)], control_plane=Nomad()).run(199.0)
    found = outages(lab)
    assert min(found) >= 15.0 + STARTUP
    assert max(found) <= 18.75 + STARTUP + 10.0
    assert_mean(found, 16.875 + STARTUP + 5.0)


def test_a_task_has_its_attempts_again_in_the_next_interval() -> None:
    lab = Lab(cluster(nodes(2), deployment()), failures=[crash(1000.0)], control_plane=Nomad()).run(DAY / 2)
    assert failures_of(lab) == []
    assert fewest(lab) == 0


def test_with_mode_delay_the_next_interval_is_waited_for() -> None:
    nomad = Nomad(restart=Restart(mode=RestartMode.DELAY))
    lab = Lab(cluster(nodes(2), deployment()), QUICK, failures=[crash(1.0)], control_plane=nomad).run(HOUR)
    assert failures_of(lab) == []
    [times] = starts(lab).values()
    assert len(times) == 5
    assert times[2] == pytest.approx(1.0 + 1800.0)  # the interval began with the first end


def test_without_attempts_the_first_end_is_a_failure() -> None:
    nomad = Nomad(restart=Restart(attempts=0), reschedule=Reschedule(5.0, DelayFunction.CONSTANT, attempts=1))
    lab = Lab(cluster(nodes(3), deployment()), failures=[crash(100.0)], control_plane=nomad).run(HOUR)
    assert len(placements(lab)) == 1
    assert len(failures_of(lab)) == 2
    assert lab.pods("web")[0].is_over


def test_delays_of_reschedules() -> None:
    policy = Reschedule(30.0, DelayFunction.FIBONACCI, 100.0)
    delays: list[float] = []
    for _ in range(6):
        delay = next_delay(policy, delays, 1.0)
        assert delay is not None
        delays.append(delay)
    assert delays == [30.0, 30.0, 60.0, 90.0, 100.0, 100.0]
    assert next_delay(policy, delays, 101.0) == 30.0
    assert next_delay(Reschedule(5.0, DelayFunction.CONSTANT, attempts=1), [5.0], 1.0) is None


def test_a_check_that_stays_bad_restarts_its_task() -> None:
    """check_restart: the check is bad from the end of the grace period on, for interval x (limit - 1)."""
    slow = behaviour(startup=Fixed(1000.0))
    probed = container(liveness=Probe(initial_delay=20.0, period=10.0, failure_threshold=4))
    lab = Lab(cluster(nodes(1), deployment(pods=template("web", probed))), slow, control_plane=Nomad())
    ends = [time for time, *_, new, _ in lab.rows(Kind.POD_CONTAINERS, -DAY) if not new]
    first = next(time for time, *_, new, _ in lab.rows(Kind.POD_CONTAINERS, -DAY) if new)
    assert 50.0 + 1.0 <= ends[0] - first <= 51.0 + 1.0  # stopped in 1 s


def test_a_lost_node_costs_one_replica_the_detection_and_its_start() -> None:
    [pod] = Lab(cluster(nodes(2), deployment()), control_plane=Nomad()).pods("web")
    lab = Lab(cluster(nodes(2), deployment()), failures=[down(pod.node, at=100.0)], control_plane=Nomad()).run(200.0)
    assert outages(lab) == pytest.approx([detected(lab) - 100.0 + PLACEMENT + START + STARTUP])


def test_on_average_that_is_18_3_s_and_its_start() -> None:
    """T8 seen by users: 17.78 s, half a second, and the start, of replicas on 200 nodes that fail one by one."""
    apps = [deployment(f"app-{i}") for i in range(200)]
    fit = nodes(201, cpu=150)
    failures = [down(node, at=100.0 * (node + 1), lasting=50.0) for node in range(201)]
    lab = Lab(cluster(fit, *apps), failures=failures, control_plane=Nomad()).run(21_000.0)
    assert_mean(outages(lab), 7 / 9 * 10.0 + 10.0 + PLACEMENT + START + STARTUP)


def test_of_several_replicas_the_lost_one_leaves_the_catalogue_before_its_node_is_down() -> None:
    lab = Lab(
        cluster(nodes(4), deployment(replicas=3, pods=apart())), failures=[down(0, 1, at=100.0)], control_plane=Nomad()
    )
    lab.run(200.0)
    time, _, _, listed, _ = lab.rows(Kind.SERVICE_READY, 1.0)[0]
    assert listed == 2
    assert 104.5 <= time <= 106.0
    assert time < detected(lab)
    assert fewest(lab) >= 1
    assert lab.rows(Kind.SERVICE_ANSWERING)[-1][3] == 2  # a third finds no node of its own


def test_nomads_own_catalogue_follows_the_node() -> None:
    web = deployment(replicas=3, pods=apart())
    lab = Lab(
        cluster(nodes(3), web), failures=[down(0, at=100.0)], control_plane=Nomad(service_provider=Provider.NOMAD)
    ).run(200.0)
    assert lab.rows(Kind.SERVICE_READY, 1.0)[0][0] == detected(lab)
