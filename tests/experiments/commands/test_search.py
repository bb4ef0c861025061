"""`kubenines search`: what it says beside its answer."""

from pathlib import Path

import pytest

from experiments.cli import main
from tests.experiments.uncertain_unit import experiment

OF_B = "objectives=[{service: web, atLeast: 99.9%, policy: b}]"


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("unit")
def test_what_is_not_done_of_the_file_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["replications=", "precision={relative: 10%}", "policies=[{name: a}, {name: b}]", OF_B]
    asked = [word for setting in settings for word in ("--set", setting)]
    assert main(["search", "unit.yaml", *asked, "--at-most", "2", "-j", "1", "--progress", "none"]) in (1, 4)
    said = capsys.readouterr().err
    assert "no objective is about a, so none of these is a candidate" in said
    assert "spec.precision is not used here" in said


@pytest.mark.usefixtures("unit")
def test_prices_that_nothing_has_are_refused_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--set", "objectives=[{service: web, atLeast: 99%}]", "--cost", "nodeCost", "-q"]
    assert main(["search", "unit.yaml", *asked]) == 2
    assert "no pool has a price" in capsys.readouterr().err
    assert not Path("results").exists()
