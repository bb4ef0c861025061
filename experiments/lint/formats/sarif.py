"""Findings as SARIF."""

from typing import Any

from experiments.lint.finding import Finding, Severity
from experiments.lint.linting import Report
from experiments.lint.rule import Rule, rules
from experiments.report.sarif import Level, Result, log

_LEVELS: dict[Severity, Level] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(report: Report) -> dict[str, Any]:
    """All rules are described, also those that found nothing; what was left out is there as suppressed."""
    found = [_result(one, suppressed=False) for one in report.findings]
    left_out = [_result(one, suppressed=True) for one in report.suppressed]
    return log([_descriptor(rule) for rule in rules().values()], [*found, *left_out])


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary} What it does: {rule.effect}."},
        "help": {"text": rule.about},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["availability"]},
    }


def _result(finding: Finding, *, suppressed: bool) -> Result:
    message = f"{finding.told}. What it does: {finding.effect}. Mend: {finding.mend}"
    level = _LEVELS[finding.severity]
    return Result(finding.rule, level, message, finding.location, finding.object, suppressed)
