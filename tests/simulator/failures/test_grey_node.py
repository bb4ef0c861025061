"""Nodes that are Ready and whose pods answer wrong, until somebody has noticed and has them emptied and repaired."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from models.release import Defect, Shows
from models.request_level import RequestLevel
from models.traffic import RequestRate, Retries, Traffic
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.grey_failure import GreyFailure
from simulator.failures.grey_node import GreyNode
from simulator.log import Kind
from simulator.rare.settled import settled
from simulator.run import Run, simulate
from simulator.state.nodes import TRUE
from simulator.traffic.attempts import ERROR
from simulator.traffic.run import expected, followed
from tests.simulator.clusters import DAY, EXACT, HOUR, Lab, behaviour, cluster, deployment, down, nodes
from tests.simulator.clusters import template as pods_of

LOAD = cluster(nodes(4), deployment(replicas=4))
"""A pod on each node."""
TRAFFIC = Traffic("web", RequestRate.constant(10.0), endpoint_lag=Fixed(0.0))
QUARTER = GreyNode(
    "grey", Fixed(1000.0), Fixed(300.0), Fixed(600.0), 0.25, select=LabelSelector.of({HOSTNAME_LABEL: "node-0"})
)
"""Node 0 from 1000 s on, for a quarter of its requests; it is cordoned 300 s later, and repaired 600 s after that."""


def run(*stories: Any, load: Any = LOAD, until: float = 2500.0) -> Run:
    return simulate(load, failures=stories, behaviour=behaviour(), duration=until, keep_log=True)


def wrong(found: Run, traffic: Traffic = TRAFFIC, load: Any = LOAD) -> float:
    return sum(loss.requests for loss in expected(traffic, found, load).losses if loss.why == ERROR)


def test_its_share_of_the_requests_to_the_node_is_lost_until_it_is_noticed() -> None:
    found = run(QUARTER)
    assert wrong(found) == pytest.approx(10.0 * 1 / 4 * 300.0 * 0.25)
    causes = {loss.cause for loss in expected(TRAFFIC, found, LOAD).losses if loss.why == ERROR}
    assert causes == {"grey/node-0"}
    assert found.strikes == {"grey": 1}


def test_retries_make_the_best_of_it() -> None:
    assert wrong(run(QUARTER), replace(TRAFFIC, retries=Retries(1))) == 0.0


def test_it_is_cordoned_emptied_repaired_and_put_back_to_use() -> None:
    found = Lab(LOAD, behaviour(), failures=[QUARTER]).run(1200.0)
    assert found.state.nodes.ready == [TRUE] * 4
    assert not any(found.state.nodes.unschedulable)
    found.run(1400.0)
    assert list(found.state.nodes.unschedulable) == [True, False, False, False]
    assert 0 not in {pod.node for pod in found.pods()}
    assert {pod.failing for pod in found.pods()} == {0}
    found.run(2000.0)
    assert not any(found.state.nodes.unschedulable)


def test_availability_sees_only_a_node_of_which_nothing_comes_back() -> None:
    partly, wholly = run(QUARTER).services["web"], run(replace(QUARTER, share=1.0)).services["web"]
    assert (partly.answering.at([1100.0])[0], wholly.answering.at([1100.0])[0]) == (4, 3)
    assert wholly.ready.at([1100.0])[0] == 4
    assert (QUARTER.seen_by, replace(QUARTER, share=1.0).seen_by) == ("requests", "endpoints")


@pytest.mark.parametrize(
    "end",
    [ContainerCrash("end", Fixed(1100.0)), down(0, at=1100.0, lasting=20.0), ContainerCrash("end", Fixed(100.0))],
)
def test_new_processes_meet_the_same(end: Any) -> None:
    found = Lab(LOAD, behaviour(), failures=[QUARTER, end]).run(1250.0)
    assert {(pod.node, pod.failing) for pod in found.pods()} == {(0, 250_000), (1, 0), (2, 0), (3, 0)}


def test_pods_that_come_to_it_meet_it_too() -> None:
    crowded = cluster(nodes(4), deployment(replicas=4))
    found = Lab(crowded, behaviour(), failures=[QUARTER]).run(1050.0)
    [old] = [pod for pod in found.pods() if pod.node == 0]
    found.state.pods.mark_deleting(old, 0)
    found.run(1150.0)
    assert {(pod.node, pod.failing) for pod in found.pods()} == {(0, 250_000), (1, 0), (2, 0), (3, 0)}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_it_takes_its_share_of_what_grey_containers_and_other_troubles_leave(order: tuple[int, ...]) -> None:
    """All three at once, ended in any order: half, half and half of what is left."""
    at = [2000.0 + 100.0 * place for place in order]
    lab = Lab(LOAD, behaviour(replace(EXACT, crash_loop_initial=0.0)))
    grey = lab.simulation.world.effects.grey(0.5)
    for number, owner in enumerate(("one", "other")):
        lab.at(1500.0, lambda owner=owner: grey.begin(0, owner, 0))
        lab.at(at[number], lambda owner=owner: grey.end(0, owner))
    GreyFailure("grey", Fixed(1500.0), Fixed(at[2] - 1500.0), 0.5).install(lab.simulation.world)
    lab.run(1600.0)
    assert {(pod.node, pod.failing) for pod in lab.pods()} == {(0, 875_000), *((node, 500_000) for node in (1, 2, 3))}
    left = []
    for seconds in (2050.0, 2150.0, 2250.0):
        lab.run(seconds)
        left += [pod.failing for pod in lab.pods() if pod.node == 0]
    assert left == [750_000, 500_000, 0]
    assert {pod.failing for pod in lab.pods()} == {0}


def test_a_bad_release_takes_its_share_first_whenever_its_containers_start() -> None:
    bad = replace(pods_of("web"), defect=Defect(Shows.ERRORS, "release/web", 0.5))
    load = cluster(nodes(4), deployment(replicas=4, pods=bad))
    crash = ContainerCrash("end", Fixed(1100.0))
    found = Lab(load, behaviour(), failures=[QUARTER, crash]).run(1250.0)
    assert {(pod.node, pod.failing) for pod in found.pods()} == {
        *((node, 500_000) for node in (1, 2, 3)),
        (0, 625_000),
    }
    assert {pod.failing for pod in found.run(1400.0).pods()} == {500_000}


def test_single_requests_tell_the_same() -> None:
    found = run(QUARTER)
    traffic = replace(TRAFFIC, rate=RequestRate.constant(40.0), service_time=Fixed(0.001))
    fluid = wrong(found, traffic)
    single = followed(replace(traffic, requests=RequestLevel()), found, LOAD)
    counted = single.lost[ERROR, "grey/node-0"]
    assert fluid == pytest.approx(40.0 * 1 / 4 * 300.0 * 0.25)
    assert abs(counted - fluid) < 4 * fluid**0.5


def test_the_share_that_is_lost_is_that_of_renewal_theory() -> None:
    """One node, which fails half of the requests until it is noticed; then its pod is evicted until it is repaired."""
    mode = GreyNode("grey", Exponential(10 * HOUR), Fixed(HOUR), Fixed(HOUR), 0.5)
    load, days = cluster(nodes(1), deployment()), 400
    found = run(mode, load=load, until=days * DAY)
    lost = wrong(found, load=load) / (10.0 * days * DAY)
    # An alternating renewal process: Var of its time average is sigma^2(up) grey^2 / cycle^3 / T, constant grey.
    cycle = 12 * HOUR
    deviation = (10 * HOUR) * HOUR / cycle**1.5 / (days * DAY) ** 0.5
    assert abs(lost - 0.5 * HOUR / cycle) < 4 * 0.5 * deviation


def test_it_is_no_settled_state() -> None:
    found = Lab(LOAD, behaviour(), failures=[QUARTER]).run(990.0)
    assert settled(found.simulation) is not None
    assert settled(found.run(1100.0).simulation) is None
    assert found.times(Kind.POD_FAILING, since=0.0) == [1000.0]
