"""Which nodes are looked at, and that the quick way chooses what evaluating everything would."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Resources
from models.pod import (
    Affinity,
    Container,
    PodAffinityTerm,
    PodSpec,
    PodTemplate,
    PreferredPodAffinity,
    TopologySpreadConstraint,
    WhenUnsatisfiable,
)
from simulator.kernel import Kernel
from simulator.placement import Arrival, _Placing, place
from simulator.scheduling.choosing import Chooser, node_order
from simulator.scheduling.framework import Filter, Reads, nodes_to_find, passes
from simulator.scheduling.profile import profile
from simulator.scheduling.views import ClusterView, NodeView, PodView
from simulator.state.cluster import ClusterState
from simulator.state.nodes import NodeTable
from simulator.state.objects import PodState
from simulator.streams import Streams

GIB = 1024**3


@pytest.mark.parametrize(
    ("nodes", "found"),
    [(50, 50), (99, 99), (100, 100), (250, 120), (500, 230), (1000, 420), (2000, 680), (5000, 500), (6000, 300)],
)
def test_of_many_nodes_only_some_are_looked_for(nodes: int, found: int) -> None:
    assert nodes_to_find(nodes, 0) == found


def test_a_percentage_of_nodes_may_be_asked_for() -> None:
    assert [nodes_to_find(1000, percentage) for percentage in (5, 10, 70, 100)] == [100, 100, 700, 1000]


def machine(name: str, zone: str = "", cpu: int = 4000, **other: Any) -> Node:
    labels = {HOSTNAME_LABEL: name, **({ZONE_LABEL: zone} if zone else {})}
    return Node(name, Resources(cpu, 4 * cpu // 1000 * GIB), labels=labels, **other)


def template(app: str = "web", cpu: int = 100, **spec: Any) -> PodTemplate:
    container = Container("c", requests=Resources(cpu, GIB // 8), declared=frozenset({"cpu", "memory"}))
    return PodTemplate(PodSpec((container,), **spec), {"app": app})


def test_the_list_of_nodes_takes_zones_in_turn() -> None:
    table = NodeTable([machine(str(i), zone) for i, zone in enumerate("aabcab")])
    assert node_order(table).tolist() == [0, 2, 3, 1, 5, 4]


def test_the_search_goes_on_where_it_stopped() -> None:
    nodes = [machine(str(i)) for i in range(250)]
    placing = _Placing(nodes, profile(ties="first"), Streams(0, 0))
    pod = placing._state.pods.create(placing._class_of(Arrival("web", template())), None, 0)
    seen = [placing._scheduler.feasible(pod).tolist() for _ in range(3)]
    assert seen[0] == list(range(120))
    assert seen[1] == list(range(120, 240))
    assert seen[2] == [*range(240, 250), *range(110)]


@dataclass  # not frozen, so it has no hash
class OddNodes:
    """Rejects every second node, in numbers where it should in truth values."""

    filter_reads: ClassVar[Reads] = Reads.CLUSTER

    def signature(self, pod: PodView) -> Hashable:
        return None

    def filter(self, pod: PodView, cluster: ClusterView) -> Filter | None:
        return lambda nodes: [("odd", nodes.take(np.arange(len(cluster.names)) % 2))]


def test_a_plugin_of_ones_own_may_be_without_a_hash_and_give_ones_for_truth() -> None:
    asked = replace(profile(ties="first"), filters=(OddNodes(),))
    placed = place([machine(str(i)) for i in range(6)], [Arrival("web", template(), 30)], profile=asked)
    assert set(placed.nodes) == {0, 2, 4}


def test_with_fewer_feasible_nodes_than_enough_the_search_begins_where_it_did() -> None:
    nodes = [machine(str(i), unschedulable=i >= 50) for i in range(250)]
    placing = _Placing(nodes, profile(ties="first"), Streams(0, 0))
    pod = placing._state.pods.create(placing._class_of(Arrival("web", template())), None, 0)
    assert [placing._scheduler.feasible(pod).tolist() for _ in range(2)] == [list(range(50))] * 2


SELECTOR = LabelSelector.of({"app": "web"})
SPREADS = st.lists(
    st.builds(
        TopologySpreadConstraint,
        st.integers(1, 3),
        st.just(ZONE_LABEL) | st.just(HOSTNAME_LABEL),
        st.sampled_from(WhenUnsatisfiable),
        st.just(SELECTOR),
    ),
    max_size=2,
    unique_by=lambda c: (c.topology_key, c.when_unsatisfiable),
)
TERMS = st.builds(PodAffinityTerm, st.just(SELECTOR), st.just(ZONE_LABEL) | st.just(HOSTNAME_LABEL))
AFFINITIES = st.one_of(
    st.just(Affinity()),
    st.builds(lambda t: Affinity(pod_anti_required=(t,)), TERMS),
    st.builds(lambda t: Affinity(pod_required=(t,)), TERMS),
    st.builds(lambda t, w: Affinity(pod_preferred=(PreferredPodAffinity(w, t),)), TERMS, st.integers(1, 100)),
    st.builds(lambda t, w: Affinity(pod_anti_preferred=(PreferredPodAffinity(w, t),)), TERMS, st.integers(1, 100)),
)
TEMPLATES = st.builds(
    lambda app, cpu, spreads, affinity, priority: template(
        app, cpu, topology_spread_constraints=tuple(spreads), affinity=affinity, priority=priority
    ),
    st.sampled_from(["web", "db"]),
    st.sampled_from([0, 100, 900]),
    SPREADS,
    AFFINITIES,
    st.sampled_from([0, 0, 10]),
)


class Checked(_Placing):
    """Compares every choice with what all plugins say of all nodes, asked anew."""

    def watch(self) -> None:
        choose = self._scheduler._choose

        def checked(pod: PodState) -> int | None:
            start = self._scheduler.chooser._start
            nominated = dict(self._scheduler._nominated)
            node = choose(pod)
            if not nominated:
                assert node == self.from_scratch(pod, start)
            return node

        self._scheduler._choose = checked  # type: ignore[method-assign]

    def from_scratch(self, pod: PodState, start: int) -> int | None:
        table = self._state.nodes
        chooser = Chooser(self._scheduler._profile, table, self._scheduler._cluster)
        cycle_state = chooser.prepare(self._scheduler.cycle_state(pod.pod_class).pod)
        order = np.roll(node_order(table), -start)
        passing = passes([filter_ for _, filter_ in cycle_state.answers.filters], NodeView(table))
        feasible = order[passing[order]][: nodes_to_find(len(table), 0)]
        if len(feasible) == 0:
            return None
        total = sum(chooser.scores(cycle_state, feasible).values(), np.zeros(len(feasible), dtype=np.int64))
        return int(feasible[np.argmax(total)])


@settings(max_examples=60, deadline=None)
@given(
    kinds=st.lists(TEMPLATES, min_size=1, max_size=4),
    bursts=st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=10
    ),
    many=st.booleans(),
)
def test_every_choice_is_what_asking_all_plugins_anew_would_give(
    kinds: list[PodTemplate], bursts: list[tuple[int, int, int, int]], many: bool
) -> None:
    count = 130 if many else 7
    nodes = [machine(str(i), "abc"[i % 3] if i % 5 else "", 1000 * (1 + i % 3)) for i in range(count)]
    placing = Checked(nodes, profile(ties="first"), Streams(0, 0))
    placing.watch()
    arrivals = [
        Arrival(f"app-{kind % len(kinds)}", kinds[kind % len(kinds)], number, float(at), float(at + lasting))
        for kind, number, at, lasting in bursts
    ]
    placing.run(arrivals)


def test_no_node_takes_more_than_it_has() -> None:
    nodes = [machine(str(i), cpu=1000) for i in range(3)]
    placed = place(nodes, [Arrival("web", template(cpu=300), 20)])
    assert placed.placed == 9
    assert placed.reasons[9] == "0/3 nodes are available: 3 Insufficient cpu."
    assert sorted(placed.nodes) == [-1] * 11 + [0] * 3 + [1] * 3 + [2] * 3


def test_nodes_that_are_gone_take_no_turn() -> None:
    state = ClusterState(Kernel(0.0, 0.0), [machine(str(i), zone) for i, zone in enumerate("aaabb")], None)
    for node in (0, 1):
        state.nodes.delete(node, 0)
    assert node_order(state.nodes).tolist() == [2, 3, 4]
