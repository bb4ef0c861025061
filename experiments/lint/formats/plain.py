"""A report as plain JSON values."""

from typing import Any

from experiments.lint.linting import Report
from experiments.lint.rule import Rule


def plain(report: Report) -> dict[str, Any]:
    """Everything that the report says."""
    return {
        "findings": [finding.to_json() for finding in report.findings],
        "suppressed": [finding.to_json() for finding in report.suppressed],
        "notJudged": list(report.not_judged),
        "notModelled": dict(report.not_modelled),
    }


def rule(of: Rule) -> dict[str, Any]:
    """What `lint --rules` says of one."""
    return {
        "rule": of.name,
        "severity": str(of.severity),
        "needsNodes": of.needs_cluster,
        "finds": of.summary,
        "effect": of.effect,
        "about": of.about,
    }
