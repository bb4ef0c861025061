"""What traffic says of waiting, and what comes of it in a model that does not know it."""

from experiments.design.scenario import Scenario
from models.cluster import Cluster, services_by_name
from models.traffic import Traffic
from models.units import format_duration


def waiting(scenario: Scenario) -> list[str]:
    """A sentence on all that requests may wait for in vain, or that counts by its mean, under a policy."""
    notes = []
    for traffic in scenario.traffic:
        to = f"traffic to {traffic.service}"
        if _answers_too_late(traffic, scenario.cluster):
            notes.append(
                f"{to}: endpoints that are asked for more than their capacity are taken to answer all they can in "
                "time, as nothing is said of how many requests wait at them: with `queue` (or `requests`) those that "
                f"wait for longer than {format_duration(traffic.timeout)} are lost, and their retries may keep it so"
            )
        if traffic.longest_wait is not None and 0 < traffic.timeout <= traffic.longest_wait:
            notes.append(
                f"{to}: longestWait sheds nothing in time, as clients give up after {format_duration(traffic.timeout)}"
            )
        if traffic.requests is None and traffic.retries.jitter > 0:
            notes.append(f"{to}: without `requests` the mean back-off counts, whatever jitter says of its spread")
        if traffic.requests is None and traffic.retries.hedge_after is not None:
            notes.append(
                f"{to}: without `requests` only what is never answered in time is hedged, nothing that is slow"
            )
    return notes


def _answers_too_late(traffic: Traffic, cluster: Cluster) -> bool:
    """Whether clients would give up what waits, and try again, and the model does not know that it waits."""
    if traffic.requests is not None or traffic.capacity is None or traffic.waits:
        return False
    if not (traffic.timeout > 0 and traffic.retries.attempts > 0):
        return False
    service = services_by_name(cluster).get(traffic.service)
    behind = [
        container
        for maker in cluster.pod_makers()
        if service is not None and service.selects(maker.namespace, maker.template.labels)
        for container in maker.template.spec.containers
    ]
    return not any(container.readiness is not None or container.liveness is not None for container in behind)
