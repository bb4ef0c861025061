"""Containers that are ready and answer wrong, until somebody has noticed."""

from dataclasses import replace
from typing import Any

import pytest

from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.release import Defect, Shows
from models.request_level import RequestLevel
from models.traffic import RequestRate, Retries, Traffic
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.grey_failure import GreyFailure
from simulator.log import Kind
from simulator.rare.settled import settled
from simulator.run import Run, simulate
from simulator.traffic.attempts import ERROR
from simulator.traffic.run import expected, followed
from tests.simulator.clusters import DAY, EXACT, HOUR, Lab, behaviour, cluster, container, deployment, down, nodes
from tests.simulator.clusters import template as pods_of

LOAD = cluster(nodes(3), deployment(replicas=4))
AT_ONCE = behaviour(replace(EXACT, crash_loop_initial=0.0))
TRAFFIC = Traffic("web", RequestRate.constant(10.0), endpoint_lag=Fixed(0.0))
QUARTER = GreyFailure("grey", Fixed(1000.0), Fixed(300.0), 0.25)
"""Every container from 1000 s after its start on, for a quarter of its requests; it is killed 300 s later."""
LASTING = 300.0 + 1.0
"""It answers as before for the second that it takes to stop."""


def run(*stories: Any, load: Any = LOAD, until: float = 2000.0) -> Run:
    return simulate(load, failures=stories, behaviour=AT_ONCE, duration=until, keep_log=True)


def wrong(found: Run, traffic: Traffic = TRAFFIC, load: Any = LOAD) -> float:
    return sum(loss.requests for loss in expected(traffic, found, load).losses if loss.why == ERROR)


def test_its_share_of_the_requests_is_lost_until_it_is_noticed() -> None:
    found = run(QUARTER)
    assert wrong(found) == pytest.approx(10.0 * LASTING * 0.25)
    assert found.strikes == {"grey": 4}


def test_only_the_selected_pods_lose_their_part_and_retries_make_the_best_of_it() -> None:
    load = cluster(nodes(3), deployment(replicas=3), deployment("odd"))
    only = replace(QUARTER, select=LabelSelector.of({"app": "odd"}))
    found = run(only, load=load)
    assert wrong(found, load=load) == 0.0
    assert wrong(found, replace(TRAFFIC, service="odd"), load) == pytest.approx(10.0 * LASTING * 0.25)
    retried = replace(TRAFFIC, retries=Retries(1))
    assert wrong(run(QUARTER), retried) == pytest.approx(10.0 * LASTING * 0.25**2)


def test_availability_sees_only_one_that_answers_nothing_right() -> None:
    partly, wholly = run(QUARTER).services["web"], run(replace(QUARTER, share=1.0)).services["web"]
    assert partly.answering.at([1100.0])[0] == 4
    assert wholly.answering.at([1100.0])[0] == 0
    assert wholly.ready.at([1100.0])[0] == 4
    assert (QUARTER.seen_by, replace(QUARTER, share=1.0).seen_by) == ("requests", "endpoints")


def test_it_is_killed_when_it_is_noticed_and_another_process_is_well() -> None:
    found = Lab(LOAD, AT_ONCE, failures=[replace(QUARTER, share=1.0)]).run(1900.0)
    ready = [time for time, _, _, new, _ in found.rows(Kind.POD_READY, since=1.0) if not new]
    assert sorted(set(found.times(Kind.POD_ANSWERING, 0, since=1.0))) == [1000.0]
    assert set(ready) == {1301.0}  # it takes a second to stop
    assert all(pod.answering and pod.containers[0].restarts == 1 for pod in found.pods())


@pytest.mark.parametrize("end", [ContainerCrash("end", Fixed(1100.0)), down(0, 1, 2, at=1100.0, lasting=20.0)])
def test_it_ends_with_the_process_whatever_ends_it(end: Any) -> None:
    found = Lab(LOAD, AT_ONCE, failures=[QUARTER, end]).run(1050.0)
    assert {pod.failing for pod in found.pods()} == {250_000}
    found.run(1200.0)
    assert {pod.failing for pod in found.pods()} == {0}
    assert all(pod.answering for pod in found.pods())


def test_two_containers_of_a_pod_take_their_shares_one_after_the_other() -> None:
    load = cluster(nodes(3), deployment(replicas=1, pods=pods_of("web", container("a"), container("b"))))
    found = Lab(load, AT_ONCE, failures=[replace(QUARTER, share=0.5)]).run(1100.0)
    assert [pod.failing for pod in found.pods()] == [750_000]
    assert [pod.failing for pod in found.run(1500.0).pods()] == [0]


def test_a_container_that_starts_anew_takes_nothing_from_what_another_and_the_release_fail() -> None:
    """A release that fails 20 %, and two grey containers: of what is left each fails a quarter, while it is grey."""
    pods = replace(pods_of("web", container("a"), container("b")), defect=Defect(Shows.ERRORS, "release/web", 0.2))
    grey = replace(QUARTER, detection=Fixed(10_000.0))
    found = Lab(cluster(nodes(1), deployment(pods=pods)), AT_ONCE, failures=[grey]).run(1050.0)
    [pod] = found.pods()
    assert pod.failing == round((1 - 0.8 * 0.75**2) * 1e6)
    found.simulation.control_plane.kubelet.oom_kill(pod, pod.containers[0], 0)
    found.run(1100.0)
    assert pod.failing == round((1 - 0.8 * 0.75) * 1e6)
    assert found.rows(Kind.POD_FAILING, since=1050.0)[-1][-1].startswith("grey/")


def test_single_requests_tell_the_same() -> None:
    found = run(QUARTER)
    traffic = replace(TRAFFIC, rate=RequestRate.constant(40.0), service_time=Fixed(0.001))
    fluid = wrong(found, traffic)
    single = followed(replace(traffic, requests=RequestLevel()), found, LOAD)
    counted = sum(number for (why, cause), number in single.lost.items() if why == ERROR and cause.startswith("grey/"))
    assert fluid == pytest.approx(40.0 * LASTING * 0.25)
    assert abs(counted - fluid) < 4 * fluid**0.5


def test_the_share_that_is_lost_is_that_of_renewal_theory() -> None:
    """Grey for the share mean(detection) / cycle of the time, on average over many independent containers."""
    mode = GreyFailure("grey", Exponential(10 * HOUR), Fixed(HOUR), 0.5)
    load, days = cluster(nodes(4), deployment(replicas=20)), 60
    found = run(mode, load=load, until=days * DAY)
    of_all = wrong(found, load=load) / (10.0 * days * DAY)
    cycle = 10 * HOUR + HOUR + 3.0
    grey = HOUR / cycle
    # An alternating renewal process: Var of its time average is sigma^2(up) down^2 / cycle^3 / T, constant down.
    deviation = (10 * HOUR) * HOUR / cycle**1.5 / (days * DAY) ** 0.5 / 20**0.5
    assert abs(of_all - 0.5 * grey) < 4 * 0.5 * deviation


def test_it_is_no_settled_state() -> None:
    found = Lab(LOAD, AT_ONCE, failures=[QUARTER]).run(990.0)
    assert settled(found.simulation) is not None
    assert settled(found.run(1100.0).simulation) is None
