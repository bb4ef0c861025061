"""SARIF 2.1.0, which code hosts and editors show beside the lines.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0.
"""

import os
from typing import Any
from urllib.parse import quote

from experiments.lint.finding import Finding, Severity
from experiments.lint.linting import Report
from experiments.lint.rule import Rule, rules
from models.input.problems import printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(report: Report, version: str) -> dict[str, Any]:
    """One run; `version` is that of kubenines. All rules are described, also those that found nothing."""
    numbers = {name: number for number, name in enumerate(rules())}
    driver = {
        "name": "kubenines",
        "version": version,
        "rules": [_descriptor(rule) for rule in rules().values()],
    }
    results = [_result(one, numbers[one.rule]) for one in report.findings]
    left_out = [
        {**_result(one, numbers[one.rule]), "suppressions": [{"kind": "inSource"}]} for one in report.suppressed
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [*results, *left_out]}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary} What it does: {rule.effect}."},
        "help": {"text": rule.about},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["availability"]},
    }


def _result(finding: Finding, number: int) -> dict[str, Any]:
    message = f"{finding.told}. What it does: {finding.effect}. Mend: {finding.mend}"
    file = finding.location.file
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(file.replace(os.sep, "/"))}}
    if finding.location.line:
        place["region"] = {"startLine": finding.location.line, "startColumn": finding.location.column}
    return {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": printable(message)},
        "locations": [
            {"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": printable(finding.object)}]}
        ],
    }
