"""Traffic over whole runs of the simulator: fluid and request-level traffic tell the same."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.cluster import Cluster
from models.distributions import Exponential, Fixed, Uniform
from models.node import Resources
from models.request_level import FirstComeFirstServed, RequestLevel
from models.traffic import RequestRate, Retries, Traffic, Weight
from simulator import registry, simulate
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.operations.node_upgrade import NodeUpgrade
from simulator.operations.rollout import Rollout
from simulator.run import Run
from simulator.step_function import StepFunction
from simulator.traffic.endpoints import EndpointHistory, endpoint_history
from simulator.traffic.run import expected, followed
from simulator.traffic.views import endpoint_weights
from tests.simulator.clusters import DAY, HOUR, cluster, container, deployment, nodes, template

WEB = cluster(nodes(6, zones=("a", "b", "c")), deployment(replicas=3))
POLICIES = ("random", "roundRobin", "powerOfTwo")


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """Nodes and containers crash, and there is a release every two hours."""
    failures = (
        NodeCrash("node-crash", Exponential(12 * HOUR), Fixed(600.0)),
        ContainerCrash("oom", Exponential(4 * HOUR)),
    )
    releases = (Rollout("release", "Deployment/web", every=2 * HOUR),)
    return [
        simulate(WEB, duration=DAY, failures=failures, operations=releases, seed=3, replication=i, keep_log=True)
        for i in range(3)
    ]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("retries", [0, 1])
def test_single_requests_tell_the_same_as_fluid_traffic(policy: str, retries: int, runs: list[Run]) -> None:
    """The difference is within 4 standard errors of nothing."""
    traffic = Traffic(
        "web",
        RequestRate.constant(20.0),
        registry.find("balancing", policy)(),
        endpoint_lag=Uniform(1.0, 5.0),
        retries=Retries(retries),
        service_time=Fixed(0.0),
        requests=RequestLevel(pod=FirstComeFirstServed()),
    )
    lost = np.array([(expected(traffic, run, WEB).lost, followed(traffic, run, WEB).losses) for run in runs])
    # No request is lost twice: given the runs, the number of those lost varies at most as a Poisson number does.
    error = math.sqrt(lost[:, 0].sum())
    assert lost[:, 0].sum() > 500
    assert abs(lost[:, 1].sum() - lost[:, 0].sum()) < 4 * error
    assert error < 0.1 * lost[:, 0].sum()


def test_pods_on_nodes_that_joined_in_the_run_weigh_what_their_zone_weighs() -> None:
    """All machines are replaced, one after the other, and the pods come to run on new ones."""
    upgrade = NodeUpgrade("upgrade", at=HOUR)
    run = simulate(WEB, duration=DAY, operations=(upgrade,), seed=5, keep_log=True)
    assert run.log is not None
    changes = endpoint_history(run.log, "web", run.start, run.end)
    joined = [e for e, node in enumerate(changes.nodes.tolist()) if node >= len(WEB.nodes)]
    assert len(joined) == 3
    given: dict[str, Any] = {"weights": (Weight("zone/a", 4.0),), "endpoint_lag": Fixed(2.0)}
    traffic = Traffic("web", RequestRate.constant(20.0), requests=RequestLevel(), **given)
    weights = endpoint_weights(traffic, changes, WEB)
    assert [weights[e] for e in joined] == [4.0 if changes.zones[e] == "a" else 1.0 for e in joined]
    lost = expected(traffic, run, WEB).lost
    assert lost > 100
    assert abs(followed(traffic, run, WEB).losses - lost) <= 4 * math.sqrt(lost)


@pytest.mark.parametrize("policy", registry.classes("balancing"))
@pytest.mark.parametrize("retries", [0, 1])
def test_a_container_killed_in_a_run_loses_the_share_of_its_policy(policy: str, retries: int) -> None:
    """One of three dies; the lists of the clients are 2 s behind. Policies that compare send more to it."""
    crash = ContainerCrash("oom", Exponential(4 * HOUR))
    run = simulate(WEB, duration=4 * HOUR, failures=(crash,), seed=5, keep_log=True)
    assert run.log is not None
    changes = endpoint_history(run.log, "web", run.start, run.end)
    assert run.strikes["oom"] > 0
    balancing = registry.find("balancing", policy)()
    given: dict[str, Any] = {"endpoint_lag": Fixed(2.0), "retries": Retries(retries)}
    found = expected(Traffic("web", RequestRate.constant(10.0), balancing, **given), run, WEB)
    dead = _met_dead(changes, 2.0)
    if retries:
        assert found.lost == pytest.approx(0.0, abs=1e-9)
    elif balancing.compares:
        assert found.lost > 10.0 * dead / 3 * 1.001
    else:
        assert found.lost == pytest.approx(10.0 * dead / 3)
    assert {loss.why for loss in found.losses} <= {"dead endpoint"}


def _met_dead(changes: EndpointHistory, lag: float) -> float:
    """Seconds in which clients that are so far behind had a dead endpoint on their lists, which were of three."""
    total = 0.0
    for endpoint in range(len(changes.names)):
        mine = changes.endpoints == endpoint
        times, conditions = changes.times[mine], changes.conditions[mine]
        start, end = changes.start, changes.end
        dead = StepFunction.of_changes(start, 0.0, times, (conditions & 2 == 0).astype(float), end)
        listed = StepFunction.of_changes(start, 1.0, times + lag, (conditions & 1).astype(float), end)
        both = np.union1d(dead.times, listed.times)
        total += float(np.diff(np.append(both, end)) @ (dead.at(both) * listed.at(both)))
    return total


# CPU limits


def limited(cpu: int) -> Cluster:
    """One pod with a CPU limit, in millicores."""
    pods = template("web", container(cpu=100, limits=Resources(cpu)))
    return cluster(nodes(1), deployment(replicas=1, pods=pods))


def calm(of: Cluster) -> Run:
    return simulate(of, duration=2000.0, seed=3, keep_log=True)


def test_a_cpu_limit_is_a_capacity_where_requests_take_cpu_time() -> None:
    """500m at 20 ms a request: 25 a second of 40 are answered."""
    of = limited(500)
    asked = Traffic("web", RequestRate.constant(40.0), cpu_per_request=0.02)
    found = expected(asked, calm(of), of)
    assert found.lost / found.offered == pytest.approx(15 / 40)
    assert expected(replace(asked, capacity=10.0), calm(of), of).lost / found.offered == pytest.approx(30 / 40)
    assert expected(replace(asked, cpu_per_request=None), calm(of), of).lost == 0


@pytest.mark.parametrize("load", [0.3, 0.8])
def test_requests_share_the_cpu_that_the_limit_leaves(load: float) -> None:
    """M/G/1 processor sharing (Kleinrock II, 4.4): a mean time of S / (1 - load), with S stretched by the limit.

    A request of 50 ms that keeps half a core busy, at a limit of a quarter of a core: alone it takes 100 ms.
    """
    of = limited(250)
    alone = 0.1
    asked = Traffic(
        "web",
        RequestRate.constant(load / alone),
        service_time=Exponential(0.05),
        cpu_per_request=0.025,
        requests=RequestLevel(),
    )
    lasting = 10_000.0
    found = followed(asked, simulate(of, duration=lasting, seed=3, keep_log=True), of)
    mean = found.latencies.total / found.answered
    # The number in an M/M/1 queue, a mean of load / (1 - load), has an asymptotic variance of its mean over a long time
    # (Whitt, Planning queueing simulations, 1989); Little's law makes times of it, with the same relative error.
    error = math.sqrt(2 * load * (1 + load) * alone / (1 - load) ** 4 / lasting) / (load / (1 - load))
    assert error < 0.04
    assert mean == pytest.approx(alone / (1 - load), rel=4 * error)
    free = followed(replace(asked, cpu_per_request=None), calm(of), of)
    assert free.latencies.total / free.answered == pytest.approx(0.05, rel=0.1)


def test_workers_that_are_more_than_the_limit_has_room_for_take_longer() -> None:
    """Four at half a core each, and a limit of one core: each takes twice its time."""
    of = limited(1000)
    asked = Traffic(
        "web",
        RequestRate.constant(1.0),
        service_time=Fixed(0.1),
        cpu_per_request=0.05,
        requests=RequestLevel(pod=FirstComeFirstServed(4)),
    )
    assert followed(asked, calm(of), of).latencies.worst == pytest.approx(0.2)
    two = replace(asked, requests=RequestLevel(pod=FirstComeFirstServed(2)))
    assert followed(two, calm(of), of).latencies.quantile(0.5) == pytest.approx(0.1, rel=0.02)
