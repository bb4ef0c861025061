"""What every scheduler plugin must do: a conformance suite over all that are registered."""

import inspect
import pickle
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.behaviour import Behaviour
from models.node import Node
from models.pod import Pod, PodSpec, PodTemplate
from models.service import Service
from simulator.kernel import Kernel
from simulator.registry import classes
from simulator.scheduling.choosing import Chooser
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.framework import FilterPlugin, PostFilterPlugin, Reads, ScorePlugin
from simulator.scheduling.profile import default_profile
from simulator.scheduling.storage import StorageView
from simulator.scheduling.views import ClusterView, NodeView, PodView
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState
from simulator.streams import Streams
from tests.simulator.strategies import TAINTS, machines, templates

PLUGINS = classes("plugin")
EVERY = pytest.mark.parametrize("plugin", PLUGINS.values(), ids=PLUGINS)
FILTERS = {name: plugin for name, plugin in PLUGINS.items() if isinstance(plugin(), FilterPlugin)}
SCORES = {name: plugin for name, plugin in PLUGINS.items() if isinstance(plugin(), ScorePlugin)}
EVERY_FILTER = pytest.mark.parametrize("plugin", FILTERS.values(), ids=FILTERS)
EVERY_SCORE = pytest.mark.parametrize("plugin", SCORES.values(), ids=SCORES)
SETTINGS = settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
APPS = ("app-0", "app-1")


class Scene:
    """Nodes, and pods that are simply put on them: no controller, no scheduler."""

    def __init__(self, nodes: Sequence[Node], placed: Sequence[tuple[PodTemplate, str]] = ()) -> None:
        self.state = ClusterState(Kernel(0.0, 1.0), nodes, None)
        self.table = self.state.nodes
        self.counts = PodCounts(self.state)
        storage = StorageView(self.table, self.state.volumes)
        self.cluster = ClusterView(self.table, self.counts, storage)
        self.api = Api(self.state, Streams(0, 0), Behaviour())
        for app in APPS:
            self.api.apply(Service(app, selector={"app": app}))
        for template, where in placed:
            self.place(template, where)

    def place(self, template: PodTemplate, where: str) -> PodState:
        self.api.apply(Pod(f"pod-{len(self.state.pods.names)}", template))
        pod = list(self.state.pods.values())[-1]
        self.state.pods.bind(pod, self.table.index[where])
        return pod

    def view(self, template: PodTemplate) -> PodView:
        return PodView(self.api.pod_class(self.api.workload("Pod", "default", "asked"), template, {}))

    def verdicts(self, plugin: type, template: PodTemplate, rows: Sequence[int] | None = None) -> dict[str, list[bool]]:
        """By reason, which of the nodes are rejected."""
        filter_ = plugin().filter(self.view(template), self.cluster)
        nodes = NodeView(self.table, None if rows is None else np.array(rows, dtype=np.int64))
        found: dict[str, list[bool]] = {}
        for reason, rejected in filter_(nodes) if filter_ is not None else ():
            assert isinstance(reason, str)
            assert isinstance(rejected, np.ndarray)
            assert rejected.dtype == np.bool_
            assert rejected.shape == (len(nodes),)
            assert reason not in found
            found[reason] = rejected.tolist()
        return found

    def scores(self, plugin: type, template: PodTemplate, rows: Sequence[int] | None = None) -> list[int] | None:
        score = plugin().score(self.view(template), self.cluster)
        if score is None:
            return None
        nodes = NodeView(self.table, None if rows is None else np.array(rows, dtype=np.int64))
        found = score(nodes)
        if isinstance(found, int):
            assert 0 <= found <= 100
            return [found] * len(nodes)
        assert isinstance(found, np.ndarray)
        assert np.issubdtype(found.dtype, np.integer)
        assert found.shape == (len(nodes),)
        assert ((found >= 0) & (found <= 100)).all()
        return [int(one) for one in found]

    def columns(self) -> bytes:
        """All that plugins could spoil."""
        arrays = [value for value in vars(self.table).values() if isinstance(value, np.ndarray)]
        return pickle.dumps((arrays, self.table.labels, self.table.taint_sets, self.table.running))


