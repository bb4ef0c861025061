"""Upstream's own tables, run through our plugins and controllers: none disagrees, and few cannot be said."""

from collections import Counter

import pytest

import tests.upstream.controllers
import tests.upstream.scheduler  # noqa: F401
from tests.upstream.tables import NO_INPUT, NOT_EXPRESSIBLE, TABLES, Case, cases, judge

pytestmark = pytest.mark.skipif(not TABLES.is_file(), reason="upstream's tables are not at hand")

REASONS = {NO_INPUT: 54}
"""Why cases could not be acted out, and how many."""
MOST = 30
"""So many at most may have an input that the model has no words for."""


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_case_agrees_or_cannot_be_said(case: Case) -> None:
    verdict = judge(case)
    assert verdict == "" or verdict.startswith(NOT_EXPRESSIBLE)


def test_what_cannot_be_said_is_counted_by_reason() -> None:
    verdicts = [judge(case) for case in cases()]
    assert len(verdicts) == 451
    reasons = Counter(verdict.removeprefix(NOT_EXPRESSIBLE) for verdict in verdicts if verdict)
    assert dict(reasons) == REASONS
    assert sum(reasons.values()) - reasons[NO_INPUT] <= MOST
