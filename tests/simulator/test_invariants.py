"""What must hold in every cluster, whatever happens: after each transition, and whenever nothing is left to do."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.deployment import StrategyType
from models.distributions import Exponential, LogNormal, Uniform
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, UNREACHABLE, ZONE_LABEL, Taint, TaintEffect
from models.timing import Timing
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.sandbox_crash import SandboxCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.run import simulate
from simulator.scheduling.counts import PodCounts
from simulator.simulation import Simulation
from simulator.state.cluster import ClusterState
from simulator.state.nodes import NodeTable
from simulator.state.objects import DeploymentState, JobState, Phase, PodState
from simulator.stories.protocols import FailureMode
from tests.simulator.clusters import DAY, EXACT, HOUR, Lab, behaviour, uniform_cluster
from tests.simulator.strategies import clusters, crowds, failures, impairments, maintained, rollouts, with_jobs

LIVELY = behaviour(
    image_pull=LogNormal(5.0, 0.8), startup=Uniform(0.0, 30.0), restart=Uniform(0.0, 2.0), stop=Uniform(0.0, 12.0)
)
SETTINGS = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
)


def check_nodes(state: ClusterState) -> None:
    """Nodes hold what is said to be on them, and not more than they can."""
    table: NodeTable = state.nodes
    used = {name: [0] * len(table) for name in ("cpu", "memory", "pods")}
    on: defaultdict[int, set[int]] = defaultdict(set)
    for uid, pod in state.pods.items():
        assert pod.uid == uid
        if pod.node >= 0 and pod.phase not in (Phase.FAILED, Phase.SUCCEEDED):
            on[pod.node].add(uid)
            requests = pod.pod_class.requests
            for name, amount in (("cpu", requests.cpu), ("memory", requests.memory), ("pods", 1)):
                used[name][pod.node] += amount
    for node, running in enumerate(table.running):
        assert set(running) == on[node]
    for name, amounts in used.items():
        assert getattr(table, f"used_{name}").tolist() == amounts
        assert all(amount <= most for amount, most in zip(amounts, getattr(table, name).tolist(), strict=True))


def check_pods(state: ClusterState) -> None:
    """Pods are what their containers and nodes make of them."""
    slots: Counter[tuple[object, int]] = Counter()
    for pod in state.pods.values():
        slots[pod.pod_class.workload, pod.slot.index] += not pod.deleting and not pod.is_over
        assert pod.phase is not Phase.ABSENT
        assert pod.running == 0 or (pod.node >= 0 and state.nodes.powered[pod.node])
        assert pod.running <= len(pod.containers)
        assert not pod.available or (pod.ready and not pod.deleting)
        assert pod.node >= 0 or not pod.ready
    assert max(slots.values(), default=0) <= 1


def check_services(state: ClusterState) -> None:
    """Endpoints are exactly the Ready pods selected that run and are not being deleted (or all, if it says so).

    Those that are being deleted are used when there is no other, but for headless Services. Pods without a port that
    the Service asks for by name are no endpoints.
    """
    for service in state.services:
        spec = service.spec
        behind = [
            pod
            for pod in state.pods.values()
            if pod.phase is Phase.RUNNING
            and spec.selects(pod.pod_class.namespace, pod.pod_class.labels)
            and (not spec.named_ports or spec.named_ports & pod.pod_class.spec.named_ports)
        ]
        ready = {pod.uid for pod in behind if spec.publish_not_ready_addresses or (pod.ready and not pod.deleting)}
        terminating = {pod.uid for pod in behind if pod.ready and pod.deleting} - ready
        assert set(service.endpoints) == ready
        assert set(service.terminating) == terminating
        used = ready or (set() if spec.headless else terminating)
        assert service.answering == sum(state.pods[uid].answering for uid in used)


def check_replica_sets(state: ClusterState) -> None:
    """Status counts are those of a recount."""
    of: defaultdict[object, list[PodState]] = defaultdict(list)
    for pod in state.pods.values():
        of[pod.owner].append(pod)
    for replica_set in state.workloads.replica_sets:
        mine = of[replica_set]
        active = {pod.uid for pod in mine if not (pod.deleting or pod.is_over)}
        assert set(replica_set.pods) == active
        assert set(replica_set.objects) == {pod.uid for pod in mine}
        assert replica_set.ready == sum(state.pods[uid].ready for uid in active)
        assert replica_set.available == sum(state.pods[uid].available for uid in active)
        assert replica_set.available <= replica_set.ready <= len(active)


def check_counts(state: ClusterState, counts: PodCounts) -> None:
    """Running counts of pods are those of a recount."""
    placed = [
        pod
        for pod in state.pods.values()
        if pod.node >= 0 and not pod.deleting and pod.phase not in (Phase.FAILED, Phase.SUCCEEDED)
    ]
    for selector in (LabelSelector(), LabelSelector.of({"tier": "front"}), LabelSelector.of({"app": "app-0"})):
        on = Counter(pod.node for pod in placed if selector.matches(pod.pod_class.labels))
        for key in (ZONE_LABEL, HOSTNAME_LABEL):
            count = counts.of("default", selector, key)
            by_label: Counter[str] = Counter()
            for node, number in on.items():
                by_label[state.nodes.labels[node].get(key, "")] += number
            assert count.by_node.tolist() == [on[node] for node in range(len(state.nodes))]
            del by_label[""]
            assert sorted(count.by_domain[count.by_domain > 0].tolist()) == sorted(by_label.values())


def check_at_rest(simulation: Simulation) -> None:
    """Nothing is left to do at this time: no pod is missing, too many, or waiting although it fits."""
    state, scheduler = simulation.state, simulation.control_plane.scheduler
    for replica_set in state.workloads.replica_sets:
        assert len(replica_set.pods) == replica_set.desired
    for pod in state.pods.values():
        assert not pod.answering or (pod.running == len(pod.containers) > 0 and pod.phase is Phase.RUNNING)
    waiting = {pod.pod_class: pod for pod in state.pods.values() if pod.node < 0}
    for pod in waiting.values():
        assert len(scheduler.feasible(pod)) == 0
    for node, ready in enumerate(state.nodes.ready):
        assert (Taint(UNREACHABLE, TaintEffect.NO_SCHEDULE) in state.nodes.taints_of(node)) is (ready == 2)


def watch(simulation: Simulation, settled: set[object]) -> None:
    """Checks the state after every transition that is not itself a reaction to another one."""
    state = simulation.state
    counts = PodCounts(state)
    emit: Callable[..., None] = state.transitions.emit
    depth = 0

    def checked(kind: Kind, subject: object, number: int, old: int, new: int, cause: int, *owner_class: type) -> None:
        nonlocal depth
        if kind is Kind.POD_NODE:
            tolerations = subject.pod_class.spec.tolerations  # type: ignore[attr-defined]
            for taint in state.nodes.taints_of(new):
                assert taint.effect is TaintEffect.PREFER_NO_SCHEDULE or any(t.tolerates(taint) for t in tolerations)
            assert not state.nodes.unschedulable[new]
        depth += 1
        emit(kind, subject, number, old, new, cause, *owner_class)
        depth -= 1
        if depth == 0:
            check_nodes(state)
            check_pods(state)
            check_services(state)
            check_replica_sets(state)
            check_counts(state, counts)
            check_fences(state, settled)

    for part in (state.nodes, state.pods, state.workloads, state.services):
        part._emit = checked


def undisturbed(cluster: Cluster) -> Cluster:
    """The same without what takes pods away besides the rollouts: NoExecute taints, and pods of higher priority."""
    return replace(
        cluster,
        nodes=tuple(
            replace(node, taints=tuple(t for t in node.taints if t.effect is not TaintEffect.NO_EXECUTE))
            for node in cluster.nodes
        ),
        deployments=tuple(
            replace(d, template=replace(d.template, spec=replace(d.template.spec, priority=0)))
            for d in cluster.deployments
        ),
    )


def check_fences(state: ClusterState, settled: set[object]) -> None:
    """Rolling updates of these workloads keep within maxSurge and maxUnavailable."""
    for deployment in state.workloads.of(DeploymentState):
        if deployment.workload in settled:
            replicas = deployment.spec.replicas
            surge, unavailable = deployment.spec.fence_posts()
            assert sum(r.desired for r in deployment.replica_sets) <= replicas + surge
            assert sum(r.available for r in deployment.replica_sets) >= replicas - unavailable


def watched(cluster: Cluster, under: Behaviour, fences: bool = False, **other: object) -> Lab:
    """Deploys the cluster under watch, and looks after the fences of the Deployments that are settled at time 0."""
    settled: set[object] = set()
    lab = Lab(cluster, under, before=lambda simulation: watch(simulation, settled), **other)  # type: ignore[arg-type]
    if fences:
        rolling = [d for d in lab.state.workloads.of(DeploymentState) if d.spec.strategy is StrategyType.ROLLING_UPDATE]
        settled.update(deployment.workload for deployment in rolling if deployment.complete)
    return lab


def let_pass(lab: Lab, until: float) -> None:
    """Runs event by event, and checks whenever time goes on, if there was a transition since it was checked."""
    kernel, transitions, checked = lab.kernel, lab.state.transitions, -1
    while kernel.peek() <= until:
        if kernel.peek() > kernel.now and transitions.count != checked:
            check_at_rest(lab.simulation)
            checked = transitions.count
        kernel.step()
    lab.run(until)


def check_converged(lab: Lab) -> None:
    """Every Deployment that has room is where it should be."""
    waiting = {pod.pod_class.workload for pod in lab.state.pods.values() if pod.node < 0}
    for deployment in lab.state.workloads.of(DeploymentState):
        if deployment.workload not in waiting:
            replicas = deployment.spec.replicas
            assert deployment.complete
            *old, newest = lab.counts(deployment.workload.name)
            assert newest == (replicas, replicas, replicas)
            assert set(old) <= {(0, 0, 0)}


History = tuple[Cluster, tuple[FailureMode, ...], tuple[Rollout, ...], int]
"""A cluster, what happens to it, and a seed."""


@st.composite
def histories(draw: st.DrawFn, repeated: bool = True) -> History:
    """A random one; without `repeated` releases there is an end to them."""
    cluster = draw(clusters())
    operations = tuple(operation for operation in draw(rollouts(cluster)) if repeated or operation.every is None)
    return cluster, draw(failures()), operations, draw(st.integers(0, 1000))


def begun(history: History, end: float, timing: Timing = EXACT) -> Lab:
    """The history at time 0. No clock fires after `end`, but repairs go on."""
    cluster, modes, operations, seed = history
    under = Behaviour(LIVELY.pods, timing=timing)
    return watched(cluster, under, failures=modes, operations=operations, seed=seed, end=end)


@SETTINGS
@given(histories())
def test_the_state_is_consistent_through_failures_and_releases(history: History) -> None:
    let_pass(begun(history, end=8 * HOUR), until=8 * HOUR)


@pytest.mark.slow
@settings(SETTINGS, max_examples=200)
@given(histories())
def test_the_state_is_consistent_through_many_days(history: History) -> None:
    let_pass(begun(history, end=DAY), until=DAY)


@pytest.mark.slow
def test_the_state_of_a_cluster_with_room_and_many_applications_is_consistent() -> None:
    modes = (
        NodeCrash("node-crash", Exponential(DAY), Exponential(HOUR / 2)),
        ZoneOutage("zone-outage", Exponential(2 * DAY), Exponential(HOUR / 2)),
        ContainerCrash("crash", Exponential(2 * DAY)),
    )
    release = Rollout("release", "Deployment/app-3", every=3 * HOUR)
    load = uniform_cluster(24, [20] * 10 + [10])
    lab = watched(load, LIVELY, failures=modes, operations=(release,), end=DAY)
    let_pass(lab, DAY)
    lab.run(2 * DAY)


@SETTINGS
@given(histories())
def test_the_state_is_consistent_with_controllers_that_take_their_time(history: History) -> None:
    begun(history, end=8 * HOUR, timing=Timing()).run(8 * HOUR)


@SETTINGS
@given(histories(), st.data())
def test_the_state_is_consistent_through_maintenance(history: History, data: st.DataObject) -> None:
    cluster, modes, operations, seed = history
    cluster, upkeep = data.draw(maintained(cluster))
    both = (*operations, *upkeep)
    let_pass(watched(cluster, LIVELY, failures=modes, operations=both, seed=seed, end=8 * HOUR), until=8 * HOUR)


@SETTINGS
@given(histories(), st.data())
def test_the_state_is_consistent_while_requests_are_too_many(history: History, data: st.DataObject) -> None:
    cluster, modes, operations, seed = history
    traffic = data.draw(crowds(cluster))
    under = replace(LIVELY, pods=replace(LIVELY.pods, answers_while_stopping=data.draw(st.booleans())))
    lost = SandboxCrash("sandbox", Exponential(2 * HOUR))
    lab = watched(
        cluster, under, failures=(*modes, lost), operations=operations, seed=seed, end=3 * HOUR, traffic=traffic
    )
    let_pass(lab, until=3 * HOUR)


@SETTINGS
@given(histories(), st.data())
def test_the_state_is_consistent_while_jobs_come_and_go(history: History, data: st.DataObject) -> None:
    cluster, modes, operations, seed = history
    cluster, upkeep = data.draw(maintained(with_jobs(data.draw, cluster)))
    pods = replace(LIVELY.pods, run=Exponential(600.0), failure_probability=data.draw(st.sampled_from([0.0, 0.2])))
    under = replace(LIVELY, pods=pods)
    both = (*operations, *upkeep)
    lab = watched(cluster, under, failures=modes, operations=both, seed=seed, end=3 * HOUR)
    let_pass(lab, until=3 * HOUR)
    for job in lab.state.workloads.of(JobState):
        assert job.succeeded <= (job.spec.completions or job.succeeded)
        assert not job.finished or not job.pods


@settings(SETTINGS, max_examples=8)
@given(histories(), impairments())
def test_the_state_is_consistent_while_nodes_hang_are_cut_off_and_run_short(
    history: History, impaired: tuple[FailureMode, ...]
) -> None:
    cluster, modes, operations, seed = history
    failures = (*modes, *impaired)
    watched(cluster, LIVELY, failures=failures, operations=operations, seed=seed, end=5 * HOUR).run(5 * HOUR)


@settings(SETTINGS, max_examples=8)
@given(histories(repeated=False), impairments())
def test_deployments_converge_when_nodes_are_well_again(history: History, impaired: tuple[FailureMode, ...]) -> None:
    cluster, modes, operations, seed = history
    failures = (*modes, *impaired)
    lab = watched(cluster, LIVELY, failures=failures, operations=operations, seed=seed, end=4 * HOUR).run(24 * HOUR)
    check_converged(lab)


@SETTINGS
@given(histories(repeated=False), st.sampled_from([EXACT, Timing()]))
def test_deployments_converge_when_failures_are_over(history: History, timing: Timing) -> None:
    lab = begun(history, end=6 * HOUR, timing=timing)
    lab.run(24 * HOUR)
    check_converged(lab)
    assert all(lab.state.nodes.powered)
    assert set(lab.state.nodes.ready) == {1}


@SETTINGS
@given(histories(), st.sampled_from([EXACT, Timing()]))
def test_rollouts_without_failures_keep_within_their_fences(history: History, timing: Timing) -> None:
    cluster, _, operations, seed = history
    cluster = undisturbed(cluster)
    under = Behaviour(LIVELY.pods, timing=timing)
    watched(cluster, under, fences=True, operations=operations, seed=seed).run(4 * HOUR)


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
