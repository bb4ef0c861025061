"""Profiles: plugins on and off, weights, arguments."""

from dataclasses import dataclass
from typing import Any

import pytest

from simulator.registry import UnknownName
from simulator.scheduling.arguments import check_arguments
from simulator.scheduling.framework import name_of
from simulator.scheduling.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
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
        ({"arguments": {"NodeResourcesFit": {"strategy": "x"}}}, "NodeResourcesFit: there is no argument 'strategy'"),
        ({"arguments": {"NodeResourcesFit": {"ignoredResource": []}}}, "did you mean 'ignoredResources'?"),
        ({"arguments": {"NodeResourcesFit": {"scoringStrategy": {"typ": "x"}}}}, "did you mean 'type'?"),
        ({"arguments": {"NodeResourcesFit": {"scoringStrategy": 3}}}, "unexpected value of scoringStrategy: 3"),
        ({"arguments": {"InterPodAffinity": {"hardPodAffinityWeight": 101}}}, "hardPodAffinityWeight must be 0 to 100"),
        ({"arguments": {"DefaultPreemption": {"minCandidateNodesPercentage": 101}}}, "must be 0 to 100"),
        ({"arguments": {"NodeResourcesFit": {"scoring_strategy": "x"}}}, "no scoring strategy 'x'"),
        ({"arguments": {"NodeResourcesFit": {"resources": ["cpu", "memory"]}}}, "unexpected value of resources"),
        ({"arguments": {"NodeResourcesFit": {"resources": {"cpu": "2"}}}}, "unexpected value of resources"),
        ({"arguments": {"NodeResourcesFit": {"resources": {"cpu": -2}}}}, "weights of its resources must be 1 to 100"),
        (
            {"arguments": {"PodTopologySpread": {"defaultConstraints": [{"maxSkew": 1}]}}},
            r"defaultConstraints\[0\].topologyKey: required",
        ),
        (
            {"arguments": {"NodeResourcesBalancedAllocation": {"resources": [{"name": "cpu", "weight": 2}]}}},
            "weight of a resource must be 1",
        ),
        ({"percentage_of_nodes_to_score": 101}, "0 to 100"),
        ({"ties": "last"}, "'random' or 'first'"),
    ],
)
def test_what_cannot_be_is_said(wrong: dict[str, object], message: str) -> None:
    with pytest.raises((ValueError, UnknownName), match=message):
        profile(**wrong)  # type: ignore[arg-type]


def test_arguments_are_of_the_types_of_their_fields() -> None:
    @dataclass(frozen=True)
    class Plugin:
        share: float = 0.5
        number: int = 1
        anything: Any = None

    check_arguments(Plugin, {"share": 1, "number": 2, "anything": "x"})
    for wrong in ({"share": True}, {"share": "1"}, {"number": 0.5}, {"number": True}):
        with pytest.raises(ValueError, match="unexpected value of"):
            check_arguments(Plugin, wrong)


def test_arguments_may_be_written_as_in_the_scheduler_s_configuration() -> None:
    ratio = {"shape": [{"utilization": 0, "score": 0}, {"utilization": 100, "score": 10}]}
    strategy = {
        "type": "RequestedToCapacityRatio",
        "resources": [{"name": "cpu", "weight": 3}, {"name": "vendor.example/gpu"}],
        "requestedToCapacityRatio": ratio,
    }
    args = {"scoringStrategy": strategy, "ignoredResources": ["vendor.example/fpga"]}
    chosen = profile(
        arguments={
            "NodeResourcesFit": args,
            "NodeResourcesBalancedAllocation": {"resources": [{"name": "cpu", "weight": 1}]},
        }
    )
    fit = NodeResourcesFit(
        "RequestedToCapacityRatio",
        (("cpu", 3), ("vendor.example/gpu", 1)),
        ((0, 0), (100, 10)),
        ignored_resources=("vendor.example/fpga",),
    )
    assert fit in chosen.filters
    assert NodeResourcesBalancedAllocation(("cpu",)) in [plugin for plugin, _ in chosen.scores]
