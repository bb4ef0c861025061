"""A threshold on the command line: an objective in one line, "frontend availability >= 99.95% under three-spread"."""

import re
from collections.abc import Sequence
from typing import Any

from experiments.design.objective import METRICS, MetricName, Objective
from experiments.experiment import Experiment
from experiments.findings.findings import Findings
from experiments.findings.sweep import SweepFindings
from models.input.problems import InputError, Location, Problem, did_you_mean

FORM = "SERVICE METRIC >= LIMIT [after DISRUPTION] [under POLICY]"
"""As it is written: "frontend outages <= 4 a year", "CronJob/backup jobSuccess >= 99%"."""
_SIGNS = {"at_least": ">=", "at_most": "<="}
_YEARLY = " a year"
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_THRESHOLD = re.compile(
    r"(?P<subject>\S+)\s+(?P<metric>[^<>=]+?)\s*(?P<sign>[<>=]+)\s*(?P<limit>\S+)(?P<yearly>\s+a\s+year)?"
    r"(?:\s+after\s+(?P<disruption>\S+))?(?:\s+under\s+(?P<policy>\S+))?"
)


def as_written(text: str) -> dict[str, Any]:
    """The threshold as an item of `spec.objectives`; the metric by its name in a file, or by its words in a table.

    ValueError if it is none; what it is about is not looked at.
    """
    match = _THRESHOLD.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected {FORM}, such as 'frontend availability >= 99.95%'")
    name = _metric(match["metric"])
    metric = METRICS[name]
    if match["sign"] != (sign := _SIGNS[metric.good]):
        good = "high" if metric.good == "at_least" else "low"
        raise ValueError(f"{name!r} is good when it is {good}; expected {sign} (got {match['sign']})")
    if match["yearly"] and not metric.words.endswith(_YEARLY):
        raise ValueError(f"{name!r} is nothing that adds up in a year; expected {match['limit']} without {_YEARLY!r}")
    if match["disruption"] and metric.written is None:
        raise ValueError(f"{name!r} is not of single disruptions; after one there is: recoversWithin")
    subject, limit = ("job" if metric.of_jobs else "service"), _number_or_text(match["limit"])
    objective: dict[str, Any] = {subject: match["subject"]}
    if metric.written is None:
        objective |= {"metric": name, "atLeast" if metric.good == "at_least" else "atMost": limit}
    else:
        objective |= {name: limit}
    if name == "recoversWithin" and match["disruption"] is None:
        raise ValueError("expected what it recovers from: after DISRUPTION, the name of a failure mode or operation")
    beside = {"disruption": match["disruption"], "policy": match["policy"]}
    return objective | {field: given for field, given in beside.items() if given is not None}


def objectives(of: Experiment | Findings | SweepFindings, thresholds: Sequence[str]) -> list[Objective]:
    """The thresholds as objectives of an experiment, or of the one that ran, checked as those of its file.

    InputError names the wrong ones.
    """
    if not thresholds:
        return []
    experiment = of if isinstance(of, Experiment) else _that_ran(of)
    items: dict[str, dict[str, Any]] = {}
    problems = []
    for text in thresholds:
        try:
            items[text] = _under(as_written(text), experiment.policies)
        except ValueError as error:
            problems.append(Problem(_place(text), "", str(error)))
    found: tuple[Objective, ...] = ()
    try:
        found = experiment.set("spec.objectives", list(items.values())).objectives
    except InputError as error:
        problems += _at_thresholds(error.problems, list(items))
    if problems:
        raise InputError(problems)
    return list(found)


def _under(objective: dict[str, Any], policies: Sequence[str]) -> dict[str, Any]:
    """The objective, if it is about one of these policies, or all; a policy that is not run is none."""
    policy = objective.get("policy")
    if policy not in (None, *policies):
        raise ValueError(
            f"there is no policy {policy!r}{did_you_mean(str(policy), policies)}; there is: {', '.join(policies)}"
        )
    return objective


def _that_ran(findings: Findings | SweepFindings) -> Experiment:
    """The experiment of a result folder, about the copies of its inputs."""
    assert findings.path is not None
    return Experiment.from_yaml(findings.path / "resolved.yaml").only(*findings.policies)


def _metric(written: str) -> MetricName:
    by_words: dict[str, MetricName] = {name: name for name in METRICS}
    for name, metric in METRICS.items():
        words, sign, _ = metric.words.partition(f" {_SIGNS[metric.good]}")
        by_words |= {words: name} if sign else {}
    asked = " ".join(written.split())
    if asked not in by_words:
        hint = did_you_mean(asked, by_words) or f"; there is: {', '.join(by_words)}"
        raise ValueError(f"there is no metric {asked!r}{hint}")
    return by_words[asked]


def _number_or_text(limit: str) -> float | str:
    """As YAML has it, so that what is said of it shows it as it was written."""
    if limit.isascii() and limit.isdecimal():
        return int(limit)
    return float(limit) if _NUMBER.fullmatch(limit) else limit


def _place(threshold: str) -> Location:
    return Location(f"--threshold {threshold}")


def _at_thresholds(problems: Sequence[Problem], thresholds: Sequence[str]) -> list[Problem]:
    """The problems; those with an item of `spec.objectives` are placed at the threshold that it is."""
    placed = []
    for problem in problems:
        item = re.match(r"spec\.objectives\[(\d+)\]", problem.path)
        placed.append(problem if item is None else Problem(_place(thresholds[int(item[1])]), "", problem.message))
    return placed
