"""Pods that stay on their nodes, and answer whenever nothing is wrong."""

from dataclasses import replace

from models.behaviour import Behaviour, PodBehaviour
from models.cluster import Cluster
from models.distributions import Fixed
from models.node import HOSTNAME_LABEL, NOT_READY, UNREACHABLE, Node, Resources, TaintEffect
from models.pod import Container, Pod, PodSpec, PodTemplate, Toleration
from models.service import Service
from models.timing import Timing

INSTANT = PodBehaviour(image_pull=Fixed(0), start=Fixed(0), init=Fixed(0), startup=Fixed(0), restart=Fixed(0))
"""A container runs and answers as soon as its machine or its restart lets it."""
ALONE = replace(
    Timing(),
    pleg_relist_period=0.0,
    crash_loop_initial=0.0,
    controller_latency=0.0,
    creation_latency=0.0,
    scheduler_latency=0.0,
    node_monitor_grace_period=1e9,
)
"""Exits are noticed at once, and the control plane lets lost nodes be."""


def behaviour(timing: Timing = ALONE) -> Behaviour:
    """What pods do, at once."""
    return Behaviour(pods=INSTANT, timing=timing)


def one_service(number: int) -> Cluster:
    """`number` nodes with a pod each that stays there; Service "all" selects every pod."""
    stay = tuple(Toleration(key, effect=TaintEffect.NO_EXECUTE) for key in (NOT_READY, UNREACHABLE))
    names = [f"node-{i}" for i in range(number)]
    return Cluster(
        nodes=tuple(Node(name, Resources(64_000, 1 << 38), labels={HOSTNAME_LABEL: name}) for name in names),
        pods=tuple(
            Pod(
                f"unit-{i}",
                PodTemplate(
                    PodSpec((Container("server", image=f"unit-{i}"),), node_name=name, tolerations=stay), {"app": "all"}
                ),
            )
            for i, name in enumerate(names)
        ),
        services=(Service("all", selector={"app": "all"}),),
    )
