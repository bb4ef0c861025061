"""Nodes that join a running cluster, and nodes whose object is deleted."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.labels import LabelSelector
from models.node import ZONE_LABEL
from models.pod import TopologySpreadConstraint, WhenUnsatisfiable
from simulator.log import Kind
from simulator.state.nodes import TRUE
from simulator.state.objects import Disruption
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, deployment, node, nodes, template

SELECTOR = LabelSelector.of({"app": "web"})


def where(found: Lab) -> list[str]:
    return sorted(found.state.nodes.names[pod.node] for pod in found.pods("web") if pod.node >= 0)


def check_columns(found: Lab) -> None:
    """What is used of every node is what the pods there request."""
    table = found.state.nodes
    for column in (table.cpu, table.memory, table.pods, table.used_cpu, table.taint_set, table.unschedulable):
        assert len(column) == len(table) == len(table.running) == len(table.exists)
    for number, running in enumerate(table.running):
        assert table.used_pods[number] == len(running)
        assert table.used_cpu[number] == sum(pod.pod_class.requests.cpu for pod in running.values())
    assert table.columns["used"]["cpu"] is table.used_cpu
    assert np.array_equal(table.columns["allocatable"]["cpu"], table.cpu)


def test_pods_that_wait_go_to_a_node_that_joins() -> None:
    found = Lab(cluster(nodes(1, pods=1), deployment(replicas=2)), behaviour())
    assert where(found.run(5.0)) == ["node-0"]
    (waiting,) = (pod for pod in found.pods("web") if pod.node < 0)
    assert found.simulation.control_plane.scheduler.reason(waiting) == "0/1 nodes are available: 1 Too many pods."
    found.at(10.0, lambda: found.state.nodes.join(node("late", zone="b", pods=1)))
    assert where(found.run(20.0)) == ["late", "node-0"]
    check_columns(found)


def test_a_daemon_set_has_a_pod_on_a_node_that_joins_and_none_is_made_for_one_that_is_gone() -> None:
    daemons = DaemonSet("web", template("web"), SELECTOR)
    found = Lab(Cluster(nodes=nodes(2), daemon_sets=(daemons,)), behaviour())
    found.at(10.0, lambda: found.state.nodes.join(node("late")))
    assert where(found.run(20.0)) == ["late", "node-0", "node-1"]
    found.at(30.0, lambda: found.state.nodes.delete(0, 0))
    assert where(found.run(HOUR)) == ["late", "node-1"]


def test_pods_of_a_deleted_node_stay_ready_until_they_are_garbage() -> None:
    """The course of the recording node-deleted: a tick of 20 s, 40 s of quarantine, the next tick."""
    found = Lab(cluster(nodes(3), deployment(replicas=3)), behaviour())
    (old,) = (pod for pod in found.pods("web") if pod.node == 0)
    found.at(15.0, lambda: found.state.nodes.delete(0, 0))
    found.run(70.0)
    assert old.ready
    assert not old.answering
    assert found.state.nodes.ready[0] == TRUE
    found.run(100.0)
    assert old.uid not in found.state.pods
    assert old.disruption is Disruption.DELETION_BY_POD_GC
    gone = next(time for time, uid, _, phase, _ in found.rows(Kind.POD_PHASE, 15.0) if uid == old.uid and phase == 0)
    assert 75.0 < gone <= 95.0
    assert len(where(found)) == 3
    assert "node-0" not in where(found)
    check_columns(found)


def test_nothing_is_placed_on_a_deleted_node_and_it_is_not_counted_in_reasons() -> None:
    found = Lab(cluster(nodes(2, pods=1), deployment(replicas=2)), behaviour())
    found.at(10.0, lambda: found.state.nodes.delete(0, 0))
    assert where(found.run(HOUR)) == ["node-1"]
    (waiting,) = (pod for pod in found.pods("web") if pod.node < 0)
    assert found.simulation.control_plane.scheduler.reason(waiting) == "0/1 nodes are available: 1 Too many pods."


def test_a_zone_without_nodes_is_no_domain() -> None:
    spread = TopologySpreadConstraint(1, ZONE_LABEL, WhenUnsatisfiable.DO_NOT_SCHEDULE, SELECTOR)
    web = deployment(replicas=2, pods=template("web", topology_spread_constraints=(spread,)))
    found = Lab(cluster(nodes(2, zones=("a", "b")), web), behaviour())
    found.at(10.0, lambda: found.state.nodes.delete(1, 0))
    assert where(found.run(HOUR)) == ["node-0", "node-0"]  # else the empty zone b would allow one pod only
    found.apply(replace(web, replicas=4), at=HOUR + 1.0)
    found.at(HOUR + 0.5, lambda: found.state.nodes.join(node("late", zone="c")))
    assert where(found.run(HOUR + 60.0)) == ["late", "late", "node-0", "node-0"]


def test_a_node_that_joined_is_marked_and_tainted_when_it_falls_silent() -> None:
    found = Lab(cluster(nodes(3), deployment(replicas=1)), behaviour())
    found.at(10.0, lambda: found.state.nodes.join(node("late", zone="new")))
    found.at(100.0, lambda: found.state.nodes.add_down_cause(3, "test", 0))
    found.run(200.0)
    assert found.state.nodes.ready[3] != TRUE
    assert len(found.state.nodes.taints_of(3)) == 2


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0.0, 2000.0), st.sampled_from(["join", "delete", "down"])), max_size=8),
    replicas=st.integers(1, 8),
)
def test_whatever_comes_and_goes_the_cluster_has_what_it_asks_for(
    steps: list[tuple[float, str]], replicas: int
) -> None:
    daemons = DaemonSet("agent", template("agent"), LabelSelector.of({"app": "agent"}))
    load = replace(cluster(nodes(3, zones=("a", "b")), deployment(replicas=replicas)), daemon_sets=(daemons,))
    found = Lab(load, behaviour(), end=10 * HOUR)
    table = found.state.nodes

    def act(action: str, number: int) -> None:
        existing = [row for row in range(1, len(table)) if table.exists[row]]  # the first one stays
        if action == "join":
            table.join(node(f"late-{number}", zone="abc"[number % 3]))
        elif action == "delete" and existing:
            table.delete(existing[number % len(existing)], 0)
        elif action == "down" and existing and table.powered[existing[-1]]:
            table.add_down_cause(existing[-1], number, 0)
            found.at(5000.0, lambda row=existing[-1]: table.remove_down_cause(row, number))

    for number, (time, action) in enumerate(sorted(steps)):
        found.at(time, lambda action=action, number=number: act(action, number))
    found.run(4 * HOUR)
    check_columns(found)
    web = found.pods("web")
    assert len(web) == replicas
    assert all(pod.ready and table.exists[pod.node] for pod in web)
    agents = sorted(pod.node for pod in found.pods("agent"))
    assert agents == [row for row in range(len(table)) if table.exists[row]]
