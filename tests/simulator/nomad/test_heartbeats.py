"""From a node that falls silent to its being down: the law of heartbeats, failovers of servers, and the way back."""

from statistics import fmean, quantiles, stdev

import pytest

from models.distributions import Fixed
from simulator.control_planes.nomad import Nomad
from simulator.failures.control_plane_outage import ControlPlaneOutage
from simulator.failures.network_partition import NetworkPartition
from simulator.log import Kind
from simulator.processes import Process
from simulator.simulation import Simulation
from simulator.state.nodes import TRUE, UNKNOWN
from tests.simulator.clusters import HOUR, Lab, cluster, deployment, down, nodes


def detection_times(machines: int, seed: int = 0) -> list[float]:
    """From the loss of all nodes at once to each one's being down."""
    lab = Lab(
        cluster(nodes(machines)), failures=[down(*range(machines), at=100.0)], seed=seed, control_plane=Nomad()
    ).run(200.0)
    return [time - 100.0 for time, *_, new, _ in lab.rows(Kind.NODE_READY) if new == UNKNOWN]


def assert_mean(values: list[float], expected: float) -> None:
    """Within four standard errors."""
    assert abs(fmean(values) - expected) < 4 * stdev(values) / len(values) ** 0.5


def test_a_node_of_a_small_cluster_is_down_after_10_to_30_s_and_17_8_on_average() -> None:
    """T8: the phase is uniform in a TTL that is the more likely the longer it is: mean 7/9 of 10 s and the grace."""
    found = detection_times(400) + detection_times(400, seed=1)
    assert len(found) == 800
    assert min(found) >= 10.0
    assert max(found) < 30.0
    assert_mean(found, 7 / 9 * 10.0 + 10.0)
    cut = quantiles(found, n=20)
    assert cut[0] == pytest.approx(10.75, abs=0.4)
    assert cut[9] == pytest.approx(17.5, abs=0.8)
    assert cut[18] == pytest.approx(26.1, abs=0.8)


def test_heartbeats_of_a_thousand_nodes_are_twice_as_rare() -> None:
    found = detection_times(1000)
    assert_mean(found, 7 / 9 * 20.0 + 10.0)


def test_a_node_that_fails_again_draws_anew() -> None:
    failures = [down(0, at=100.0, lasting=100.0), down(0, at=1000.0, lasting=100.0)]
    lab = Lab(cluster(nodes(1)), failures=failures, control_plane=Nomad()).run(2000.0)
    first, second = lab.times(Kind.NODE_READY, UNKNOWN)
    assert first - 100.0 != pytest.approx(second - 1000.0)


def failover(at: float) -> ControlPlaneOutage:
    """The leader is lost, and another one leads 2 s later; that once."""
    return ControlPlaneOutage("failover", Process.CONTROLLER_MANAGER, Fixed(at), Fixed(0.0), Fixed(2.0))


def test_a_new_leader_finds_a_dead_node_only_after_300_s() -> None:
    """T11."""
    lab = Lab(cluster(nodes(2)), failures=[failover(HOUR), down(0, at=HOUR - 1.0)], control_plane=Nomad()).run(
        2 * HOUR - 1.0
    )
    assert lab.times(Kind.NODE_READY, UNKNOWN) == [HOUR + 2.0 + 300.0]


def test_a_node_that_dies_before_its_first_heartbeat_to_a_new_leader_is_found_as_late() -> None:
    lab = Lab(cluster(nodes(2)), failures=[failover(HOUR), down(0, at=HOUR + 2.001)], control_plane=Nomad()).run(
        2 * HOUR - 1.0
    )
    assert lab.times(Kind.NODE_READY, UNKNOWN) == [HOUR + 2.0 + 300.0]


def test_a_node_that_dies_later_is_found_as_usual() -> None:
    lab = Lab(cluster(nodes(2)), failures=[failover(HOUR), down(0, at=HOUR + 60.0)], control_plane=Nomad()).run(
        2 * HOUR - 1.0
    )
    [found] = lab.times(Kind.NODE_READY, UNKNOWN)
    assert HOUR + 70.0 <= found < HOUR + 90.0


def test_nothing_is_placed_without_a_leader() -> None:
    outage = ControlPlaneOutage("away", Process.API_SERVER, Fixed(100.0), Fixed(1000.0), Fixed(2.0))
    lab = Lab(cluster(nodes(3), deployment()), failures=[outage], control_plane=Nomad())
    lab.delete(lab.pods("web")[0], at=200.0)
    lab.run(1099.0)
    assert lab.pods("web") == []
    lab.run(1200.0)
    assert [pod.ready for pod in lab.pods("web")] == [True]


def test_a_client_that_was_cut_off_is_back_with_its_next_retry() -> None:
    cut = NetworkPartition("cut", Fixed(1000.0), Fixed(300.0))
    lab = Lab(cluster(nodes(50)), failures=[cut], control_plane=Nomad()).run(1340.0)
    back = lab.times(Kind.NODE_READY, TRUE, since=1.0)
    assert len(back) == 50
    assert min(back) >= 1300.0
    assert max(back) <= 1330.0


def test_a_node_that_boots_registers_at_once() -> None:
    lab = Lab(cluster(nodes(2)), failures=[down(0, at=100.0, lasting=200.0)], control_plane=Nomad()).run(400.0)
    assert lab.times(Kind.NODE_READY, TRUE, since=1.0) == [300.0]


def test_a_short_silence_is_not_noticed() -> None:
    lab = Lab(cluster(nodes(2)), failures=[down(0, at=100.0, lasting=9.9)], control_plane=Nomad()).run(400.0)
    assert lab.rows(Kind.NODE_READY) == []


def test_the_simulation_says_who_runs_it() -> None:
    lab = Lab(cluster(nodes(1)), control_plane=Nomad())
    assert isinstance(lab.simulation, Simulation)
    log = lab.simulation.completed_log()
    assert log is not None
    assert log.control_plane == "nomad"