Played = tuple[tuple[Node, ...], list[tuple[PodTemplate, str]], PodTemplate]
"""Nodes, pods on them, and the pod that is asked about."""


@st.composite
def scenes(draw: st.DrawFn, most: int = 8) -> Played:
    nodes = draw(machines(most))
    kinds = [draw(templates(app)) for app in APPS]
    where = st.sampled_from([node.name for node in nodes])
    placed = draw(st.lists(st.tuples(st.sampled_from(kinds), where), max_size=12))
    return nodes, placed, draw(st.sampled_from([*kinds, draw(templates(APPS[0]))]))


@EVERY
def test_it_is_a_frozen_dataclass_that_needs_no_arguments(plugin: type) -> None:
    assert is_dataclass(plugin)
    assert [f.name for f in fields(plugin) if f.default is f.default_factory is MISSING] == []
    one = plugin()
    assert pickle.loads(pickle.dumps(one)) == one == plugin()
    assert hash(one) == hash(plugin())


@EVERY
def test_it_is_documented(plugin: type) -> None:
    assert len(inspect.getdoc(plugin) or "") > 30
    assert not (plugin.__doc__ or "").startswith(f"{plugin.__name__}(")
    assert inspect.getmodule(plugin).__doc__.startswith(f"{plugin.__name__}: ")  # type: ignore[union-attr]


@EVERY
def test_it_is_one_of_the_kinds_of_plugins(plugin: type) -> None:
    assert isinstance(plugin(), FilterPlugin | ScorePlugin | PostFilterPlugin)
    for reads in (getattr(plugin, name, None) for name in ("filter_reads", "score_reads")):
        assert reads is None or isinstance(reads, Reads)


@EVERY
@SETTINGS
@given(scene=scenes())
def test_signatures_can_be_looked_up(plugin: type, scene: Played) -> None:
    if not hasattr(plugin, "signature"):
        return
    nodes, placed, asked = scene
    stage = Scene(nodes, placed)
    assert hash(plugin().signature(stage.view(asked))) == hash(plugin().signature(stage.view(asked)))


@EVERY
@SETTINGS
@given(scene=scenes(), other=templates(APPS[0]), data=st.data())
def test_templates_of_equal_signature_are_answered_alike(
    plugin: type, scene: Played, other: PodTemplate, data: st.DataObject
) -> None:
    nodes, placed, asked = scene
    stage = Scene(nodes, placed)
    taken = data.draw(st.lists(st.sampled_from([each.name for each in fields(PodSpec)]), max_size=2))
    labels = data.draw(st.sampled_from([asked.labels, {**asked.labels, "pod-template-hash": "r1"}, other.labels]))
    changed = PodTemplate(replace(asked.spec, **{name: getattr(other.spec, name) for name in taken}), labels)
    one, another = (stage.view(template) for template in (asked, changed))
    if not hasattr(plugin, "signature") or plugin().signature(one) != plugin().signature(another):
        return
    if plugin in FILTERS.values():
        filters = [plugin().filter(view, stage.cluster) for view in (one, another)]
        first, second = ([(r, c.tolist()) for r, c in f(NodeView(stage.table))] if f else None for f in filters)
        assert first == second
    if plugin in SCORES.values():
        assert stage.scores(plugin, asked) == stage.scores(plugin, changed)


@EVERY_FILTER
@SETTINGS
@given(scene=scenes())
def test_filters_answer_for_every_node_and_every_choice_of_nodes(plugin: type, scene: Played) -> None:
    nodes, placed, asked = scene
    stage = Scene(nodes, placed)
    before = stage.columns()
    everywhere = stage.verdicts(plugin, asked)
    rows = list(range(0, len(nodes), 2))
    assert stage.verdicts(plugin, asked, rows) == {
        reason: [rejected[row] for row in rows] for reason, rejected in everywhere.items()
    }
    assert stage.columns() == before


@EVERY_SCORE
@SETTINGS
@given(scene=scenes())
def test_scores_lie_between_0_and_100(plugin: type, scene: Played) -> None:
    nodes, placed, asked = scene
    stage = Scene(nodes, placed)
    before = stage.columns()
    everywhere = stage.scores(plugin, asked)
    rows = list(range(len(nodes) - 1, -1, -2))
    some = stage.scores(plugin, asked, rows)
    if everywhere is not None and plugin().score_reads is not Reads.CLUSTER:  # type: ignore[attr-defined]
        assert some == [everywhere[row] for row in rows]
    assert stage.columns() == before


