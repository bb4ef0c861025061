"""Thresholds as SARIF: those that are not met, at the objective's line of the experiment file."""

from collections.abc import Sequence
from typing import Any

from experiments.check.checking import Checked, Threshold
from experiments.check.formats.text import outcome
from experiments.design.objective import METRICS
from experiments.findings.judgement import MET, MISSED
from experiments.report.remarks import failed_runs
from experiments.report.sarif import Level, Result, log


def sarif(found: Sequence[Checked]) -> dict[str, Any]:
    """A missed threshold is an error, an inconclusive one a warning; each metric is a rule. Failed runs are told of."""
    rules = [
        {
            "id": name,
            "shortDescription": {"text": f"An objective about {name} is not met."},
            "fullDescription": {"text": f"An objective, {metric.words.format('a limit')}, is missed or inconclusive."},
            "help": {"text": "What it means: kubenines explain metrics. Where it comes from: kubenines why RESULTS."},
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": ["availability"]},
        }
        for name, metric in METRICS.items()
    ]
    open_ = [one for checked in found for one in checked.thresholds if one.judgement.verdict != MET]
    failed = [f"{one.source}: {sentence}" for one in found if (sentence := failed_runs(one.findings))]
    return log(rules, [_result(threshold) for threshold in open_], failed)


def _result(of: Threshold) -> Result:
    judgement = of.judgement
    message = f"{of.name}: {outcome(of)}"
    level: Level = "error" if judgement.verdict == MISSED else "warning"
    return Result(judgement.metric, level, message, of.location, f"{judgement.service} under {judgement.policy}")
