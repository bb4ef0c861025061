"""Sidecars: init containers that stay, in order at the start and at the end (KEP-753)."""

import pytest

from models.distributions import Fixed
from models.pod import Container, Probe
from simulator.failures.container_crash import ContainerCrash
from simulator.log import Kind
from simulator.state.objects import Phase
from tests.simulator.clusters import DAY, Lab, behaviour, cluster, container, deployment, down, nodes, pod, template

START = -DAY


def sidecar(name: str = "proxy", **other: object) -> Container:
    return container(name, restart_policy="Always", **other)  # type: ignore[arg-type]


def running(found: Lab, since: float = START) -> list[tuple[float, int]]:
    return [(round(time - since, 3), new) for time, _, new in found.log(Kind.POD_CONTAINERS, since)]


def test_what_comes_after_a_sidecar_waits_for_its_start_up_probe() -> None:
    proxy = sidecar(startup=Probe(period=1e-3, failure_threshold=10**6))
    found = Lab(cluster(nodes(1), pod("alone", container(), init_containers=(proxy,))))
    (one, first), (two, second) = running(found)
    assert (first, second) == (1, 2)
    assert one == 1.0
    assert pytest.approx(two - one, abs=0.002) == 2.0
    assert found.times(Kind.POD_PHASE, Phase.RUNNING, START) == [pytest.approx(START + 3.0, abs=0.002)]


def test_a_sidecar_without_start_up_probe_is_started_once_it_runs() -> None:
    inits = (container("first"), sidecar(), container("second"), sidecar("other"), container("third"))
    found = Lab(cluster(nodes(1), pod("alone", container(), init_containers=inits)), behaviour(init=Fixed(4.0)))
    assert running(found) == [(5.0, 1), (9.0, 2), (13.0, 3)]


def test_a_sidecar_that_is_late_is_killed_and_what_comes_after_it_waits() -> None:
    """Its readiness does not matter for that."""
    late = sidecar(startup=Probe(period=1.0, failure_threshold=1), readiness=Probe(initial_delay=1e6))
    found = Lab(cluster(nodes(1), pod("alone", container(), init_containers=(late,))))
    assert {number for _, number in running(found)} == {0, 1}
    assert found.times(Kind.POD_PHASE, Phase.RUNNING, START) == []


def test_a_container_that_never_starts_in_time_is_told_as_crash_looping() -> None:
    """A sidecar holds the pod up in Pending; a main container is killed over and over in a Running one."""
    late = Probe(period=0.25, failure_threshold=1)
    words = "CrashLoopBackOff: back-off 5m0s restarting failed container="
    for alone in (
        pod("alone", container(), init_containers=(sidecar(startup=late),)),
        pod("alone", container("proxy", startup=late), container()),
    ):
        found = Lab(cluster(nodes(1), alone))
        assert found.simulation.pending() == {"alone": f"{words}proxy"}


def test_a_container_that_waits_for_a_while_is_not_told_as_crash_looping() -> None:
    found = Lab(cluster(nodes(1), pod("alone", container())), failures=[ContainerCrash("crash", Fixed(5.0))])
    found.run(15.0)
    assert found.pods()[0].running == 0
    assert found.simulation.pending() == {}


def test_a_sidecar_that_crashes_later_restarts_beside_the_others() -> None:
    alone = pod("alone", container(), init_containers=(sidecar(),), restart_policy="Never")
    found = Lab(cluster(nodes(1), alone), failures=[ContainerCrash("crash", Fixed(100.0))])
    main, _ = found.pods()[0].containers
    assert main.clocks is not None
    main.clocks[0].stop()
    found.run(150.0)
    assert running(found, 1.0) == [(99.0, 1), (99.0, 2)]
    assert found.pods()[0].phase is Phase.RUNNING


def test_the_order_is_the_same_after_a_reboot() -> None:
    proxy = sidecar(startup=Probe(period=1e-3, failure_threshold=10**6))
    alone = pod("alone", container(), init_containers=(container("init"), proxy))
    found = Lab(cluster(nodes(1), alone), failures=[down(0, at=100.0, lasting=20.0)]).run(200.0)
    assert running(found, 1.0) == [(99.0, 0), (121.0, 1), (pytest.approx(123.0, abs=0.002), 2)]


def test_a_kubelet_that_is_back_does_not_begin_anew() -> None:
    """It was cut off while the main container waited."""
    proxy = sidecar(startup=Probe(period=1.0, failure_threshold=200))
    found = Lab(
        cluster(nodes(1), pod("alone", container(), init_containers=(proxy,))),
        behaviour(startup=Fixed(100.0)),
        failures=[down(0, at=0.0, lasting=10.0)],
    )
    found.at(50.0, lambda: found.state.nodes.add_silent_cause(0, "test", 0))
    found.at(60.0, lambda: found.state.nodes.remove_silent_cause(0, "test"))
    found.run(400.0)
    assert [number for _, number in running(found, 1.0)] == [1, 2]
    assert found.pods()[0].ready


@pytest.mark.parametrize(
    ("hooks", "grace", "stop", "takes"),
    [
        ((0.0, 0.0, 0.0), 30.0, 1.0, 3.0),  # the main container, then the later sidecar, then the earlier
        ((5.0, 0.0, 0.0), 30.0, 1.0, 8.0),
        ((0.0, 5.0, 0.0), 30.0, 1.0, 6.0),  # the hook of the earlier has long begun
        ((0.0, 0.0, 5.0), 30.0, 1.0, 7.0),
        ((0.0, 0.0, 0.0), 30.0, 100.0, 32.0),  # the main container uses it all up: 2 s for the others, side by side
        ((30.0, 0.0, 0.0), 30.0, 100.0, 32.0),
        ((0.0, 0.0, 0.0), 30.0, 12.0, 30.0),  # 12 s, 12 s, and what is left
    ],
)
def test_sidecars_end_in_reverse_order(
    hooks: tuple[float, float, float], grace: float, stop: float, takes: float
) -> None:
    main, earlier, later = hooks
    pods = template(
        "web",
        container(pre_stop=main),
        init_containers=(sidecar("earlier", pre_stop=earlier), sidecar("later", pre_stop=later)),
        termination_grace_period=grace,
    )
    found = Lab(cluster(nodes(1), deployment(pods=pods)), behaviour(stop=Fixed(stop)))
    found.delete(found.pods()[0], at=10.0)
    found.run(100.0)
    assert [t for t, name, phase in found.log(Kind.POD_PHASE, 1.0) if (name, phase) == ("web-0", 0)] == [10.0 + takes]
