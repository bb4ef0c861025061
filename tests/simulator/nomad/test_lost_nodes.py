"""Partitions, and the disconnect block."""

import pytest

from models.distributions import Fixed
from simulator.control_planes.nomad import Nomad
from simulator.failures.network_partition import NetworkPartition
from simulator.log import Kind
from simulator.nomad.options import Disconnect, Reconcile
from simulator.state.nodes import UNKNOWN
from tests.simulator.clusters import FOREVER, Lab, cluster, deployment, down, nodes
from tests.simulator.nomad.labs import PLACEMENT, START, detected, placements


def cut_off(lasting: float, disconnect: Disconnect | None = None) -> Lab:
    """One replica on node 0, which is cut off after 100 s; node 1 is free. Run until it is cut off again."""
    lab = Lab(
        cluster(nodes(2), deployment()),
        before=lambda simulation: simulation.control_plane.place({"Deployment/default/web/0": 0}),
        failures=[NetworkPartition("cut", Fixed(100.0), Fixed(lasting), values=("node-0",))],
        control_plane=Nomad(disconnect=disconnect),
    )
    assert [pod.node for pod in lab.pods("web")] == [0]
    return lab.run(min(1000.0, 199.0 + lasting))


def running(lab: Lab) -> list[tuple[float, int]]:
    """How many copies ran since then, at each change."""
    copies, found = 1, []
    for time, _, old, new, _ in lab.rows(Kind.POD_CONTAINERS):
        copies += new - old
        found.append((time, copies))
    return found


def test_a_cut_off_client_runs_on_and_there_is_one_copy_more_until_it_is_back() -> None:
    """From the detection until the client hears that its allocation is lost, and has stopped it."""
    lab = cut_off(300.0)
    (twice, copies), (once, left) = running(lab)
    assert (copies, left) == (2, 1)
    assert twice == pytest.approx(detected(lab) + PLACEMENT + START)
    assert 400.0 + 1.0 <= once <= 400.0 + 30.0 + 1.0
    assert [pod.node for pod in lab.pods("web")] == [1]


def test_with_lost_after_a_replacement_waits_as_a_reschedule_does() -> None:
    """T9: D + 30."""
    lab = cut_off(FOREVER, Disconnect(lost_after=3600.0))
    assert placements(lab) == pytest.approx([detected(lab) + 30.0 + PLACEMENT])


def test_without_it_a_replacement_is_placed_at_once() -> None:
    lab = cut_off(FOREVER)
    assert placements(lab) == pytest.approx([detected(lab) + PLACEMENT])


def test_with_stop_on_client_after_nothing_is_placed_before_the_client_must_have_stopped() -> None:
    """T9: D + 65, and the client stops 60 s after its last heartbeat: there are never two copies."""
    lab = cut_off(FOREVER, Disconnect(stop_on_client_after=60.0))
    assert placements(lab) == pytest.approx([detected(lab) + 65.0 + PLACEMENT])
    copies = running(lab)
    assert [number for _, number in copies] == [0, 1]
    assert 140.0 + 1.0 <= copies[0][0] <= 160.0 + 1.0


def test_a_client_that_is_back_before_it_stops_keeps_its_allocation() -> None:
    lab = cut_off(9.0, Disconnect(stop_on_client_after=60.0))
    assert running(lab) == []


def test_an_unknown_allocation_is_lost_in_the_end() -> None:
    lab = cut_off(FOREVER, Disconnect(lost_after=100.0))
    [time] = lab.times(Kind.POD_DELETING)
    assert time == pytest.approx(detected(lab) + 100.0, abs=1e-3)


def test_without_replace_it_stays_unknown_until_the_client_is_back() -> None:
    lab = cut_off(500.0, Disconnect(lost_after=100.0, replace=False))
    assert placements(lab) == []
    assert running(lab) == []
    assert [(pod.node, pod.ready) for pod in lab.pods("web")] == [(0, True)]


@pytest.mark.parametrize(
    ("reconcile", "stays"),
    [(Reconcile.KEEP_ORIGINAL, 0), (Reconcile.LONGEST_RUNNING, 0), (Reconcile.KEEP_REPLACEMENT, 1)],
)
def test_one_of_original_and_replacement_stays(reconcile: Reconcile, stays: int) -> None:
    lab = cut_off(300.0, Disconnect(lost_after=3600.0, reconcile=reconcile))
    assert [pod.node for pod in lab.pods("web")] == [stays]
    assert [number for _, number in running(lab)] == [2, 1]


def test_by_default_it_is_the_one_on_the_better_node() -> None:
    """Node 0 was given, not chosen, so that it has no score."""
    lab = cut_off(300.0, Disconnect(lost_after=3600.0))
    assert [pod.node for pod in lab.pods("web")] == [1]


def test_a_node_that_died_has_nothing_to_keep() -> None:
    nomad = Nomad(disconnect=Disconnect(lost_after=3600.0))
    lab = Lab(
        cluster(nodes(2), deployment()),
        before=lambda simulation: simulation.control_plane.place({"Deployment/default/web/0": 0}),
        failures=[down(0, at=100.0, lasting=300.0)],
        control_plane=nomad,
    ).run(1000.0)
    assert len([pod for pod in lab.pods("web") if not pod.deleting]) == 1


def twice_cut_off(first: float, disconnect: Disconnect) -> Lab:
    """One replica on node 0, which is cut off after 100 s, for so long, and again 50 s after that, for good."""
    lab = Lab(
        cluster(nodes(2), deployment()),
        before=lambda simulation: simulation.control_plane.place({"Deployment/default/web/0": 0}),
        control_plane=Nomad(disconnect=disconnect),
    )
    table = lab.state.nodes
    lab.at(100.0, lambda: table.add_silent_cause(0, "first", 0))
    lab.at(100.0 + first, lambda: table.remove_silent_cause(0, "first"))
    lab.at(150.0 + first, lambda: table.add_silent_cause(0, "second", 0))
    return lab.run(1000.0)


def test_a_client_that_is_cut_off_again_stops_after_the_second_cut() -> None:
    """The first one, in which nothing was lost, would have had it stop 60 s after its last heartbeat before that."""
    lab = twice_cut_off(5.0, Disconnect(stop_on_client_after=60.0))
    stopped = next(time for time, copies in running(lab) if copies == 0)
    assert 155.0 - 20.0 + 60.0 + 1.0 <= stopped <= 155.0 + 60.0 + 1.0


def test_an_unknown_allocation_is_lost_so_long_after_it_was_unknown_the_last_time() -> None:
    lab = twice_cut_off(50.0, Disconnect(lost_after=150.0, reconcile=Reconcile.KEEP_ORIGINAL))
    [*_, unknown] = lab.times(Kind.NODE_READY, UNKNOWN)
    lost = [time for time, *_, cause in lab.rows(Kind.POD_DELETING) if time > unknown]
    assert lost == [pytest.approx(unknown + 150.0, abs=1e-3)]


@pytest.mark.parametrize("is_down", [False, True])
def test_nothing_is_left_of_a_node_that_is_taken_out(is_down: bool) -> None:
    failures = [down(0, at=100.0)] if is_down else []
    lab = Lab(cluster(nodes(3), deployment(replicas=3)), failures=failures, control_plane=Nomad())
    lab.at(200.0, lambda: lab.simulation.world.machines.remove_node(0, "out", "node-0"))
    lab.run(1000.0)
    assert sorted(pod.running for pod in lab.pods()) == [1, 1, 1]
