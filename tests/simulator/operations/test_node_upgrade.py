"""Upgrades of all nodes: surge or in place, budgets, and what platforms do when these forbid a drain."""

from dataclasses import replace
from typing import Any

import pytest

from models.cluster import Cluster
from models.disruption import PodDisruptionBudget
from models.distributions import Fixed
from models.labels import LabelSelector
from models.maintenance import Calendar, Freeze
from simulator.log import Kind
from simulator.operations.node_upgrade import Blocked, NodeUpgrade, Platform
from simulator.operations.rollout import Rollout
from simulator.stories.attempts import Attempt, Outcome
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, deployment, nodes

BOOT = 60.0
BUDGET = PodDisruptionBudget("web", LabelSelector.of({"app": "web"}), min_available=3)


def lab(platform: Platform, budget: PodDisruptionBudget | None = None, machines: int = 3, **other: Any) -> Lab:
    """Three replicas on nodes with room for all; a new machine takes a minute, a new pod 3 s, an old one 1 s to go."""
    upgrade = NodeUpgrade("upgrade", platform, at=100.0, provisioning=Fixed(BOOT), **other)
    load: Cluster = cluster(nodes(machines, "abc"), deployment("web", 3))
    if budget is not None:
        load = replace(load, budgets=(budget,))
    return Lab(load, behaviour(), (), (upgrade,), end=2 * DAY)


def attempts(found: Lab) -> dict[str, Attempt]:
    made = found.simulation.world.journal.attempts(found.simulation.kernel.now)
    return {attempt.subject: attempt for attempt in made}


def there(found: Lab) -> list[str]:
    state = found.state.nodes
    return [name for name, exists in zip(state.names, state.exists, strict=True) if exists]


def fewest(found: Lab) -> int:
    return min([new for *_, new in found.log(Kind.SERVICE_ANSWERING)], default=3)


def test_with_surge_a_new_node_joins_before_an_old_one_is_drained() -> None:
    found = lab(Platform.GKE).run(HOUR)
    joined, gone = found.times(Kind.NODE_EXISTS, 1), found.times(Kind.NODE_EXISTS, 0)
    assert len(joined) == len(gone) == 3
    assert all(after > before for before, after in zip(joined, gone, strict=True))
    assert joined[0] == 100.0 + BOOT
    assert there(found) == ["node-0.2", "node-1.2", "node-2.2"]
    assert attempts(found)["pool"].outcome is Outcome.DONE
    assert found.simulation.world.strikes["upgrade"] == 3


def test_several_at_a_time_are_done_in_less_time() -> None:
    one = attempts(lab(Platform.GKE, machines=6).run(2 * HOUR))["pool"].ended
    three = attempts(lab(Platform.GKE, machines=6, max_surge=3).run(2 * HOUR))["pool"].ended
    assert one is not None
    assert three is not None
    assert (one - 100.0) / (three - 100.0) == pytest.approx(3.0, rel=0.1)


def test_eks_adds_nodes_first_and_ends_with_as_many_as_before() -> None:
    found = lab(Platform.EKS, machines=9).run(3 * HOUR)
    joined, gone = found.times(Kind.NODE_EXISTS, 1), found.times(Kind.NODE_EXISTS, 0)
    assert joined[:6] == [100.0 + BOOT] * 6  # two for each of three zones
    assert len(joined) == len(gone) == 9
    assert len(there(found)) == 9
    assert attempts(found)["pool"].outcome is Outcome.DONE


def test_aks_takes_a_tenth_at_a_time_rounded_up() -> None:
    assert lab(Platform.AKS, machines=11).run(100.0 + BOOT).times(Kind.NODE_EXISTS, 1) == [100.0 + BOOT] * 2


def test_kubeadm_works_on_nodes_in_place() -> None:
    found = lab(Platform.KUBEADM).run(HOUR)
    assert there(found) == ["node-0", "node-1", "node-2"]
    assert not any(found.state.nodes.unschedulable)
    assert found.times(Kind.NODE_POWER) == []
    assert attempts(found)["pool"].outcome is Outcome.DONE


def test_a_budget_that_allows_nothing_fails_an_upgrade_after_the_time_out() -> None:
    found = lab(Platform.EKS, BUDGET).run(DAY)
    first = attempts(found)["node-0"]
    assert first.begun is not None
    assert first.ended is not None
    assert first.ended - first.begun == 900.0
    assert (first.outcome, attempts(found)["pool"].outcome) == (Outcome.GIVEN_UP, Outcome.GIVEN_UP)
    assert "node-2" not in attempts(found)
    assert first.refused == pytest.approx(900 / 5, abs=1)
    assert fewest(found) == 3


def test_gke_goes_on_by_force_after_an_hour() -> None:
    found = lab(Platform.GKE, BUDGET).run(DAY)
    assert attempts(found)["pool"].outcome is Outcome.DONE
    first = attempts(found)["node-0"]
    assert first.begun is not None
    assert first.ended is not None
    assert first.ended - first.begun == pytest.approx(BOOT + HOUR, abs=2.0)
    assert fewest(found) == 2


def test_kubeadm_waits_for_ever() -> None:
    found = lab(Platform.KUBEADM, BUDGET).run(1.5 * DAY)
    assert attempts(found)["pool"].outcome is Outcome.UNFINISHED
    assert attempts(found)["node-0"].outcome is Outcome.UNFINISHED


def test_what_the_platform_does_can_be_said_otherwise() -> None:
    found = lab(Platform.EKS, BUDGET, timeout=60.0, when_blocked=Blocked.FORCE).run(DAY)
    assert attempts(found)["pool"].outcome is Outcome.DONE
    for wrong in ({"max_surge": 0}, {"max_surge": -1}, {"timeout": 0.0}):
        with pytest.raises(ValueError, match="must"):
            lab(Platform.GKE, **wrong)
    with pytest.raises(ValueError, match="kubeadm upgrades them in place"):
        lab(Platform.KUBEADM, max_surge=1)


def test_changes_wait_for_the_end_of_a_freeze_and_for_their_window() -> None:
    calendar = Calendar(opens=2 * HOUR, lasting=HOUR, freezes=(Freeze(0.0, DAY),))
    found = lab(Platform.KUBEADM, calendar=calendar).run(1.5 * DAY)
    pool = attempts(found)["pool"]
    assert (pool.asked, pool.begun) == (100.0, DAY + 2 * HOUR)
    release = Rollout("release", "Deployment/web", every=HOUR, at=100.0, calendar=calendar)
    releases = Lab(cluster(nodes(3), deployment("web", 3)), behaviour(), (), (release,), end=2 * DAY).run(1.5 * DAY)
    begun = [a.begun for a in releases.simulation.world.journal.attempts(1.5 * DAY) if a.begun is not None]
    assert min(begun) == DAY + 2 * HOUR
