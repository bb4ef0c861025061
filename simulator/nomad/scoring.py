"""The scores of a node for an allocation: their mean decides.

Source: scheduler/feasible (rank.go, spread.go), nomad/structs/funcs.go (ScoreFitBinPack, ScoreFitSpread).
"""

import math
from collections.abc import Mapping, Sequence

from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from models.pod import PodSpec
from simulator.nomad.options import Algorithm
from simulator.state.objects import PodClass

HIGHEST = 18.0


def fit(algorithm: Algorithm, free_cpu: float, free_memory: float) -> float:
    """How well a node is filled, from 0 to 1, with these shares of it still free."""
    free = math.pow(10.0, free_cpu) + math.pow(10.0, free_memory)
    score = 20.0 - free if algorithm is Algorithm.BINPACK else free - 2.0
    return min(max(score, 0.0), HIGHEST) / HIGHEST


def anti_affinity(there: int, count: int) -> float | None:
    """That of a node with so many allocations of the group of `count`; None: it plays no part."""
    return -(there + 1) / count if there else None


def affinity(spec: PodSpec, labels: Mapping[str, str], name: str) -> float | None:
    """The share of the weights of node affinities that the node has; None: it plays no part."""
    preferred = spec.affinity.node_preferred
    total = sum(each.weight for each in preferred)
    got = sum(each.weight for each in preferred if each.term.matches(labels, name))
    return got / total if got else None


def even_spread(used: Mapping[str, int], value: str) -> float:
    """That of a value of an attribute, of which `used` says how many allocations each value has that has any."""
    if not used:
        return 0.0
    here, least, most = used.get(value, 0), min(used.values()), max(used.values())
    if here != least:
        return (least - here) / least
    return -1.0 if least == most else (most - least) / least


def spread_keys(pod_class: PodClass) -> Sequence[str]:
    """The labels that a group is spread over evenly: spread constraints, and what would rather be apart from itself."""
    spec, itself = pod_class.spec, pod_class.labels
    keys = [each.topology_key for each in spec.topology_spread_constraints]
    for each in spec.affinity.pod_anti_preferred:
        if (each.term.selector or LabelSelector()).matches(itself):
            keys.append(each.term.topology_key)
    return tuple(dict.fromkeys(keys))


def distinct_keys(pod_class: PodClass) -> Sequence[str]:
    """The labels of which no value may have two allocations of the group: distinct_hosts and distinct_property."""
    keys = [
        each.topology_key
        for each in pod_class.spec.affinity.pod_anti_required
        if (each.selector or LabelSelector()).matches(pod_class.labels)
    ]
    return tuple(dict.fromkeys(keys))


def value_of(labels: Mapping[str, str], name: str, key: str) -> str | None:
    """A node's value of a label; its name, if it has no host name."""
    return labels.get(key, name if key == HOSTNAME_LABEL else None)
