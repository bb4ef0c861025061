"""What must hold in every cluster, whatever happens to it: after each transition, and whenever nothing is left to do."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.deployment import StrategyType
from models.distributions import LogNormal, Uniform
from models.node import TaintEffect
from models.timing import Timing
from simulator.log import Kind
from simulator.nodes import NodeTable
from simulator.objects import Phase
from simulator.operations.rollout import Rollout
from simulator.run import simulate
from simulator.scheduling.counts import PodCount
from simulator.simulation import Simulation
from simulator.state import ClusterState
from simulator.world import FailureMode
from tests.simulator.clusters import DAY, EXACT, HOUR, Lab, behaviour
from tests.simulator.strategies import clusters, failures, rollouts

LIVELY = behaviour(
    image_pull=LogNormal(5.0, 0.8), startup=Uniform(0.0, 30.0), restart=Uniform(0.0, 2.0), stop=Uniform(0.0, 12.0)
)
SETTINGS = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
)
slowly = settings(SETTINGS, max_examples=300)


def check_nodes(state: ClusterState) -> None:
    """Nodes hold what is said to be on them, and not more than they can."""
    table: NodeTable = state.nodes
    used = {name: np.zeros(len(table), dtype=np.int64) for name in ("cpu", "memory", "pods")}
    on: defaultdict[int, set[int]] = defaultdict(set)
    for uid, pod in state.pods.items():
        assert pod.uid == uid
        if pod.node >= 0 and pod.phase not in (Phase.FAILED, Phase.SUCCEEDED):
            on[pod.node].add(uid)
            requests = pod.pod_class.spec.requests
            for name, amount in (("cpu", requests.cpu), ("memory", requests.memory), ("pods", 1)):
                used[name][pod.node] += amount
    for node, running in enumerate(table.running):
        assert set(running) == on[node]
    for name, amounts in used.items():
        np.testing.assert_array_equal(getattr(table, f"used_{name}"), amounts)
        assert (amounts <= getattr(table, name)).all()


def check_pods(state: ClusterState) -> None:
    """Pods are what their containers and nodes make of them."""
    slots: Counter[tuple[object, int]] = Counter()
    for pod in state.pods.values():
        slots[pod.pod_class.workload, pod.slot.index] += not pod.deleting
        powered = pod.node >= 0 and state.nodes.powered[pod.node]
        assert pod.phase is not Phase.ABSENT
        assert not pod.answering or (powered and pod.running == len(pod.containers) > 0)
        assert pod.running == 0 or powered
        assert not pod.available or (pod.ready and not pod.deleting)
        assert pod.node >= 0 or not pod.ready
    assert max(slots.values(), default=0) <= 1


def check_services(state: ClusterState) -> None:
    """Endpoints are exactly the Ready pods selected that are not being deleted (or all that run, if it says so)."""
    for service in state.services:
        spec = service.spec
        expected = {
            pod.uid
            for pod in state.pods.values()
            if spec.selects(pod.pod_class.namespace, pod.pod_class.labels)
            and (pod.phase is Phase.RUNNING if spec.publish_not_ready_addresses else pod.ready and not pod.deleting)
        }
        assert set(service.endpoints) == expected
        assert service.answering == sum(state.pods[uid].answering for uid in expected)


def check_replica_sets(state: ClusterState) -> None:
    """Status counts are those of a recount."""
    of: defaultdict[object, list] = defaultdict(list)
    for pod in state.pods.values():
        of[pod.owner].append(pod)
    for replica_set in state.replica_sets:
        mine = of[replica_set]
        active = {pod.uid for pod in mine if not pod.deleting}
        assert set(replica_set.pods) == active
        assert set(replica_set.objects) == {pod.uid for pod in mine}
        assert replica_set.ready == sum(state.pods[uid].ready for uid in active)
        assert replica_set.available == sum(state.pods[uid].available for uid in active)
        assert replica_set.available <= replica_set.ready <= len(active)


def check_counts(simulation: Simulation) -> None:
    """The scheduler's running counts of pods are those of a recount."""
    counts: Sequence[PodCount] = list(simulation.scheduler._counts._counts.values())
    for count in counts:
        by_node = np.zeros(len(simulation.state.nodes), dtype=np.int64)
        for pod in simulation.state.pods.values():
            active = pod.node >= 0 and not pod.deleting and pod.phase not in (Phase.FAILED, Phase.SUCCEEDED)
            by_node[pod.node] += active and count.matches(pod.pod_class)
        np.testing.assert_array_equal(count.by_node, by_node)
        for domain, number in enumerate(count.by_domain):
            assert number == by_node[count.domain == domain].sum()


def check_at_rest(simulation: Simulation) -> None:
    """Nothing is left to do at this time: no pod is missing, too many, or waiting although it fits."""
    state, scheduler = simulation.state, simulation.scheduler
    for replica_set in state.replica_sets:
        assert len(replica_set.pods) == replica_set.desired
    for pod in state.pods.values():
        if pod.node < 0 and not pod.deleting:
            prepared = scheduler._prepared(pod.pod_class)
            assert len(scheduler._framework.feasible(prepared)) == 0
    for node, ready in enumerate(state.nodes.ready):
        keys = {taint.key.rpartition("/")[2] for taint in state.nodes.taints_of(node)}
        assert ("unreachable" in keys) is (ready == 2)
    check_counts(simulation)


