"""From a silent node to its taints, zone by zone (kubernetes-behaviour, section 1)."""

from dataclasses import replace

import numpy as np
import pytest

from models.distributions import Exponential
from models.node import UNREACHABLE
from models.timing import Timing
from simulator.failures.node_crash import NodeCrash
from simulator.log import Kind
from tests.simulator.clusters import (
    EXACT,
    HOUR,
    Lab,
    behaviour,
    cluster,
    deployment,
    down,
    node,
    nodes,
    template,
    tolerations,
)

TOGETHER = replace(EXACT, lease_renew_period=1e-3)
"""Leases without phases: nodes that go down together are found in one pass of the monitor."""


def lab(machines: int, *failures: object, zones: str = "a", replicas: int = 1, timing: Timing = TOGETHER) -> Lab:
    load = cluster(nodes(machines, zones), deployment(replicas=replicas))
    return Lab(load, behaviour(timing), failures, end=30 * HOUR)  # type: ignore[arg-type]


def found_after(timing: Timing, at: float, machines: int = 3000) -> np.ndarray:
    """Seconds from a crash at `at` to Unknown, of many nodes."""
    lifecycle = Lab(cluster(nodes(machines)), behaviour(timing)).simulation.control_plane.node_lifecycle
    return np.array([lifecycle.detection_time(i, at) - at for i in range(machines)])


@pytest.mark.parametrize("at", [0.0, 1234.5, 3e7, 3e9])
@pytest.mark.parametrize(
    ("lease", "monitor", "grace"), [(10.0, 5.0, 50.0), (10.0, 2.0, 16.0), (10.0, 5.0, 40.0), (5.0, 1.0, 20.0)]
)
def test_detection_takes_the_grace_period_less_the_age_of_the_lease(
    lease: float, monitor: float, grace: float, at: float
) -> None:
    timing = Timing(lease_renew_period=lease, node_monitor_period=monitor, node_monitor_grace_period=grace)
    after = found_after(timing, at)
    assert grace - lease - 1e-5 <= after.min() < after.max() <= grace + monitor + 1e-5
    variance = (lease**2 + monitor**2) / 12
    assert abs(after.mean() - (grace - lease / 2 + monitor / 2)) < 4 * np.sqrt(variance / len(after))
    assert after.var() == pytest.approx(variance, rel=0.1)


def test_a_grace_that_is_no_multiple_of_the_monitor_period_is_rounded_up() -> None:
    after = found_after(Timing(node_monitor_grace_period=51.0), 100.0)
    assert abs(after.mean() - (55 - 5 + 2.5)) < 0.3


def test_a_short_grace_cannot_find_a_node_before_it_is_silent() -> None:
    after = found_after(Timing(node_monitor_grace_period=1.0), 100.0)
    assert after.min() >= 0
    assert after.max() <= 10


def test_detection_of_a_run_is_spread_over_40_to_55_seconds() -> None:
    found = Lab(cluster(nodes(300, "abc")), failures=[down(*range(200), at=1000.0)], behaviour=behaviour()).run(2000.0)
    after = np.array(found.times(Kind.NODE_READY, 2)) - 1000.0
    assert len(after) == 200
    assert after.min() >= 40
    assert after.max() <= 55
    assert abs(after.mean() - 47.5) < 1.5


def test_pods_of_a_lost_node_leave_the_endpoints_and_are_replaced_after_five_minutes() -> None:
    found = lab(3, down(0, at=100.0), replicas=3).run(HOUR)
    [(unknown, _, _)] = found.log(Kind.NODE_READY)
    lost = [name for _, name, _ in found.log(Kind.POD_DELETING)]
    assert 150 <= unknown <= 155
    assert len(lost) == 1
    assert found.log(Kind.POD_READY, 1.0)[0] == (unknown, lost[0], 0)
    assert found.log(Kind.SERVICE_ANSWERING, 1.0)[0] == (100.0, "web", 2)
    assert found.log(Kind.SERVICE_READY, 1.0)[0] == (unknown, "web", 2)
    assert found.times(Kind.POD_DELETING) == [pytest.approx(unknown + 300)]
    assert found.log(Kind.SERVICE_ANSWERING, 1.0)[1] == (pytest.approx(unknown + 303), "web", 3)
    assert found.taints() == {"node-0": [f"{UNREACHABLE}:NoExecute", f"{UNREACHABLE}:NoSchedule"]}


def bucket(found_at: list[float], period: float) -> list[float]:
    """When the k-th of nodes found at these times is tainted, one a period."""
    tainted: list[float] = []
    for time in sorted(found_at):
        tainted.append(max(time, tainted[-1] + period) if tainted else time)
    return tainted


