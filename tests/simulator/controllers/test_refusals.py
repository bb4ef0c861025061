"""Pods that the API server refuses for want of an object (kubernetes-behaviour-2, section 2.1)."""

from dataclasses import replace

import pytest

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import ReplicaSet
from models.labels import LabelSelector
from models.pod import PodTemplate
from models.reference import Absences
from models.statefulset import PodManagementPolicy, StatefulSet
from simulator.log import Kind
from tests.simulator.clusters import Lab, behaviour, cluster, deployment, down, nodes, pod, template

ACCOUNT = 'error looking up service account default/nope: serviceaccount "nope" not found'
SELECTOR = LabelSelector.of({"app": "web"})


def refused(name: str = "web") -> PodTemplate:
    return replace(template(name), absences=Absences(refused=f'pods "{{}}" is forbidden: {ACCOUNT}'))


def forbidden(name: str) -> str:
    return f'FailedCreate: pods "{name}" is forbidden: {ACCOUNT}'


def stateful(pods: PodTemplate, **other: object) -> StatefulSet:
    return replace(StatefulSet("web", pods, SELECTOR, replicas=3), **other)  # type: ignore[arg-type]


def test_a_deployment_gets_no_pods() -> None:
    lab = Lab(cluster(nodes(3), deployment(replicas=3, pods=refused())), behaviour()).run(1000.0)
    assert lab.pods() == []
    assert lab.simulation.pending() == {f"web-r0-{number}": forbidden("web-r0-") for number in range(3)}
    assert lab.state.services[0].desired == 3


def test_a_replica_set_gets_none_either() -> None:
    lab = Lab(Cluster(nodes=nodes(1), replica_sets=(ReplicaSet("web", refused(), SELECTOR, replicas=1),)), behaviour())
    assert lab.simulation.pending() == {"web-0": forbidden("web-")}


@pytest.mark.parametrize("policy", list(PodManagementPolicy))
def test_a_stateful_set_stops_at_its_first_pod(policy: PodManagementPolicy) -> None:
    spec = stateful(refused(), pod_management_policy=policy)
    lab = Lab(Cluster(nodes=nodes(3), stateful_sets=(spec,)), behaviour()).run(1000.0)
    assert lab.pods() == []
    assert lab.simulation.pending() == {"web-0": forbidden("web-0")}


def test_a_daemon_set_gets_none_on_any_node() -> None:
    lab = Lab(Cluster(nodes=nodes(2), daemon_sets=(DaemonSet("web", refused(), SELECTOR),)), behaviour()).run(1000.0)
    assert lab.pods() == []
    assert lab.simulation.pending() == {"web-0": forbidden("web-"), "web-1": forbidden("web-")}


def test_a_pod_of_its_own_is_not_made() -> None:
    alone = replace(pod("alone"), template=refused("alone"))
    lab = Lab(cluster(nodes(1), alone), behaviour())
    assert lab.pods() == []
    assert lab.simulation.pending() == {"alone": forbidden("alone")}


def test_a_rollout_keeps_the_old_pods_as_far_as_it_may() -> None:
    """Max unavailable 25 % of four: one old pod goes, no new one ever comes; the deadline passes; an undo heals it."""
    old = deployment(replicas=4)
    lab = Lab(cluster(nodes(4), old), behaviour())
    lab.apply(replace(old, template=refused()), at=100.0)
    lab.run(5000.0)
    assert [each.ready for each in lab.pods()] == [True] * 3
    assert set(lab.simulation.pending().values()) == {forbidden("web-r1-")}
    assert lab.times(Kind.DEPLOYMENT_PROGRESSING, 0) == [pytest.approx(700.0, abs=15.0)]
    lab.apply(old, at=6000.0)
    lab.run(7000.0)
    assert [each.ready for each in lab.pods()] == [True] * 4
    assert lab.simulation.pending() == {}


def test_a_rollout_of_one_replica_leaves_it_alone() -> None:
    old = deployment(replicas=1)
    lab = Lab(cluster(nodes(1), old), behaviour())
    lab.apply(replace(old, template=refused()), at=100.0)
    assert [each.ready for each in lab.run(5000.0).pods()] == [True]


def test_a_stateful_set_loses_its_highest_pod_to_the_rollout() -> None:
    old = stateful(template("web"))
    lab = Lab(Cluster(nodes=nodes(3), stateful_sets=(old,)), behaviour())
    lab.apply(replace(old, template=refused()), at=100.0)
    lab.run(5000.0)
    assert sorted(each.ordinal for each in lab.pods()) == [0, 1]
    assert lab.simulation.pending() == {"web-2": forbidden("web-2")}


def test_a_daemon_set_loses_one_pod_to_the_rollout_and_no_further_one() -> None:
    """A pass that cannot make a pod ends in an error, also when an old pod turns unready meanwhile."""
    old = DaemonSet("web", template("web"), SELECTOR)
    lab = Lab(Cluster(nodes=nodes(4), daemon_sets=(old,)), behaviour(), failures=[down(2, at=1000.0, lasting=100.0)])
    lab.apply(replace(old, template=refused()), at=100.0)
    lab.run(900.0)
    assert len(lab.pods()) == 3
    lab.run(5000.0)
    assert len(lab.pods()) == 3
    assert set(lab.simulation.pending().values()) == {forbidden("web-")}


def test_a_daemon_set_with_a_surge_keeps_all_its_pods() -> None:
    old = DaemonSet("web", template("web"), SELECTOR, max_unavailable=0, max_surge=1)
    lab = Lab(Cluster(nodes=nodes(3), daemon_sets=(old,)), behaviour())
    lab.apply(replace(old, template=refused()), at=100.0)
    assert [each.ready for each in lab.run(5000.0).pods()] == [True] * 3
