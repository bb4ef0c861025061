"""Replicas packed on a node, spread over nodes and zones; common causes."""

import math
from collections.abc import Sequence
from itertools import product

from experiments.closed_form.k_of_n import fewer_than


def any_down(*down: float) -> float:
    """P(at least one of several independent layers is down): a series system."""
    result = 0.0
    for probability in down:
        result += probability - result * probability
    return result


def packed_unavailability(n: int, k: int, node_down: float, pod_down: float) -> float:
    """P(fewer than k of n replicas up), all on one node; any laws, independent repairs."""
    return node_down + (1 - node_down) * fewer_than(k, n, pod_down)


def spread_unavailability(n: int, k: int, node_down: float, pod_down: float) -> float:
    """P(fewer than k of n replicas up), each on its own node; any laws, independent repairs."""
    return fewer_than(k, n, any_down(node_down, pod_down))


def common_cause_unavailability(n: int, beta: float, mttf: float, mttr: float) -> float:
    """P(all n down) when the share `beta` of the failure rate strikes all at once (the beta-factor model)."""
    rate = mttr / mttf
    shared, own = beta * rate / (1 + beta * rate), (1 - beta) * rate / (1 + (1 - beta) * rate)
    return any_down(shared, own**n)


def zones_unavailability(layout: Sequence[int], k: int, zone_down: float, node_down: float, pod_down: float) -> float:
    """P(fewer than k replicas up), layout[i] of them in zone i, each on its own node; any laws, independent repairs."""
    replica_down = any_down(node_down, pod_down)
    terms = []
    for up in product((True, False), repeat=len(layout)):
        weight = math.prod(1 - zone_down if zone else zone_down for zone in up)
        alive = sum(count for count, zone in zip(layout, up, strict=True) if zone)
        terms.append(weight * (fewer_than(k, alive, replica_down) if alive >= k else 1.0))
    return math.fsum(terms)


def mean_capacity(*down: float) -> float:
    """Expected share of the replicas that are up, whatever the layout: the product of the layers' availabilities."""
    return math.prod(1 - probability for probability in down)
