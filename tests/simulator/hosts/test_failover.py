"""What is lost on plain hosts, and when it is back: the closed forms of systemd, HAProxy and keepalived."""

from dataclasses import replace
from itertools import pairwise

import pytest

from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from models.pod import Pod, Probe
from simulator.control_planes.plain_hosts import PlainHosts
from simulator.failures.control_plane_outage import ControlPlaneOutage
from simulator.failures.node_crash import NodeCrash
from simulator.hosts.options import Checks, Systemd, Vrrp
from simulator.log import Kind
from simulator.operations.drain import Drain
from simulator.processes import Process
from tests.simulator.clusters import DAY, HOUR, Lab, cluster, container, deployment, down, nodes, template
from tests.simulator.hosts.plain import DEFAULT, app, lab
from tests.simulator.orchestrators import AT, Crash, alike, cut, node_of, outages, starts

RESTART = 0.1
RISE = 2.0, 4.0
"""Bounds of two good checks, 2 s apart, from a moment at random."""


# systemd


def test_a_crash_of_the_only_process_is_an_outage_of_the_restart_time_and_the_start_up() -> None:
    found = lab(app(3, 1), failures=[Crash(Fixed(100.0))], startup=Fixed(3.0)).run(10_000.0)
    lengths = [end - begin for begin, end in outages(found)]
    assert len(lengths) > 80
    assert lengths == pytest.approx([RESTART + 3.0] * len(lengths))
    assert found.times(Kind.SERVICE_READY, since=AT) == []  # the load balancers have noticed nothing


def test_a_start_up_that_the_load_balancers_notice_is_longer_by_the_checks_that_bring_it_back() -> None:
    found = lab(app(3, 1), failures=[Crash(Fixed(100.0))], startup=Fixed(30.0)).run(200_000.0)
    extra = [end - begin - RESTART - 30.0 for begin, end in outages(found)]
    average, error = alike(extra)
    assert abs(average - 3.0) < 4 * error
    assert all(RISE[0] - 1e-6 <= time <= RISE[1] + 1e-6 for time in extra)


def looping(seconds: float, hosts: PlainHosts = DEFAULT) -> Lab:
    """A unit that is started at `AT`, and crashes so many seconds after each start."""
    found = lab(app(1, 0), hosts, [Crash(Fixed(seconds))])
    found.apply(replace(found.simulation.cluster.deployments[0], replicas=1), AT)
    return found


def test_a_process_that_crashes_every_second_is_down_for_good_after_its_fifth_start() -> None:
    found = looping(1.0).run(AT + HOUR)
    assert [time - AT for time in starts(found)] == pytest.approx([0.0, 1.1, 2.2, 3.3, 4.4])
    [(time, *_, new, _)] = found.rows(Kind.POD_HELD, AT)
    assert (time - AT, new) == (pytest.approx(5.4), 1)
    [unit] = found.pods()
    assert "start limit hit" in found.simulation.control_plane.held_up_by(unit)


def test_a_process_that_lasts_two_seconds_is_restarted_for_ever() -> None:
    found = looping(2.0).run(AT + HOUR)
    between = [after - before for before, after in pairwise(starts(found))]
    assert len(between) > 1700
    assert between == pytest.approx([2.1] * len(between))


def test_people_who_reset_a_failed_unit_start_it() -> None:
    found = looping(1.0, PlainHosts(reset=Fixed(60.0))).run(AT + 72.0)
    expected = [0.0, 1.1, 2.2, 3.3, 4.4]
    again = [5.4 + 60.1 + time for time in expected]
    assert [time - AT for time in starts(found)] == pytest.approx([*expected, *again])


def test_a_unit_that_was_reset_has_not_failed_any_more() -> None:
    found = looping(1.0, PlainHosts(reset=Fixed(60.0))).run(AT + 66.0)
    [unit] = found.pods()
    assert unit.running == 1
    assert found.simulation.control_plane.held_up_by(unit) == ""
    assert [new for *_, new, _ in found.rows(Kind.POD_HELD, AT)] == [1, 0]


def test_a_boot_forgets_the_start_limit() -> None:
    found = lab(app(1, 0), failures=[Crash(Fixed(1.0)), down(0, at=AT + 60.0, lasting=60.0)])
    found.apply(replace(found.simulation.cluster.deployments[0], replicas=1), AT)
    found.run(AT + HOUR)
    assert len(starts(found, AT + 61.0)) == 5
    assert starts(found, AT + 61.0)[0] == pytest.approx(AT + 120.0)


def test_another_burst_and_interval_move_the_limit() -> None:
    found = looping(1.0, PlainHosts(Systemd(restart_sec=1.0, start_limit_burst=3))).run(AT + HOUR)
    assert [time - AT for time in starts(found)] == pytest.approx([0.0, 2.0, 4.0])


def test_a_process_that_ends_well_stays_down() -> None:
    alone = Pod("web", template("web", container(), restart_policy="Never"))
    found = lab(cluster(nodes(1, "a"), alone), run=Fixed(DAY + AT)).run(3 * AT)
    assert starts(found, 0.0) == []
    assert list(found.simulation.pending().values()) == [
        "its processes have ended well, and are not restarted (Restart=on-failure)"
    ]


