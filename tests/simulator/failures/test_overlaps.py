"""Whatever overlaps with whatever, and is repaired in whatever order, leaves nothing behind.

Every failure mode and operation that is registered takes part. One with fields for which `test_failures` has no example
fails there and here, and says so.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import Phase as Step
from hypothesis import strategies as st

from models.distributions import Fixed
from simulator.failures.secret_expiry import SecretExpiry
from simulator.log import Configured, VolumeWait
from simulator.state.nodes import TRUE
from simulator.state.objects import DeploymentState, Disruption, Phase
from simulator.state.objects.service import USUAL
from tests.simulator.clusters import DAY, HOUR, Lab, down
from tests.simulator.failures.test_failures import FAILURES, LOAD, POLICIES, REQUESTS, instance

LAST_STRIKE = 3 * HOUR
"""No clock fires afterwards."""
LONGEST = 2 * HOUR
"""What breaks is mended within it."""
LONG_AFTER = LAST_STRIKE + LONGEST + 2 * DAY

MOMENTS = st.floats(1.0, LAST_STRIKE, allow_subnormal=False)
LENGTHS = st.floats(1.0, LONGEST, allow_subnormal=False)
STORIES = st.lists(st.tuples(st.sampled_from(sorted(POLICIES)), MOMENTS, LENGTHS), min_size=1, max_size=6)


def told(stories: list[tuple[str, float, float]], *others: Any) -> Lab:
    """A run in which each is told once or more: from its time on, each for its length."""
    failures, operations = list[Any](others), list[Any]()
    for number, (name, at, lasting) in enumerate(stories):
        policy, length = POLICIES[name], Fixed(lasting)
        one = instance(
            policy,
            name=f"{name.split()[1]}-{number}",
            time_to_failure=Fixed(at),
            time_to_repair=length,
            time_to_return=length,
            maintenance=length,
            detection=length,
            every=None,
            at=at,
            lasting=lasting,
        )
        (failures if policy in FAILURES.values() else operations).append(one)
    return Lab(LOAD, failures=failures, operations=operations, traffic=[REQUESTS], end=LAST_STRIKE)


def residue(lab: Lab) -> list[str]:
    """All that is not as it was, in words.

    But for pods that have failed, as those that kubelets evict: their objects stay until there are 12,500 of them
    (pkg/controller/podgc, --terminated-pod-gc-threshold).
    """
    state, world = lab.state, lab.simulation.world
    nodes, found = state.nodes, list[str]()
    for node in [node for node, exists in enumerate(nodes.exists) if exists]:
        wrong = {
            "down": nodes.down_causes[node] or not nodes.powered[node],
            "cut off": nodes.silent_causes[node] or not nodes.reporting[node],
            "unwell": nodes.unhealthy_causes[node] or not nodes.healthy[node],
            "not Ready": nodes.ready[node] != TRUE,
            "cordoned": nodes.unschedulable[node],
            "tainted": nodes.taints_of(node),
            "cut off from users": nodes.unreachable_causes[node] or not nodes.reachable[node],
            "hung": lab.simulation.control_plane.kubelet.hang.holds(node),
            "shutting down": node in lab.simulation.control_plane.kubelet.shutdown.going,
        }
        found += [f"{nodes.names[node]} is {what}" for what, is_so in wrong.items() if is_so]
    # Pods that a kubelet has evicted have failed, and stay as objects that have nothing: nobody counts them.
    over = {pod.uid for pod in state.pods.values() if pod.disruption is Disruption.TERMINATION_BY_KUBELET}
    found += [f"{state.pods[uid].name} has a node" for uid in over if any(uid in held for held in nodes.running)]
    for pod in [pod for pod in state.pods.values() if pod.uid not in over or not pod.is_over]:
        wrong = {
            "deleting": pod.deleting,
            "stopping": pod.stopping,
            "not running": pod.phase is not Phase.RUNNING,
            "not answering": not pod.answering,
            "not ready": not pod.ready,
            "pulling": pod.pulling,
            "grey": pod.failing,
            "misconfigured": pod.configuration is not Configured.WELL,
            "without a volume": pod.volume_wait is not VolumeWait.NOTHING,
        }
        found += [f"{pod.name} is {what}" for what, is_so in wrong.items() if is_so]
    for deployment in state.workloads.of(DeploymentState):
        pods = [pod for pod in state.pods.values() if pod.pod_class.workload is deployment.workload and not pod.is_over]
        if len(pods) != deployment.spec.replicas or not deployment.complete:
            found.append(f"{deployment.workload} has {len(pods)} pods of {deployment.spec.replicas}")
    for service in state.services:
        behind = {p.uid for p in state.pods.values() if service in p.pod_class.endpoint_of and not p.is_over}
        if set(service.endpoints) != behind or service.terminating or service.answering != len(behind):
            found.append(f"{service.spec.name} lists {set(service.endpoints)} of {behind}")
        if service.rate != USUAL or service.circuit_open:
            found.append(f"{service.spec.name} gets other requests than usual")
    components = lab.simulation.control_plane.components
    for name in ("api_server", "controller_manager", "scheduler"):
        if getattr(components, name).is_down:
            found.append(f"{name} is down")
    if not world.service_path.is_well:
        found.append("proxies, names or the network between pods are not well")
    if not world.image_registry.is_well:
        found.append("the image registry is not well")
    # A certificate's end is written on it: its story waits for that from the start.
    ends = any(isinstance(mode, SecretExpiry) for mode in lab.failures)
    clocks = {clock.timer for clock in lab.simulation.hazards.running if clock.timer is not None}
    if not ends and not lab.kernel.waits_only_for(clocks | world.due):
        found.append("something waits for a time")
    found += [f"{name} waits: {why}" for name, why in lab.simulation.pending().items()]
    return found


ALL_AT_ONCE = [(name, 600.0 + 60.0 * number, 1800.0) for number, name in enumerate(sorted(POLICIES))]


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=(Step.explicit, Step.generate),
)
@given(STORIES)
@example(ALL_AT_ONCE)
@example([(name, at, LONGEST - at) for name, at, _ in ALL_AT_ONCE])
def test_whatever_overlaps_leaves_nothing_behind(stories: list[tuple[str, float, float]]) -> None:
    lab = told(stories).run(LONG_AFTER)
    assert residue(lab) == []


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_each_of_them_takes_part(name: str) -> None:
    """It does something in such a run, so that there is something to be left behind."""
    lab = told([(name, 500.0, 1800.0)], down(0, at=100.0, lasting=LONGEST)).run(LONG_AFTER)
    assert lab.simulation.strikes()[f"{name.split()[1]}-0"] > 0
