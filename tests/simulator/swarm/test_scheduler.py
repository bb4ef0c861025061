"""Tasks go where the fewest of their service are, then where the fewest are; nothing is moved."""

from collections import Counter

from models.distributions import Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, ZONE_LABEL
from models.pod import Affinity, PodAffinityTerm, TopologySpreadConstraint, WhenUnsatisfiable
from simulator.operations.drain import Drain
from tests.simulator.clusters import GIB, cluster, container, deployment, down, node, nodes, template
from tests.simulator.orchestrators import AT, Crash
from tests.simulator.swarm.swarms import app, lab

MINE = LabelSelector.of({"app": "web"})


def test_tasks_of_a_service_are_even_over_nodes() -> None:
    counts = Counter(task.node for task in lab(app(4, 10)).pods())
    assert sorted(counts.values()) == [2, 2, 3, 3]


def test_of_nodes_with_as_many_of_the_service_the_one_with_fewest_tasks_is_taken() -> None:
    first, second = deployment("api", 1), deployment("web", 2)
    found = lab(cluster(nodes(3), first, second))
    [api] = found.pods("api")
    assert api.node not in {task.node for task in found.pods("web")}


def test_tasks_are_counted_and_usage_is_not() -> None:
    large = deployment("large", 1, pods=template("large", container(cpu=3000)))
    small = [deployment(f"small-{i}", 1, pods=template(f"small-{i}", container(cpu=1))) for i in range(5)]
    found = lab(cluster(nodes(2), large, *small))
    assert sorted(Counter(task.node for task in found.pods()).values()) == [3, 3]


def test_reservations_are_kept_and_what_does_not_fit_waits() -> None:
    found = lab(cluster(nodes(2, cpu=1000), deployment(replicas=3, pods=template("web", container(cpu=800)))))
    assert [task.node for task in found.pods()].count(-1) == 1
    found.simulation.state.nodes.join(node("node-2", cpu=1000))
    found.run(AT)
    assert sorted(task.node for task in found.pods()) == [0, 1, 2]


def test_constraints_are_node_selectors() -> None:
    machines = [node("a"), node("b", labels={"disk": "ssd"})]
    found = lab(cluster(machines, deployment(replicas=3, pods=template("web", node_selector={"disk": "ssd"}))))
    assert {task.node for task in found.pods()} == {1}


def test_a_spread_preference_evens_out_zones_first() -> None:
    spread = TopologySpreadConstraint(1, ZONE_LABEL, WhenUnsatisfiable.DO_NOT_SCHEDULE, MINE)
    machines = [node("a", "east"), node("b", "east"), node("c", "east"), node("d", "west")]
    pods = template("web", topology_spread_constraints=(spread,))
    found = lab(cluster(machines, deployment(replicas=4, pods=pods)))
    assert Counter(task.node == 3 for task in found.pods()) == {True: 2, False: 2}
    # It is a preference: with the zone gone all run in the other.
    found = lab(cluster(machines, deployment(replicas=4, pods=pods)), failures=[down(3, at=AT)]).run(AT + 60.0)
    assert sum(task.running and task.node != 3 for task in found.pods()) == 4


def test_anti_affinity_by_host_is_max_replicas_per_node() -> None:
    apart = Affinity(pod_anti_required=(PodAffinityTerm(MINE, HOSTNAME_LABEL),))
    found = lab(cluster(nodes(2), deployment(replicas=3, pods=template("web", affinity=apart))))
    assert sorted(task.node for task in found.pods()) == [-1, 0, 1]


def test_a_node_where_tasks_keep_failing_comes_last() -> None:
    found = lab(app(2, 1), failures=[Crash(Fixed(1.0))]).run(120.0)
    runs = Counter(pod.node for pod in found.pods())
    assert runs
    failures = found.simulation.control_plane.scheduler._failures
    assert {len(times) >= 5 for times in failures.values()} == {True}
    assert len(failures) == 2  # once one is faulty, the other is taken


def test_nothing_is_moved_back() -> None:
    drain = Drain("drain", at=AT, select=LabelSelector.of({HOSTNAME_LABEL: "node-0"}), maintenance=Fixed(60.0))
    found = lab(app(2, 4), operations=[drain]).run(AT + 1000.0)
    assert Counter(task.node for task in found.pods()) == {1: 4}
    assert GIB
