"""Thresholds as annotations of GitHub: those that are not met, at the objective's line of the experiment file."""

from collections.abc import Sequence

from experiments.check.checking import Checked, Threshold
from experiments.check.formats.text import outcome
from experiments.findings.judgement import MET, MISSED
from experiments.report.github import Command, annotation
from experiments.report.remarks import above, failed_runs
from models.input.problems import Location


def annotations(found: Sequence[Checked]) -> list[str]:
    """A line for each: an error if it is missed, a warning if it is inconclusive; before these one for failed runs."""
    return [line for checked in found for line in (*_failed(checked), *map(_open, checked.thresholds)) if line]


def _failed(checked: Checked) -> list[str]:
    title, message = failed_runs(checked.findings), "; ".join(above(checked.findings))
    return [annotation("error", Location(checked.source), title, message)] if title else []


def _open(of: Threshold) -> str:
    """The annotation; "" if it is met."""
    judgement = of.judgement
    if judgement.verdict == MET:
        return ""
    command: Command = "error" if judgement.verdict == MISSED else "warning"
    message = f"under {judgement.policy}: {outcome(of)}"
    return annotation(command, of.location, judgement.objective, message)
