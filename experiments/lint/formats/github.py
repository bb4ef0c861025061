"""Findings as annotations of GitHub."""

from experiments.lint.finding import Finding, Severity
from experiments.lint.linting import Report
from experiments.report.github import Command, annotation

_COMMANDS: dict[Severity, Command] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


def annotations(report: Report) -> list[str]:
    """A line for each finding."""
    return [_annotation(finding) for finding in report.findings]


def _annotation(finding: Finding) -> str:
    message = f"{finding.told}; so {finding.effect}. Mend: {finding.mend}"
    return annotation(_COMMANDS[finding.severity], finding.location, finding.rule, message)
