"""Rare estimates and plain replications agree wherever plain ones can see, whatever is hard about a system."""

from dataclasses import replace

import pytest

from experiments.inference import rare_events
from tests.experiments.rare.agreement import distance, plain, rare
from tests.experiments.rare.hard_systems import SYSTEMS, Hard

LIMIT = 4.0
"""Standard errors of the difference."""


@pytest.mark.rare
@pytest.mark.parametrize("hard", SYSTEMS.values(), ids=SYSTEMS)
def test_rare_and_plain_agree(hard: Hard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rare_events, "FEWEST", hard.rare)
    seen = plain(hard.scenario, hard.plain)
    for goal in hard.scenario.services:
        lost, rate = seen[goal.name]
        found = rare(hard.scenario, goal.name, 5.0)
        assert found is not None
        assert lost.value > 0
        assert abs(distance(found.unavailability, lost)) <= LIMIT
        assert abs(distance(found.rate, rate)) <= LIMIT


def test_a_service_that_is_always_down_is_known_to_be() -> None:
    """All is well as far as clocks go, but it never has enough replicas."""
    scenario = SYSTEMS["packed"].scenario
    [goal] = scenario.services
    never = replace(scenario, duration=86_400.0, services=(replace(goal, predicate=type(goal.predicate)(4)),))
    found = rare(never, goal.name, 5.0)
    assert found is not None
    assert found.unavailability.value == 1.0
    assert found.rate.value == 0.0
