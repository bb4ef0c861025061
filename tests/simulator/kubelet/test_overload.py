"""What the kubelet does about probes that are answered too late."""

from dataclasses import replace

from models.distributions import Fixed
from models.pod import Container, Probe
from simulator.failures.sandbox_crash import SandboxCrash
from simulator.log import Kind
from tests.simulator.clusters import Lab, behaviour, cluster, container, nodes, pod

BOTH = container(readiness=Probe(period=5.0), liveness=Probe(timeout=3.0))


def lab(*containers: Container) -> Lab:
    return Lab(cluster(nodes(1), pod("web", *containers)), behaviour())


def delay(world: Lab, wait: float, at: float) -> None:
    """From then on the probes of all pods take longer than that."""
    probes = world.simulation.control_plane.kubelet.slow_probes
    world.at(at, lambda: [probes.delay(one, wait) for one in world.pods()])


def test_only_probes_with_a_shorter_time_out_fail() -> None:
    world = lab(BOTH)
    delay(world, 1.0, at=100.0)  # of readiness 1 s, of liveness 3 s
    world.run(400.0)
    [unready] = world.times(Kind.POD_READY, 0)
    assert 100.0 + 10.0 + 1.0 <= unready <= 100.0 + 15.0 + 1.0
    assert world.pods()[0].containers[0].restarts == 0


def test_a_pod_is_ready_again_when_its_probe_is_answered_in_time() -> None:
    world = lab(replace(BOTH, readiness=Probe(period=5.0, success_threshold=2)))
    delay(world, 1.0, at=100.0)
    delay(world, 0.0, at=200.0)
    world.run(400.0)
    [ready] = world.times(Kind.POD_READY, 1)
    assert 200.0 + 5.0 <= ready <= 200.0 + 10.0


def test_fewer_failures_in_a_row_than_the_threshold_change_nothing() -> None:
    world = lab(BOTH)
    for number in range(10):  # 9 s fit at most two ticks of 5 s, one of 10 s
        delay(world, 3.0, at=100.0 + 50.0 * number)
        delay(world, 0.0, at=109.0 + 50.0 * number)
    world.run(1000.0)
    assert world.times(Kind.POD_READY, 0) == []
    assert world.pods()[0].containers[0].restarts == 0


def test_liveness_kills_after_its_time_out_and_the_container_answers_no_more() -> None:
    world = lab(replace(BOTH, readiness=None))
    delay(world, 3.0, at=100.0)
    world.run(131.0 + 3.0 + 1.0)
    [killed] = world.times(Kind.POD_CONTAINERS, 0)
    assert 100.0 + 20.0 + 3.0 + 1.0 <= killed <= 100.0 + 30.0 + 3.0 + 1.0  # SIGTERM to exit: 1 s
    assert world.times(Kind.POD_ANSWERING, 0) == [killed]  # it answers while it stops
    assert world.pods()[0].containers[0].restarts == 1
    world.run(200.0)
    assert world.pods()[0].ready


def test_liveness_kills_with_its_own_grace_period_not_that_of_the_start_up_probe() -> None:
    started = container(startup=Probe(grace_period=40.0), liveness=Probe(grace_period=5.0))
    alone = pod("web", started, termination_grace_period=30.0)
    world = Lab(cluster(nodes(1), alone), behaviour(stop=Fixed(100.0)))
    delay(world, 1.0, at=100.0)
    world.run(200.0)
    [killed, *_] = world.times(Kind.POD_CONTAINERS, 0)
    assert 100.0 + 20.0 + 1.0 + 5.0 <= killed <= 100.0 + 30.0 + 1.0 + 5.0


def test_a_server_that_closes_its_listener_answers_no_more_from_the_kill_on() -> None:
    prompt = behaviour()
    closes = replace(prompt, pods=replace(prompt.pods, answers_while_stopping=False))
    world = Lab(cluster(nodes(1), pod("web", replace(BOTH, readiness=None))), closes)
    delay(world, 3.0, at=100.0)
    world.run(200.0)
    assert world.times(Kind.POD_ANSWERING, 0)[0] == world.times(Kind.POD_CONTAINERS, 0)[0] - 1.0


