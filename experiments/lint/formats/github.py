"""Annotations of GitHub: what a step of a workflow prints so that its findings stand beside the lines of a change.

Source: docs.github.com, workflow commands for GitHub Actions.
"""

from experiments.lint.finding import Finding, Severity
from experiments.lint.linting import Report
from models.input.problems import printable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def annotations(report: Report) -> list[str]:
    """A line for each finding."""
    return [_annotation(finding) for finding in report.findings]


def _annotation(finding: Finding) -> str:
    place = {"file": finding.location.file, "line": finding.location.line, "col": finding.location.column}
    properties = {**place, "title": finding.rule}
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    message = f"{finding.told}; so {finding.effect}. Mend: {finding.mend}"
    return f"::{_COMMANDS[finding.severity]} {told}::{_escaped(printable(message))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
