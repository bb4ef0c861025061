"""`kubenines check`: of experiment files and result folders, its options and exit codes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from experiments.cli import main
from experiments.design.objective import Objective
from experiments.plots import Plots
from experiments.runner.run import run
from tests.experiments import fakes
from tests.experiments.fakes import Unit

pytestmark = pytest.mark.usefixtures("without_plots")

QUICKSTART = str(Path(__file__).resolve().parents[3] / "experiments" / "configs" / "quickstart.yaml")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_experiment_is_run_once_and_checked_by_what_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    def check(path: str, *options: str) -> tuple[int, Any]:
        code = main(["check", path, "-q", "--format", "json", *options])
        return code, json.loads(capsys.readouterr().out)

    low = ("--threshold", "frontend availability >= 50%")
    code, value = check(QUICKSTART, "-n", "2", "-j", "1", "-o", "shop", *low, "--junit", "j.xml", "--sarif", "s.json")
    assert (code, value["exitCode"]) == (0, 0)
    assert [one["policy"] for one in value["checks"][0]["thresholds"]] == ["as-shipped", "two-replicas"]
    assert ElementTree.parse("j.xml").getroot().attrib["tests"] == "2"
    assert json.loads(Path("s.json").read_text())["runs"][0]["results"] == []

    high = ("--threshold", "frontend availability >= 99.99999999% under as-shipped")
    assert check("shop", *low, *high)[0] == 1
    found = value["checks"][0]["thresholds"][0]["found"]["value"]
    straddled = ("--threshold", f"frontend availability >= {100 * found:.9f}% under as-shipped")
    assert check("shop", *straddled)[0] == 4
    assert check("shop", *straddled, "--inconclusive", "pass")[0] == 0
    assert check("shop", *straddled, *high, "--inconclusive", "pass")[0] == 1


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Result folders, called by what becomes of the objective of each."""
    path, unit = tmp_path_factory.mktemp("results"), Unit(864000.0, 1800.0)
    availability = run(fakes.plan({"a": unit}), simulate=fakes.simulate).availability("frontend", "a").value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})
        for name, asked in {"met": 0.5, "missed": 0.999999, "open": availability, "failed": 0.5}.items():
            ran = replace(unit, raises=(3,) * (name == "failed"))
            plan = fakes.plan({"a": ran}, objectives=(Objective("frontend", asked),))
            run(plan, out=path / name, simulate=fakes.simulate)
    return path


@pytest.mark.parametrize(
    ("names", "code"), [("met", 0), ("met open", 4), ("open missed met", 1), ("missed open failed", 3)]
)
def test_the_worst_of_all_decides_the_exit_code(names: str, code: int, judged: Path) -> None:
    folders = [str(judged / name) for name in names.split()]
    assert main(["check", *folders]) == code
    assert main(["check", *folders, "--inconclusive", "pass"]) == code % 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((QUICKSTART,), "asks for nothing: it has no objectives"),
        ((QUICKSTART, "--threshold", "frontend"), "expected SERVICE METRIC >= LIMIT"),
        ((QUICKSTART, QUICKSTART, "-o", "x"), "--output is the result folder of one experiment file"),
        ((QUICKSTART, "--threshold", "frontend availability >= 50%", "--junit", "."), "'.' is a directory"),
        ((".",), "is not a result folder"),
        ((".", "-n", "3"), "--set, --replications and --fresh are for experiment files"),
    ],
)
def test_what_cannot_be_checked_is_bad_input(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not Path("results").exists()
