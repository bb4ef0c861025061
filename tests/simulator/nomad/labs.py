"""What the tests of Nomad share: what a run shows, and the law of large numbers."""

from statistics import fmean, stdev

from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from models.pod import Affinity, Container, PodAffinityTerm, PodTemplate
from simulator.log import Kind, Phase
from simulator.nomad.latencies import ALLOC_SYNC, ASSIGNMENT, EVALUATION
from simulator.state.nodes import UNKNOWN
from tests.simulator.clusters import Lab, template

PLACEMENT = EVALUATION + ASSIGNMENT
"""From what wakes an evaluation to the client's beginning."""
HANDOVER = ALLOC_SYNC + ASSIGNMENT
"""From the end of an allocation to the beginning of the one that waits for it on another node."""
START, STARTUP, STOP = 1.0, 2.0, 1.0
"""Those of `clusters.PROMPT`."""


def assert_mean(values: list[float], expected: float) -> None:
    """Within four standard errors."""
    assert abs(fmean(values) - expected) < 4 * stdev(values) / len(values) ** 0.5


def starts(lab: Lab) -> dict[int, list[float]]:
    """By allocation: when its tasks started, from time 0 on."""
    found: dict[int, list[float]] = {}
    for time, uid, old, new, _ in lab.rows(Kind.POD_CONTAINERS):
        if new > old:
            found.setdefault(uid, []).append(time)
    return found


def outages(lab: Lab) -> list[float]:
    """How long Services were without an endpoint that answers; none is in the end."""
    lost: dict[int, float] = {}
    found = []
    for time, service, _, answering, _ in lab.rows(Kind.SERVICE_ANSWERING, 1.0):
        if not answering:
            lost[service] = time
        elif service in lost:
            found.append(time - lost.pop(service))
    assert not lost
    return found


def failures_of(lab: Lab) -> list[float]:
    """When allocations failed."""
    return [time for time, *_, new, _ in lab.rows(Kind.POD_PHASE) if new == Phase.FAILED]


def placements(lab: Lab) -> list[float]:
    """When allocations got their nodes, from time 0 on."""
    return [time for time, *_ in lab.rows(Kind.POD_NODE)]


def detected(lab: Lab) -> float:
    """When the first node was found to be down."""
    return min(time for time, *_, new, _ in lab.rows(Kind.NODE_READY, 1.0) if new == UNKNOWN)


def fewest(lab: Lab, since: float = 1.0) -> int:
    """The fewest endpoints that answered."""
    return min((new for *_, new, _ in lab.rows(Kind.SERVICE_ANSWERING, since)), default=10**6)


def apart(*containers: Container, app: str = "web", **spec: object) -> PodTemplate:
    """Allocations of which no two are on one node: distinct_hosts."""
    term = PodAffinityTerm(LabelSelector.of({"app": app}), HOSTNAME_LABEL)
    return template(app, *containers, affinity=Affinity(pod_anti_required=(term,)), **spec)
