"""Commands about experiments with a sweep, and about their result folders."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from tests.experiments.small_sweep import small_sweep, without_pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with swept.yaml, and its results, which a command has made."""
    here = tmp_path_factory.mktemp("commands")
    small_sweep(here)
    before = Path.cwd()
    os.chdir(here)
    with without_pictures():
        assert (
            main(["run", "swept.yaml", "-j", "1", "-q", "-n", "1", "--set", "objectives=[{service: web, atLeast: 1%}]"])
            == 0
        )
    yield here
    os.chdir(before)


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code
    out, err = capsys.readouterr()
    return out if code == 0 else err


def test_show_has_a_row_for_every_point(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "show", "results/swept")
    assert text.splitlines()[0].split("   ")[:2] == ["swept", "4 points x 2 policies x 1 replication of 5d"]
    assert [line.split()[:4] for line in text.splitlines()[1:4]] == [
        ["mttf", "nodes", "SERVICE", "POLICY"],
        ["1d", "2", "web", "one"],
        ["1d", "2", "web", "two"],
    ]
    assert "web availability >= 1% under one: ✓ at [mttf=1d nodes=2], " in " ".join(text.split())
    values: dict[str, Any] = json.loads(said(capsys, "show", "results/swept", "--format", "json", "--policy", "two"))
    assert values["kind"] == "SweepFindings"
    assert [row["values"] for row in values["rows"]] == [
        {"mttf": mttf, "nodes": nodes} for mttf in ("1d", "3d") for nodes in (2, 3)
    ]
    assert values["exitCode"] == 0


def test_a_point_is_shown_as_a_single_experiment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "show", "results/swept", "--point", "mttf=3d,nodes=2")
    assert text.startswith("swept at mttf=3d nodes=2   2 policies x 1 replication of 5d")
    values = json.loads(said(capsys, "why", "results/swept", "--point", "2", "--format", "json"))
    assert values["kind"] == "Attribution"
    along = said(capsys, "compare", "results/swept", "--along", "mttf", "--point", "nodes=2")
    assert "mttf=1d" in along


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["why", "results/swept"], "is of a sweep: give --point, like --point mttf=1d,nodes=2"),
        (["compare", "results/swept"], "or compare its points --along an axis"),
        (["show", "results/swept", "--point", "mttf=1d"], "2 points are like this"),
        (["show", "results/swept", "--disruptions"], "--disruptions is of a single point"),
        (["run", "swept.yaml", "--events", "all"], "--events is of a single experiment"),
        (["plot", "results/swept", "--kind", "nines"], "is of a sweep: give --point"),
        (["plot", "results/swept", "--x", "mtf"], "did you mean 'mttf'?"),
        (["plot", "results/swept", "--y", "nodes", "--x", "nodes"], "nodes is given for both"),
        (["run", "swept.yaml", "--set", "sweep.axes[mttf].values=[]"], "expected at least one value"),
    ],
)
def test_what_cannot_be_said_of_a_sweep_is_refused_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert message in " ".join(said(capsys, *words, code=2).split())


def test_check_judges_every_point(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "check", "results/swept", "--threshold", "web outages <= 1000 a year under two")
    assert text.count("✓") == 4 * 3
    assert "swept at mttf=3d nodes=3" in text


def test_plan_counts_points_and_cells(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = json.loads(said(capsys, "plan", "swept.yaml", "--format", "json"))
    assert (values["points"], values["cells"], values["replications"]) == (4, 16, 2)
    assert values["pilots"] == ["mttf=1d nodes=2", "mttf=3d nodes=2", "mttf=3d nodes=3"]


@pytest.mark.slow
def test_pictures_and_the_report_of_a_sweep_are_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--kind", "curves", "--x", "nodes"], ["--kind", "heatmap"], ["--kind", "nines", "--point", "0"]):
        said(capsys, "plot", "results/swept", *words, "-o", "picture.svg")
        assert "<svg" in Path("picture.svg").read_text()
    said(capsys, "report", "results/swept", "-o", "page.html")
    page = Path("page.html").read_text()
    assert page.count("<svg") == 2
    assert "mttf" in page
