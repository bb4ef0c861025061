"""Spot machines that are taken back, with and without somebody who listens to the notice."""

from models.disruption import PodDisruptionBudget
from models.distributions import Fixed
from models.labels import LabelSelector
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.log import Kind
from tests.simulator.clusters import HOUR, Lab, cluster, deployment, nodes, template


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