def test_a_unit_with_a_watchdog_has_timeout_start_sec_to_start_up() -> None:
    slow = cluster(nodes(1, "a"), deployment(replicas=0, pods=template("web", container(liveness=Probe()))))
    found = lab(slow, startup=Fixed(100.0))
    found.apply(replace(found.simulation.cluster.deployments[0], replicas=1), AT)
    found.run(AT + 300.0)
    assert [time - AT for time in starts(found)] == pytest.approx([0.0, 90.1, 180.2, 270.3])


# HAProxy


def refused(seed: int, checks: Checks) -> float:
    """Seconds from the end of a process, which takes long to start up again, to its leaving the load balancers."""
    found = lab(app(3, 3), PlainHosts(checks=checks), [Crash(Fixed(AT))], seed=seed, startup=Fixed(60.0))
    found.run(AT + 59.0)
    [crash, *_] = found.times(Kind.POD_ANSWERING, 0, AT - 100.0)
    return found.times(Kind.SERVICE_READY, since=AT - 100.0)[0] - crash


def test_a_process_that_is_down_leaves_the_load_balancers_after_four_to_six_seconds() -> None:
    times = [refused(seed, Checks()) for seed in range(200)]
    assert all(4.0 - 1e-6 <= time <= 6.0 + 1e-6 for time in times)
    # The first of three servers of which each is found between 4 and 6 s: 4 + 2/4.
    average, error = alike(times)
    assert abs(average - 4.5) < 4 * error


USUAL = Checks()


def lost(seed: int, checks: Checks = USUAL, replicas: int = 1) -> Lab:
    home = node_of(lab(app(3, replicas), seed=seed))
    return lab(app(3, replicas), PlainHosts(checks=checks), [down(home, at=AT, lasting=HOUR)], seed=seed).run(3 * HOUR)


@pytest.mark.parametrize(
    ("checks", "soonest", "latest"),
    [(USUAL, 6.0, 8.0), (Checks(inter=5.0, fall=2, timeout=1.0), 6.0, 11.0), (Checks(timeout=0.0), 4.0, 6.0)],
)
def test_a_host_that_is_silent_leaves_them_after_the_checks_and_their_time_out(
    checks: Checks, soonest: float, latest: float
) -> None:
    times = [lost(seed, checks).times(Kind.SERVICE_READY, 0, AT)[0] - AT for seed in range(120)]
    average, error = alike(times)
    assert abs(average - (soonest + latest) / 2) < 4 * error
    assert all(soonest - 1e-3 <= time <= latest + 1e-3 for time in times)


def test_the_loss_of_the_only_host_is_an_outage_until_it_is_repaired_and_two_checks_more() -> None:
    spells = [outages(lost(seed)) for seed in range(120)]
    extra = [end - begin - HOUR for [(begin, end)] in spells]
    average, error = alike(extra)
    assert abs(average - 3.0) < 4 * error
    assert all(RISE[0] - 1e-6 <= time <= RISE[1] + 1e-6 for time in extra)


def test_with_three_replicas_a_lost_host_is_capacity_lost_until_it_is_repaired() -> None:
    found = lost(3, replicas=3)
    assert outages(found) == []
    listed = found.rows(Kind.SERVICE_READY, AT)
    assert [(old, new) for _, _, old, new, _ in listed] == [(3, 2), (2, 3)]
    away = listed[1][0] - listed[0][0]
    assert HOUR - 8.0 + RISE[0] <= away <= HOUR - 6.0 + RISE[1]
    assert len(starts(found)) == 1  # in its place, after the boot


def test_availability_of_one_replica_is_that_of_its_host() -> None:
    """Alternating up and down times: down for the repair and the two checks, of which the mean is 3 s."""
    crash = NodeCrash("crash", Exponential(30_000.0), Fixed(3_000.0))
    found = lab(app(1, 1), failures=[crash], seed=5)
    found.simulation.end = found.kernel.end = 9.0e6
    found.run(8.0e6)
    spells = outages(found, 0.0)
    cycles = [(after[0] - before[0], before[1] - before[0]) for before, after in pairwise(spells)]
    unavailable = sum(down for _, down in cycles) / sum(length for length, _ in cycles)
    expected = 3_003.0 / 33_000.0
    errors = [down - expected * length for length, down in cycles]
    _, error = alike(errors)
    assert abs(unavailable - expected) < 4 * error / (sum(length for length, _ in cycles) / len(cycles))


def test_a_host_that_is_cut_off_is_lost_to_new_connections_and_its_process_runs_on() -> None:
    for seed in range(30):
        found = lab(app(3, 1), failures=[cut(node_of(lab(app(3, 1), seed=seed)), 600.0)], seed=seed).run(2 * AT)
        assert starts(found) == []
        [(begin, end)] = outages(found)
        assert begin == AT
        assert RISE[0] - 1e-6 <= end - AT - 600.0 <= RISE[1] + 1e-6
        [unlisted] = found.times(Kind.SERVICE_READY, 0, AT)
        assert 6.0 - 1e-3 <= unlisted - AT <= 8.0 + 1e-3


