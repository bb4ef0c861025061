"""Checks experiment files and plain manifests, and says what is in them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from experiments.experiment import Experiment
from experiments.preflight.inputs import told_apart
from experiments.preflight.starting import pending, sentences, told, unmatched
from models.behaviour import Behaviour
from models.cluster import under_several_budgets, without_known_end, without_pods, without_their_node
from models.daemonset import without_nodes
from models.input.documents import file_name
from models.input.problems import InputError, Location, Problem
from models.manifests import Named, build_cluster, read_manifests
from models.manifests.account import Account, in_order, in_words
from models.units import counted, format_duration


@dataclass
class Report:
    """What was found: one line per thing read, warnings, and everything that is wrong."""

    read: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    """What the manifests say that may matter and is not read."""
    accounts: list[Account] = field(default_factory=list)
    """What becomes of every field, per set of manifests and per policy of an experiment."""
    not_started: list[Problem] = field(default_factory=list)
    """What keeps pods from starting though nothing is broken yet, by the file that it is about."""
    problems: list[Problem] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values, problems by file and line."""
        problems = [
            {
                "file": problem.location.file,
                "line": problem.location.line or None,
                "column": problem.location.column or None,
                "path": problem.path,
                "message": problem.message,
            }
            for problem in InputError(self.problems).problems
        ]
        return {
            "valid": not problems,
            "read": self.read,
            "notRead": [one.to_json() for one in self.named],
            "notStarted": [one.message for one in self.not_started],
            "warnings": self.warnings,
            "problems": problems,
        }


def validate(paths: Iterable[str]) -> Report:
    """Experiments are checked with all that they refer to; all other files together, as one application."""
    report = Report()
    experiments, manifests = told_apart(paths)
    for file in experiments:
        _validate_experiment(file, report)
    if manifests:
        _validate_manifests(manifests, report)
    report.named = list(in_order(set(report.named)))  # experiments may share manifests
    return report


def _validate_experiment(file: str, report: Report) -> None:
    try:
        experiment = Experiment.from_yaml(file)
    except InputError as error:
        report.problems += error.problems
        return
    goals = experiment.scenarios()[0].services
    times = counted(experiment.replications, "replication") if experiment.replications else "replications until precise"
    policies, services = counted(len(experiment.policies), "policy", "policies"), counted(len(goals), "Service")
    length = format_duration(experiment.duration)
    points = "" if experiment.sweep is None else f"{counted(len(experiment.sweep.points), 'point')}, "
    told = f"{points}{policies}, {services}, {times} of {length}"
    report.read.append(f"{file_name(file)}: experiment {experiment.name}: {told}")
    report.warnings += experiment.warnings
    report.named += experiment.named
    report.accounts += experiment.design.accounts
    report.not_started += [Problem(Location(file_name(file)), "", line) for line in sentences(experiment.scenarios())]


def _validate_manifests(paths: list[str], report: Report) -> None:
    try:
        manifests = read_manifests(paths)
    except InputError as error:
        report.problems += error.problems
        return
    built = build_cluster(manifests.objects)
    kinds = Counter(manifest.kind for manifest in manifests.objects)
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
    report.read.append(f"{', '.join(map(file_name, paths))}: {listed or 'nothing'}")
    report.warnings += map(str, sorted({*manifests.warnings, *built.warnings}))
    report.warnings += [*without_pods(built.cluster), *under_several_budgets(built.cluster)]
    report.warnings += without_known_end(built.cluster, Behaviour())
    if built.cluster.nodes:
        report.warnings += without_nodes(built.cluster.daemon_sets, built.cluster.nodes)
        report.warnings += without_their_node(built.cluster)
        found = [*told(pending(built.cluster)), *unmatched(built.cluster)]
        report.not_started += [Problem(Location(", ".join(map(file_name, paths))), "", line) for line in found]
    report.named += built.named
    report.accounts.append(built.account)


def text(report: Report) -> list[str]:
    """What was read and what of it was not, in lines for people."""
    return [*report.read, *in_words(report.named)]
