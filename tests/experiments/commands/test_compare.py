"""`kubenines compare`, `plot` and `report` on a result folder."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments import cli
from experiments.plots import KINDS, Plots
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit

UNITS = {"as-shipped": Unit(864000.0, 1800.0), "good": Unit(2e8, 600.0), "never": Unit(1e14, 60.0)}

FOLDER = "the folder of results"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "shop"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})
        runner.run(fakes.plan(UNITS), out=path, replications=20, simulate=fakes.simulate)
    return path


@pytest.fixture
def kubenines(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        code = cli.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


def test_compare_ranks_and_says_what_is_noise(kubenines: Any, folder: Path) -> None:
    code, out, _ = kubenines("compare", folder)
    assert code == 0
    lines = out.splitlines()
    start = lines.index("cart")
    assert [line.split()[:2] for line in lines[start + 2 : start + 5]] == [
        ["never", "a"],
        ["good", "a"],
        ["as-shipped", "b"],
    ]
    assert "  never and good cannot be told apart" in lines
    assert "adjusted for the 4 comparisons of the table" in out


def test_compare_takes_a_baseline_and_a_service(kubenines: Any, folder: Path) -> None:
    _, out, _ = kubenines("compare", folder, "--baseline", "good", "--service", "cart")
    assert "vs good, paired by replication" in out
    assert "frontend" not in out


def test_compare_takes_several_folders(kubenines: Any, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "again")
    _, out, _ = kubenines("compare", folder, tmp_path / "again", "--service", "cart")
    assert "again/good" in out
    assert "the same" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare", FOLDER), "the same folder twice"),
        (("compare", "--baseline", "goood"), "did you mean 'good'?"),
        (("compare", "--service", "crt"), "did you mean 'cart'?"),
        (("plot", "--service", "crt"), "did you mean 'cart'?"),
        (("plot", "--kind", "nine"), "'nines'"),
        (("plot", "-o", "x.bmp"), "ends in none of .svg, .png, .pdf"),
        (("show", "--set", "duration=1d"), "--set is for experiment files"),
    ],
)
def test_what_is_mistyped_is_a_usage_error(kubenines: Any, folder: Path, arguments: Any, said: str) -> None:
    command, *rest = arguments
    code, _, err = kubenines(command, folder, *(folder if word == FOLDER else word for word in rest))
    assert code == 2
    assert said in err


@pytest.mark.parametrize("command", ["compare", "plot", "report"])
def test_a_folder_without_results_is_bad_input(kubenines: Any, tmp_path: Path, command: str) -> None:
    code, _, err = kubenines(command, tmp_path)
    assert code == 2
    assert "is not a result folder" in err


@pytest.mark.parametrize(
    ("file", "contents", "said"),
    [
        ("runs.parquet", b"", "is not complete"),
        ("runs.parquet", None, "is not complete"),
        ("losses.parquet", b"garbage, long enough", "is not complete"),
        ("manifest.json", b"{}", "manifest.json is not a manifest: it lacks name, policies"),
        ("manifest.json", b"[]", "manifest.json is not a manifest: expected a JSON object"),
        (
            "manifest.json",
            b"[" * 10_000,
            "manifest.json is not a manifest: it is nested too deeply; run the experiment with",
        ),
        ("resolved.yaml", b"[1]", "resolved.yaml is not as it was written"),
        ("resolved.yaml", None, "resolved.yaml cannot be read"),
    ],
)
def test_a_damaged_folder_is_bad_input(
    kubenines: Any, folder: Path, tmp_path: Path, file: str, contents: bytes | None, said: str
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    (damaged / file).unlink()
    if contents is not None:
        (damaged / file).write_bytes(contents)
    for command in ("compare", "why", "report", "plot"):
        code, _, err = kubenines(command, damaged)
        assert code == 2
        assert said in err


def test_a_folder_of_another_schema_is_bad_input(kubenines: Any, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 1}))
    code, _, err = kubenines("why", other)
    assert code == 2
    assert "is of another version of kubenines (schema 1; this one reads" in err


def test_a_table_that_was_changed_is_named(kubenines: Any, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    fewer = pd.read_parquet(other / "outages.parquet").iloc[1:]
    fewer.to_parquet(other / "outages.parquet")
    code, _, err = kubenines("why", other)
    assert code == 2
    assert "(outages.parquet is not as it was written); run the experiment again to resume it" in err


@pytest.mark.parametrize("command", ["show", "compare", "why"])
def test_a_reader_that_has_enough_is_no_failure(folder: Path, command: str) -> None:
    program = f"import sys; from experiments import cli; sys.exit(cli.main([{command!r}, {str(folder)!r}]))"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run([sys.executable, "-c", program], stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", ["report", "plot"])
def test_what_cannot_be_written_is_bad_input(kubenines: Any, folder: Path, tmp_path: Path, command: str) -> None:
    taken = tmp_path / "page.svg"
    taken.mkdir()
    code, _, err = kubenines(command, folder, "-o", taken)
    assert (code, err) == (2, f"kubenines: {taken}: Is a directory\n")


WANTING = {
    "budget": "nothing is promised of frontend",
    "rare": "no rare outages of frontend were looked for",
    **dict.fromkeys(("gantt", "utilisation"), "resolved.yaml:1:1: 'apiVersion' is required here"),
    "rollout": "no rollout of what is behind frontend began under any policy",
}
"""Kinds that need more than this folder has, and what they say."""


@pytest.mark.parametrize(("kind", "said"), WANTING.items())
def test_a_kind_says_what_it_lacks(kubenines: Any, folder: Path, kind: str, said: str) -> None:
    code, out, err = kubenines("plot", folder, "--kind", kind)
    assert (code, out) == (2, "")
    assert said in err


def test_an_option_that_says_nothing_about_a_kind_is_a_usage_error(kubenines: Any, folder: Path) -> None:
    code, _, err = kubenines("plot", folder, "--kind", "nines", "--policy", "good")
    assert code == 2
    assert "--kind nines takes no --policy; these do: waterfall, what_if, gantt, rollout, utilisation" in err
    code, _, err = kubenines("plot", folder, "--kind", "gantt", "--replication", "400")
    assert code == 2
    assert "--replication: expected 0 to" in err
    code, _, err = kubenines("plot", folder, "--kind", "gantt", "--from", "soon")
    assert code == 2
    assert "expected a duration" in err


def test_the_comparison_may_be_of_one_service(kubenines: Any, folder: Path, tmp_path: Path) -> None:
    kubenines("plot", folder, "--service", "cart", "-o", tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert ">cart<" in text
    assert ">frontend<" not in text


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WANTING])
def test_every_kind_can_be_plotted(kubenines: Any, folder: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.svg"
    assert kubenines("plot", folder, "--kind", kind, "-o", path) == (0, f"{path}\n", "")
    first = path.read_bytes()
    kubenines("plot", folder, "--kind", kind, "-o", path)
    assert path.read_bytes() == first
    assert first.startswith(b"<?xml")


def test_whatever_can_be_drawn_is_a_kind() -> None:
    methods = {name for name, of in vars(Plots).items() if {"ax", "figure"} & set(getattr(of, "__annotations__", ()))}
    assert set(KINDS) == methods


def test_the_ending_decides_the_format(kubenines: Any, folder: Path, tmp_path: Path) -> None:
    kubenines("plot", folder, "--kind", "nines", "--service", "cart", "-o", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("without_plots")
def test_a_report_is_written_beside_the_results_or_where_told(kubenines: Any, folder: Path, tmp_path: Path) -> None:
    (folder / "report.html").unlink(missing_ok=True)
    assert kubenines("report", folder)[:2] == (0, f"{folder / 'report.html'}\n")
    kubenines("report", folder, "-o", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page == (folder / "report.html").read_text(encoding="utf-8")
    assert "never and good cannot be told apart." in page
    assert "adjusted for the 4 comparisons of the table" in page