def test_a_short_loss_between_checks_is_not_noticed() -> None:
    found = lab(app(3, 1), failures=[Crash(Fixed(30.7))], startup=Fixed(1.0)).run(20_000.0)
    assert found.times(Kind.SERVICE_READY, since=AT) == []


def test_failures_in_a_row_count_and_a_good_check_between_them_begins_anew() -> None:
    """Up for 2.1 s, which is one check at least; down for 3.9 s, two at most, or for 6.1 s, three at least."""
    seldom = lab(app(1, 1), burstless(3.9), [Crash(Fixed(2.1))]).run(AT)
    assert seldom.times(Kind.SERVICE_READY, 0) == []
    assert len(starts(seldom, 0.0)) > 100
    often = lab(app(1, 1), burstless(6.1), [Crash(Fixed(2.1))]).run(AT)
    assert often.times(Kind.SERVICE_READY, 0)


def burstless(restart_sec: float) -> PlainHosts:
    return PlainHosts(Systemd(restart_sec=restart_sec, start_limit_burst=1_000_000))


def test_a_readiness_probe_is_a_check_by_the_load_balancers_own_numbers() -> None:
    probe = Probe(initial_delay=30.0, period=60.0, success_threshold=5)
    found = lab(app(1, 0, probe), startup=Fixed(10.0))
    found.apply(replace(found.simulation.cluster.deployments[0], replicas=1), AT)
    [up] = found.run(2 * AT).times(Kind.SERVICE_READY, 1, AT)
    assert AT + 10.0 + RISE[0] <= up <= AT + 10.0 + RISE[1]


# keepalived


def away(found: Lab) -> float:
    [(begin, end)] = outages(found.run(AT + 900.0))
    assert begin == AT
    return end - begin


@pytest.mark.parametrize("process", list(Process))
def test_a_lost_load_balancer_is_an_outage_until_the_other_has_its_address(process: Process) -> None:
    times = []
    for seed in range(60):
        lost_host = ControlPlaneOutage("balancer", process, Fixed(AT), Fixed(600.0))
        found = lab(app(3, 3), failures=[lost_host], seed=seed)
        times.append(away(found))
        assert found.times(Kind.SERVICE_READY, since=AT) == []  # its checks went on
    average, error = alike(times)
    assert abs(average - 3.109) < 4 * error
    assert all(2.609 <= time <= 3.610 for time in times)


def test_the_takeover_follows_the_interval_and_the_priority() -> None:
    hosts = PlainHosts(vrrp=Vrrp(advert_interval=2.0, priority=200))
    lost_host = ControlPlaneOutage("balancer", Process.API_SERVER, Fixed(AT), Fixed(600.0))
    times = [away(lab(app(3, 1), hosts, [lost_host], seed=seed)) for seed in range(60)]
    average, error = alike(times)
    assert abs(average - (5.0 + 56 / 256)) < 4 * error


PAIR = PlainHosts(load_balancers=("node-0", "node-1"))


def test_load_balancers_on_nodes_take_no_units_and_fail_with_their_hosts() -> None:
    found = lab(app(5, 3), PAIR, [down(0, at=AT, lasting=HOUR)])
    assert {unit.node for unit in found.pods()} == {2, 3, 4}
    assert 2.609 <= away(found) <= 3.610


def test_the_loss_of_the_backup_is_not_noticed() -> None:
    assert outages(lab(app(5, 3), PAIR, [down(1, at=AT, lasting=60.0)]).run(2 * AT)) == []


def test_with_both_lost_the_first_to_be_back_waits_until_it_is_master() -> None:
    found = lab(app(5, 3), PAIR, [down(0, at=AT, lasting=HOUR), down(1, at=AT + 100.0, lasting=60.0)])
    found.run(AT + 2 * HOUR)
    first, second = outages(found)
    assert 2.609 <= first[1] - first[0] <= 3.610
    assert second[0] == AT + 100.0
    assert second[1] - AT == pytest.approx(160.0 + 3.609, abs=0.01)


def test_a_load_balancer_that_is_back_before_the_other_took_over_is_backup() -> None:
    found = lab(app(5, 3), PAIR, [down(0, at=AT, lasting=2.0), down(0, at=AT + 100.0, lasting=60.0)])
    [(begin, end)] = outages(found.run(AT + HOUR))
    assert begin == AT
    assert 2.609 <= end - begin <= 3.610


def test_a_load_balancer_that_is_drained_first_hands_its_address_over() -> None:
    drain = Drain("drain", at=AT, maintenance=Fixed(600.0), select=LabelSelector.of({HOSTNAME_LABEL: "node-0"}))
    found = lab(app(5, 3), PAIR, operations=[drain])
    assert away(found) == pytest.approx(156 / 256)


def test_a_load_balancer_that_is_no_node_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is no node"):
        lab(app(3, 1), PlainHosts(load_balancers=("node-0", "node-7")))