def watch(simulation: Simulation, bounds: bool) -> None:
    """Checks the state after every transition that is not itself a reaction to another one."""
    state = simulation.state
    emit: Callable[..., None] = state._emit
    depth = 0

    def checked(kind: Kind, subject: object, number: int, old: int, new: int, cause: int) -> None:
        nonlocal depth
        if kind is Kind.POD_NODE:
            tolerations = subject.pod_class.spec.tolerations  # type: ignore[attr-defined]
            for taint in state.nodes.taints_of(new):
                assert taint.effect is TaintEffect.PREFER_NO_SCHEDULE or any(t.tolerates(taint) for t in tolerations)
            assert not state.nodes.unschedulable[new]
        depth += 1
        emit(kind, subject, number, old, new, cause)
        depth -= 1
        if depth == 0:
            check_nodes(state)
            check_pods(state)
            check_services(state)
            check_replica_sets(state)
            if bounds and simulation.kernel.now >= 0:
                check_fences(state)

    state._emit = checked  # type: ignore[method-assign]


def check_fences(state: ClusterState) -> None:
    """Rolling updates keep within maxSurge and maxUnavailable (Deployments that are marked as settled at time 0)."""
    for deployment in state.deployments:
        if deployment.workload not in SETTLED:
            continue
        replicas = deployment.spec.replicas
        surge, unavailable = deployment.spec.fence_posts()
        assert sum(r.desired for r in deployment.replica_sets) <= replicas + surge
        assert sum(r.available for r in deployment.replica_sets) >= replicas - unavailable


SETTLED: set[object] = set()


def watched(cluster: Cluster, under: Behaviour, bounds: bool = False, **other: object) -> Lab:
    """Deploys the cluster under watch."""
    SETTLED.clear()
    lab = Lab(cluster, under, before=lambda simulation: watch(simulation, bounds), **other)  # type: ignore[arg-type]
    for deployment in lab.state.deployments:
        if deployment.complete and deployment.spec.strategy is StrategyType.ROLLING_UPDATE:
            SETTLED.add(deployment.workload)
    return lab


def let_pass(lab: Lab, until: float) -> None:
    """Runs event by event, and checks whenever time goes on."""
    kernel = lab.kernel
    while kernel.peek() <= until:
        if kernel.peek() > kernel.now:
            check_at_rest(lab.simulation)
        kernel.step()
    lab.run(until)


def check_converged(lab: Lab) -> None:
    """Every Deployment that has room is where it should be."""
    waiting = {pod.pod_class.workload for pod in lab.state.pods.values() if pod.node < 0}
    for deployment in lab.state.deployments:
        if deployment.workload not in waiting:
            replicas = deployment.spec.replicas
            assert deployment.complete
            *old, newest = lab.counts(deployment.workload.name)
            assert newest == (replicas, replicas, replicas)
            assert set(old) <= {(0, 0, 0)}


@st.composite
def histories(draw: st.DrawFn) -> tuple[Cluster, tuple[FailureMode, ...], tuple[Rollout, ...], int]:
    """A cluster, what happens to it, and a seed."""
    cluster = draw(clusters())
    return cluster, draw(failures()), draw(rollouts(cluster)), draw(st.integers(0, 1000))


History = tuple[Cluster, tuple[FailureMode, ...], tuple[Rollout, ...], int]


def live_through(history: History, timing: Timing = EXACT) -> Lab:
    """A day of failures, and half a day without."""
    cluster, modes, operations, seed = history
    under = Behaviour(LIVELY.pods, timing=timing)
    lab = watched(cluster, under, failures=modes, operations=operations, seed=seed, end=DAY)
    if timing is EXACT:
        let_pass(lab, DAY)
    # After the end no clock fires any more. What is under way is finished, and repeated releases are let be.
    return lab


@SETTINGS
@given(histories())
def test_the_state_is_consistent_through_failures_and_releases(history: History) -> None:
    live_through(history)


@pytest.mark.slow
@slowly
@given(histories())
def test_the_state_is_consistent_through_many_failures_and_releases(history: History) -> None:
    live_through(history)


@SETTINGS
@given(histories())
def test_the_state_is_consistent_with_controllers_that_take_their_time(history: History) -> None:
    live_through(history, Timing()).run(DAY)


@SETTINGS
@given(histories())
def test_deployments_converge_when_failures_are_over(history: History) -> None:
    cluster, modes, operations, seed = history
    once = tuple(o for o in operations if o.every is None)
    lab = watched(cluster, LIVELY, failures=modes, operations=once, seed=seed, end=6 * HOUR)
    lab.run(6 * HOUR)
    let_pass(lab, 30 * HOUR)
    check_converged(lab)
    assert all(lab.state.nodes.powered)
    assert set(lab.state.nodes.ready) == {1}


@SETTINGS
@given(clusters().flatmap(lambda cluster: st.tuples(st.just(cluster), rollouts(cluster))), st.integers(0, 1000))
def test_rollouts_keep_within_their_fences(releases: tuple[Cluster, tuple[Rollout, ...]], seed: int) -> None:
    cluster, operations = releases
    lab = watched(cluster, LIVELY, bounds=True, operations=operations, seed=seed)
    let_pass(lab, 4 * HOUR)


@SETTINGS
@given(histories())
def test_the_same_seed_tells_the_same_story(history: History) -> None:
    cluster, modes, operations, seed = history
    runs = [
        simulate(
            cluster, behaviour=LIVELY, failures=modes, operations=operations, seed=seed, duration=DAY, keep_log=True
        )
        for _ in range(2)
    ]
    logs = [run.log for run in runs]
    assert logs[0] is not None
    assert logs[1] is not None
    assert logs[0].columns().tobytes() == logs[1].columns().tobytes()
    assert runs[0].strikes == runs[1].strikes
    assert runs[0].pending == runs[1].pending
