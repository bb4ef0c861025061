"""Waits of pods that a quota refuses."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from experiments.closed_form import retries, wait_for_room
from models.quota import ResourceQuota
from simulator.log import Kind, Phase
from tests.simulator.clusters import Lab, behaviour, cluster, deployment, down, nodes


def test_tries_come_after_waits_that_double_up_to_the_longest() -> None:
    assert list(islice(retries(1.0, 6.0), 6)) == [1.0, 3.0, 7.0, 13.0, 19.0, 25.0]


def test_room_that_comes_between_two_tries_waits_for_the_later() -> None:
    """From 2 to 6 s, evenly: a quarter is found at 3 s, three quarters at 7 s."""
    assert wait_for_room(2.0, 4.0, 1.0, 1000.0) == (pytest.approx(6.0), pytest.approx(3.0))


def test_it_is_what_drawing_it_gives() -> None:
    tries = np.array(list(islice(retries(0.005, 1000.0), 25)))
    room = 60.0 + 300.0 * (np.arange(200_000) + 0.5) / 200_000
    found = tries[np.searchsorted(tries, room)]
    assert wait_for_room(60.0, 300.0, 0.005, 1000.0) == pytest.approx((found.mean(), found.var()), rel=1e-4)


def waited(seed: int) -> float:
    """From the deletion of a pod on a dead node to its replacement, for which there is no room before."""
    spec = replace(cluster(nodes(2), deployment()), quotas=(ResourceQuota("q", {"pods": 1}),))
    lab = Lab(spec, behaviour(), seed=seed)
    down(lab.pods()[0].node, at=10.0).install(lab.simulation.world)
    lab.run(2000.0)
    [(deleted, *_)] = lab.rows(Kind.POD_DELETING)
    [made] = [time for time, _, _, new, _ in lab.rows(Kind.POD_PHASE) if new == Phase.PENDING]
    tried = min(islice(retries(0.005, 1000.0), 25), key=lambda tried: abs(made - deleted - tried))
    assert made - deleted == pytest.approx(tried, abs=1e-3)
    return made - deleted


def test_a_pod_that_is_stuck_on_a_dead_node_holds_its_room_for_two_grace_periods_and_the_resync() -> None:
    """The added downtime: 60 s, then the resync, then the next try; 300 s in the mean."""
    found = [waited(seed) for seed in range(200)]
    mean, variance = wait_for_room(2 * 30.0, 300.0, 0.005, 1000.0)
    assert min(found) > 60.0
    assert sum(found) / len(found) == pytest.approx(mean, abs=4 * (variance / len(found)) ** 0.5)
