"""The exact cases, reproduced through the product's own API."""

import json
import math
import os
from pathlib import Path

import pytest

from experiments.verify import QUICK, Basis, Check, Study, passed, studies, suite, table, traffic, verdict, verify
from experiments.verify.check import ENOUGH, SETTLED

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[2] / "data" / "analytic_cases.json").read_text())["cases"]
}


@pytest.mark.slow
def test_the_quick_studies_agree_in_a_hundred_cases_of_all_groups_but_traffic() -> None:
    """What `kubenines verify --quick` prints."""
    checks = verify(seed=0, effort=QUICK, workers=os.cpu_count() or 1)
    assert [check for check in checks if not check.holds] == []
    assert passed(checks), verdict(checks)
    ids = {check.id for check in checks}
    assert len(ids) == len(checks) > 100
    assert {case_id[0] for case_id in ids} >= set("abcdehijrvx")
    # Nothing is said about what was hardly seen.
    assert all(check.standard_error > 0 for check in checks if check.z is not None)


@pytest.mark.rare
def test_the_full_studies_agree_with_the_exact_answers() -> None:
    checks = verify(seed=0, effort=1.0, workers=os.cpu_count() or 1)
    ids = {check.id for check in checks}
    assert [check for check in checks if not check.holds] == []
    assert passed(checks), verdict(checks)
    assert len(ids & CASES.keys()) >= 120
    listed = {check.id: check.exact for check in checks if check.id in CASES}
    assert listed == {case_id: pytest.approx(CASES[case_id]["value"], rel=1e-9, abs=1e-12) for case_id in listed}


@pytest.mark.parametrize("study", studies(), ids=lambda study: study.name)
def test_a_quick_look_is_never_shorter_than_a_study_needs_to_be_valid(study: Study) -> None:
    effort = study.effort(QUICK)
    assert effort * study.events >= ENOUGH * (1 - 1e-9)
    assert effort * study.beginning >= SETTLED * (1 - 1e-9)
    assert QUICK <= effort <= study.effort(1.0) == 1.0


def test_a_study_gets_the_effort_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(seed: int, effort: float) -> list[Check]:
        return [Check("x", "the effort made", effort, effort, basis=Basis.CERTAIN)]

    made = (Study("rare", run, events=2 * ENOUGH), Study("slow", run, beginning=4 * SETTLED), Study("plain", run))
    monkeypatch.setattr(suite, "studies", lambda: made)
    assert [check.exact for check in verify(effort=QUICK)] == [0.5, 0.25, QUICK]
    assert [check.exact for check in verify(effort=1.0)] == [1.0] * 3


def test_the_busiest_queue_is_the_one_whose_beginning_lasts() -> None:
    queues = {queue.id: queue for queue in (*traffic._single(), *traffic._balanced())}
    busy, idle = queues["g5_n3_r0.9"], queues["g5_n3_r0.8"]
    assert busy.relaxation == pytest.approx(0.1 / (1 - 0.9**0.5) ** 2)
    assert busy.beginning == min(queue.beginning for queue in traffic._balanced()) < idle.beginning


def test_no_two_studies_have_the_same_name() -> None:
    names = [study.name for study in studies()]
    assert len(set(names)) == len(names)


QUICKEST = ("rollouts, fixed", "worst windows", "crash loop", "regeneration cycles", "common cause")


@pytest.mark.parametrize("name", QUICKEST)
def test_a_quick_study_agrees_with_the_listed_answers(name: str) -> None:
    [study] = [study for study in studies() if study.name == name]
    checks = study.run(1, QUICK)
    assert checks
    assert all(check.holds for check in checks)
    answers = {check.id: CASES[check.id]["value"] for check in checks}
    assert {check.id: check.exact for check in checks} == pytest.approx(answers, rel=1e-9)


@pytest.mark.parametrize("name", ["bad contents, hot reload", "bad contents, rollout", "certificates"])
def test_a_quick_study_of_configuration_agrees_with_its_closed_forms(name: str) -> None:
    [study] = [study for study in studies() if study.name == name]
    checks = study.run(1, QUICK)
    assert checks
    assert [check for check in checks if not check.holds] == []


def test_the_same_seed_gives_the_same_checks() -> None:
    [study] = [study for study in studies() if study.name == "regeneration cycles"]
    assert study.run(5, QUICK) == study.run(5, QUICK) != study.run(6, QUICK)


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        (Check("x", "3.9 standard errors off", 1.0, 1.39, 0.1), True),
        (Check("x", "5 standard errors off", 1.0, 1.5, 0.1), False),
        (Check("x", "rounding", 100.0, 100.0 + 1e-9, basis=Basis.CERTAIN), True),
        (Check("x", "a second off, and no chance", 60.0, 61.0, basis=Basis.CERTAIN), False),
        (Check("x", "4 % off a measurement", 100.0, 104.0, basis=Basis.PUBLISHED), True),
        (Check("x", "6 % off a measurement", 100.0, 94.0, basis=Basis.PUBLISHED), False),
    ],
    ids=lambda value: value.quantity if isinstance(value, Check) else str(value),
)
def test_a_check_holds_within_its_margin(check: Check, holds: bool) -> None:
    assert check.holds is holds
    assert ("beyond" in table([check])) is not holds


def test_many_moderate_deviations_are_not_put_down_to_chance() -> None:
    checks = [Check(f"x{i}", "2.5 standard errors off", 1.0, 1.25, 0.1) for i in range(20)]
    assert all(check.holds for check in checks)
    assert not passed(checks)
    assert verdict(checks)[-1] == "FAILED"


def test_the_verdict_counts_what_rests_on_what() -> None:
    checks = [
        Check("a1", "statistical", 1.0, 1.1, 0.1),
        Check("j1", "certain", 60.0, 60.0, basis=Basis.CERTAIN),
        Check("v1", "published", 100.0, 101.0, basis=Basis.PUBLISHED),
    ]
    text = " ".join(verdict(checks))
    assert "3 of 3 checks hold, in 3 groups (a, j, v)." in text
    assert "1 by 4 standard errors, 1 without any chance, 1 measurements of others by 5%." in text
    assert math.isclose(checks[0].z or 0.0, 1.0)


def test_the_checks_can_be_had_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [study for study in studies() if study.name in QUICKEST]
    monkeypatch.setattr(suite, "studies", lambda: chosen)
    assert suite.main(as_json=True, effort=QUICK, workers=1) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["failed"] == 0
    assert all(row["holds"] for row in said["checks"])
