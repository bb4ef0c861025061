"""The endpoints of a Service, read from the log of a run."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from models.distributions import Fixed
from models.pod import Probe
from models.traffic import RequestRate, Traffic
from simulator.failures.node_crash import NodeCrash
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.run import Run, simulate
from simulator.traffic.endpoints import Condition, endpoint_history
from simulator.traffic.proxies import lists
from simulator.traffic.run import expected
from tests.simulator.clusters import DAY, behaviour, cluster, container, deployment, nodes, template

SHOP = cluster(nodes(3, zones=("a", "b")), deployment(replicas=3))
CRASH = NodeCrash("crash", Fixed(2.5 * DAY), Fixed(3600.0))
RELEASE = Rollout("release", target="Deployment/web", every=DAY)


def run(warmup: float = 0.0) -> Run:
    return simulate(
        SHOP,
        duration=10 * DAY,
        warmup=warmup,
        failures=[CRASH],
        operations=[RELEASE],
        behaviour=behaviour(),
        keep_log=True,
    )


@pytest.mark.parametrize("warmup", [0.0, 2.5 * DAY + 20.0])
def test_the_endpoints_add_up_to_what_the_service_was_seen_to_have(warmup: float) -> None:
    happened = run(warmup)
    assert happened.log is not None
    history = endpoint_history(happened.log, "web", happened.start, happened.end)
    seen = happened.services["web"]
    segments = list(history.segments())
    assert (segments[0][0], segments[-1][1]) == (happened.start, happened.end)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(segments))
    assert len(segments) > 20
    starts = np.array([start for start, _, _ in segments])
    listed = [sum(Condition.LISTED in c for c in now.values()) for _, _, now in segments]
    answering = []
    for count, (_, _, now) in zip(listed, segments, strict=True):
        used = (Condition.LISTED if count else Condition.TERMINATING) | Condition.ANSWERING
        answering.append(sum(used in condition for condition in now.values()))
    assert listed == seen.ready.at(starts).tolist()
    assert answering == seen.answering.at(starts).tolist()


def test_an_endpoint_knows_its_node_and_its_zone() -> None:
    happened = run()
    assert happened.log is not None
    history = endpoint_history(happened.log, "web", happened.start, happened.end)
    assert [history.zones[i] for i in range(3)] == ["ab"[node % 2] for node in history.nodes[:3].tolist()]
    assert history.names[0].startswith("web-")


def test_a_node_that_dies_leaves_its_endpoint_listed_for_a_while() -> None:
    happened = run()
    assert happened.log is not None
    history = endpoint_history(happened.log, "web", happened.start, happened.end)
    stale = [(start, end) for start, end, now in history.segments() if Condition.LISTED in now.values()]
    assert 2.5 * DAY in [since for since, _ in stale]


def test_a_pod_that_is_deleted_serves_until_it_has_stopped() -> None:
    happened = run()
    assert happened.log is not None
    history = endpoint_history(happened.log, "web", happened.start, happened.end)
    leaving = Condition.TERMINATING | Condition.ANSWERING
    spans = [end - start for start, end, now in history.segments() if leaving in now.values()]
    assert spans


@pytest.mark.parametrize("headless", [False, True])
def test_clients_are_told_of_terminating_endpoints_but_of_a_headless_service(headless: bool) -> None:
    """The only pod serves longer than its replacement takes; what clients meet is what the Service answers."""
    alone = cluster(nodes(2), deployment(pods=template("web", container(readiness=Probe(period=1.0)))))
    alone = replace(alone, services=(replace(alone.services[0], headless=headless),))
    restart = Drain("drain", at=100.0, maintenance=Fixed(10.0))
    happened = simulate(
        alone, duration=1000.0, operations=[restart], behaviour=behaviour(stop=Fixed(20.0)), keep_log=True
    )
    assert happened.log is not None
    history = endpoint_history(happened.log, "web", happened.start, happened.end)
    told = [one for one in lists(history) if one.terminating]
    assert history.headless is headless
    assert bool(told) is not headless
    requests = expected(Traffic("web", RequestRate.constant(10.0), endpoint_lag=Fixed(0.0)), happened, alone)
    down = happened.services["web"].answering.time_below(1)
    assert requests.lost == pytest.approx(10.0 * down)
    assert (down == 0.0) is not headless


def test_an_unknown_service_is_an_error() -> None:
    happened = run()
    assert happened.log is not None
    with pytest.raises(KeyError, match="'web'"):
        endpoint_history(happened.log, "wbe", happened.start, happened.end)
