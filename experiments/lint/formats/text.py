"""Findings for people: where, what, what it does, what mends it."""

from collections import Counter
from collections.abc import Iterator

from experiments.lint.finding import Finding, Severity
from experiments.lint.linting import Report
from experiments.lint.suppression import IGNORE
from models.input.problems import printable
from models.units import counted


def lines(report: Report) -> Iterator[tuple[str, str]]:
    """(indent, sentence): a finding each, and at the end how many there are and what was not judged."""
    explained: set[str] = set()
    for finding in report.findings:
        yield "", f"{printable(str(finding.location))}: {finding.severity}: {printable(_what(finding))}"
        if finding.rule not in explained:  # what a smell does is told once, with the first of its kind
            yield "  ", f"so: {finding.effect}"
            explained.add(finding.rule)
        yield "  ", f"mend: {printable(finding.mend)}{_how(finding)}"
    yield "", _summary(report)
    if report.not_judged:
        yield "", f"not judged, for want of nodes (give --experiment FILE): {', '.join(report.not_judged)}"
    if report.not_modelled:
        kinds = ", ".join(f"{count} {kind}" for kind, count in report.not_modelled.items())
        yield "", f"not judged, being of kinds without a model: {kinds}"


def _what(finding: Finding) -> str:
    return f"{finding.told} [{finding.rule}]"


def _how(finding: Finding) -> str:
    return " (--fix)" if finding.patch is not None and finding.patch.document is not None else ""


def _summary(report: Report) -> str:
    counts = Counter(finding.severity for finding in report.findings)
    words = {Severity.ERROR: ("error", ""), Severity.WARNING: ("warning", ""), Severity.INFO: ("info", "infos")}
    told = [counted(counts[severity], *words[severity]) for severity in Severity if counts[severity]]
    left_out = f"; {len(report.suppressed)} left out by {IGNORE}" if report.suppressed else ""
    return f"{', '.join(told) or 'nothing found'}{left_out}"
