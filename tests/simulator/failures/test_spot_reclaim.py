"""Spot machines that are taken back, with and without somebody who listens to the notice."""

import pytest

from models.disruption import PodDisruptionBudget
from models.distributions import Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.log import Kind
from simulator.operations.remove_node import RemoveNode
from tests.simulator.clusters import HOUR, Lab, cluster, deployment, nodes, template


@pytest.mark.parametrize("drained", [True, False])
def test_each_machine_that_is_taken_back_is_a_strike(drained: bool) -> None:
    reclaim = SpotReclaim("spot", Fixed(100.0), drained=drained)
    found = Lab(cluster(nodes(2), deployment()), failures=(reclaim,)).run(HOUR)
    assert found.simulation.world.strikes == {"spot": 2}


def test_pods_leave_on_notice_and_the_machine_goes_at_its_end() -> None:
    found = Lab(cluster(nodes(1), deployment()), failures=[SpotReclaim("spot", Fixed(HOUR), notice=120.0)]).run(
        2 * HOUR
    )
    assert found.times(Kind.POD_DELETING) == [HOUR]
    assert found.log(Kind.NODE_EXISTS) == [(HOUR + 120.0, "node-0", 0)]
    assert len(found.simulation.pending()) == 1


def test_without_a_listener_pods_go_with_the_garbage_collector() -> None:
    failures = [SpotReclaim("spot", Fixed(HOUR), notice=120.0, drained=False)]
    found = Lab(cluster(nodes(1), deployment()), failures=failures).run(2 * HOUR)
    [when] = found.times(Kind.POD_DELETING)
    assert 60.0 <= when - (HOUR + 120.0) <= 80.0


def test_a_budget_holds_pods_until_the_machine_takes_them_along() -> None:
    load = cluster(nodes(1), deployment(pods=template("web")))
    budget = PodDisruptionBudget("web", LabelSelector.of({"app": "web"}), max_unavailable=0)
    found = Lab(
        load.of([*load.nodes, *load.services, *load.deployments, budget]),
        failures=[SpotReclaim("spot", Fixed(HOUR), notice=120.0)],
    ).run(2 * HOUR)
    [when] = found.times(Kind.POD_DELETING)
    assert when > HOUR + 120.0


def test_another_machine_comes_in_its_place_and_is_reclaimed_in_turn() -> None:
    reclaim = SpotReclaim("spot", Fixed(HOUR), Fixed(60.0), notice=30.0)
    found = Lab(cluster(nodes(1), deployment()), failures=[reclaim]).run(2.5 * HOUR)
    assert [name for _, name, new in found.log(Kind.NODE_EXISTS) if new] == ["node-0.2", "node-0.3"]
    assert found.times(Kind.NODE_EXISTS, 0) == [HOUR + 30.0, 2 * HOUR + 120.0]
    assert all(pod.ready for pod in found.pods())


def test_the_machine_that_comes_is_like_the_one_that_went() -> None:
    before = Lab(cluster(nodes(1), deployment()))
    reclaim = SpotReclaim("spot", Fixed(HOUR), Fixed(60.0), notice=30.0)
    found = Lab(cluster(nodes(1), deployment()), failures=[reclaim]).run(1.5 * HOUR)
    [old], [_, new] = before.state.nodes.labels, found.state.nodes.labels
    assert new == {**old, HOSTNAME_LABEL: "node-0.2"}
    assert not found.state.nodes.taints_of(1)


def test_a_node_that_is_taken_away_during_the_notice_is_not_made_good() -> None:
    reclaim = SpotReclaim("spot", Fixed(HOUR), Fixed(60.0))
    remove = RemoveNode("fewer", at=HOUR + 50.0, drained=False)
    found = Lab(cluster(nodes(1), deployment()), failures=[reclaim], operations=[remove]).run(1.5 * HOUR)
    assert found.log(Kind.NODE_EXISTS) == [(HOUR + 50.0, "node-0", 0)]
