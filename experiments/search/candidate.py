"""Candidates: what a search chooses among, the points of a sweep under every policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.design.objective import Objective
from experiments.design.scenario import Scenario
from experiments.experiment import Experiment
from experiments.runner.replication import scenario_key


@dataclass(frozen=True)
class Candidate:
    """One policy at one point of a sweep, or of an experiment without one."""

    name: str
    """The policy, the point, or both: whatever tells it from the others."""
    experiment: Experiment
    """The experiment at this point."""
    scenario: Scenario
    values: Mapping[str, Any]
    """Axis of the sweep -> value at this point."""

    @property
    def policy(self) -> str:
        """Name of its policy."""
        return self.scenario.policy

    @property
    def objectives(self) -> list[Objective]:
        """What is asked for under its policy."""
        return [of for of in self.experiment.objectives if of.policy in (None, self.policy)]

    @property
    def key(self) -> str:
        """Content id of what is simulated, as the cells of any result folder have it."""
        return scenario_key(self.scenario)


def candidates(experiment: Experiment) -> list[Candidate]:
    """All that an experiment offers, point by point and policy by policy; without those of which nothing is asked."""
    return _at(experiment, "", {})


def _at(experiment: Experiment, point: str, values: Mapping[str, Any]) -> list[Candidate]:
    several = len(experiment.policies) > 1 or not point
    found = [
        Candidate(" ".join(filter(None, (point, scenario.policy if several else ""))), experiment, scenario, values)
        for scenario in experiment.scenarios()
    ]
    return [candidate for candidate in found if candidate.objectives]
