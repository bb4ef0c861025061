"""A plugin is asked once about all templates that are alike to it, and anew about one that is not."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest

from models.behaviour import Behaviour
from models.labels import LabelSelector
from models.node import ZONE_LABEL, Node, Resources
from models.pod import Container, PodSpec, PodTemplate, Toleration, TopologySpreadConstraint, WhenUnsatisfiable
from simulator.kernel import Kernel
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
CONTAINER = Container("c", image="web:1", requests=Resources(100, GIB), declared=frozenset({"cpu", "memory"}))
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

    def view(self, template: PodTemplate) -> PodView:
        return PodView(self.api.pod_class(self.api.workload("Deployment", "default", "web"), template, {}))

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
