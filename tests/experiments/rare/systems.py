"""Small systems with rare outages, as scenarios."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from experiments.design.goal import ReadyEndpoints, ServiceGoal
from experiments.design.scenario import Scenario
from experiments.verify.systems import ALONE, behaviour, one_service
from models.behaviour import Behaviour
from models.cluster import Cluster
from models.distributions import Distribution, Exponential, LogNormal
from models.units import DAY
from simulator.failures.node_crash import NodeCrash
from simulator.stories.protocols import FailureMode
from tests.simulator import clusters

REPAIRS = LogNormal.from_quantile(480.0, 3600.0)
"""Of nodes: median 8 min, 95 % within an hour."""


def scenario(
    cluster: Cluster,
    failures: Sequence[FailureMode],
    days: float,
    *,
    of: str = "web",
    at_least: int = 1,
    seed: int = 1,
    **other: Any,
) -> Scenario:
    """Measures one Service for so long."""
    goals = other.pop("services", (ServiceGoal(of, ReadyEndpoints(at_least)),))
    given = {"behaviour": Behaviour(), "operations": (), "warmup": 0.0} | other
    return Scenario("p", cluster, failures=tuple(failures), services=goals, duration=days * DAY, seed=seed, **given)


def with_seed(of: Scenario, seed: int) -> Scenario:
    """The same with other luck."""
    return replace(of, seed=seed)


def of_units(
    number: int, lives: Distribution, repairs: Distribution, days: float, at_least: int = 1, **other: Any
) -> Scenario:
    """So many nodes that are lost alone, with a pod on each that stays there and answers whenever its node is up."""
    other = {"behaviour": behaviour(timing=ALONE)} | other
    failures = [NodeCrash("node", lives, repairs), *other.pop("failures", ())]
    return scenario(one_service(number), failures, days, of="all", at_least=at_least, **other)


def kubernetes(
    replicas: int, nodes: int, life: float, days: float, zones: str = "abc", pods: Any = None, **other: Any
) -> Scenario:
    """A Deployment whose replicas Kubernetes moves away from nodes that are lost after `life` seconds on average."""
    cluster = clusters.cluster(clusters.nodes(nodes, zones), clusters.deployment("web", replicas, pods=pods))
    failures = [NodeCrash("node", Exponential(life), REPAIRS), *other.pop("failures", ())]
    return scenario(cluster, failures, days, **other)
