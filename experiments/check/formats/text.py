"""What was checked, for people: a line for each threshold, with what was found."""

from collections import Counter
from collections.abc import Iterator

from experiments.check.checking import Checked, Threshold
from experiments.findings.judgement import INCONCLUSIVE, MET, MISSED
from experiments.report.remarks import above
from experiments.report.table import heading
from experiments.report.text import MARKS


def lines(checked: Checked) -> Iterator[tuple[str, str]]:
    """(indent, line), the heading aside."""
    for remark in above(checked.findings):
        yield "  ", f"note: {remark}"
    for threshold in checked.thresholds:
        yield "  ", f"{MARKS[threshold.judgement.verdict]} {threshold.name}:  {told(threshold)}"
    yield "", summary(checked)
    if checked.findings.path is not None:
        page = checked.findings.path / "report.html"
        yield "", f"results: {checked.findings.path}" + (f"   report: {page}" if page.exists() else "")


def title(checked: Checked) -> str:
    """One line: what ran, how much of it."""
    return heading(checked.findings)


def told(threshold: Threshold) -> str:
    """What was found, and what would settle it."""
    return "; ".join(filter(None, (threshold.found, threshold.advice)))


def outcome(threshold: Threshold) -> str:
    """What became of it, and what was found; of an open one that is said with what would settle it."""
    missed = f"{MISSED}; " if threshold.judgement.verdict == MISSED else ""
    return f"{missed}found {told(threshold)}"


def summary(checked: Checked) -> str:
    """How many are met, missed and open."""
    counts = Counter(threshold.judgement.verdict for threshold in checked.thresholds)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in (MET, MISSED, INCONCLUSIVE) if counts[verdict])
