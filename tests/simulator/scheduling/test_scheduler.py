"""Where pods go, why they wait, and when they are tried again (kubernetes-behaviour, section 6)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from models.cluster import Cluster
from models.deployment import ReplicaSet
from models.labels import LabelSelector, Operator, Requirement
from models.namespace import Namespace
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Taint, TaintEffect
from models.pod import (
    Affinity,
    NodeSelectorTerm,
    Pod,
    PodAffinityTerm,
    PodTemplate,
    PreferredNode,
    Toleration,
    TopologySpreadConstraint,
    WhenUnsatisfiable,
)
from models.service import Service
from simulator.log import Kind
from simulator.registry import find
from simulator.scheduling.counts import PodCounts
from simulator.scheduling.profile import default_profile, profile
from simulator.scheduling.storage import StorageView
from simulator.scheduling.views import ClusterView, NodeView, PodView
from simulator.simulation import Simulation
from tests.simulator.clusters import (
    DAY,
    GIB,
    HOUR,
    Lab,
    cluster,
    container,
    deployment,
    down,
    node,
    nodes,
    pod,
    template,
    tolerations,
)

START = -DAY
SOFT, HARD = WhenUnsatisfiable.SCHEDULE_ANYWAY, WhenUnsatisfiable.DO_NOT_SCHEDULE
WEB = LabelSelector.of({"app": "web"})


class Question:
    """What a plugin says about a pod, in a cluster where other pods are already."""

    def __init__(self, machines: Sequence[Node], *placed: tuple[str, Pod], services: Sequence[Service] = ()) -> None:
        there = tuple(
            replace(p, name=f"{p.name}-{i}", template=_pinned(p.template, where)) for i, (where, p) in enumerate(placed)
        )
        load = Cluster(nodes=tuple(machines), pods=there, services=tuple(services))
        self.lab = Lab(load, before=self._look_on)
        assert [p.node >= 0 for p in self.lab.pods()] == [True] * len(placed)

    def _look_on(self, simulation: Simulation) -> None:
        state = simulation.state
        storage = StorageView(state.nodes, state.volumes)
        self.cluster = ClusterView(state.nodes, PodCounts(state), storage)

    def view(self, asked: PodTemplate) -> PodView:
        api = self.lab.simulation.api
        return PodView(api.pod_class(api.workload("Pod", "default", "asked"), asked, {}))

    def scores(self, plugin: str, asked: PodTemplate, rows: Sequence[int] | None = None) -> list[int] | None:
        score = find("plugin", plugin)().score(self.view(asked), self.cluster)
        nodes = NodeView(self.lab.state.nodes, None if rows is None else np.array(rows))
        if score is None:
            return None
        return [int(one) for one in score(nodes) + np.zeros(len(nodes), dtype=np.int64)]

    def passing(self, asked: PodTemplate) -> list[str]:
        """Nodes that pass all filters of the default profile."""
        nodes = NodeView(self.lab.state.nodes)
        passing = np.ones(len(nodes), dtype=np.bool_)
        for plugin in default_profile().filters:
            filter_ = plugin.filter(self.view(asked), self.cluster)
            for _, rejected in filter_(nodes) if filter_ is not None else ():
                passing &= ~rejected
        return [name for name, ok in zip(self.cluster.names, passing, strict=True) if ok]


def _pinned(asked: PodTemplate, where: str) -> PodTemplate:
    return replace(asked, spec=replace(asked.spec, node_selector={HOSTNAME_LABEL: where}))


def sized(cpu: int | None, memory: int | None, app: str = "web", **spec: object) -> PodTemplate:
    return template(app, container(cpu=cpu, memory=memory), **spec)


def spread(
    skew: int, key: str = ZONE_LABEL, when: WhenUnsatisfiable = HARD, **other: object
) -> TopologySpreadConstraint:
    return TopologySpreadConstraint(skew, key, when, WEB, **other)  # type: ignore[arg-type]


# Scores: the numbers are the output of the real plugins


@pytest.mark.parametrize(
    ("used", "asked", "least", "balanced"),
    [
        ((1000, 4 * GIB), (500, 1 * GIB), 65, 73),
        ((0, 0), (500, 1 * GIB), 90, 73),
        ((3000, 2 * GIB), (500, 0), None, 72),
        ((1000, 12 * GIB), (1000, 0), None, 81),
    ],
)
def test_resource_scores(used: tuple[int, int], asked: tuple[int, int], least: int | None, balanced: int) -> None:
    question = Question(nodes(1), *([("node-0", Pod("used", sized(*used)))] if any(used) else []))
    assert question.scores("NodeResourcesBalancedAllocation", sized(*asked)) == [balanced]
    if least is not None:
        assert question.scores("NodeResourcesFit", sized(*asked)) == [least]


def test_a_pod_without_requests_counts_as_a_small_one() -> None:
    nothing = sized(None, None)
    question = Question(nodes(2), *[("node-0", Pod("other", nothing))] * 2)
    assert question.scores("NodeResourcesFit", nothing) == [94, 97]
    assert question.scores("NodeResourcesBalancedAllocation", nothing) is None


def test_a_request_of_zero_is_zero() -> None:
    zero = sized(0, 0)
    assert Question(nodes(1), ("node-0", Pod("other", zero))).scores("NodeResourcesFit", zero) == [100]


def test_total_scores_with_the_default_weights() -> None:
    question = Question((node("n1"), node("n2")), ("n1", Pod("used", sized(1000, 4 * GIB, app="other"))))
    asked = sized(500, GIB)
    totals = np.zeros(2, dtype=np.int64)
    for plugin, weight in default_profile().scores:
        scores = question.scores(type(plugin).__name__, asked)
        totals += weight * np.array(scores if scores is not None else [0, 0])
    assert totals.tolist() == [438, 463]


def test_preferred_node_affinity_is_scored_by_the_sum_of_weights() -> None:
    def term(disk: str) -> NodeSelectorTerm:
        return NodeSelectorTerm((Requirement("disk", Operator.IN, (disk,)),))

    machines = tuple(node(name, labels={"disk": name}) for name in ("fast", "slow", "none"))
    wish = Affinity(node_preferred=(PreferredNode(80, term("fast")), PreferredNode(30, term("slow"))))
    question = Question(machines)
    assert question.scores("NodeAffinity", template("web", affinity=wish)) == [100, 37, 0]
    assert question.scores("NodeAffinity", template("web", affinity=wish), rows=[1, 2]) == [100, 0]
    assert question.scores("NodeAffinity", template("web", affinity=wish), rows=[2]) == [0]
    assert question.scores("NodeAffinity", template("web")) is None


def test_every_untolerated_soft_taint_costs() -> None:
    soft = [Taint(key, TaintEffect.PREFER_NO_SCHEDULE) for key in ("one", "two")]
    question = Question(tuple(node(f"n{i}", taints=tuple(soft[:i])) for i in range(3)))
    assert question.scores("TaintToleration", template("web")) == [100, 50, 0]
    assert question.scores("TaintToleration", template("web"), rows=[0, 1]) == [100, 0]
    assert question.scores("TaintToleration", template("web"), rows=[0]) == [100]
    one = template("web", tolerations=(Toleration("one"),))
    assert question.scores("TaintToleration", one) == [100, 100, 0]
    wrong = template("web", tolerations=(Toleration("one", effect=TaintEffect.NO_SCHEDULE),))
    assert question.scores("TaintToleration", wrong) == [100, 50, 0]


WEB_SERVICE = Service("web", selector={"app": "web"})


def test_default_spreading_scores_nodes_and_zones() -> None:
    machines = nodes(6, "abc")  # zone a: 0 and 3, b: 1 and 4, c: 2 and 5
    placed = [(f"node-{i}", Pod("web", template("web"))) for i in (0, 3, 1)]
    question = Question(machines, *placed, services=[WEB_SERVICE])
    scores = question.scores("PodTopologySpread", template("web"))
    assert scores == [54, 63, 100, 54, 81, 100]


def test_default_spreading_needs_something_that_selects_the_pod() -> None:
    question = Question(nodes(6, "abc"), ("node-0", Pod("web", template("web"))))
    assert question.scores("PodTopologySpread", template("web")) is None


def test_default_spreading_sees_only_pods_of_the_same_revision() -> None:
    lab = Lab(cluster(nodes(4, "ab"), deployment(replicas=8)))
    assert sorted(Counter(p.node for p in lab.pods()).values()) == [2, 2, 2, 2]


def test_own_soft_constraints_leave_nodes_without_the_label_at_zero() -> None:
    machines = (*nodes(4, "ab"), node("bare"))
    soft = template("web", topology_spread_constraints=(spread(1, when=SOFT),))
    question = Question(machines, ("node-0", Pod("web", template("web"))))
    scores = question.scores("PodTopologySpread", soft)
    assert scores is not None
    assert scores[4] == 0
    assert scores[1] == scores[3] == 100
    assert scores[0] == scores[2] < 100


def test_own_soft_constraints_count_only_nodes_that_the_pod_may_use() -> None:
    """scoring.go: pods on nodes that the affinity rules out do not count (nodeAffinityPolicy Honor)."""
    machines = tuple(node(f"n{i}", "ab"[i % 2], labels={"disk": "ssd" if i < 2 else "hdd"}) for i in range(4))
    placed = [("n2", Pod("web", template("web"))), ("n1", Pod("web", template("web")))]

    def asked(honor: bool) -> PodTemplate:
        constraint = spread(1, when=SOFT, honor_node_affinity=honor)
        return template("web", topology_spread_constraints=(constraint,), node_selector={"disk": "ssd"})

    question = Question(machines, *placed)
    assert question.scores("PodTopologySpread", asked(honor=False), rows=[0, 1]) == [100, 100]
    assert question.scores("PodTopologySpread", asked(honor=True), rows=[0, 1]) == [100, 0]


# Hard topology spread


def zones_with(counts: dict[str, int], **taints: Taint) -> Question:
    """A node a zone, with so many pods."""
    machines = [node(f"in-{zone}", zone, taints=(taints[zone],) if zone in taints else ()) for zone in counts]
    tolerant = template("web", tolerations=(Toleration(),))
    placed = [(f"in-{zone}", Pod("web", tolerant)) for zone, count in counts.items() for _ in range(count)]
    return Question(machines, *placed)


DEAD = Taint("node.kubernetes.io/unreachable", TaintEffect.NO_SCHEDULE)


@pytest.mark.parametrize(
    ("counts", "constraint", "passing"),
    [
        ({"a": 0, "b": 0, "c": 0}, spread(1), "abc"),
        ({"a": 1, "b": 0, "c": 0}, spread(1), "bc"),
        ({"a": 1, "b": 1, "c": 0}, spread(1), "c"),
        ({"a": 2, "b": 1, "c": 0}, spread(2), "bc"),
        ({"a": 3, "b": 3, "c": 3}, spread(1), "abc"),
        # Fewer domains than minDomains: the least is taken to be 0.
        ({"a": 1, "b": 0, "c": 0}, spread(1, min_domains=4), "bc"),
        ({"a": 1, "b": 1, "c": 0}, spread(1, min_domains=4), "c"),
        ({"a": 1, "b": 1, "c": 1}, spread(1, min_domains=4), ""),
        ({"a": 1, "b": 1, "c": 1}, spread(1, min_domains=3), "abc"),
    ],
)
def test_hard_spread(counts: dict[str, int], constraint: TopologySpreadConstraint, passing: str) -> None:
    asked = template("web", topology_spread_constraints=(constraint,))
    assert zones_with(counts).passing(asked) == [f"in-{zone}" for zone in passing]


@pytest.mark.parametrize(("honor", "passing"), [(False, []), (True, ["in-a", "in-b"])])
def test_a_dead_zone_still_is_a_domain_unless_taints_are_honoured(honor: bool, passing: list[str]) -> None:
    question = zones_with({"a": 2, "b": 2, "c": 0}, c=DEAD)
    asked = template("web", topology_spread_constraints=(spread(1, honor_node_taints=honor),))
    assert question.passing(asked) == passing


def test_a_pod_that_does_not_match_its_own_selector_may_go_one_further() -> None:
    other = template("other", topology_spread_constraints=(spread(1),))
    assert zones_with({"a": 1, "b": 0, "c": 0}).passing(other) == ["in-a", "in-b", "in-c"]
    assert zones_with({"a": 2, "b": 0, "c": 0}).passing(other) == ["in-b", "in-c"]


def test_terminating_pods_do_not_count() -> None:
    question = zones_with({"a": 1, "b": 1, "c": 1})
    asked = template("web", topology_spread_constraints=(spread(1),))
    in_c = next(p for p in question.lab.pods() if p.node == 2)
    question.lab.state.pods.mark_deleting(in_c, 0)
    assert question.passing(asked) == ["in-c"]


def test_nodes_without_the_label_are_out() -> None:
    asked = template("web", topology_spread_constraints=(spread(1),))
    assert Question((*nodes(2, "ab"), node("bare"))).passing(asked) == ["node-0", "node-1"]


def test_constraints_of_which_the_revision_is_part_leave_the_old_one_alone() -> None:
    """A rollout with matchLabelKeys is not blocked by where the old pods are."""
    constraint = spread(1, match_label_keys=("pod-template-hash",))
    web = template("web", topology_spread_constraints=(constraint,))
    spec = deployment(replicas=4, pods=web, max_surge=4, max_unavailable=0)
    lab = Lab(cluster(nodes(4, "ab"), spec))
    lab.apply(replace(spec, template=replace(web, annotations={"again": "yes"})), at=10.0)
    lab.run(HOUR)
    assert lab.counts() == ((0, 0, 0), (4, 4, 4))
    assert Counter("ab"[p.node % 2] for p in lab.pods()) == {"a": 2, "b": 2}


# Reasons


def reason(machines: Sequence[Node], asked: Pod | None = None, *others: Pod) -> str:
    """Why the last pod waits."""
    asked = asked or pod("asked")
    lab = Lab(cluster(machines, *others, asked, services=False))
    return lab.simulation.pending()[asked.name]


def test_reasons_are_given_in_the_words_of_kubernetes() -> None:
    big = pod("asked", container(cpu=5000, memory=20 * GIB))
    dedicated = Taint("dedicated", TaintEffect.NO_SCHEDULE, "gpu")
    for machines, asked, said in (
        (nodes(3), pod("asked", container(cpu=5000)), "0/3 nodes are available: 3 Insufficient cpu."),
        (nodes(3), big, "0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory."),
        (nodes(2, pods=0), None, "0/2 nodes are available: 2 Too many pods."),
        (
            nodes(2),
            pod("asked", container(resources={"nvidia.com/gpu": 1})),
            "0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
        ),
        (nodes(2, unschedulable=True), None, "0/2 nodes are available: 2 node(s) were unschedulable."),
        (
            nodes(2, taints=(dedicated,)),
            None,
            "0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: gpu}.",
        ),
        (
            nodes(2),
            pod("asked", node_selector={"disk": "ssd"}),
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
        ),
        (
            (*nodes(2, "ab"), node("bare")),
            Pod(
                "asked",
                sized(5000, 0, app="asked", topology_spread_constraints=(spread(1),)),
            ),
            "0/3 nodes are available: 3 Insufficient cpu.",
        ),
        (
            (node("bare"),),
            pod("asked", topology_spread_constraints=(spread(1),)),
            "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).",
        ),
    ):
        assert reason(machines, asked) == said


def test_a_node_is_counted_for_the_first_filter_that_rejects_it() -> None:
    machines = (
        *nodes(2, unschedulable=True),
        node("tainted", taints=(Taint("gpu", TaintEffect.NO_SCHEDULE),)),
        *(node(f"small-{i}", cpu=50) for i in range(10)),
    )
    # Sorted as strings, as the real one does.
    assert reason(machines) == (
        "0/13 nodes are available: 1 node(s) had untolerated taint {gpu: }, 10 Insufficient cpu, "
        "2 node(s) were unschedulable."
    )


def test_spread_is_named_as_a_reason() -> None:
    asked = template("web", topology_spread_constraints=(spread(1, min_domains=2),))
    lab = Lab(cluster(nodes(2), deployment(replicas=2, pods=asked)))
    assert set(lab.simulation.pending().values()) == {
        "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints."
    }


def test_without_nodes_pods_wait_too() -> None:
    for spec in ({}, {"node_selector": {"a": "b"}}, {"topology_spread_constraints": (spread(1),)}):
        assert reason((), pod("asked", **spec)).startswith("0/0 nodes are available")


# The queue


def test_a_waiting_pod_is_tried_again_when_room_appears() -> None:
    lab = Lab(
        cluster(
            nodes(1),
            deployment("first", pods=sized(3000, 0, "first")),
            deployment("second", pods=sized(3000, 0, "second")),
        )
    )
    waiting = [p for p in lab.pods() if p.node < 0]
    assert [p.pod_class.workload.name for p in waiting] == ["second"]
    lab.apply(deployment("first", 0, pods=sized(3000, 0, "first")), at=10.0)
    # Not when the other is being deleted, but when it is gone.
    assert lab.run(HOUR).times(Kind.POD_NODE, since=1.0) == [11.0]


def test_a_waiting_pod_is_tried_again_when_a_node_returns() -> None:
    lab = Lab(cluster(nodes(2), deployment(replicas=2, pods=sized(3000, 0))), failures=[down(0, at=0.0, lasting=HOUR)])
    lab.run(HOUR - 1.0)
    assert [p.node for p in lab.pods() if not p.deleting] == [1, -1]
    lab.run(2 * HOUR)
    assert {p.node for p in lab.pods()} == {0, 1}


def test_a_waiting_pod_is_tried_again_when_a_node_is_uncordoned() -> None:
    lab = Lab(cluster(nodes(1, unschedulable=True), deployment()))
    lab.at(10.0, lambda: lab.state.nodes.set_unschedulable(0, False, 0))
    assert lab.run(HOUR).times(Kind.POD_NODE, since=START) == [10.0]


def test_a_pod_that_waits_for_another_of_its_kind_is_tried_when_that_one_comes() -> None:
    constraint = spread(1, honor_node_affinity=False)
    first = deployment(
        "first",
        2,
        pods=template(
            "first", labels={"app": "web"}, node_selector={ZONE_LABEL: "a"}, topology_spread_constraints=(constraint,)
        ),
    )
    second = deployment("second", pods=template("second", labels={"app": "web"}, node_selector={ZONE_LABEL: "b"}))
    lab = Lab(cluster(nodes(2, "ab"), first, second))
    assert all(p.node >= 0 for p in lab.pods())


def test_a_pod_that_waits_because_of_another_is_tried_when_that_one_goes() -> None:
    constraint = spread(1, min_domains=2)
    waiting = deployment(
        "waiting", pods=template("waiting", labels={"app": "web"}, topology_spread_constraints=(constraint,))
    )
    other = pod("web")
    lab = Lab(cluster(nodes(1), other, waiting))
    assert [p.pod_class.workload.name for p in lab.pods() if p.node < 0] == ["waiting"]
    [there] = [p for p in lab.pods() if p.node >= 0]
    lab.delete(there, at=10.0)  # it stops counting at once, though its room is not free yet
    assert lab.run(HOUR).times(Kind.POD_NODE, since=1.0) == [10.0]


def test_a_pod_that_a_hard_default_keeps_waiting_is_tried_when_another_of_its_kind_goes() -> None:
    hard = {"topologyKey": ZONE_LABEL, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    chosen = profile(arguments={"PodTopologySpread": {"defaultConstraints": [hard], "defaultingType": "List"}})
    machines = (node("roomy", "a"), node("tiny", "b", cpu=10))
    lab = Lab(cluster(machines, deployment(replicas=2)), profile=chosen)
    assert sorted(p.node for p in lab.pods()) == [-1, 0]
    lab.delete(next(p for p in lab.pods() if p.node == 0), at=10.0)
    assert lab.run(HOUR).times(Kind.POD_NODE, since=1.0) == [10.0]


def test_pods_that_want_to_be_together_are_tried_elsewhere_once_none_is_left_on_a_drained_node() -> None:
    together = Affinity(pod_required=(PodAffinityTerm(WEB, HOSTNAME_LABEL),))
    lab = Lab(cluster(nodes(2), deployment("web", 2, pods=template("web", affinity=together))))
    [(there, _)] = Counter(p.node for p in lab.pods()).items()
    lab.at(10.0, lambda: lab.state.nodes.set_unschedulable(there, True, 0))
    for old in lab.pods():
        lab.delete(old, at=10.0)
    assert {p.node for p in lab.run(HOUR).pods()} == {1 - there}


def test_a_pod_that_keeps_away_from_another_is_tried_when_that_one_gets_other_labels() -> None:
    apart = Affinity(pod_anti_required=(PodAffinityTerm(WEB, HOSTNAME_LABEL),))
    lab = Lab(cluster(nodes(1), pod("web"), pod("other", affinity=apart)))
    [web, other] = lab.pods()
    assert other.node < 0
    lab.at(10.0, lambda: lab.simulation.api.label(web, {"app": "quarantine"}))
    assert lab.run(HOUR).times(Kind.POD_NODE, since=1.0) == [10.0]


def test_higher_priorities_go_first() -> None:
    low, high = (pod(name, container(cpu=3000), priority=p) for name, p in (("low", 0), ("high", 1000)))
    lab = Lab(cluster(nodes(1), low, high))
    assert [name for _, name, _ in lab.log(Kind.POD_NODE, START)][:1] == ["high-0"]


def test_equal_priorities_go_by_arrival() -> None:
    lab = Lab(cluster(nodes(1), *(pod(name, container(cpu=3000)) for name in ("first", "second", "third"))))
    assert [name for _, name, _ in lab.log(Kind.POD_NODE, START)] == ["first-0"]
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(20.0)
    lab.delete(lab.pods()[0], at=30.0)
    assert [name for _, name, _ in lab.run(HOUR).log(Kind.POD_NODE, 1.0)] == ["second-0", "third-0"]


def test_a_small_pod_does_not_wait_behind_a_large_one() -> None:
    lab = Lab(cluster(nodes(1), pod("large", container(cpu=9000)), pod("small")))
    assert [name for _, name, _ in lab.log(Kind.POD_NODE, START)] == ["small-0"]


def test_the_cluster_fills_to_the_last_millicore() -> None:
    lab = Lab(cluster(nodes(3, cpu=1000), deployment(replicas=40, pods=sized(100, 0))))
    assert lab.state.nodes.used_cpu.tolist() == [1000] * 3
    assert len(lab.simulation.pending()) == 10


def test_terminating_pods_hold_their_room_until_they_are_gone() -> None:
    web = template("web", container(cpu=3000, pre_stop=20.0))
    lab = Lab(cluster(nodes(1), deployment(pods=web)))
    lab.delete(lab.pods()[0], at=10.0)
    assert lab.run(HOUR).times(Kind.POD_NODE, since=1.0) == [31.0]


def test_pods_on_a_dead_node_hold_their_room_until_it_returns() -> None:
    lab = Lab(cluster(nodes(2), deployment(pods=sized(3000, 0))), failures=[down(0, 1, at=0.0, lasting=HOUR)])
    lab.run(HOUR / 2)
    assert sum(lab.state.nodes.used_cpu) == 3000


def test_an_overloaded_cluster_costs_as_much_as_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 pods for room of 500: those that fail wait behind the first of their kind."""
    tried: Counter[str] = Counter()

    def count(simulation: Simulation) -> None:
        scheduler = simulation.control_plane.scheduler
        choose = scheduler._choose

        def counted(waiting: object) -> int | None:
            tried["times"] += 1
            return choose(waiting)  # type: ignore[arg-type]

        monkeypatch.setattr(scheduler, "_choose", counted)

    load = cluster(nodes(5, pods=100, cpu=100_000, memory=100 * GIB), deployment(replicas=5000))
    lab = Lab(load, before=count)
    assert sum(p.node >= 0 for p in lab.pods()) == 500
    assert len(lab.simulation.pending()) == 4500
    assert tried["times"] < 600
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(20.0)
    assert len(lab.simulation.pending()) == 4500
    assert tried["times"] < 610


