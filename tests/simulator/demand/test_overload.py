"""Overload in a running cluster: who is stable, who is drawn along, what ends a storm."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.distributions import Fixed
from models.node import Resources
from models.pod import Probe
from models.service import Service
from models.traffic import RequestRate, Retries, Traffic
from simulator.log import Kind
from tests.simulator.clusters import (
    DAY,
    HOUR,
    Lab,
    behaviour,
    cluster,
    container,
    deployment,
    down,
    nodes,
    template,
)

PROBED = container(cpu=2000, readiness=Probe(period=5.0), liveness=Probe())
"""A node of 4 CPUs has room for one of its pods and a half: one a node."""


def lab(pods: int, rate: RequestRate | float, **other: Any) -> Lab:
    """So many pods of capacity 10, each on a node of its own, with nowhere else to go."""
    machines = [replace(one, pods=1) for one in nodes(pods)]
    web = deployment(replicas=pods, pods=template("web", other.pop("container", PROBED), tolerations=()))
    failures, stop = other.pop("failures", ()), Fixed(other.pop("stop", 1.0))
    given_rate = rate if isinstance(rate, RequestRate) else RequestRate.constant(rate)
    traffic = Traffic("web", given_rate, capacity=10.0, **other)
    return Lab(cluster(machines, web), behaviour(stop=stop), failures=failures, traffic=[traffic])


def overloads(of: Lab) -> int:
    return of.simulation.strikes().get("overload", 0)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.floats(0.1, 1.9))
def test_n_pods_of_capacity_c_are_stable_if_and_only_if_the_rate_is_at_most_n_c(pods: int, share: float) -> None:
    world = lab(pods, 10.0 * pods * share).run(6 * HOUR)
    assert (overloads(world) > 0) is (share > 1.0)


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
@pytest.mark.parametrize("share", [0.95, 1.05])
def test_the_loss_of_k_pods_overloads_the_others_if_and_only_if_the_rate_is_above_their_capacity(
    lost: int, share: float
) -> None:
    """Five pods; what is left of them after the loss is asked for a little less, or a little more, than it can do."""
    left = 5 - lost
    rate = 10.0 * left * share
    world = lab(5, min(rate, 50.0), failures=[down(*range(lost), at=100.0)] if lost else []).run(HOUR)
    assert (overloads(world) > 0) is (rate > 10.0 * left and lost > 0)
    if lost == 3 and share > 1:  # the cascade: the last ones go, too
        assert min(new for _, _, new in world.log(Kind.SERVICE_READY)) == 0


def test_probes_fail_once_the_queue_is_longer_than_their_time_out() -> None:
    """Of 15 requests a second 10 are done: after 2 s one waits for 1 s. Three ticks of 5 s, the last of which waits."""
    only_ready = replace(PROBED, liveness=None)
    world = lab(1, 15.0, container=only_ready).run(60.0)
    [first, *_] = world.times(Kind.POD_READY, 0)
    assert 2.0 + 10.0 + 1.0 <= first <= 2.0 + 15.0 + 1.0
    # By then so much waits, and with nothing to come it takes as long to do, to the last second before the time-out.
    back = world.times(Kind.POD_READY, 1, since=0.0)[0] - first
    assert first * 0.5 - 1.0 <= back <= first * 0.5 - 1.0 + 5.0


def test_liveness_restarts_the_container_which_backs_off() -> None:
    world = lab(1, 100.0, container=replace(PROBED, readiness=None)).run(2 * HOUR)
    [pod] = world.pods("web")
    # Each life: up after 2 s, then ticks for 20 to 30 s, and 1 s each for the last and the end. The sync that kills
    # goes by the exit before: if that is longer ago than the back-off, it restarts at once; the next one waits 5 min.
    assert 7200 / (34 + 150 + 5) <= pod.containers[0].restarts <= 5 + 7200 / (24 + 150)
    [[cause, times]] = world.caused(Kind.POD_CONTAINERS, "overload").items()
    assert cause == "Deployment/default/web/0"
    assert len(times) == pod.containers[0].restarts + (not pod.running)


def test_a_trigger_that_ends_before_the_queue_is_long_leaves_no_trace() -> None:
    """11 of 10 a second: a queue of 0.9 s after 9 s, which no probe notices; of 2 s after 20 s, which many do."""
    burst = RequestRate(((0.0, 5.0), (100.0, 11.0), (109.0, 5.0)))
    assert overloads(lab(1, burst).run(HOUR)) == 0


@pytest.mark.parametrize("late", [3e7 + 0.1 * number for number in range(20)])
def test_a_queue_drains_late_in_a_long_run_too(late: float) -> None:
    """There a moment is known to a few nanoseconds only: what is left by rounding must not be waited for again."""
    steps = ((0.0, 5.0), (late, 11.0), (late + 7.3, 0.1))
    assert overloads(lab(1, RequestRate(steps)).run(late + HOUR)) == 0


STORM = RequestRate(((0.0, 24.0), (HOUR, 60.0), (HOUR + 600.0, 24.0)))
"""Three pods of 10: well below their capacity, twice of it for ten minutes, and well below it ever after."""


def last_strike(**protection: Any) -> float:
    """When a pod was last unready or restarted, in seconds after the trigger ended."""
    world = lab(3, STORM, timeout=2.0, **protection).run(DAY)
    struck = [world.caused(kind, "overload").values() for kind in (Kind.POD_READY, Kind.POD_CONTAINERS)]
    times = [time for of_pods in struck for of_pod in of_pods for time in of_pod]
    return max(times, default=0.0) - HOUR - 600.0


def test_a_storm_of_retries_outlives_its_trigger() -> None:
    assert last_strike(retries=Retries(3)) > 22 * HOUR


@pytest.mark.parametrize(
    "protection", [{"queue": 5}, {"queue": 0}], ids=["a queue that is shorter than time-outs", "shedding"]
)
def test_shedding_keeps_pods_up(protection: dict[str, Any]) -> None:
    assert last_strike(retries=Retries(3), **protection) < -HOUR


@pytest.mark.parametrize("retries", [Retries(0), Retries(3, budget_share=0.1)], ids=["none", "a budget"])
def test_without_too_many_retries_a_storm_ends_soon_after_its_trigger(retries: Retries) -> None:
    assert 0.0 < last_strike(retries=retries) < 15 * 60.0


def test_several_services_to_the_same_pods_add_up() -> None:
    described = cluster(nodes(2), deployment(replicas=2, pods=template("web", PROBED)))
    both = replace(described, services=(*described.services, Service("also", selector={"app": "web"})))
    traffic = [Traffic(name, RequestRate.constant(12.0), capacity=10.0) for name in ("web", "also")]
    assert overloads(Lab(both, behaviour(), traffic=traffic[:1]).run(HOUR)) == 0
    assert overloads(Lab(both, behaviour(), traffic=traffic).run(HOUR)) > 0


def test_pods_without_probes_carry_on() -> None:
    world = lab(2, 100.0, container=container(cpu=2000)).run(DAY)
    assert overloads(world) == 0
    assert world.times(Kind.POD_READY, 0) == []


@pytest.mark.parametrize("neighbour", [0, 1000])
def test_a_pod_without_a_limit_has_its_part_of_its_node_by_requests(neighbour: int) -> None:
    """4 CPUs for two pods of 500m: 2 each, or 1 beside one of 1000m; at 20 ms a request 100 a second each, or 50."""
    bound = 200.0 if not neighbour else 100.0
    other = [deployment("other", pods=template("other", container(cpu=neighbour)))] if neighbour else []
    described = cluster(
        nodes(1), deployment(replicas=2, pods=template("web", replace(PROBED, requests=Resources(500)))), *other
    )
    for share in (0.95, 1.05):
        asked = Traffic("web", RequestRate.constant(bound * share), cpu_per_request=0.02)
        assert (overloads(Lab(described, behaviour(), traffic=[asked]).run(HOUR)) > 0) is (share > 1)


def test_a_pod_that_no_service_selects_any_more_works_off_what_waits_at_it() -> None:
    """Twice of what it can do; it gets other labels before its liveness probe has given up."""
    world = lab(1, 20.0, container=replace(PROBED, readiness=None))
    [pod] = world.pods("web")
    world.at(10.0, lambda: world.simulation.api.label(pod, {"app": "aside"}))
    world.run(HOUR)
    assert pod.owner is None
    assert pod.containers[0].restarts == 0


def test_pods_that_terminate_share_what_comes_while_no_other_is_ready() -> None:
    """Both pods of a Service are deleted, and take a minute to stop: until then nothing fails, nor is tried again."""
    world = lab(2, 8.0, retries=Retries(3), timeout=2.0, stop=60.0)
    stream = world.simulation.users.streams["web"]
    for pod in world.pods("web"):
        world.delete(pod, at=100.0)
    for at, on_each in ((99.0, 4.0), (150.0, 4.0)):
        world.run(at)
        assert stream.on_each() == on_each
        assert not stream.failing


def test_a_terminating_pod_that_answers_no_more_is_missed_until_it_is_gone() -> None:
    """The first takes requests until 130 s and is gone at 135 s, the second until 150 s; a new pod needs 3 s."""
    closing = behaviour(stop=Fixed(5.0))
    web = deployment(replicas=2, pods=template("web", replace(PROBED, pre_stop=30.0), termination_grace_period=60.0))
    world = Lab(
        cluster([replace(one, pods=1) for one in nodes(2)], web),
        replace(closing, pods=replace(closing.pods, answers_while_stopping=False)),
        traffic=[Traffic("web", RequestRate.constant(4.0), capacity=7.0, timeout=1.0, retries=Retries(3))],
    )
    stream = world.simulation.users.streams["web"]
    for pod, at in zip(world.pods("web"), (100.0, 120.0), strict=True):
        world.delete(pod, at=at)
    found = []
    for at in (129.0, 131.0, 136.0):
        world.run(at)
        found.append((len(stream.service.in_use), stream.failing))
    assert found == [(2, False), (2, True), (1, False)]


@pytest.mark.parametrize(("rate", "too_much"), [(4.5, False), (5.5, True)])
def test_services_that_are_too_much_together_are_so_though_neither_is_alone(rate: float, too_much: bool) -> None:
    described = cluster(nodes(1), deployment(pods=template("web", PROBED)))
    both = replace(described, services=(*described.services, Service("also", selector={"app": "web"})))
    traffic = [Traffic(name, RequestRate.constant(rate), capacity=10.0) for name in ("web", "also")]
    assert (overloads(Lab(both, behaviour(), traffic=traffic).run(HOUR)) > 0) is too_much


def test_pods_that_get_probes_with_a_later_release_are_overloaded_from_then_on() -> None:
    plain = deployment(pods=template("web", replace(PROBED, readiness=None, liveness=None)))
    probed = replace(plain, template=template("web", PROBED))
    world = Lab(cluster(nodes(2), plain), traffic=[Traffic("web", RequestRate.constant(20.0), capacity=10.0)])
    world.apply(probed, at=HOUR)
    assert overloads(world.run(HOUR)) == 0
    assert overloads(world.run(2 * HOUR)) > 0


def test_requests_that_come_and_go_may_find_no_endpoint_for_a_while() -> None:
    """Nobody retries, and nothing is ready until 200 s: too much comes at every noon all the same."""
    noon = RequestRate(((0.0, 5.0), (600.0, 20.0), (700.0, 5.0)), 1000.0)
    world = lab(1, noon, failures=[down(0, at=100.0, lasting=100.0)])
    assert overloads(world.run(600.0)) == 0
    assert overloads(world.run(700.0)) > 0
