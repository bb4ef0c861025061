"""The default scheduler profile, as far as its plugins are modelled.

Source: pkg/scheduler/apis/config/v1/default_plugins.go.
"""

from functools import cache

from simulator.registry import find
from simulator.scheduling.framework import Profile

FILTERS = (
    "NodeUnschedulable",
    "NodeName",
    "TaintToleration",
    "NodeAffinity",
    "NodeResourcesFit",
    "PodTopologySpread",
)
SCORES = (
    ("TaintToleration", 3),
    ("NodeAffinity", 2),
    ("NodeResourcesFit", 1),
    ("PodTopologySpread", 2),
    ("NodeResourcesBalancedAllocation", 1),
)


@cache
def default_profile() -> Profile:
    """The plugins in Kubernetes' order, with Kubernetes' weights."""
    return Profile(
        filters=tuple(find("plugin", name)() for name in FILTERS),
        scores=tuple((find("plugin", name)(), weight) for name, weight in SCORES),
    )