@pytest.mark.parametrize(
    ("machines", "dead", "rate"),
    [
        # (nodes, how many die, nodes tainted per second; None: none at all)
        (3, 1, 0.1),
        (3, 2, 0.1),
        (4, 3, None),
        (5, 3, None),
        (5, 2, 0.1),
        (6, 3, 0.1),  # 50 % is below the threshold
        (60, 32, 0.1),
        (60, 33, 0.01),
        (50, 28, None),  # 50 is not more than the threshold for large zones
        (51, 29, 0.01),
    ],
)
def test_tainting_rate_of_a_zone(machines: int, dead: int, rate: float | None) -> None:
    found = lab(machines, down(*range(dead), at=100.0), replicas=machines).run(5 * HOUR)
    unknown = found.times(Kind.NODE_READY, 2)
    assert len(unknown) == dead
    assert len(set(unknown)) == 1
    tainted = sorted(found.no_execute().values())
    if rate is None:
        assert tainted == found.times(Kind.POD_DELETING) == []
    else:
        assert tainted == pytest.approx(bucket(unknown, 1 / rate))


def test_the_33rd_of_60_nodes_is_tainted_3200_s_after_the_first_the_32nd_of_32_after_310() -> None:
    slow, normal = (sorted(lab(60, down(*range(dead), at=0.0)).run(HOUR).no_execute().values()) for dead in (33, 32))
    assert slow[-1] - slow[0] == pytest.approx(3200)
    assert normal[-1] - normal[0] == pytest.approx(310)


def test_a_zone_of_ten_that_is_down_as_a_whole_is_tainted_at_the_normal_rate() -> None:
    machines = tuple(node(f"node-{i}", "dark" if i < 10 else "light") for i in range(14))
    found = Lab(cluster(machines, deployment(replicas=14)), behaviour(TOGETHER), [down(*range(10), at=0.0)]).run(HOUR)
    first, *_ = unknown = found.times(Kind.NODE_READY, 2)
    assert len(unknown) == 10
    assert sorted(found.no_execute().values()) == pytest.approx([first + 10 * k for k in range(10)])
    assert len(found.times(Kind.POD_DELETING)) == sum(p.deleting for p in found.pods()) > 0
    assert {p.node for p in found.pods() if not p.deleting} <= set(range(10, 14))


def test_a_zone_of_one_node_is_evicted_when_it_dies() -> None:
    found = lab(3, down(0, at=0.0), zones="abc", replicas=3).run(HOUR)
    assert list(found.no_execute()) == ["node-0"]
    assert len(found.times(Kind.POD_DELETING)) == 1


def test_zones_have_buckets_of_their_own() -> None:
    found = lab(12, down(0, 1, 2, 3, at=0.0), zones="ab").run(HOUR)
    at = found.no_execute()
    first = min(at.values())
    assert sorted(round(at[f"node-{i}"] - first) for i in (0, 2)) == [0, 10]
    assert sorted(round(at[f"node-{i}"] - first) for i in (1, 3)) == [0, 10]


def test_regions_tell_zones_of_one_name_apart() -> None:
    machines = tuple(
        node(f"node-{i}", "a", labels={"topology.kubernetes.io/region": f"region-{i % 2}"}) for i in range(8)
    )
    found = Lab(cluster(machines), behaviour(TOGETHER), [down(0, 1, at=0.0)]).run(HOUR)
    assert len(set(found.no_execute().values())) == 1


@pytest.mark.parametrize("zones", ["a", "abc"])
def test_when_everything_is_down_nobody_is_evicted(zones: str) -> None:
    found = lab(3, down(0, 1, 2, at=0.0), zones=zones, replicas=3).run(4 * HOUR)
    assert found.times(Kind.POD_DELETING) == []
    assert found.taints() == {f"node-{i}": [f"{UNREACHABLE}:NoSchedule"] for i in range(3)}
    assert [p.ready for p in found.pods()] == [False] * 3


def test_when_everything_was_down_the_dead_get_another_grace_period() -> None:
    found = lab(3, down(0, at=0.0, lasting=1000.0), down(1, 2, at=0.0), replicas=3).run(HOUR)
    assert found.log(Kind.NODE_READY, 1.0)[-1] == (1000.0, "node-0", 1)
    at = found.no_execute(since=900.0)
    assert sorted(at) == ["node-1", "node-2"]
    first, second = sorted(at.values())
    assert 1050 <= first <= 1065
    assert second - first == pytest.approx(10)
    assert sorted(found.times(Kind.POD_DELETING)) == pytest.approx([first + 300, second + 300])


