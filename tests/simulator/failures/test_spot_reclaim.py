"""Spot machines that are taken back, with and without somebody who listens to the notice."""

import math

import pytest

from models.disruption import PodDisruptionBudget
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.log import Kind
from simulator.operations.remove_node import RemoveNode
from simulator.run import simulate
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, deployment, nodes, template

STARTED, STOPPED = 3.0, 1.0
"""Seconds from a pod's creation to its answering, and from its deletion to its end, by `PROMPT`."""
QUARANTINE = 60.0
"""The garbage collector misses a node at a tick, waits 40 s, and acts at the next tick, which all are 20 s apart."""


@pytest.mark.parametrize("drained", [True, False])
def test_availability_is_the_rate_of_reclaims_times_what_one_costs(drained: bool) -> None:
    """A single replica on machines that are replaced at once. The law of the time to the next notice has no memory.

    With a drain nobody answers from when the old pod has stopped until the new one has started, which is made at once;
    without, from the end of the machine until the garbage collector comes and a new pod has started.
    """
    mean, duration, notice = DAY / 4, 100 * DAY, 120.0
    reclaim = SpotReclaim("spot", Exponential(mean), Fixed(1.0), notice=notice, drained=drained)
    run = simulate(
        cluster(nodes(3), deployment()), behaviour=behaviour(), failures=[reclaim], duration=duration, seed=3
    )
    low = STARTED - STOPPED if drained else QUARANTINE + STARTED
    high = low if drained else low + 20.0
    down, squared = (low + high) / 2, (low**2 + low * high + high**2) / 3
    cycle = mean if drained else mean + notice + down - STARTED
    error = math.sqrt(squared / cycle / duration)
    assert abs((1 - run.services["web"].answering.mean()) - down / cycle) < 4 * error


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
