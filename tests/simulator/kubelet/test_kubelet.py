"""From a bound pod to one that answers, through crashes and restarts, to its end."""

from dataclasses import replace

import pytest

from models.behaviour import Behaviour, PodBehaviour
from models.distributions import Empirical, Fixed
from models.labels import LabelSelector
from models.pod import Pod, Probe
from models.timing import Timing
from simulator.failures.container_crash import ContainerCrash
from simulator.log import Kind
from simulator.state.objects import Phase
from tests.simulator.clusters import (
    DAY,
    EXACT,
    HOUR,
    Lab,
    Outages,
    behaviour,
    cluster,
    container,
    deployment,
    down,
    nodes,
    pod,
    template,
)

START = -DAY


def lab(*workloads: Pod, machines: int = 1, **other: object) -> Lab:
    return Lab(cluster(nodes(machines), *workloads), **other)  # type: ignore[arg-type]


def life(of: Lab, since: float = START) -> list[tuple[float, str, int]]:
    """(seconds after `since`, what, new value) of one pod."""
    kinds = {
        Kind.POD_PHASE: "phase",
        Kind.POD_CONTAINERS: "running",
        Kind.POD_ANSWERING: "answers",
        Kind.POD_READY: "ready",
    }
    log = of.state.log
    assert log is not None
    return [
        (round(time - since, 3), kinds[Kind(int(kind))], int(new))
        for time, kind, _, _, new, _ in log.columns()
        if kind in kinds and time >= since
    ]


def test_a_pod_without_probes_is_ready_before_it_answers() -> None:
    found = lab(pod(), behaviour=behaviour(image_pull=Fixed(5.0)))
    assert life(found) == [
        (0.0, "phase", Phase.PENDING),
        (6.0, "phase", Phase.RUNNING),
        (6.0, "running", 1),
        (6.0, "ready", 1),
        (8.0, "answers", 1),
    ]


def test_a_readiness_probe_waits_for_the_application() -> None:
    found = lab(pod("alone", container(readiness=Probe(period=5.0))))
    assert life(found)[-2:] == [(3.0, "answers", 1), (6.0, "ready", 1)]


def test_a_start_up_of_no_time_is_answered_before_it_is_listed() -> None:
    found = lab(pod("alone", container(readiness=Probe())), behaviour=behaviour(startup=Fixed(0.0)))
    assert life(found)[-2:] == [(1.0, "answers", 1), (1.0, "ready", 1)]


def test_init_containers_run_one_by_one_before_the_others_start() -> None:
    two = (container("first"), container("second"))
    found = lab(pod(init_containers=two), behaviour=behaviour(init=Fixed(4.0)))
    assert found.times(Kind.POD_PHASE, Phase.RUNNING, START) == [START + 9.0]


def test_a_sidecar_is_one_of_the_running_containers() -> None:
    sidecar = container("proxy", restart_policy="Always", readiness=Probe(initial_delay=20.0))
    found = lab(pod("alone", container(), init_containers=(sidecar,)), behaviour=behaviour(init=Fixed(4.0)))
    assert life(found)[1:] == [
        (1.0, "running", 1),
        (1.0, "phase", Phase.RUNNING),
        (1.0, "running", 2),
        (3.0, "answers", 1),
        (21.0, "ready", 1),
    ]


def test_images_are_pulled_one_after_another_on_a_node_and_once() -> None:
    """Three pods with three images on one node, and the second time they are there."""
    pods = [pod(name, container(image=image)) for name, image in (("a", "x"), ("b", "y"), ("c", "x"), ("d", "z"))]
    found = lab(*pods, behaviour=behaviour(image_pull=Fixed(10.0)), failures=[down(0, at=0, lasting=10)])
    assert found.times(Kind.POD_PHASE, Phase.RUNNING, START) == [START + s for s in (11.0, 11.0, 21.0, 31.0)]
    assert found.run(HOUR).times(Kind.POD_CONTAINERS, 1, 1.0) == [11.0] * 4


