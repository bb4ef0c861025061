"""Candidates: what a search chooses among, the points of a sweep under every policy."""

from collections.abc import Iterator, Mapping
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
    sweep = experiment.sweep
    if sweep is None:
        return list(_at(experiment, "", {}))
    points = ((point, dict(zip(sweep.names, point.values, strict=True))) for point in sweep.points)
    return [each for point, values in points for each in _at(experiment.at(point), point.label, values)]


def _at(experiment: Experiment, point: str, values: Mapping[str, Any]) -> Iterator[Candidate]:
    """The policies at one point; a single policy is called by the point alone."""
    for scenario in experiment.scenarios():
        parts = [point, scenario.policy] if len(experiment.policies) > 1 else [point or scenario.policy]
        candidate = Candidate(" ".join(filter(None, parts)), experiment, scenario, values)
        if candidate.objectives:
            yield candidate
