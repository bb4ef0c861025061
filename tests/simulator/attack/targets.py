"""What the tests attack: a small cluster with constant times, so that what is alike does the same to the second."""

from typing import Any

from models.distributions import Exponential, Fixed
from models.pod import PodTemplate
from simulator.attack.follow import Target, surveyed
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.stories.protocols import FailureMode, Operation
from tests.simulator.clusters import HOUR, behaviour, cluster, deployment, nodes

SOME_DAY = Exponential(1e7)
NODE = NodeCrash("node-crash", SOME_DAY, Fixed(HOUR))
ZONE = ZoneOutage("zone-outage", SOME_DAY, Fixed(HOUR))
CRASH = ContainerCrash("crash", SOME_DAY)
DRAIN = Drain("drain", every=30 * 24 * HOUR, maintenance=Fixed(600.0))
RELEASE = Rollout("release", "Deployment/web", every=7 * 24 * HOUR)


def target(
    *stories: FailureMode | Operation,
    machines: int = 3,
    zones: str = "abc",
    replicas: int = 3,
    pods: PodTemplate | None = None,
    **simulated: Any,
) -> Target:
    """A Deployment `web` behind a Service on these nodes, and what may strike; surveyed."""
    made = cluster(nodes(machines, zones), deployment("web", replicas, pods=pods))
    failures = tuple(one for one in stories if not hasattr(one, "every"))
    operations = tuple(one for one in stories if hasattr(one, "every"))
    arguments = {"cluster": made, "behaviour": behaviour(), **simulated}
    return surveyed(Target(arguments, failures, operations, 0, 0, 4 * HOUR))[0]
