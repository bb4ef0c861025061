"""Deletion of pods that do not tolerate a node's NoExecute taints, or not for ever."""

from collections.abc import Sequence

import pytest

from models.node import Taint, TaintEffect
from models.pod import Toleration
from simulator.log import Kind
from tests.simulator.clusters import DAY, HOUR, Lab, cluster, deployment, down, nodes, template, tolerations

START = -DAY
DEDICATED = Taint("dedicated", TaintEffect.NO_EXECUTE, "gpu")
MAINTENANCE = Taint("maintenance", TaintEffect.NO_EXECUTE)
SOFT = Taint("soft", TaintEffect.NO_SCHEDULE)


def tolerate(taint: Taint, seconds: float | None = None) -> Toleration:
    return Toleration(taint.key, seconds=seconds)


def evicted(
    tolerated: Sequence[Toleration], changes: Sequence[tuple[float, Sequence[Taint]]], own: Sequence[Taint] = ()
) -> list[float]:
    """When the pod of the only node is deleted, whose taints change as told. The first deletion of each pod."""
    web = template("web", tolerations=tuple(tolerated))
    lab = Lab(cluster(nodes(1, taints=tuple(own)), deployment(pods=web)))
    for time, taints in changes:
        lab.at(time, lambda taints=taints: lab.state.nodes.set_taints(0, frozenset(taints), 0))  # type: ignore[misc]
    return lab.run(300.0).times(Kind.POD_DELETING)


@pytest.mark.parametrize(
    ("tolerated", "changes", "deleted"),
    [
        # A taint that is not tolerated deletes at once, one of another effect never.
        ([], [(10.0, [DEDICATED])], [10.0]),
        ([], [(10.0, [SOFT])], []),
        # Tolerated for ever, or for a while.
        ([tolerate(DEDICATED)], [(10.0, [DEDICATED])], []),
        ([tolerate(DEDICATED, 60.0)], [(10.0, [DEDICATED])], [70.0]),
        ([tolerate(DEDICATED, 60.0)], [(10.0, [DEDICATED]), (69.0, [])], []),
        # Several taints: the shortest counts, and none may be untolerated.
        (
            [tolerate(DEDICATED, 60.0), tolerate(MAINTENANCE, 30.0)],
            [(10.0, [DEDICATED, MAINTENANCE])],
            [40.0],
        ),
        ([tolerate(DEDICATED, 60.0)], [(10.0, [DEDICATED, MAINTENANCE])], [10.0]),
        ([tolerate(DEDICATED), tolerate(MAINTENANCE, 30.0)], [(10.0, [DEDICATED, MAINTENANCE])], [40.0]),
        # The first toleration that matches counts.
        ([tolerate(DEDICATED, 60.0), tolerate(DEDICATED)], [(10.0, [DEDICATED])], [70.0]),
        ([Toleration(effect=TaintEffect.NO_EXECUTE), tolerate(DEDICATED, 60.0)], [(10.0, [DEDICATED])], []),
        # A timer that runs keeps running when taints are swapped or added.
        (
            [tolerate(DEDICATED, 60.0), tolerate(MAINTENANCE, 60.0)],
            [(10.0, [DEDICATED]), (50.0, [MAINTENANCE])],
            [70.0],
        ),
        (
            [tolerate(DEDICATED, 60.0), tolerate(MAINTENANCE, 5.0)],
            [(10.0, [DEDICATED]), (20.0, [DEDICATED, MAINTENANCE])],
            [70.0],
        ),
        ([tolerate(DEDICATED, 60.0)], [(10.0, [DEDICATED]), (20.0, [DEDICATED, MAINTENANCE])], [20.0]),
        # Also when the new taint is tolerated for no time at all; without a timer that is at once.
        (
            [tolerate(DEDICATED, 60.0), tolerate(MAINTENANCE, 0.0)],
            [(10.0, [DEDICATED]), (20.0, [MAINTENANCE])],
            [70.0],
        ),
        ([tolerate(MAINTENANCE, 0.0)], [(20.0, [MAINTENANCE])], [20.0]),
        # Once the node had none, the time starts anew.
        ([tolerate(DEDICATED, 60.0)], [(10.0, [DEDICATED]), (50.0, []), (55.0, [DEDICATED])], [115.0]),
        # What is left is tolerated for ever: the deletion is called off.
        (
            [tolerate(DEDICATED), tolerate(MAINTENANCE, 60.0)],
            [(10.0, [DEDICATED, MAINTENANCE]), (50.0, [DEDICATED])],
            [],
        ),
    ],
)
def test_eviction_after_changes_of_taints(
    tolerated: list[Toleration], changes: list[tuple[float, list[Taint]]], deleted: list[float]
) -> None:
    assert evicted(tolerated, changes)[: max(1, len(deleted))] == deleted


