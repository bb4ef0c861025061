"""`kubenines sensitivity`, and the plots of what it found."""

import json
from pathlib import Path

import pytest

from experiments.cli import main
from tests.experiments.uncertain_unit import experiment


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    experiment(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "unit.yaml"


def test_without_uncertain_inputs_there_is_nothing_to_do(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensitivity", "unit.yaml", "--set", "uncertain="]) == 2
    assert "spec.uncertain" in capsys.readouterr().err
    assert not Path("results").exists()


def test_too_few_runs_are_refused_with_the_least(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensitivity", "unit.yaml", "--runs", "100", "-q"]) == 2
    assert "at least 128 runs" in capsys.readouterr().err


def test_what_is_not_done_of_the_file_is_said(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", "replications=", "--set", "precision={relative: 10%}"]
    main(["sensitivity", "unit.yaml", *settings, "--runs", "1"])
    assert "spec.precision is not used here" in capsys.readouterr().err


def test_plan_prices_a_study(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "unit.yaml"]) == 0
    assert "2 uncertain inputs: `kubenines sensitivity` takes 50 + 2,048 runs" in capsys.readouterr().out
    assert main(["plan", "unit.yaml", "--format", "json"]) == 0
    priced = json.loads(capsys.readouterr().out)["sensitivity"]
    assert (priced["inputs"], priced["oneAtATime"], priced["drawn"]) == (["mttf", "mttr"], 50, 2048)


def test_plan_tells_of_too_few_replications_for_a_study_and_goes_on(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "unit.yaml", "--set", "replications=1"]) == 0
    told = capsys.readouterr().out
    assert "too few replications for `kubenines sensitivity`" in told
    assert "in all: " in told
    assert main(["sensitivity", "unit.yaml", "--set", "replications=1", "-q"]) == 2
    assert "at least 2 replications of each input" in capsys.readouterr().err


@pytest.mark.slow
def test_a_study_is_printed_kept_drawn_and_not_taken_for_anything_else(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["sensitivity", "unit.yaml", "--runs", "128", "-n", "2", "-j", "1", "-q"]
    assert main(asked) == 0
    printed = capsys.readouterr()
    assert "web under as-shipped" in printed.out
    assert printed.err == ""
    assert main([*asked, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == "results/unit-sensitivity"
    for kind in ("tornado", "sobol", "uncertainty"):
        assert main(["plot", "results/unit-sensitivity", "--kind", kind]) == 0
        assert Path(capsys.readouterr().out.strip()).read_text("utf-8").startswith("<?xml")
    assert main(["plot", "results/unit-sensitivity", "--kind", "nines"]) == 2
    assert "tornado" in capsys.readouterr().err
    assert main(["plot", "results/unit-sensitivity", "--service", "wep"]) == 2
    assert "did you mean 'web'" in capsys.readouterr().err
    assert main(["show", "results/unit-sensitivity"]) == 0
    assert capsys.readouterr().out == printed.out
    assert main(["report", "results/unit-sensitivity"]) == 2
    assert "study of uncertain inputs" in capsys.readouterr().err
    assert main(["run", "unit.yaml", "-o", "results/unit-sensitivity", "-n", "1", "-q"]) == 2
    assert "different experiment" in capsys.readouterr().err
