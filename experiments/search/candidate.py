"""Candidates: what a search chooses among, the points of a sweep under every policy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.design.objective import Objective
from experiments.design.scenario import Scenario
from experiments.experiment import Experiment
from experiments.runner.point_keys import PointKeys
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
    key: str
    """Content id of what is simulated, as the result folder has it."""

    @property
    def policy(self) -> str:
        """Name of its policy."""
        return self.scenario.policy

    @property
    def objectives(self) -> list[Objective]:
        """What is asked for under its policy."""
        return [of for of in self.experiment.objectives if of.policy in (None, self.policy)]


def candidates(experiment: Experiment) -> list[Candidate]:
    """All that an experiment offers, point by point and policy by policy; without those of which nothing is asked."""
    sweep, found = experiment.sweep, list[Candidate]()
    if sweep is None:
        keys = {scenario.policy: scenario_key(scenario) for scenario in experiment.scenarios()}
        return list(_at(experiment, "", {}, keys))
    spec = {key: value for key, value in experiment.source.document.value["spec"].items() if key != "sweep"}
    at_points = PointKeys(spec, sweep, experiment.folder, experiment.inputs)
    for point in sweep.points:
        values = dict(zip(sweep.names, point.values, strict=True))
        found += _at(experiment.at(point), point.label, values, at_points.at(point, experiment.policies))
    return found


def _at(experiment: Experiment, point: str, values: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[Candidate]:
    """The policies at one point; a single policy is called by the point alone."""
    for scenario in experiment.scenarios():
        parts = [point, scenario.policy] if len(experiment.policies) > 1 else [point or scenario.policy]
        name = " ".join(filter(None, parts))
        candidate = Candidate(name, experiment, scenario, values, keys[scenario.policy])
        if candidate.objectives:
            yield candidate