def test_nodes_pull_side_by_side() -> None:
    spread = [pod(f"on-{i}", node_selector={"kubernetes.io/hostname": f"node-{i}"}) for i in range(3)]
    found = lab(*spread, machines=3, behaviour=behaviour(image_pull=Fixed(10.0)))
    assert found.times(Kind.POD_PHASE, Phase.RUNNING, START) == [START + 11.0] * 3


def test_a_pull_that_power_interrupts_starts_again() -> None:
    """The image is on its way when the power goes; what was there before stays there."""
    one, two = pod("a", container(image="small")), pod("b", container(image="large"))
    found = lab(one, two, behaviour=behaviour(image_pull=Fixed(DAY * 0.75)), failures=[down(0, at=100.0, lasting=50.0)])
    assert found.times(Kind.POD_PHASE, Phase.RUNNING, START) == [START + 0.75 * DAY + 1.0]
    # The second pull began at -0.25 d and is begun anew after the reboot.
    assert found.run(2 * DAY).log(Kind.POD_PHASE, 1.0) == [(150.0 + 0.75 * DAY + 1.0, "b-0", Phase.RUNNING)]


CRASH = 1.0


def crash_loop(timing: Timing = EXACT, after: float = CRASH, **laws: Fixed) -> list[float]:
    """Seconds between each exit and the next start, of a container that dies `after` seconds after every start."""
    found = lab(pod(), failures=[ContainerCrash("crash", Fixed(after))], behaviour=behaviour(timing, **laws))
    log = found.run(2 * HOUR).log(Kind.POD_CONTAINERS)
    exits = [time for time, _, running in log if running == 0]
    starts = [time for time, _, running in log if running == 1]
    return [round(start - end, 3) for end, start in zip(exits, starts, strict=False)]


