"""What was checked, as plain values."""

from collections.abc import Sequence
from typing import Any

from experiments.check.checking import Checked, Threshold
from experiments.report import plain


def checks(found: Sequence[Checked], code: int) -> dict[str, Any]:
    """What `check --format json` prints; `code` is the exit code."""
    return {
        "apiVersion": "kubenines/v1",
        "kind": "Check",
        "checks": [_checked(one) for one in found],
        "exitCode": code,
    }


def _checked(checked: Checked) -> dict[str, Any]:
    path = checked.findings.path
    return plain.headed(checked.findings, "Findings") | {
        "thresholds": [_threshold(one) for one in checked.thresholds],
        "path": None if path is None else str(path),
    }


def _threshold(of: Threshold) -> dict[str, Any]:
    place = {"file": of.location.file, "line": of.location.line or None, "column": of.location.column or None}
    return plain.judgement(of.judgement) | place | {"advice": of.advice or None}