def test_a_node_may_have_the_taint_from_the_beginning() -> None:
    web = template("web", tolerations=(tolerate(DEDICATED, 60.0),))
    lab = Lab(cluster(nodes(1, taints=(DEDICATED,)), deployment(pods=web)))
    # Each replacement is bound there at once and has its own 60 s.
    assert [time - START for time in lab.times(Kind.POD_DELETING, since=START)[:3]] == [60.0, 120.0, 180.0]


def test_a_node_with_a_taint_of_its_own_that_returns_in_time_keeps_its_pods() -> None:
    web = template("web", tolerations=(*tolerations(), tolerate(DEDICATED)))
    load = cluster(nodes(3, taints=(DEDICATED,)), deployment(pods=web, replicas=3))
    lab = Lab(load, failures=[down(0, at=0.0, lasting=200.0)]).run(HOUR)
    assert lab.times(Kind.POD_DELETING) == []
    assert lab.counts() == ((3, 3, 3),)


@pytest.mark.parametrize(("seconds", "deleted"), [(0.0, 1), (30.0, 1), (300.0, 1), (None, 0)])
def test_pods_of_a_lost_node_stay_as_long_as_they_tolerate_it(seconds: float | None, deleted: int) -> None:
    web = template("web", tolerations=tolerations(seconds))
    lab = Lab(cluster(nodes(3), deployment(pods=web, replicas=3)), failures=[down(0, at=0.0)]).run(HOUR)
    [tainted] = lab.no_execute().values()
    assert lab.times(Kind.POD_DELETING) == [pytest.approx(tainted + (seconds or 0))] * deleted


def test_pods_without_tolerations_go_with_the_taint() -> None:
    web = template("web", tolerations=())
    lab = Lab(cluster(nodes(3), deployment(pods=web, replicas=3)), failures=[down(0, at=0.0)]).run(HOUR)
    assert lab.times(Kind.POD_DELETING) == list(lab.no_execute().values())


@pytest.mark.parametrize("early", [True, False])
def test_a_return_before_the_time_is_up_calls_the_eviction_off(early: bool) -> None:
    back = 340.0 if early else 360.0
    lab = Lab(cluster(nodes(3), deployment(replicas=3)), failures=[down(0, at=0.0, lasting=back - 7)])
    assert bool(lab.run(HOUR).times(Kind.POD_DELETING)) is not early
    assert lab.counts() == ((3, 3, 3),)


def test_a_pod_that_was_deleted_meanwhile_is_not_deleted_again() -> None:
    web = template("web", tolerations=(tolerate(DEDICATED, 60.0),), termination_grace_period=600.0)
    lab = Lab(cluster(nodes(2), deployment(pods=web)))
    [pod] = lab.pods()
    lab.at(10.0, lambda: lab.state.nodes.set_taints(pod.node, frozenset({DEDICATED}), 0))
    lab.delete(pod, at=20.0)
    lab.run(HOUR)
    assert [name for _, name, _ in lab.log(Kind.POD_DELETING)].count("web-0") == 1