def test_crash_loop_back_off_doubles_from_ten_seconds_to_five_minutes() -> None:
    assert crash_loop()[:9] == [0, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_restart_takes_its_time_after_the_wait() -> None:
    assert crash_loop(restart=Fixed(3.0))[:5] == [3, 13, 23, 43, 83]


def test_the_longest_wait_can_be_configured() -> None:
    assert crash_loop(replace(EXACT, crash_loop_max=35.0))[:6] == [0, 10, 20, 35, 35, 35]
    assert crash_loop(replace(EXACT, crash_loop_max=4.0))[:4] == [0, 4, 4, 4]


def test_waits_are_up_to_half_longer_and_exits_are_noticed_within_a_second() -> None:
    bounds = [(0, 0), (10, 10), (20, 20), (40, 40), (80, 80), (160, 160), (300, 300)]
    for seed in range(5):
        found = lab(pod(), failures=[ContainerCrash("crash", Fixed(CRASH))], behaviour=behaviour(Timing()), seed=seed)
        log = found.run(HOUR).log(Kind.POD_CONTAINERS)
        waits = [start[0] - end[0] for end, start in zip(log[::2], log[1::2], strict=False)]
        for wait, (low, high) in zip(waits, bounds, strict=False):
            assert low <= wait <= 1.5 * high + 1
        assert len({round(wait, 6) for wait in waits}) == len(waits)


@pytest.mark.parametrize(("life", "waits"), [(599.0, [0, 10, 20, 40]), (601.0, [0, 0, 0, 0])])
def test_back_off_is_forgotten_by_a_container_that_ran_for_ten_minutes(life: float, waits: list[float]) -> None:
    assert crash_loop(after=life)[:4] == waits


def test_ready_follows_a_crash_when_it_is_noticed_and_answering_at_once() -> None:
    noticed = replace(EXACT, pleg_relist_period=1.0)
    found = lab(
        pod(), failures=[ContainerCrash("crash", Fixed(100.0))], behaviour=behaviour(noticed, restart=Fixed(5.0))
    )
    log = life(found.run(150.0), 0.0)
    assert [entry[1:] for entry in log] == [
        ("running", 0),
        ("answers", 0),
        ("ready", 0),
        ("running", 1),
        ("ready", 1),
        ("answers", 1),
    ]
    times = [entry[0] for entry in log]
    assert times[0] == times[1] == 100.0 < times[2] < 101.0
    assert times[3] == times[4] == pytest.approx(times[2] + 5.0)
    assert times[5] == pytest.approx(times[3] + 2.0)


def test_one_container_restarts_beside_the_other() -> None:
    two = pod("alone", container("a"), container("b", readiness=Probe(period=4.0)))
    found = lab(two, failures=[ContainerCrash("crash", Empirical((50.0, 1e9)))], seed=1)
    log = found.run(DAY).log(Kind.POD_CONTAINERS)
    assert {running for _, _, running in log} == {1, 2}
    [alone] = found.pods()
    assert (alone.ready, alone.answering, alone.running) == (True, True, 2)
    assert sum(c.restarts for c in alone.containers) == len(log) / 2


def test_a_container_that_comes_up_too_late_is_killed_and_backs_off() -> None:
    slow = container(startup=Probe(period=10.0, failure_threshold=2), readiness=Probe())
    found = lab(pod("alone", slow), behaviour=behaviour(startup=Fixed(60.0), stop=Fixed(3.0)))
    log = found.log(Kind.POD_CONTAINERS, START)
    lives = [end[0] - start[0] for start, end in zip(log[::2], log[1::2], strict=False)]
    assert all(13.0 <= life < 23.0 for life in lives)  # a phase of its own, 10 s more, and the stop
    waits = [start[0] - end[0] for end, start in zip(log[1::2], log[2::2], strict=False)]
    # Decided by the exit before: no wait while the life since then is the longer; then the whole delay.
    expected, delay, since_exit = [], 10.0, lives[0]
    for number in range(8):
        expected.append(0.0 if number == 0 or since_exit >= delay else delay)
        if number:
            delay = min(2 * delay, 300.0)
        since_exit = expected[-1] + lives[number + 1]
    assert waits[:8] == pytest.approx(expected, abs=0.01)
    assert found.times(Kind.POD_READY, since=START) == []


def test_liveness_kills_a_slow_start_that_is_listed_as_ready_all_the_while() -> None:
    slow = container(liveness=Probe(period=10.0, failure_threshold=3))
    found = lab(pod("alone", slow), behaviour=behaviour(startup=Fixed(60.0)))
    assert found.log(Kind.SERVICE_READY, START)[:3] == [
        (START + 1, "alone", 1),
        (pytest.approx(START + 27, abs=5), "alone", 0),
        (pytest.approx(START + 27, abs=5), "alone", 1),
    ]
    assert found.times(Kind.SERVICE_ANSWERING, since=START) == []


@pytest.mark.parametrize(
    ("grace", "pre_stop", "stop", "takes"),
    [
        (30.0, 0.0, 1.0, 1.0),
        (30.0, 5.0, 1.0, 6.0),
        (30.0, 0.0, 100.0, 30.0),
        (30.0, 5.0, 100.0, 30.0),
        (30.0, 30.0, 100.0, 32.0),
        (30.0, 30.0, 1.0, 31.0),
        (30.0, 60.0, 100.0, 32.0),
        (30.0, 29.5, 100.0, 31.5),
        (0.0, 0.0, 100.0, 2.0),
    ],
)
def test_termination(grace: float, pre_stop: float, stop: float, takes: float) -> None:
    web = template("web", container(pre_stop=pre_stop), termination_grace_period=grace)
    found = Lab(cluster(nodes(1), deployment(pods=web)), behaviour=behaviour(stop=Fixed(stop)))
    [old] = found.pods()
    found.delete(old, at=10.0)
    found.run(100.0)
    mine = [(time, value) for time, name, value in found.log(Kind.POD_PHASE, 1.0) if name == "web-0"]
    assert mine == [(10.0 + takes, Phase.ABSENT)]
    # Not an endpoint from the moment of deletion; it answers whoever still comes, until it is gone.
    assert found.log(Kind.SERVICE_READY, 1.0)[0] == (10.0, "web", 0)
    assert [t for t, name, _ in found.log(Kind.POD_ANSWERING, 1.0) if name == "web-0"] == [10.0 + takes]


@pytest.mark.parametrize(("pre_stop", "stop"), [(0.0, 1.0), (5.0, 1.0), (5.0, 0.0), (30.0, 100.0)])
def test_most_servers_take_no_request_after_sigterm(pre_stop: float, stop: float) -> None:
    """But during preStop they do; the pod is gone when it was before."""
    assert not PodBehaviour().answers_while_stopping
    web = template("web", container(pre_stop=pre_stop), termination_grace_period=30.0)
    usual = Behaviour(replace(behaviour(stop=Fixed(stop)).pods, answers_while_stopping=False), timing=EXACT)
    found = Lab(cluster(nodes(1), deployment(pods=web)), behaviour=usual)
    [old] = found.pods()
    found.delete(old, at=10.0)
    found.run(100.0)
    assert [t for t, name, _ in found.log(Kind.POD_ANSWERING, 1.0) if name == "web-0"] == [10.0 + pre_stop]
    assert [t for t, name, _ in found.log(Kind.POD_PHASE, 1.0) if name == "web-0"] == [10.0 + pre_stop + min(stop, 2.0)]
    assert found.log(Kind.SERVICE_READY, 1.0)[0] == (10.0, "web", 0)


def test_a_pod_that_has_a_node_is_not_gone_at_once_even_if_it_has_not_started() -> None:
    """CheckGracefulDelete; the course of the recording pending-deleted."""
    slow = behaviour(image_pull=Fixed(1e9), stop_unstarted=Fixed(2.5))
    found = Lab(cluster(nodes(1), deployment()), behaviour=slow)
    [old] = found.pods()
    found.delete(old, at=10.0)
    assert sorted(found.run(100.0).log(Kind.POD_PHASE, 1.0)) == [(10.0, "web-1", 1), (12.5, "web-0", 0)]


def test_the_grace_period_bounds_the_end_of_a_pod_that_has_not_started() -> None:
    slow = behaviour(image_pull=Fixed(1e9), stop_unstarted=Fixed(100.0))
    found = Lab(cluster(nodes(1), deployment()), behaviour=slow)
    [old] = found.pods()
    found.delete(old, at=10.0)
    assert found.run(100.0).log(Kind.POD_PHASE, 1.0)[-1] == (40.0, "web-0", 0)


def test_a_pod_that_has_not_started_stays_on_a_node_that_is_down() -> None:
    found = Lab(cluster(nodes(1), deployment()), behaviour=behaviour(image_pull=Fixed(1e9)))
    [old] = found.pods()
    found.at(5.0, lambda: found.state.nodes.add_down_cause(0, "test", 0))
    found.delete(old, at=10.0)
    assert old.uid in found.run(60.0).state.pods


def test_a_pod_without_a_node_is_deleted_at_once() -> None:
    found = Lab(cluster((), deployment()))
    [old] = found.pods()
    found.delete(old, at=10.0)
    assert sorted(found.run(100.0).log(Kind.POD_PHASE, 1.0)) == [(10.0, "web-0", 0), (10.0, "web-1", 1)]


def test_a_node_that_reboots_soon_restarts_its_pods_in_place() -> None:
    found = lab(pod(), machines=2)
    home = found.pods()[0].node
    found = lab(pod(), machines=2, failures=[down(home, at=100.0, lasting=20.0)]).run(HOUR)
    assert life(found, 1.0) == [
        (99.0, "running", 0),
        (99.0, "answers", 0),
        (119.0, "ready", 0),
        (120.0, "running", 1),
        (120.0, "ready", 1),
        (122.0, "answers", 1),
    ]
    assert found.log(Kind.POD_NODE, 1.0) == found.log(Kind.NODE_READY, 1.0) == []
    assert found.pods()[0].containers[0].restarts == 1


def test_a_reboot_forgets_the_back_off() -> None:
    found = lab(
        pod(), failures=[ContainerCrash("crash", Fixed(1.0)), Outages(((30.0, 5.0, (0,)),))], behaviour=behaviour()
    )
    log = found.run(90.0).log(Kind.POD_CONTAINERS, 1.0)
    # Crashes at 1, 2, 13, waits till 33 cut short by the power; then from the beginning: 0, 10, 20.
    assert [time for time, _, running in log if running] == [1.0, 12.0, 36.0, 37.0, 48.0, 69.0]


def test_pods_deleted_on_a_dead_node_stay_until_it_returns() -> None:
    found = Lab(cluster(nodes(2), deployment(replicas=2)), failures=[down(0, at=0.0, lasting=5000.0)])
    lost = [p for p in found.pods() if p.node == 0]
    assert len(lost) == 1
    found.run(4999.0)
    [deleted] = found.times(Kind.POD_DELETING)
    assert 339 < deleted < 356
    assert lost[0].uid in found.state.pods
    assert lost[0].phase is Phase.RUNNING
    assert found.state.nodes.used_pods[0] == 1
    found.run(5001.0)
    assert lost[0].uid not in found.state.pods
    assert found.state.nodes.used_pods.tolist() == [0, 2]


def test_a_pod_that_was_terminating_when_the_power_went_is_gone_when_it_comes_back() -> None:
    found = Lab(
        cluster(nodes(1), deployment()),
        behaviour=behaviour(stop=Fixed(20.0)),
        failures=[down(0, at=20.0, lasting=15.0)],
    )
    [old] = found.pods()
    found.delete(old, at=10.0)
    found.run(100.0)
    assert [t for t, name, phase in found.log(Kind.POD_PHASE, 1.0) if (name, phase) == ("web-0", 0)] == [35.0]


def test_a_pod_that_is_never_restarted_fails_and_gives_its_room_back() -> None:
    one = pod("first", container(cpu=3000), restart_policy="Never")
    two = pod("second", container(cpu=3000))
    only_first = ContainerCrash("crash", Fixed(100.0), LabelSelector.of({"app": "first"}))
    found = lab(one, two, failures=[only_first]).run(HOUR)
    assert found.log(Kind.POD_PHASE, 0.0) == [(100.0, "first-0", Phase.FAILED), (101.0, "second-0", Phase.RUNNING)]
    assert found.state.nodes.used_cpu.tolist() == [3000]


def test_a_failed_pod_can_be_deleted() -> None:
    alone = pod("alone", restart_policy="Never")
    found = lab(alone, failures=[ContainerCrash("crash", Fixed(100.0))]).run(200.0)
    [failed] = found.pods()
    found.state.pods.mark_deleting(failed, 0)
    found.run(HOUR)
    assert found.pods() == []
    assert found.state.nodes.used_pods.tolist() == [0]


def test_crash_clocks_do_not_run_while_the_container_is_down() -> None:
    found = lab(pod(), failures=[ContainerCrash("crash", Fixed(70.0)), down(0, at=100.0, lasting=1000.0)])
    assert found.run(1200.0).log(Kind.POD_CONTAINERS, 1.0) == [
        (70.0, "alone-0", 0),
        (70.0, "alone-0", 1),
        (100.0, "alone-0", 0),
        (1101.0, "alone-0", 1),
        (1171.0, "alone-0", 0),
        (1171.0, "alone-0", 1),
    ]


def test_the_defaults_of_behaviour_are_drawn_anew_for_every_pod() -> None:
    found = Lab(cluster(nodes(3), deployment(replicas=6)), Behaviour())
    times = found.times(Kind.POD_ANSWERING, 1, START)
    assert len(set(times)) == 6
