"""A plugin is asked once about all templates that are alike to it, and anew about one that is not."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest

from models.behaviour import Behaviour
from models.claim import PersistentVolumeClaim
from models.labels import LabelSelector, Operator, Requirement
from models.node import ZONE_LABEL, Node, Resources
from models.pod import (
    Affinity,
    Container,
    NodeSelectorTerm,
    PodAffinityTerm,
    PodSpec,
    PodTemplate,
    PreferredNode,
    Toleration,
    TopologySpreadConstraint,
    WhenUnsatisfiable,
)
from simulator.kernel import Kernel
from simulator.registry import find
from simulator.scheduling.answers import Answers, Survey
from simulator.scheduling.choosing import Chooser
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.framework import Filter, Profile, Reads, Score
from simulator.scheduling.profile import default_profile
from simulator.scheduling.storage import StorageView
from simulator.scheduling.views import ClusterView, PodView
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.streams import Streams

GIB = 1024**3
CONTAINER = Container("c", image="web:1", requests=Resources(100, 0), declared=frozenset({"cpu", "memory"}))
SPREAD = TopologySpreadConstraint(
    1, ZONE_LABEL, WhenUnsatisfiable.DO_NOT_SCHEDULE, LabelSelector.of({"app": "web"}), match_label_keys=("track",)
)
WEB = PodTemplate(PodSpec((CONTAINER,), topology_spread_constraints=(SPREAD,)), {"app": "web", "hash": "r0"})
RELEASE = replace(
    WEB, spec=replace(WEB.spec, containers=(replace(CONTAINER, image="web:2"),)), labels={"app": "web", "hash": "r1"}
)


class Stage:
    """Two nodes, nothing on them; `images` are on the first."""

    def __init__(self, images: dict[str, int] | None = None) -> None:
        nodes = [
            Node(zone, Resources(4000, 16 * GIB), labels={ZONE_LABEL: zone}, images=images or {} if zone == "a" else {})
            for zone in "ab"
        ]
        self.state = ClusterState(Kernel(0.0, 1.0), nodes, None)
        self.api = Api(self.state, Streams(0, 0), Behaviour())
        storage = StorageView(self.state.nodes, self.state.volumes)
        self.cluster = ClusterView(self.state.nodes, PodCounts(self.state), storage)

    def view(self, template: PodTemplate, namespace: str = "default") -> PodView:
        return PodView(self.api.pod_class(self.api.workload("Deployment", namespace, "web"), template, {}))

    def asked(self, *templates: PodTemplate) -> list[Answers]:
        survey = Survey(default_profile(), self.cluster)
        return [survey.ask(self.view(template)) for template in templates]


@dataclass(frozen=True)
class Zonal:
    """Rejects all nodes and scores them alike; notes what it was asked."""

    asked: list[str] = field(default_factory=list, compare=False)

    filter_reads: ClassVar[Reads] = Reads.NODE
    score_reads: ClassVar[Reads] = Reads.NODE

    def signature(self, pod: PodView) -> Hashable:
        return pod.labels["app"]

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        self.asked.append(f"filter {pod.labels['app']}")
        return lambda nodes: [("no", nodes.used_pods < 0)]

    def score(self, pod: PodView, cluster: ClusterView) -> Score | None:
        self.asked.append(f"score {pod.labels['app']}")
        return None


def test_a_plugin_is_asked_once_a_signature() -> None:
    stage, plugin = Stage(), Zonal()
    survey = Survey(Profile((plugin,), ((plugin, 1),)), stage.cluster)
    for template in (WEB, RELEASE, replace(WEB, labels={"app": "db"}), WEB):
        assert len(survey.ask(stage.view(template)).filters) == 1
    assert plugin.asked == ["filter web", "score web", "filter db", "score db"]


def test_a_plugin_without_a_signature_is_asked_about_each_template() -> None:
    class Anew(Zonal):
        def signature(self, pod: PodView) -> Hashable:
            return None

    stage, plugin = Stage(), Anew()
    survey = Survey(Profile((plugin,), ()), stage.cluster)
    for template in (WEB, RELEASE, WEB):
        survey.ask(stage.view(template))
    assert plugin.asked == ["filter web"] * 3


def test_a_score_without_weight_is_not_asked() -> None:
    stage, plugin = Stage(), Zonal()
    Survey(Profile((plugin,), ((plugin, 0),)), stage.cluster).ask(stage.view(WEB))
    assert plugin.asked == ["filter web"]


def test_a_release_is_answered_as_the_one_before() -> None:
    before, after = Stage().asked(WEB, RELEASE)
    assert before.on_single_nodes == after.on_single_nodes
    assert shared(before, after) == len(before.filters) - 1  # but for the terms of other pods, which ask for labels


def test_a_release_whose_image_is_on_a_node_is_scored_by_it() -> None:
    before, after = Stage({"web:2": GIB}).asked(WEB, RELEASE)
    assert [name for name, *_ in after.scores if name == "ImageLocality"]
    assert before.on_single_nodes != after.on_single_nodes


@pytest.mark.parametrize(
    ("other", "answered_anew"),
    [
        (replace(WEB, labels={"app": "web", "track": "canary"}), 2),
        (replace(WEB, labels={"app": "db"}), 2),
        (replace(WEB, spec=replace(WEB.spec, tolerations=(Toleration("dedicated"),))), 3),
        (replace(WEB, spec=replace(WEB.spec, topology_spread_constraints=(replace(SPREAD, max_skew=2),))), 1),
        (replace(WEB, spec=replace(WEB.spec, node_selector={"pool": "web"})), 1),
    ],
    ids=["match_label_keys", "selector", "tolerations", "constraint", "node_selector"],
)
def test_a_template_that_differs_in_what_counts_is_asked_about_anew(other: PodTemplate, answered_anew: int) -> None:
    one, another = Stage().asked(WEB, other)
    assert shared(one, another) == len(one.filters) - answered_anew


def other_pods(**spec: Any) -> PodTemplate:
    return replace(WEB, spec=replace(WEB.spec, **spec))


def other_containers(**fields: Any) -> PodTemplate:
    return other_pods(containers=(replace(CONTAINER, **fields),))


ON_A = NodeSelectorTerm((Requirement(ZONE_LABEL, Operator.IN, ("a",)),))
NEAR = PodAffinityTerm(LabelSelector.of({"app": "db"}), ZONE_LABEL)
OTHERS = {
    "node name": other_pods(node_name="a"),
    "tolerations": other_pods(tolerations=(Toleration("dedicated"),)),
    "node selector": other_pods(node_selector={"pool": "web"}),
    "required nodes": other_pods(affinity=Affinity(node_required=(ON_A,))),
    "preferred nodes": other_pods(affinity=Affinity(node_preferred=(PreferredNode(1, ON_A),))),
    "near pods": other_pods(affinity=Affinity(pod_required=(NEAR,))),
    "spread": other_pods(topology_spread_constraints=(replace(SPREAD, max_skew=2),)),
    "label of spread": replace(WEB, labels={**WEB.labels, "track": "canary"}),
    "label": replace(WEB, labels=RELEASE.labels),
    "claims": other_pods(claims=("data",)),
    "claims of its own": other_pods(ephemeral_claims=(PersistentVolumeClaim("data"),)),
    "image": other_containers(image="web:2"),
    "requests": other_containers(requests=Resources(200, GIB)),
    "requests by default": other_containers(declared=frozenset({"cpu"})),
    "host port": other_containers(host_ports=((80, "TCP", "0.0.0.0"),)),
}
NODES = {"node selector", "required nodes"}
CLAIMS = {"claims", "claims of its own"}
COUNTS = {
    "ImageLocality": {"image"},
    "InterPodAffinity": {"near pods", "label of spread", "label", "namespace"},
    "NodeAffinity": {*NODES, "preferred nodes"},
    "NodeName": {"node name"},
    "NodePorts": {"host port"},
    "NodeResourcesBalancedAllocation": {"requests"},
    "NodeResourcesFit": {"requests", "requests by default"},
    "NodeUnschedulable": {"tolerations"},
    "NodeVolumeLimits": CLAIMS,
    "PodTopologySpread": {*NODES, "tolerations", "spread", "label of spread", "namespace"},
    "TaintToleration": {"tolerations"},
    "VolumeBinding": CLAIMS,
    "VolumeRestrictions": {"claims"},
    "VolumeZone": {"claims"},
}


@pytest.mark.parametrize("plugin", COUNTS)
def test_a_signature_has_what_the_plugin_looks_at_and_nothing_else(plugin: str) -> None:
    stage = Stage()
    views = {what: stage.view(template) for what, template in OTHERS.items()}
    views["namespace"] = stage.view(WEB, "elsewhere")
    of = find("plugin", plugin)().signature
    before = of(stage.view(WEB))
    found = {what for what, view in views.items() if of(view) != before}
    assert found == COUNTS[plugin]


def test_templates_that_are_alike_on_single_nodes_share_what_is_kept_of_them() -> None:
    stage = Stage()
    chooser = Chooser(default_profile(), stage.state.nodes, stage.cluster)
    more = replace(WEB, spec=replace(WEB.spec, containers=(replace(CONTAINER, requests=Resources(200, GIB)),)))
    one, release, other = (chooser.prepare(stage.view(template)).cache for template in (WEB, RELEASE, more))
    assert release is one
    assert other is not one


def shared(one: Answers, other: Answers) -> int:
    """How many of the filters are the same."""
    return len({filter_ for _, filter_ in one.filters} & {filter_ for _, filter_ in other.filters})
