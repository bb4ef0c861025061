"""Jobs that are tried again: how often they fail all the same, and how late they are, as worked out."""

import pytest

from experiments import closed_form as exact
from experiments.verify.jobs import STUDIES
from models.units import YEAR


@pytest.mark.parametrize("study", STUDIES[1:], ids=lambda study: study.name)
def test_failures_and_lateness_are_those_of_the_closed_form(study: object) -> None:
    checks = study.run(7, 0.2)  # type: ignore[attr-defined]
    assert [check.holds for check in checks] == [True, True]


def test_six_failures_wait_for_630_seconds_and_no_wait_is_longer_than_ten_minutes() -> None:
    assert exact.waits(0) == 0.0
    assert exact.waits(6) == 630.0
    assert exact.waits(9) == exact.waits(8) + 600.0


def test_a_job_that_cannot_fail_takes_as_long_as_its_pod() -> None:
    assert exact.job_failure(0.0, 6) == 0.0
    assert exact.job_lateness(0.0, 6, 60.0) == pytest.approx((60.0, 3600.0))
    assert exact.job_lateness(0.9, 0, YEAR) == pytest.approx((YEAR, YEAR**2))
