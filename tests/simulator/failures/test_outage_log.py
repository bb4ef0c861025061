"""Outages of a log happen again, at their times."""

import numpy as np
import pytest

from models.distributions import Fixed
from simulator.failures.control_plane_outage import ControlPlaneOutage
from simulator.failures.outage_log import Assign, NodeOutage, OutageLog
from simulator.log import Kind
from simulator.processes import Process
from simulator.run import simulate
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, deployment, nodes, pod

LOG = (NodeOutage("b", 2 * HOUR, 3 * HOUR), NodeOutage("a", HOUR, 1.5 * HOUR), NodeOutage("b", 2.5 * HOUR, 4 * HOUR))


def test_nodes_are_down_when_the_log_says_so_and_overlaps_count_once() -> None:
    log = OutageLog("log", outages=LOG, assign=Assign.IN_ORDER)
    found = Lab(cluster(nodes(3)), failures=[log]).run(DAY)
    assert found.log(Kind.NODE_POWER) == [
        (HOUR, "node-1", 0),
        (1.5 * HOUR, "node-1", 1),
        (2 * HOUR, "node-0", 0),
        (4 * HOUR, "node-0", 1),
    ]
    assert found.simulation.world.strikes == {"log": 3}


def test_times_may_be_shifted_and_an_outage_need_not_end() -> None:
    log = OutageLog("log", outages=(NodeOutage("node-1", 10.0),), offset=HOUR)
    found = Lab(cluster(nodes(2)), failures=[log]).run(DAY)
    assert found.log(Kind.NODE_POWER) == [(HOUR + 10.0, "node-1", 0)]


def test_nodes_lose_power_whether_or_not_there_is_an_api_server() -> None:
    log = OutageLog("log", outages=(NodeOutage("node-0", 200.0, 300.0),))
    away = ControlPlaneOutage("away", Process.API_SERVER, Fixed(100.0), Fixed(HOUR))
    found = Lab(cluster(nodes(2)), failures=[away, log]).run(HOUR)
    assert found.log(Kind.NODE_POWER) == [(200.0, "node-0", 0), (300.0, "node-0", 1)]


def test_the_downtime_of_a_pod_that_stays_on_its_node_is_that_of_the_log_and_its_starts() -> None:
    rng = np.random.default_rng(4)
    starts = np.cumsum(rng.uniform(0.5 * DAY, 2 * DAY, size=50))
    lengths = rng.uniform(60.0, 6 * HOUR, size=50)
    outages = tuple(NodeOutage("node-0", float(s), float(s + n)) for s, n in zip(starts, lengths, strict=True))
    log = OutageLog("log", outages=outages)
    found = simulate(cluster(nodes(1), pod()), failures=[log], behaviour=behaviour(), duration=120 * DAY)
    [service] = found.services.values()
    assert 120 * DAY - service.answering.integral() == pytest.approx(float(lengths.sum()) + 50 * 3.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "expected either `path` or `outages`"),
        ({"path": "a.csv", "outages": LOG}, "expected either `path` or `outages`"),
        ({"outages": (NodeOutage("a", 2.0, 1.0),)}, "ends before it starts"),
        ({"path": "a.csv", "delimiter": ""}, "must be one character"),
        ({"path": "a.csv", "delimiter": ";;"}, "must be one character"),
    ],
)
def test_what_makes_no_log_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OutageLog("log", **wrong)  # type: ignore[arg-type]


def test_nodes_that_there_are_not_are_named() -> None:
    log = OutageLog("log", outages=(NodeOutage("node-l", 0.0, 1.0),))
    with pytest.raises(ValueError, match=r"there is no node 'node-l'.*did you mean 'node-1'"):
        log.install(Lab(cluster(nodes(2))).simulation.world)
    three = OutageLog("log", outages=(*LOG, NodeOutage("c", 0.0, 1.0)), assign=Assign.IN_ORDER)
    with pytest.raises(ValueError, match="the log names 3 nodes, and the cluster has 2"):
        three.nodes(["x", "y"])


def test_a_log_that_was_not_read_cannot_be_replayed() -> None:
    with pytest.raises(ValueError, match=r"still to be read from log\.csv"):
        OutageLog("log", "log.csv").install(Lab(cluster(nodes(1), deployment())).simulation.world)
