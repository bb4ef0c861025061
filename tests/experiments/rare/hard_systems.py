"""Systems that are hard for rare outages, at unavailabilities that plain simulation can see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.design.goal import Capacity, Quorum, ReadyEndpoints, ServiceGoal
from experiments.design.scenario import Scenario
from experiments.verify.systems import ALONE, behaviour, one_service
from models.autoscaling import HorizontalPodAutoscaler, Metric, MetricSource, TargetType
from models.behaviour import Behaviour
from models.cronjob import CronJob
from models.disruption import PodDisruptionBudget
from models.distributions import Exponential, Fixed, LogNormal, Uniform, Weibull
from models.job import Job
from models.labels import LabelSelector
from models.load import Load
from models.manifests.schedule import parse_schedule
from models.node import ZONE_LABEL
from models.pod import TopologySpreadConstraint, WhenUnsatisfiable
from models.service import Service
from models.units import DAY
from simulator.failures.common_cause import CommonCause
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_burst import NodeBurst
from simulator.failures.node_crash import NodeCrash
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.failures.volume_loss import VolumeLoss
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.operations.scale import Scale
from simulator.stories.protocols import FailureMode
from tests.experiments.rare.systems import REPAIRS, kubernetes, scenario
from tests.simulator.clusters import cluster, container, deployment, nodes, template
from tests.simulator.volumes import DISKS, stateful_set

HOUR = 3600.0
WEB = LabelSelector.of({"app": "web"})


@dataclass(frozen=True)
class Hard:
    """A system, and how often plain simulation has to see it."""

    scenario: Scenario
    plain: int
    """Plain replications."""
    rare: int = 60
    """Rare ones."""


def crashes(days: float = 0.5) -> NodeCrash:
    """Nodes that are lost every so many days."""
    return NodeCrash("node", Exponential(days * DAY), REPAIRS)


def soft_spread() -> Any:
    """Pods that would rather be in different zones."""
    spread = TopologySpreadConstraint(1, ZONE_LABEL, WhenUnsatisfiable.SCHEDULE_ANYWAY, WEB)
    return template("web", topology_spread_constraints=(spread,))


def drift() -> Scenario:
    zone = ZoneOutage("zone", Exponential(20 * DAY), Fixed(2400.0))
    return kubernetes(2, 6, 0.5 * DAY, 20, pods=soft_spread(), failures=[zone])


def coming_together() -> Scenario:
    """Three replicas that may move; most outages are those of a zone that all of them have come to."""
    zone = ZoneOutage("zone", Exponential(5 * DAY), Fixed(2400.0))
    return kubernetes(3, 6, 5 * DAY, 30, failures=[zone])


def of_operations(*operations: Any, replicas: int = 2, days: float = 30, **other: Any) -> Scenario:
    web = deployment("web", replicas)
    described = replace(cluster(nodes(4, "abc"), web), budgets=other.pop("budgets", ()))
    return scenario(described, [crashes()], days, operations=operations, **other)


def budget() -> PodDisruptionBudget:
    return PodDisruptionBudget("web", WEB, min_available=1)


def hpa(least: int, most: int, steps: Sequence[tuple[float, float]], at_least: int, days: float) -> Scenario:
    """An autoscaler that follows a load; nothing is ever settled."""
    cpu = Metric(MetricSource.RESOURCE, "cpu", TargetType.UTILIZATION, 50)
    scaler = HorizontalPodAutoscaler("web", "Deployment", "web", most, least, (cpu,))
    described = replace(cluster(nodes(4, "abc"), deployment("web", least)), autoscalers=(scaler,))
    loads = (Load("Deployment/web", tuple(steps)),)
    return scenario(described, [crashes(0.5)], days, at_least=at_least, loads=loads)


def daily(low: float, high: float, days: int) -> list[tuple[float, float]]:
    return [(day * DAY + hour * HOUR, load) for day in range(days) for hour, load in ((0, low), (8, high))]


def cron(days: float) -> Scenario:
    work = Job("tick", template("tick", container(cpu=3000), restart_policy="Never"))
    described = replace(
        cluster(nodes(3, "abc"), deployment("web", 2, pods=template("web", container(cpu=1500)))),
        cron_jobs=(CronJob("tick", work, parse_schedule("0 * * * *")),),
    )
    laws = Behaviour()
    return scenario(described, [crashes(1.0)], days, behaviour=replace(laws, pods=replace(laws.pods, run=Fixed(600.0))))


def job_with_ttl(days: float) -> Scenario:
    """A Job takes the room that replicas would need, for its first hour only."""
    work = Job("once", template("once", container(cpu=3000), restart_policy="Never"), parallelism=3, completions=3)
    described = replace(
        cluster(nodes(3, "abc"), deployment("web", 2, pods=template("web", container(cpu=1500)))),
        jobs=(replace(work, ttl_after_finished=60.0),),
    )
    laws = Behaviour()
    return scenario(described, [crashes(1.0)], days, behaviour=replace(laws, pods=replace(laws.pods, run=Fixed(HOUR))))


def two_services() -> Scenario:
    """One Service over both Deployments, measured by quorum, and one over the first."""
    first = deployment("web", 2, pods=template("web", labels={"all": "yes"}))
    second = deployment("api", 1, pods=template("api", labels={"all": "yes"}))
    described = cluster(nodes(4, "abc"), first, second)
    described = replace(described, services=(*described.services, Service("both", selector={"all": "yes"})))
    goals = ServiceGoal("both", Quorum()), ServiceGoal("web", ReadyEndpoints(1))
    return scenario(described, [crashes()], 20, services=goals)


def stateful(days: float) -> Scenario:
    """Three pods with a disk each, which is reached from its zone only; disks are lost, too."""
    described = replace(
        cluster(nodes(6, "abc")),
        stateful_sets=(stateful_set("web", replicas=3),),
        storage_classes=(DISKS,),
        services=(Service("web", selector={"app": "web"}),),
    )
    failures = [crashes(1.0), VolumeLoss("disk", Exponential(10 * DAY), Exponential(1800.0))]
    return scenario(described, failures, days, services=(ServiceGoal("web", Quorum()),))


def units(number: int, failures: Sequence[FailureMode], days: float, at_least: int = 1, **other: Any) -> Scenario:
    other = {"behaviour": behaviour(timing=ALONE)} | other
    return scenario(one_service(number), failures, days, of="all", at_least=at_least, **other)


SYSTEMS = {
    "placement drifts": Hard(drift(), 150),
    "replicas come together": Hard(coming_together(), 1200),
    "weekly rollouts": Hard(of_operations(Rollout("release", "Deployment/web", every=7 * DAY), days=15), 200),
    "a rollout at the beginning": Hard(of_operations(Rollout("release", "Deployment/web", at=120.0), days=1), 1500),
    "scaled down at the beginning": Hard(
        of_operations(Scale("down", "Deployment/web", 1, at=5 * DAY), replicas=3, days=10, at_least=2), 100
    ),
    "drains with a budget": Hard(
        of_operations(Drain("patch", every=3 * DAY, maintenance=Fixed(900.0)), budgets=(budget(),), days=12), 200
    ),
    "an autoscaler": Hard(hpa(2, 4, daily(100, 180, 5), 1, 5), 300),
    "an autoscaler that takes away what is needed": Hard(hpa(2, 4, daily(100, 180, 2), 3, 2), 40),
    "a CronJob": Hard(cron(5), 200),
    "a Job that goes": Hard(job_with_ttl(5), 200),
    "two Services": Hard(two_services(), 200),
    "a quorum of disks": Hard(stateful(10), 300),
    "packed": Hard(kubernetes(3, 2, 4 * DAY, 30, zones="a"), 200),
    "half of four": Hard(
        scenario(
            cluster(nodes(4, "ab"), deployment("web", 4)),
            [crashes()],
            20,
            services=(ServiceGoal("web", Capacity(0.51)),),
        ),
        150,
    ),
    "repairs that outlast the window": Hard(
        units(2, [NodeCrash("node", Exponential(8 * DAY), LogNormal.from_mean(DAY, 1.2))], 2), 2000
    ),
    "a warm-up": Hard(
        units(2, [NodeCrash("node", Weibull.from_mean(0.7, DAY), Exponential(1800.0))], 10, warmup=3 * DAY), 400
    ),
    "lives without a rate": Hard(
        units(
            2,
            [
                NodeCrash("node", Fixed(0.9 * DAY), LogNormal.from_mean(HOUR, 1.0)),
                ContainerCrash("crash", Exponential(0.5 * DAY)),
            ],
            20,
            behaviour=behaviour(timing=ALONE, restart=Exponential(300.0)),
        ),
        100,
    ),
    "spot machines": Hard(
        kubernetes(
            2, 4, 4 * DAY, 20, failures=[SpotReclaim("spot", Exponential(2 * DAY), Uniform(60.0, 900.0), drained=False)]
        ),
        300,
    ),
    "bursts": Hard(
        scenario(
            cluster(nodes(6, "ab"), deployment("web", 2)),
            [NodeBurst("node", Exponential(DAY), REPAIRS, burst_share=0.3, mean_size=2.0)],
            30,
        ),
        150,
    ),
    "common cause": Hard(
        scenario(
            cluster(nodes(6, "ab"), deployment("web", 2)),
            [CommonCause("node", Exponential(0.7 * DAY), REPAIRS, 0.1)],
            20,
        ),
        200,
    ),
    "crash loops": Hard(
        kubernetes(2, 4, 0.5 * DAY, 10, failures=[ContainerCrash("crash", Exponential(0.2 * DAY))]), 400
    ),
}
