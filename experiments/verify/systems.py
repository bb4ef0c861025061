"""The small systems that the studies simulate, built of ordinary clusters."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.behaviour import Behaviour, PodBehaviour
from models.cluster import Cluster
from models.distributions import Distribution, Fixed
from models.node import HOSTNAME_LABEL, NOT_READY, UNREACHABLE, ZONE_LABEL, Node, Resources, TaintEffect
from models.people import People
from models.pod import Container, Pod, PodSpec, PodTemplate, Toleration
from models.service import Service
from models.timing import Timing
from models.units import YEAR
from simulator.run import Run, simulate
from simulator.stories.protocols import FailureMode

GIB = 1024**3

INSTANT = PodBehaviour(image_pull=Fixed(0), start=Fixed(0), init=Fixed(0), startup=Fixed(0), restart=Fixed(0))
"""A container runs and answers as soon as its machine or its restart lets it."""

PROMPT = replace(
    Timing(),
    pleg_relist_period=0.0,
    crash_loop_initial=0.0,
    controller_latency=0.0,
    creation_latency=0.0,
    scheduler_latency=0.0,
)
"""Exits are noticed at once, without back-off or latency: a crash costs exactly the restart."""


ALONE = replace(PROMPT, node_monitor_grace_period=1e9)
"""`PROMPT`, and the control plane lets lost nodes be: for pods that nothing would move anyway."""


def nodes(number: int, zones: Sequence[str] = ("",)) -> tuple[Node, ...]:
    """Roomy nodes node-0, node-1, ...; node i lies in zones[i], the last zone taking the rest."""
    return tuple(
        Node(
            f"node-{i}",
            Resources(64_000, 256 * GIB),
            labels={HOSTNAME_LABEL: f"node-{i}", ZONE_LABEL: zones[min(i, len(zones) - 1)]},
        )
        for i in range(number)
    )


def steadfast(name: str, node: str, labels: dict[str, str]) -> Pod:
    """A pod that stays on its node, come what may."""
    stay = tuple(Toleration(key, effect=TaintEffect.NO_EXECUTE) for key in (NOT_READY, UNREACHABLE))
    spec = PodSpec((Container("server", image=name),), node_name=node, tolerations=stay)
    return Pod(name, PodTemplate(spec, labels))


def unit_per_node(number: int, zones: Sequence[str] = ("",)) -> Cluster:
    """`number` nodes with a steadfast pod each; Service "all" selects every pod, "first-k" the first k pods."""
    pods = []
    for i in range(number):
        labels = {f"first-{k}": "yes" for k in range(i + 1, number)}
        pods.append(steadfast(f"unit-{i}", f"node-{i}", {"app": "all", **labels}))
    services = [Service("all", selector={"app": "all"})]
    services += [Service(f"first-{k}", selector={f"first-{k}": "yes"}) for k in range(1, number)]
    return Cluster(nodes=nodes(number, zones), pods=tuple(pods), services=tuple(services))


def one_service(number: int) -> Cluster:
    """`number` nodes with a steadfast pod each; Service "all", the only one, selects every pod."""
    cluster = unit_per_node(number)
    return replace(cluster, services=cluster.services[:1])


def behaviour(pods: PodBehaviour = INSTANT, timing: Timing = PROMPT, restart: Distribution | None = None) -> Behaviour:
    """The behaviour of a system, with another law of restarts if given."""
    return Behaviour(pods=pods if restart is None else replace(pods, restart=restart), timing=timing)


def replications(
    cluster: Cluster,
    failures: Sequence[FailureMode],
    *,
    number: float,
    years: float,
    seed: int,
    behaviour: Behaviour,
    keep_log: bool = False,
    people: People = People(),
) -> Iterator[Run]:
    """Independent runs of the system, at least two."""
    for replication in range(max(2, round(number))):
        yield simulate(
            cluster,
            duration=years * YEAR,
            behaviour=behaviour,
            failures=failures,
            seed=seed,
            replication=replication,
            keep_log=keep_log,
            people=people,
        )