def test_pods_avoid_nodes_that_the_control_plane_knows_to_be_dead() -> None:
    tolerant = template("web", tolerations=tolerations(0.0))
    lab = Lab(cluster(nodes(3), deployment(replicas=3, pods=tolerant)), failures=[down(0, at=0.0)]).run(HOUR)
    assert {p.node for p in lab.pods() if not p.deleting} == {1, 2}


def test_a_node_is_out_for_the_first_pod_affinity_rule_that_fails() -> None:
    """InterPodAffinity.Filter: affinity, then the pod's anti-affinity, then that of the pods there."""
    apart = Affinity(pod_anti_required=(PodAffinityTerm(WEB, HOSTNAME_LABEL),))
    web = deployment("web", 3, pods=template("web", affinity=apart))
    other = replace(apart, pod_anti_required=(PodAffinityTerm(WEB, HOSTNAME_LABEL, match_label_keys=("app",)),))
    lab = Lab(cluster(nodes(2), web, pod("guard", affinity=other)))
    assert lab.simulation.pending()["web-r0-2"] == (
        "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
    )


def test_a_node_is_out_for_the_first_spread_constraint_that_fails() -> None:
    """PodTopologySpread.Filter goes over the constraints in their order: the label, then the skew."""
    machines = (node("n0", "a"), node("n1", "b"), node("n2", "b"))
    crowded, unlabelled = spread(1), spread(1, "rack")
    asked = template("web", topology_spread_constraints=(crowded, unlabelled))
    reason = Lab(cluster(machines, Pod("asked", asked))).simulation.pending()["asked"]
    assert reason == (
        "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints (missing required label)."
    )


