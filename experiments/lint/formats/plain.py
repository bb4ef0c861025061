"""A report as plain JSON values."""

from typing import Any

from experiments.lint.linting import Report


def plain(report: Report) -> dict[str, Any]:
    """Everything that the report says."""
    return {
        "findings": [finding.to_json() for finding in report.findings],
        "suppressed": [finding.to_json() for finding in report.suppressed],
        "notJudged": list(report.not_judged),
        "notModelled": dict(report.not_modelled),
    }
