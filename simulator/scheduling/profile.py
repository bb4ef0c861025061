"""Scheduler profiles: Kubernetes' default, and what a configuration makes of it.

Source: pkg/scheduler/apis/config/v1/default_plugins.go.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from simulator.registry import find
from simulator.scheduling.arguments import check_arguments, read_arguments
from simulator.scheduling.framework import FilterPlugin, PostFilterPlugin, Profile, ScorePlugin

FILTERS = (
    "NodeUnschedulable",
    "NodeName",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "NodeVolumeLimits",
    "VolumeBinding",
    "VolumeZone",
    "PodTopologySpread",
    "InterPodAffinity",
)
SCORES = {
    "TaintToleration": 3,
    "NodeAffinity": 2,
    "NodeResourcesFit": 1,
    "PodTopologySpread": 2,
    "InterPodAffinity": 2,
    "NodeResourcesBalancedAllocation": 1,
    "ImageLocality": 1,
}
POST_FILTERS = ("DefaultPreemption",)

__all__ = ["Profile", "default_profile", "profile"]


@cache
def default_profile() -> Profile:
    """The plugins in Kubernetes' order, with Kubernetes' weights."""
    return profile()


def profile(
    disabled: Sequence[str] = (),
    score: Mapping[str, int] | None = None,
    arguments: Mapping[str, Mapping[str, Any]] | None = None,
    percentage_of_nodes_to_score: int = 0,
    ties: str = "random",
) -> Profile:
    """The default profile without the `disabled` plugins, with other weights and arguments.

    Arguments are written as in a KubeSchedulerConfiguration, or in short (`arguments.py`). A plugin in `score` or
    `arguments` that is not in the default profile is added to it, in all that it can do. A weight of 0 leaves the
    plugin's filter on. Raises ValueError (UnknownName for a name) for what cannot be.
    """
    weights, given = dict(score or {}), dict(arguments or {})
    for name in disabled:
        find("plugin", name)
    for name, weight in weights.items():
        if not hasattr(find("plugin", name), "score"):
            raise ValueError(f"the plugin {name!r} does not score")
        if not 0 <= weight <= 100:
            raise ValueError(f"expected a weight of 0 to 100 for {name!r} (got {weight})")
    if not 0 <= percentage_of_nodes_to_score <= 100:
        raise ValueError(f"expected percentageOfNodesToScore of 0 to 100 (got {percentage_of_nodes_to_score})")
    if ties not in ("random", "first"):
        raise ValueError(f"expected ties 'random' or 'first' (got {ties!r})")
    names = dict.fromkeys((*FILTERS, *SCORES, *POST_FILTERS, *weights, *given))
    plugins = {name: _made(name, given.get(name, {})) for name in names if name not in disabled}
    return Profile(
        filters=tuple(p for p in plugins.values() if isinstance(p, FilterPlugin)),
        scores=tuple(
            (p, weights.get(n, SCORES.get(n, 1)))
            for n, p in plugins.items()
            if isinstance(p, ScorePlugin) and weights.get(n, 1)
        ),
        post_filters=tuple(p for p in plugins.values() if isinstance(p, PostFilterPlugin)),
        percentage_of_nodes_to_score=percentage_of_nodes_to_score,
        ties=ties,
    )


def _made(name: str, arguments: Mapping[str, Any]) -> object:
    plugin = find("plugin", name)
    try:
        read = read_arguments(name, arguments)
        check_arguments(plugin, read)
        return plugin(**read)
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{name}: {error}") from None
    except KeyError as error:
        raise ValueError(f"{name}: {error.args[0]} is missing") from None
