"""Default constraints of the scheduler's configuration: soft or hard, for pods that have none of their own."""

from typing import Any

import pytest

from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node
from models.service import Service
from simulator.scheduling.plugins.pod_topology_spread import PodTopologySpread
from simulator.scheduling.profile import profile
from simulator.state.objects import PodClass
from tests.upstream.scene import Object, Scene, node, pod

WEB = {"app": "web"}
MISSING = "node(s) didn't match pod topology spread constraints (missing required label)"
SKEWED = "node(s) didn't match pod topology spread constraints"


def default(key: str, skew: int, when: str) -> dict[str, Any]:
    return {"topologyKey": key, "maxSkew": skew, "whenUnsatisfiable": when}


def arguments(*constraints: dict[str, Any]) -> dict[str, Any]:
    return {"PodTopologySpread": {"defaultConstraints": list(constraints), "defaultingType": "List"}}


def plugin(*constraints: dict[str, Any]) -> PodTopologySpread:
    [found] = [p for p in profile(arguments=arguments(*constraints)).filters if isinstance(p, PodTopologySpread)]
    return found


def machines(*zones: str) -> list[Node]:
    """A node a zone; "" is one without the label."""
    labels = [{HOSTNAME_LABEL: f"n{i}", **({ZONE_LABEL: zone} if zone else {})} for i, zone in enumerate(zones)]
    return [node({"metadata": {"name": f"n{i}", "labels": each}}) for i, each in enumerate(labels)]


def web(where: str = "", **spec: Any) -> Object:
    return {"metadata": {"labels": WEB}, "spec": {"nodeName": where, **spec}}


def scene(nodes: list[Node], *where: str) -> Scene:
    return Scene(nodes, [web(name) for name in where], [Service("web", selector=WEB)])


def test_a_hard_default_rejects_nodes_of_full_domains_and_those_without_the_label() -> None:
    hard = plugin(default(ZONE_LABEL, 1, "DoNotSchedule"))
    stage = scene(machines("a", "b", ""), "n0")
    assert stage.reasons(hard, pod(web())) == [[SKEWED], [], [MISSING]]
    assert stage.scores(hard, pod(web())) == [0, 0, 0]


def test_defaults_count_for_nobody_who_has_constraints_or_is_selected_by_nothing() -> None:
    hard = plugin(default(ZONE_LABEL, 1, "DoNotSchedule"))
    own = {"topologySpreadConstraints": [default(HOSTNAME_LABEL, 5, "ScheduleAnyway")]}
    stage = scene(machines("a", "b"), "n0")
    assert stage.reasons(hard, pod(web(**own))) == [[], []]
    assert stage.reasons(hard, pod({"metadata": {"labels": {"app": "other"}}})) == [[], []]


def test_only_the_defaults_of_the_system_do_without_labels() -> None:
    stage = scene(machines("a", "b", ""), "n0")
    soft = plugin(default(HOSTNAME_LABEL, 3, "ScheduleAnyway"), default(ZONE_LABEL, 5, "ScheduleAnyway"))
    system, listed = stage.scores(PodTopologySpread(), pod(web())), stage.scores(soft, pod(web()))
    assert system[2] > 0
    assert listed[2] == 0


def test_a_list_without_constraints_turns_default_spreading_off() -> None:
    off = plugin()
    assert scene(machines("a", "b"), "n0").scores(off, pod(web())) == [0, 0]


def test_constraints_go_with_a_list_only() -> None:
    with pytest.raises(ValueError, match="defaultConstraints go with defaultingType List"):
        profile(arguments={"PodTopologySpread": {"defaultConstraints": [default(ZONE_LABEL, 1, "DoNotSchedule")]}})
    with pytest.raises(ValueError, match="System or List"):
        profile(arguments={"PodTopologySpread": {"defaultingType": "Other"}})


def test_a_pod_that_a_hard_default_keeps_waiting_is_tried_when_one_that_it_counts_comes_or_goes() -> None:
    hard = plugin(default(ZONE_LABEL, 1, "DoNotSchedule"))
    of = scene(machines("a"))
    view = of.view(pod(web()))

    def pod_class(asked: Object) -> PodClass:
        return of.api.pod_class(of.api.workload("Pod", "default", "other"), pod(asked).template, {})

    [helps] = hard.helped_by(view, of.cluster)
    assert helps(pod_class(web()))
    assert not helps(pod_class({"metadata": {"labels": {"app": "other"}}, "spec": {}}))
    assert not PodTopologySpread().helped_by(view, of.cluster)
