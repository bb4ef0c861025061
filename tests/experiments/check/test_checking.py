"""What thresholds come to, and where they were asked for."""

from pathlib import Path

import pytest

from experiments.check.checking import Checked, check
from models.input.problems import Location


def test_each_threshold_is_judged_and_has_its_line(checked: Checked) -> None:
    assert [(one.judgement.verdict, one.location) for one in checked.thresholds] == [
        ("met", Location("fake.yaml", 4, 5)),
        ("missed", Location("fake.yaml", 5, 5)),
        ("inconclusive", Location("fake.yaml")),
    ]


def test_what_is_not_met_says_what_would_settle_it(checked: Checked) -> None:
    met, missed, unclear = (one.advice for one in checked.thresholds)
    assert met == ""
    assert missed.endswith("--service frontend --policy as-shipped says what it is due to")
    assert unclear.startswith("inconclusive; ")


def test_what_is_told_to_be_run_can_be_pasted(checked: Checked, tmp_path: Path) -> None:
    findings = checked.findings.only()
    findings.path = tmp_path / "my results"
    assert f"kubenines why '{findings.path}' --service frontend" in check(findings).thresholds[1].advice


@pytest.mark.parametrize("text", ["", "nothing: here", "[", "spec: {objectives: [{service: frontend, atLeast: 9%}]}"])
def test_without_the_lines_of_the_objectives_it_is_the_file(checked: Checked, text: str, tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text(text)
    findings = checked.findings.only()
    findings.path = tmp_path
    assert {one.location.file for one in check(findings).thresholds} == {"fake.yaml"}