def test_a_node_that_lacks_several_resources_is_out_for_each_of_them() -> None:
    """The one plugin that gives several reasons for a node (noderesources/fit.go)."""
    asked = Pod("asked", sized(5000, 17 * GIB))
    assert Lab(cluster(nodes(2), asked)).simulation.pending()["asked"] == (
        "0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory."
    )


def test_a_gated_pod_waits_until_its_gates_are_removed() -> None:
    lab = Lab(cluster(nodes(1), pod("gated", scheduling_gates=("x.io/a", "x.io/b"))))
    assert lab.simulation.pending()["gated"] == (
        "SchedulingGated: Scheduling is blocked due to non-empty scheduling gates [x.io/a x.io/b]"
    )
    lab.apply(pod("gated", scheduling_gates=("x.io/b",)), at=10.0)
    lab.apply(pod("gated"), at=20.0)
    lab.run(HOUR)
    assert lab.log(Kind.POD_NODE) == [(20.0, "gated-0", 0)]
    assert lab.simulation.pending() == {}


def test_gates_in_a_template_hold_every_pod_of_the_workload_back() -> None:
    lab = Lab(cluster(nodes(2), deployment("web", 3, pods=template("web", scheduling_gates=("x.io/a",)))))
    assert len(lab.simulation.pending()) == 3
    assert all(reason.startswith("SchedulingGated: ") for reason in lab.simulation.pending().values())