def test_a_liveness_probe_that_has_not_begun_kills_nobody() -> None:
    world = lab(container(liveness=Probe(initial_delay=86_400.0 + 500.0)))
    delay(world, 1.0, at=0.0)
    world.run(500.0)
    assert world.times(Kind.POD_CONTAINERS, 0) == []
    world.run(600.0)
    assert len(world.times(Kind.POD_CONTAINERS, 0)) == 1


def test_a_new_container_is_asked_anew() -> None:
    """What the old one had failed does not count, and nothing of it comes to pass."""
    world = lab(BOTH)
    delay(world, 3.0, at=100.0)
    world.run(140.0)
    delay(world, 0.0, at=140.0)
    world.run(1000.0)
    assert world.pods()[0].containers[0].restarts == 1
    assert world.pods()[0].ready


def test_sidecars_are_not_asked() -> None:
    """Nothing waits for them: requests do, at the application."""
    sidecar = container("proxy", restart_policy="Always", liveness=Probe())
    world = Lab(cluster(nodes(1), pod("web", container(), init_containers=(sidecar,))), behaviour())
    delay(world, 5.0, at=10.0)
    world.run(500.0)
    assert [one.restarts for one in world.pods()[0].containers] == [0, 0]


def test_an_application_with_a_restart_policy_of_its_own_is_asked() -> None:
    world = lab(replace(BOTH, restart_policy="Always"))
    delay(world, 3.0, at=100.0)
    world.run(150.0)
    assert world.pods()[0].containers[0].restarts == 1


def test_a_pod_that_is_deleted_is_left_alone() -> None:
    world = lab(BOTH)
    delay(world, 3.0, at=100.0)
    world.delete(world.pods()[0], at=110.0)
    world.run(500.0)
    assert world.pods() == []
    assert world.simulation.strikes() == {}


def containers_of(world: Lab, since: float) -> list[tuple[float, int]]:
    return [(time, number) for time, _, number in world.log(Kind.POD_CONTAINERS, since)]


def test_a_pod_that_its_kubelet_ends_is_not_asked_any_more() -> None:
    """Its time is over at 110 s, and it takes 25 s to stop: probes would have given up by then."""
    one = pod("web", replace(BOTH, readiness=None), active_deadline=86_400.0 + 110.0)
    world = Lab(cluster(nodes(1), one), behaviour(stop=Fixed(25.0)))
    delay(world, 3.0, at=95.0)
    world.run(1000.0)
    assert containers_of(world, 1.0) == [(135.0, 0)]
    assert world.simulation.strikes() == {}


def test_containers_without_a_sandbox_are_stopped_once() -> None:
    """The sandbox dies at 110 s, the containers take 30 s to stop: probes would have given up by then."""
    world = Lab(
        cluster(nodes(1), pod("web", replace(BOTH, readiness=None))),
        behaviour(stop=Fixed(30.0)),
        failures=[SandboxCrash("sandbox", Fixed(110.0))],
    )
    delay(world, 3.0, at=95.0)
    world.run(200.0)
    assert containers_of(world, 1.0) == [(140.0, 0), (141.0, 1)]
    assert [one.restarts for one in world.pods()[0].containers] == [1]


def test_liveness_begins_its_initial_delay_after_the_start_of_its_container_not_of_its_pod() -> None:
    """The first container runs all the while; the second, killed within 133 s, has a new life to begin."""
    world = lab(container("first"), container("second", liveness=Probe(initial_delay=300.0)))
    for at in (100.0, 145.0):
        delay(world, 1.0, at=at)
        delay(world, 0.0, at=at + 40.0)
    delay(world, 1.0, at=190.0)
    world.run(1000.0)
    first, second, *_ = world.times(Kind.POD_CONTAINERS, 1, since=0.0)
    assert first < 133.0
    assert second > first + 300.0 + 20.0


def test_a_pod_that_is_being_deleted_is_not_asked() -> None:
    """Its probes are late from when it has begun to stop, which takes 30 s."""
    world = Lab(cluster(nodes(1), pod("web", replace(BOTH, liveness=Probe(period=1.0)))), behaviour(stop=Fixed(30.0)))
    world.delete(world.pods()[0], at=100.0)
    delay(world, 3.0, at=101.0)
    world.run(500.0)
    assert containers_of(world, 1.0) == [(130.0, 0)]
    assert world.simulation.strikes() == {}
