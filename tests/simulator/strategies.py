"""Random nodes, pods, Deployments and histories, small enough that much happens in little time."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from models.cluster import Cluster
from models.cronjob import ConcurrencyPolicy, CronJob
from models.deployment import Deployment, Percent, StrategyType
from models.disruption import PodDisruptionBudget
from models.distributions import Distribution, Exponential, Fixed, LogNormal, Uniform
from models.job import Job
from models.labels import LabelSelector, Operator, Requirement
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Resources, Taint, TaintEffect
from models.pod import (
    Affinity,
    Container,
    NodeSelectorTerm,
    PodTemplate,
    PreferredNode,
    Probe,
    Toleration,
    TopologySpreadConstraint,
    WhenUnsatisfiable,
)
from models.schedule import Schedule
from models.service import Service
from models.traffic import RequestRate, Retries, Traffic
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.disk_pressure import DiskPressure
from simulator.failures.kubelet_outage import Component, KubeletOutage
from simulator.failures.memory_pressure import MemoryPressure
from simulator.failures.network_partition import NetworkPartition, Peer
from simulator.failures.node_crash import NodeCrash
from simulator.failures.node_reboot import NodeReboot
from simulator.failures.oom_kill import OomKill
from simulator.failures.stuck_terminating import Holder, StuckTerminating
from simulator.failures.system_oom import SystemOOM
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.cordon import Cordon
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.stories.protocols import FailureMode
from tests.simulator.clusters import GIB, HOUR, MIB, container, deployment, template, tolerations

TAINTS = (
    Taint("dedicated", TaintEffect.NO_SCHEDULE, "gpu"),
    Taint("dedicated", TaintEffect.NO_EXECUTE, "gpu"),
    Taint("slow", TaintEffect.PREFER_NO_SCHEDULE),
    Taint("old", TaintEffect.PREFER_NO_SCHEDULE),
)
ZONES = ("a", "b", "c")


@st.composite
def machines(draw: st.DrawFn, most: int = 8) -> tuple[Node, ...]:
    """1 to `most` nodes in 1 to 3 zones; a few without a zone, tainted, or cordoned."""
    zones = draw(st.integers(1, 3))
    found = []
    for i in range(draw(st.integers(1, most))):
        labels = {HOSTNAME_LABEL: f"node-{i}", "disk": draw(st.sampled_from(["ssd", "hdd"]))}
        if draw(st.integers(0, 9)):
            labels[ZONE_LABEL] = ZONES[i % zones]
        found.append(
            Node(
                f"node-{i}",
                Resources(draw(st.sampled_from([600, 2000, 4000])), draw(st.sampled_from([1, 4, 16])) * GIB),
                pods=draw(st.sampled_from([3, 20, 110])),
                labels=labels,
                taints=tuple(draw(st.lists(st.sampled_from(TAINTS), max_size=2, unique=True)))
                if draw(st.integers(0, 3)) == 0
                else (),
                unschedulable=draw(st.integers(0, 9)) == 0,
            )
        )
    return tuple(found)


ssd = NodeSelectorTerm((Requirement("disk", Operator.IN, ("ssd",)),))
not_first = NodeSelectorTerm(fields=(Requirement("metadata.name", Operator.NOT_IN, ("node-0",)),))
affinities = st.sampled_from(
    [
        Affinity(),
        Affinity(node_required=(ssd,)),
        Affinity(node_required=(ssd, not_first)),
        Affinity(node_preferred=(PreferredNode(30, ssd), PreferredNode(80, not_first))),
    ]
)


@st.composite
def constraints(draw: st.DrawFn, app: str) -> TopologySpreadConstraint:
    """A topology spread constraint over the pods of `app`."""
    return TopologySpreadConstraint(
        max_skew=draw(st.integers(1, 3)),
        topology_key=draw(st.sampled_from([ZONE_LABEL, HOSTNAME_LABEL])),
        when_unsatisfiable=draw(st.sampled_from(WhenUnsatisfiable)),
        selector=LabelSelector.of({"app": app}),
        min_domains=draw(st.sampled_from([1, 1, 2])),
        honor_node_affinity=draw(st.booleans()),
        honor_node_taints=draw(st.booleans()),
        match_label_keys=draw(st.sampled_from([(), ("pod-template-hash",)])),
    )


probes = st.builds(
    Probe,
    initial_delay=st.sampled_from([0.0, 5.0]),
    period=st.sampled_from([1.0, 10.0]),
    success_threshold=st.integers(1, 2),
)
HTTP = frozenset({("http", "TCP")})
patient = Probe(period=10.0, failure_threshold=60)
"""A start-up or liveness probe that never gives up on anything that these histories draw."""


@st.composite
def containers(draw: st.DrawFn, name: str, **other: Any) -> Container:
    """A container, with some probes."""
    return container(
        name,
        cpu=draw(st.sampled_from([None, 0, 50, 300, 900])),
        memory=draw(st.sampled_from([None, 0, 64 * MIB, 700 * MIB])),
        readiness=draw(st.none() | probes),
        startup=draw(st.sampled_from([None, None, patient])),
        liveness=draw(st.sampled_from([None, None, patient])),
        pre_stop=draw(st.sampled_from([0.0, 0.0, 5.0])),
        post_start=draw(st.sampled_from([0.0, 0.0, 4.0])),
        named_ports=HTTP if name == "helper" else frozenset(),
        **other,
    )


@st.composite
def templates(draw: st.DrawFn, app: str) -> PodTemplate:
    """A pod template labelled app=`app`."""
    inside = [draw(containers(name)) for name in ("server", "helper")[: draw(st.sampled_from([1, 1, 2]))]]
    sidecars = [draw(containers(name, restart_policy="Always")) for name in draw(st.sampled_from([(), (), ("proxy",)]))]
    extra = draw(st.sampled_from([(), (Toleration("dedicated"),), (Toleration("dedicated", seconds=900.0),)]))
    return template(
        app,
        *inside,
        init_containers=tuple(sidecars),
        readiness_gates=draw(st.sampled_from([(), (), ("x.io/lb",)])),
        tolerations=(*tolerations(draw(st.sampled_from([30.0, 300.0, None]))), *extra),
        affinity=draw(affinities),
        node_selector=draw(st.sampled_from([{}, {}, {}, {"disk": "ssd"}])),
        priority=draw(st.sampled_from([0, 0, 100])),
        termination_grace_period=draw(st.sampled_from([0.0, 10.0, 30.0])),
        topology_spread_constraints=tuple(draw(st.lists(constraints(app), max_size=2))),
        labels={"tier": draw(st.sampled_from(["front", "back"]))},
    )


limits = st.integers(0, 3) | st.sampled_from([0, 10, 25, 50, 100]).map(Percent)


@st.composite
def deployments(draw: st.DrawFn, name: str) -> Deployment:
    """A Deployment with any strategy that the API server accepts."""
    surge, unavailable = draw(limits), draw(limits)
    if surge in (0, Percent(0)) and unavailable in (0, Percent(0)):
        surge = 1
    return deployment(
        name,
        draw(st.integers(0, 8)),
        pods=draw(templates(name)),
        strategy=draw(st.sampled_from([StrategyType.ROLLING_UPDATE] * 3 + [StrategyType.RECREATE])),
        max_surge=surge,
        max_unavailable=unavailable,
        min_ready_seconds=draw(st.sampled_from([0.0, 0.0, 20.0])),
    )


@st.composite
def clusters(draw: st.DrawFn, most_nodes: int = 8, most_deployments: int = 5) -> Cluster:
    """Nodes, 1 to `most_deployments` Deployments with a Service each, and Services over several of them."""
    apps = [f"app-{i}" for i in range(draw(st.integers(1, most_deployments)))]
    return Cluster(
        nodes=draw(machines(most_nodes)),
        deployments=tuple(draw(deployments(app)) for app in apps),
        services=(
            *(Service(app, selector={"app": app}) for app in apps),
            Service("front", selector={"tier": "front"}, publish_not_ready_addresses=draw(st.booleans())),
            Service("names", selector={"tier": "front"}, headless=True),
            Service("http", selector={"tier": "front"}, named_ports=HTTP),
        ),
    )


def with_jobs(draw: st.DrawFn, cluster: Cluster) -> Cluster:
    """The cluster with some Jobs of many pods, and a CronJob whose runs overlap now and then."""

    def job(name: str) -> Job:
        policy = draw(st.sampled_from(["Never", "OnFailure"]))
        work = draw(containers("server"))
        pods = template(name, work, restart_policy=policy, priority=draw(st.sampled_from([0, 0, 5])))
        return Job(
            name,
            pods,
            parallelism=draw(st.integers(1, 6)),
            completions=draw(st.sampled_from([None, 1, 20])),
            backoff_limit=draw(st.sampled_from([0, 6])),
            active_deadline=draw(st.sampled_from([None, HOUR])),
            ttl_after_finished=draw(st.sampled_from([None, 60.0])),
            replaces_failed_only=draw(st.booleans()),
        )

    every = CronJob(
        "tick",
        job("tick"),
        Schedule(minutes=frozenset(range(0, 60, 15))),
        concurrency_policy=draw(st.sampled_from(ConcurrencyPolicy)),
    )
    jobs = tuple(job(f"job-{number}") for number in range(draw(st.integers(0, 2))))
    return replace(cluster, jobs=jobs, cron_jobs=(every,))


def often(hours: float) -> st.SearchStrategy[Distribution]:
    """Laws with a mean of about so many hours."""
    mean = hours * HOUR
    return st.sampled_from(
        [Exponential(mean), LogNormal.from_mean(mean, 1.0), Uniform(0.5 * mean, 1.5 * mean), Fixed(mean)]
    )


@st.composite
def failures(draw: st.DrawFn) -> tuple[FailureMode, ...]:
    """Node crashes, zone outages and container crashes, several of each a day."""
    possible: list[FailureMode] = [
        NodeCrash("node-crash", draw(often(6)), draw(often(0.2))),
        ZoneOutage("zone-outage", draw(often(12)), draw(often(0.3))),
        ContainerCrash(
            "crash", draw(often(3)), draw(st.sampled_from([LabelSelector(), LabelSelector.of({"tier": "front"})]))
        ),
        ContainerCrash("oom", draw(often(8))),
    ]
    return tuple(mode for mode in possible if draw(st.booleans()))


@st.composite
def impairments(draw: st.DrawFn) -> tuple[FailureMode, ...]:
    """Nodes that hang, are cut off, run short or reboot, and pods that do not go away: several of each a day."""
    possible: list[FailureMode] = [
        KubeletOutage("kubelet", draw(often(5)), draw(often(0.2))),
        KubeletOutage("runtime", draw(often(5)), draw(often(0.2)), Component.RUNTIME),
        NetworkPartition("cut", draw(often(5)), draw(often(0.2))),
        NetworkPartition("users", draw(often(5)), draw(often(0.2)), (Peer.USERS,), domain=ZONE_LABEL),
        NodeReboot("reboot", draw(often(6)), draw(often(0.02))),
        MemoryPressure("memory", draw(often(4)), draw(often(0.2)), leaking=LabelSelector.of({"tier": "front"})),
        DiskPressure("disk", draw(often(4)), draw(often(0.2)), draw(st.sampled_from([10**8, 10**10]))),
        OomKill("limit", draw(often(6))),
        SystemOOM("oom-killer", draw(often(6)), 10**9),
        StuckTerminating("stuck", draw(often(0.1)), 0.3, draw(st.sampled_from(Holder))),
    ]
    return tuple(mode for mode in possible if draw(st.booleans()))


@st.composite
def rollouts(draw: st.DrawFn, cluster: Cluster) -> tuple[Rollout, ...]:
    """Releases of some Deployments, now and then in the middle of another."""
    found = []
    for spec in cluster.deployments:
        if draw(st.booleans()):
            every = draw(st.sampled_from([120.0, HOUR, 5 * HOUR]))
            at = draw(st.floats(0.0, HOUR).map(lambda time: round(time, 1)))
            times = {"at": at} if draw(st.booleans()) or every == 120.0 else {"every": every, "at": at}
            found.append(
                Rollout(f"release-{spec.name}", f"Deployment/{spec.name}", **times, new_image=draw(st.booleans()))
            )
            if every == 120.0:
                found.append(replace(found[-1], name=f"again-{spec.name}", at=at + draw(st.sampled_from([2.0, 30.0]))))
    return tuple(found)


@st.composite
def maintained(draw: st.DrawFn, cluster: Cluster) -> tuple[Cluster, tuple[Drain | Cordon, ...]]:
    """The cluster with a disruption budget an app, and people who drain or cordon its nodes."""
    allowances = st.sampled_from([{"min_available": 1}, {"min_available": Percent(50)}, {"max_unavailable": 1}])
    budgets = tuple(
        PodDisruptionBudget(spec.name, LabelSelector.of({"app": spec.name}), **draw(allowances))
        for spec in cluster.deployments
    )
    drain = Drain(
        "drain",
        every=3 * HOUR,
        at=draw(st.sampled_from([0.0, 500.0])),
        max_concurrent=draw(st.integers(1, 3)),
        timeout=draw(st.sampled_from([None, 120.0])),
        maintenance=draw(st.sampled_from([None, Fixed(600.0), Exponential(900.0)])),
        reboot=draw(st.booleans()),
    )
    cordon = Cordon("cordon", at=100.0, lasting=draw(st.sampled_from([None, 5000.0])))
    return replace(cluster, budgets=budgets), draw(st.sampled_from([(drain,), (cordon,), (drain, cordon)]))


@st.composite
def crowds(draw: st.DrawFn, cluster: Cluster) -> tuple[Traffic, ...]:
    """Requests to some of the Services, at times more than their pods can answer, and retries."""
    steps = st.lists(st.sampled_from([0.0, 5.0, 20.0, 100.0]), min_size=1, max_size=4)
    return tuple(
        Traffic(
            service.name,
            RequestRate(tuple((0.5 * HOUR * i, rate) for i, rate in enumerate(draw(steps))), 2 * HOUR),
            capacity=draw(st.sampled_from([4.0, 10.0])),
            queue=draw(st.sampled_from([None, 5, 100])),
            timeout=draw(st.sampled_from([0.0, 0.5, 5.0])),
            retries=draw(st.sampled_from([Retries(), Retries(3)])),
        )
        for service in cluster.services
        if draw(st.booleans())
    )
