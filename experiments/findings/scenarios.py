"""Scenarios: what ran under a policy, read again from a result folder."""

from typing import TYPE_CHECKING

from experiments.file.document import load_experiment
from experiments.file.resolve import resolve
from experiments.file.source import read
from experiments.findings.findings import Findings
from models.input.problems import InputError, Refusal

if TYPE_CHECKING:
    from experiments.design.scenario import Scenario


def scenario(findings: "Findings", policy: str) -> "Scenario":
    """What ran under a policy, from resolved.yaml and the files that it names, which are in the folder too.

    `Refusal` without a folder, InputError if its files are not as they were.
    """
    if findings.path is None:
        raise Refusal("what ran is kept in result folders only: run the experiment with `out=`, or -o")
    document, problems = load_experiment(findings.path / "resolved.yaml")
    if problems:
        raise InputError(problems)
    design = resolve(read(document), str(findings.path))
    return next(scenario for scenario in design.scenarios if scenario.policy == policy)
