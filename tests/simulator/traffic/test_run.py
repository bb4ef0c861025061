"""Traffic over whole runs of the simulator: fluid and request-level traffic tell the same."""

import math
from typing import Any

import numpy as np
import pytest

from models.distributions import Exponential, Fixed, Uniform
from models.request_level import FirstComeFirstServed, RequestLevel
from models.traffic import RequestRate, Retries, Traffic
from simulator import registry, simulate
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.operations.rollout import Rollout
from simulator.run import Run
from simulator.step_function import StepFunction
from simulator.traffic.endpoints import EndpointHistory, endpoint_history
from simulator.traffic.run import expected, followed
from tests.simulator.clusters import DAY, HOUR, cluster, deployment, nodes

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