@EVERY
@SETTINGS
@given(scene=scenes(), order=st.randoms(use_true_random=False))
def test_the_order_of_nodes_does_not_matter(plugin: type, scene: Played, order: Any) -> None:
    nodes, placed, asked = scene
    shuffled = list(nodes)
    order.shuffle(shuffled)
    one, other = Scene(nodes, placed), Scene(shuffled, placed)

    def named(stage: Scene, column: list[Any]) -> dict[str, Any]:
        return dict(zip(stage.table.names, column, strict=True))

    if plugin in FILTERS.values():
        verdicts = [
            {reason: named(stage, column) for reason, column in stage.verdicts(plugin, asked).items()}
            for stage in (one, other)
        ]
        assert verdicts[0] == verdicts[1]
    if plugin in SCORES.values():
        scores = [stage.scores(plugin, asked) for stage in (one, other)]
        assert (scores[0] is None) is (scores[1] is None)
        if scores[0] is not None and scores[1] is not None:
            assert named(one, scores[0]) == named(other, scores[1])


@EVERY
@SETTINGS
@given(scene=scenes())
def test_single_nodes_are_answered_in_plain_numbers_by_what_looks_at_them_alone(plugin: type, scene: Played) -> None:
    nodes, placed, asked = scene
    stage = Scene(nodes, placed)
    one = plugin()
    if plugin in FILTERS.values() and one.filter_reads is Reads.NODE:
        filter_ = one.filter(stage.view(asked), stage.cluster)
        for row in range(len(nodes)) if filter_ is not None else ():
            alone = {reason: bool(rejected) for reason, rejected in filter_(NodeView(stage.table, row))}
            assert alone == {reason: column[row] for reason, column in stage.verdicts(plugin, asked).items()}
    if plugin in SCORES.values() and one.score_reads is Reads.NODE:
        score = one.score(stage.view(asked), stage.cluster)
        for row in range(len(nodes)) if score is not None else ():
            assert [int(score(NodeView(stage.table, row)))] == stage.scores(plugin, asked, [row])


@settings(SETTINGS, max_examples=12)
@given(scenes(most=20), st.data())
def test_kept_answers_equal_fresh_ones_whatever_changes(scene: Played, data: st.DataObject) -> None:
    nodes, placed, asked = scene
    stage = Scene(nodes, placed)
    other = replace(asked, labels={**asked.labels, "app": APPS[1]})
    views = [stage.view(template) for template in (asked, other)]
    chooser = Chooser(default_profile(), stage.table, stage.cluster)
    kept = [chooser.prepare(view) for view in views]
    for _ in range(12):
        for _ in range(data.draw(st.sampled_from([0, 1, 1, 2, 9]))):
            change(stage, data, asked)
        anew = Chooser(default_profile(), stage.table, stage.cluster)
        for view, prepared in zip(views, kept, strict=True):
            fresh = anew.prepare(view)
            feasible = chooser.feasible(prepared)
            assert feasible.tolist() == anew.feasible(fresh).tolist()
            if len(feasible):
                assert chooser.best(prepared, feasible).tolist() == anew.best(fresh, feasible).tolist()


def change(stage: Scene, data: st.DataObject, template: PodTemplate) -> None:
    """Something happens to a node."""
    state = stage.state
    node = data.draw(st.integers(0, len(stage.table) - 1))
    match data.draw(st.sampled_from(["place", "delete", "remove", "taint", "cordon"])):
        case "place":
            stage.place(template, stage.table.names[node])
        case "delete" | "remove" as how:
            if state.pods:
                pod = data.draw(st.sampled_from(list(state.pods.values())))
                if not pod.deleting:
                    state.pods.mark_deleting(pod, 0)
                if how == "remove":
                    state.pods.remove(pod)
        case "taint":
            state.nodes.set_taints(node, frozenset(data.draw(st.lists(st.sampled_from(TAINTS), max_size=2))), 0)
        case "cordon":
            state.nodes.set_unschedulable(node, data.draw(st.booleans()), 0)
