"""Thresholds as annotations of GitHub: those that are not met, at the objective's line of the experiment file."""

from collections.abc import Sequence

from experiments.check.checking import Checked
from experiments.check.formats.text import told
from experiments.findings.judgement import MET, MISSED
from experiments.report.github import annotation


def annotations(found: Sequence[Checked]) -> list[str]:
    """A line for each: an error if it is missed, a warning if it is inconclusive."""
    return [
        annotation(
            "error" if one.judgement.verdict == MISSED else "warning",
            one.location,
            one.judgement.objective,
            f"{one.judgement.verdict} under {one.judgement.policy}: found {told(one)}",
        )
        for checked in found
        for one in checked.thresholds
        if one.judgement.verdict != MET
    ]
