"""Rollouts of every kind of workload: when they begin, when they are complete, which the next one replaces."""

from dataclasses import replace
from typing import Any

import pytest

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.labels import LabelSelector
from models.service import Service
from models.statefulset import StatefulSet
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.stories.attempts import Attempt, Outcome
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, deployment, nodes, template

PODS = template("web")
SELECTOR = LabelSelector.of({"app": "web"})


def lab(*operations: Rollout, deployments: tuple[Any, ...] = (), **objects: Any) -> Lab:
    load = Cluster(nodes=nodes(3), services=(Service("web", selector={"app": "web"}),), **objects)
    if deployments:
        load = cluster(nodes(3), *deployments)
    return Lab(load, behaviour(), (), operations, end=10 * HOUR)


def attempts(found: Lab) -> list[Attempt]:
    return list(found.simulation.world.journal.attempts(found.simulation.kernel.now))


def test_a_stateful_set_is_rolled_out_from_the_top_one_pod_after_the_other() -> None:
    release = Rollout("release", target="StatefulSet/web", at=100.0, new_image=False)
    found = lab(release, stateful_sets=(StatefulSet("web", PODS, SELECTOR, replicas=3),)).run(200.0)
    assert found.log(Kind.POD_DELETING) == [(100.0, "web-2", 1), (102.0, "web-1", 1), (104.0, "web-0", 1)]
    assert found.log(Kind.STATEFULSET_REVISION) == [(100.0, "0", 2)]
    assert found.log(Kind.STATEFULSET_COMPLETE) == [(100.0, "0", 0), (106.0, "0", 1)]
    (attempt,) = attempts(found)
    assert (attempt.begun, attempt.ended, attempt.outcome) == (100.0, 106.0, Outcome.DONE)


def test_a_partition_is_complete_without_the_pods_below_it() -> None:
    release = Rollout("release", target="StatefulSet/web", at=100.0, new_image=False)
    spec = StatefulSet("web", PODS, SELECTOR, replicas=3, partition=2)
    found = lab(release, stateful_sets=(spec,)).run(200.0)
    assert found.times(Kind.POD_DELETING) == [100.0]
    assert found.log(Kind.STATEFULSET_COMPLETE) == [(100.0, "0", 0), (102.0, "0", 1)]


def test_a_daemon_set_is_rolled_out_node_by_node() -> None:
    release = Rollout("release", target="DaemonSet/default/web", at=100.0, new_image=False)
    found = lab(release, daemon_sets=(DaemonSet("web", PODS, SELECTOR),)).run(200.0)
    assert found.times(Kind.POD_DELETING) == [100.0, 102.0, 104.0]
    assert found.log(Kind.DAEMONSET_COMPLETE) == [(100.0, "0", 0), (106.0, "0", 1)]
    (attempt,) = attempts(found)
    assert (attempt.subject, attempt.ended, attempt.outcome) == ("DaemonSet/default/web", 106.0, Outcome.DONE)


def test_several_targets_are_rolled_out_at_the_same_time_each_by_itself() -> None:
    release = Rollout("release", target=("Deployment/web", "Deployment/shop"), at=100.0, new_image=False)
    found = lab(release, deployments=(deployment("web", 1), deployment("shop", 2))).run(200.0)
    assert sorted((a.subject, a.begun, a.outcome) for a in attempts(found)) == [
        ("Deployment/shop", 100.0, Outcome.DONE),
        ("Deployment/web", 100.0, Outcome.DONE),
    ]
    with pytest.raises(ValueError, match="a rollout needs a `target`"):
        Rollout("release", target=(), at=100.0)


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_on_delete_a_rollout_waits_for_somebody_to_take_the_pods_away(kind: str) -> None:
    release = Rollout("release", target=f"{kind}/web", at=100.0, new_image=False)
    objects: dict[str, Any] = {
        "StatefulSet": {"stateful_sets": (StatefulSet("web", PODS, SELECTOR, replicas=3, on_delete=True),)},
        "DaemonSet": {"daemon_sets": (DaemonSet("web", PODS, SELECTOR, on_delete=True),)},
    }[kind]
    found = lab(release, **objects).run(200.0)
    assert found.times(Kind.POD_DELETING) == []
    assert attempts(found)[0].outcome is Outcome.UNFINISHED
    for old in found.pods("web"):
        found.delete(old, at=300.0)
    found.run(400.0)
    (attempt,) = attempts(found)
    assert attempt.outcome is Outcome.DONE
    assert attempt.ended is not None
    assert 300.0 < attempt.ended < 310.0


def test_a_rollout_during_a_rollout_replaces_it() -> None:
    spec = replace(deployment(replicas=3), max_surge=0, max_unavailable=1)
    found = lab(Rollout("release", target="Deployment/web", every=3.0, at=100.0), deployments=(spec,)).run(104.0)
    assert [(of.begun, of.ended, of.outcome) for of in attempts(found)] == [
        (100.0, 103.0, Outcome.REPLACED),
        (103.0, None, Outcome.UNFINISHED),
    ]


def test_scaling_is_no_rollout() -> None:
    spec = StatefulSet("web", PODS, SELECTOR, replicas=3)
    found = lab(stateful_sets=(spec,))
    found.apply(replace(spec, replicas=2), at=100.0)
    assert found.run(200.0).log(Kind.STATEFULSET_COMPLETE) == []
