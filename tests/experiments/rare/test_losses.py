"""Rare downtime by cause and stage: weighed as the unavailability is, and summing to it."""

import math

import pytest

from experiments.design.goal import ReadyEndpoints, ServiceGoal
from experiments.design.scenario import Scenario
from experiments.rare.replication import RareSpec, run_rare_cell
from experiments.rare.settings import RareSettings
from experiments.verify.systems import one_service
from models.behaviour import Behaviour
from models.distributions import Exponential
from models.units import DAY
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Two replicas on nodes that crash every ten days for half an hour."""
    failures = (
        NodeCrash("node", Exponential(10 * DAY), Exponential(1800.0)),
        ContainerCrash("crash", Exponential(5 * DAY)),
    )
    goals = (ServiceGoal("all", ReadyEndpoints(1)),)
    return Scenario("p", one_service(2), Behaviour(), failures, (), goals, 60 * DAY, 0.0, 1)


SETTINGS = {"all": RareSettings(2.5, {"node": 600.0, "crash": 30.0}, looks=12)}


def test_the_parts_sum_to_the_unavailability(scenario: Scenario) -> None:
    details = run_rare_cell(RareSpec(scenario, "main", SETTINGS, 0)).details
    [whole], parts = details["rare"], details["rare_losses"]
    assert whole["unavailability"] > 0
    assert math.isclose(math.fsum(part["lost"] for part in parts), whole["unavailability"], rel_tol=1e-12)
    assert {part["cause"] for part in parts} <= {"node", "crash"}
    assert (whole["replicas"], whole["needed"]) == (2.0, 1.0)


def test_only_what_counts_is_taken_apart_and_a_log_changes_nothing(scenario: Scenario) -> None:
    pilot, main = (run_rare_cell(RareSpec(scenario, phase, SETTINGS, 0)).details for phase in ("pilot", "main"))
    assert pilot["rare_losses"] == []
    assert main["rare_losses"] != []
