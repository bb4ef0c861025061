"""The exact cases, reproduced through the product's own API."""

import json
from pathlib import Path

import pytest

from experiments.verify import Check, studies, verify

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "data" / "analytic_cases.json").read_text())["cases"]
}


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    return verify(seed=1, effort=0.1)


def test_every_check_is_within_four_standard_errors(checks: list[Check]) -> None:
    assert [check for check in checks if not check.holds] == []


def test_more_than_thirty_cases_of_seven_groups_are_checked(checks: list[Check]) -> None:
    ids = {check.id for check in checks}
    assert len(ids) == len(checks) > 50
    assert {case_id[0] for case_id in ids} >= set("abcdehi")


def test_the_exact_answers_are_those_of_the_list(checks: list[Check]) -> None:
    listed = {check.id: check.exact for check in checks if check.id in CASES}
    assert len(listed) > 50
    assert listed == {case_id: pytest.approx(CASES[case_id]["value"], rel=1e-9) for case_id in listed}


def test_standard_errors_are_known_before_anything_is_simulated(checks: list[Check]) -> None:
    assert all(0 < check.standard_error < abs(check.exact) * 3 for check in checks)


def test_a_wrong_system_is_noticed() -> None:
    check = Check("x", "off by five standard errors", exact=1.0, estimate=1.5, standard_error=0.1)
    assert not check.holds


@pytest.mark.slow
@pytest.mark.parametrize("study", studies(), ids=lambda study: study.name)
def test_the_full_study_agrees_with_the_exact_answers(study) -> None:
    assert [check for check in study.run(2, 1.0) if not check.holds] == []