def test_a_namespace_selector_sees_the_labels_of_declared_namespaces() -> None:
    """As those of kube-apiserver: every namespace has its name as a label; one that is not declared has no other."""
    selectors = {
        "by label": (LabelSelector.of({"stack": "customer"}), True),
        "by another label": (LabelSelector.of({"stack": "internal"}), False),
        "by name": (LabelSelector.of({"kubernetes.io/metadata.name": "t1"}), True),
        "everywhere": (LabelSelector(), True),
    }
    for said, (selector, apart) in selectors.items():
        term = PodAffinityTerm(WEB, HOSTNAME_LABEL, namespace_selector=selector)
        spec = Affinity(pod_anti_required=(term,))
        asked = Pod("asked", template("asked", affinity=spec), namespace="t2")
        there = Pod("there", template("web"), namespace="t1")
        declared = Namespace("t1", {"kubernetes.io/metadata.name": "t1", "stack": "customer"})
        lab = Lab(Cluster(nodes=nodes(1), pods=(there, asked), others=(declared,)))
        assert ("asked" in lab.simulation.pending()) is apart, said


def test_a_replication_controller_is_a_replica_set_of_another_kind() -> None:
    web = ReplicaSet("web", template("web"), WEB, replicas=2, kind="ReplicationController")
    alike = replace(web, kind="ReplicaSet", replicas=1)
    lab = Lab(Cluster(nodes=nodes(2), replica_sets=(web, alike)))
    assert Counter(pod.pod_class.workload.kind for pod in lab.pods()) == {"ReplicationController": 2, "ReplicaSet": 1}
    [first, *_] = lab.pods()
    lab.delete(first, at=10.0)
    lab.run(HOUR)
    assert Counter(pod.pod_class.workload.kind for pod in lab.pods()) == {"ReplicationController": 2, "ReplicaSet": 1}