def test_the_last_node_to_be_found_dead_calls_the_taints_of_the_others_back() -> None:
    found = lab(2, down(0, at=0.0), down(1, at=200.0), replicas=2).run(HOUR)
    assert list(found.no_execute()) == ["node-0"]
    assert found.taints() == {f"node-{i}": [f"{UNREACHABLE}:NoSchedule"] for i in range(2)}
    assert found.times(Kind.POD_DELETING) == []


def test_after_a_standstill_the_first_node_is_tainted_a_whole_period_later() -> None:
    """As recorded of the real control plane: three of five nodes are lost, 130 s later one is back."""
    found = lab(5, down(0, at=20.0, lasting=130.0), down(1, 2, at=20.0), replicas=5).run(HOUR)
    at = found.no_execute(since=150.0)
    waited = [at[name] - 150.0 for name in sorted(at)]
    assert len(waited) >= 1
    assert 10.0 <= min(waited) <= 15.0
    if len(waited) == 2:
        assert abs(waited[1] - waited[0]) == pytest.approx(10)


def test_a_node_that_returns_is_ready_at_once_and_loses_its_taints_within_a_pass() -> None:
    found = lab(3, down(0, at=0.0, lasting=200.0), replicas=3).run(HOUR)
    assert found.log(Kind.NODE_READY, 1.0)[-1] == (200.0, "node-0", 1)
    (_, _, gone), (no_schedule, _, one), (no_execute, _, none) = found.log(Kind.NODE_TAINTS)[-3:]
    assert (gone, one, none) == (2, 1, 0)
    assert no_schedule == 200.0
    assert 200.0 <= no_execute <= 205.0
    assert found.times(Kind.POD_DELETING) == []
    assert found.times(Kind.POD_READY, 1, since=1.0) == [201.0]


def test_a_node_that_returns_before_it_is_missed_was_never_away() -> None:
    found = lab(3, down(0, at=0.0, lasting=39.0), replicas=3, timing=EXACT).run(HOUR)
    assert found.log(Kind.NODE_READY) == found.log(Kind.NODE_TAINTS) == []


def test_a_node_that_dies_again_before_it_is_untainted_starts_from_the_beginning() -> None:
    found = lab(3, down(0, at=0.0, lasting=200.0), down(0, at=200.5), replicas=3).run(HOUR)
    states = [(time, ready) for time, _, ready in found.log(Kind.NODE_READY)]
    assert [ready for _, ready in states] == [2, 1, 2]
    assert 250.5 <= states[2][0] <= 256
    assert found.times(Kind.POD_DELETING) == [pytest.approx(states[2][0] + 300)]


def test_a_node_is_up_only_when_every_cause_is_over() -> None:
    found = lab(3, down(0, at=0.0, lasting=500.0), down(0, at=100.0, lasting=1000.0)).run(HOUR)
    assert found.log(Kind.NODE_POWER) == [(0.0, "node-0", 0), (1100.0, "node-0", 1)]


def test_flags_of_the_controller_manager_are_obeyed() -> None:
    flags = replace(EXACT, node_monitor_grace_period=16.0, node_monitor_period=2.0)
    quick = template("web", tolerations=tolerations(20.0))
    load = cluster(nodes(6), deployment(replicas=6, pods=quick))
    found = Lab(load, behaviour(flags), [down(0, at=20.0)]).run(HOUR)
    [unknown] = found.times(Kind.NODE_READY, 2)
    assert 26 <= unknown <= 38  # recorded of the real one: 34.65
    assert found.times(Kind.POD_DELETING) == [pytest.approx(unknown + 20)]


def test_no_rate_means_no_eviction() -> None:
    found = lab(5, down(0, at=0.0), timing=replace(TOGETHER, node_eviction_rate=0.0), replicas=5).run(5 * HOUR)
    assert found.no_execute() == {}
    assert found.times(Kind.POD_DELETING) == []


def test_a_cluster_without_nodes_stands_still() -> None:
    assert Lab(cluster((), deployment())).run(HOUR).log(Kind.POD_NODE, -1e9) == []


def test_when_all_failures_are_over_no_taint_is_left() -> None:
    crashes = NodeCrash("crash", Exponential(HOUR), Exponential(HOUR / 2))
    found = Lab(cluster(nodes(6, "ab"), deployment(replicas=6)), failures=[crashes], end=20 * HOUR)
    found.run(40 * HOUR)  # no clock fires after the end, but repairs go on
    assert len(found.times(Kind.NODE_POWER, 0)) > 30
    assert found.taints() == {}
    assert found.counts() == ((6, 6, 6),)
