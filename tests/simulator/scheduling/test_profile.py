"""Profiles: plugins on and off, weights, arguments."""

import pytest

from simulator.registry import UnknownName
from simulator.scheduling.framework import name_of
from simulator.scheduling.plugins.node_resources_fit import NodeResourcesFit
from simulator.scheduling.profile import FILTERS, SCORES, default_profile, profile


def test_the_default_profile_is_that_of_kubernetes() -> None:
    default = default_profile()
    assert tuple(name_of(plugin) for plugin in default.filters) == FILTERS
    assert {name_of(plugin): weight for plugin, weight in default.scores} == SCORES
    assert [name_of(plugin) for plugin in default.post_filters] == ["DefaultPreemption"]


def test_a_disabled_plugin_neither_filters_nor_scores() -> None:
    chosen = profile(disabled=["PodTopologySpread", "DefaultPreemption"])
    assert "PodTopologySpread" not in map(name_of, chosen.filters)
    assert "PodTopologySpread" not in [name_of(plugin) for plugin, _ in chosen.scores]
    assert chosen.post_filters == ()


def test_weights_and_arguments() -> None:
    most = {"scoring_strategy": "MostAllocated", "resources": {"cpu": 2, "memory": 1}}
    chosen = profile(score={"NodeResourcesFit": 5, "ImageLocality": 0}, arguments={"NodeResourcesFit": most})
    fit = NodeResourcesFit("MostAllocated", (("cpu", 2), ("memory", 1)))
    assert (fit, 5) in chosen.scores
    assert fit in chosen.filters
    assert "ImageLocality" not in [name_of(plugin) for plugin, _ in chosen.scores]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"disabled": ["PodTopologySpred"]}, "did you mean 'PodTopologySpread'"),
        ({"score": {"NodePorts": 1}}, "'NodePorts' does not score"),
        ({"score": {"NodeResourcesFit": 101}}, "weight of 0 to 100"),
        ({"arguments": {"NodeResourcesFit": {"strategy": "x"}}}, "unexpected keyword argument 'strategy'"),
        ({"arguments": {"NodeResourcesFit": {"scoring_strategy": "x"}}}, "no scoring strategy 'x'"),
        ({"percentage_of_nodes_to_score": 101}, "0 to 100"),
        ({"ties": "last"}, "'random' or 'first'"),
    ],
)
def test_what_cannot_be_is_said(wrong: dict[str, object], message: str) -> None:
    with pytest.raises((ValueError, UnknownName), match=message):
        profile(**wrong)  # type: ignore[arg-type]
