"""Every notebook asks a question and answers it, runs, and is stored with the outputs of a whole run.

On a small setting (`KUBENINES_FAST`) the cells run in this process, where a warning is an error: to start a kernel
takes longer than most of them. Those that look for rare outages are slow even so. Another slow test runs them all as
people do, in a kernel and from the folder of `kubenines examples`.
"""

import ast
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from matplotlib import pyplot as plt
from nbclient import NotebookClient
from nbformat import NotebookNode

from experiments.cli import main

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 500_000
SLOW = {
    "from-unsure-inputs-to-a-decision",
    "rare-events",
    "replicas-and-nines",
    "zones-spread-and-anti-affinity",
}

quick_or_slow = pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem in SLOW)) for path in NOTEBOOKS],
)
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def run(source: str, names: dict[str, Any]) -> str | None:
    """Run a cell, draw its figures, and return what it shows in the end, if anything."""
    lines = ast.parse(source).body
    shows = isinstance(lines[-1], ast.Expr) and not source.endswith(";")
    last = lines.pop() if shows else None
    exec(compile(ast.Module(lines, []), "cell", "exec"), names)
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if isinstance(last, ast.Expr) else None
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    return None if value is None else repr(value)


def texts(cells: list[NotebookNode]) -> list[str]:
    """What the last lines of the cells show, as text."""
    outputs = [output for cell in cells for output in cell.outputs if output.output_type == "execute_result"]
    return [output["data"]["text/plain"] for output in outputs]


@quick_or_slow
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBENINES_FAST", "1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(path.parent)
    names: dict[str, Any] = {"__name__": "__main__"}
    stored = cells(path, "code")
    shown = [text for cell in stored if (text := run(cell.source, names)) is not None]
    assert len(shown) == len(texts(stored))
    assert shown != texts(stored), "stored is the small run"


@pytest.mark.slow
@each
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_runs_in_a_kernel_from_the_folder_of_the_examples(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["examples", "-o", str(tmp_path / "examples")]) == 0
    monkeypatch.setenv("KUBENINES_FAST", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    folder = tmp_path / "examples" / "notebooks"
    notebook = nbformat.read(folder / path.name, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()


@each
def test_a_notebook_asks_in_its_title_and_answers_in_its_last_cell(path: Path) -> None:
    first, *_, last = nbformat.read(path, as_version=4).cells
    title = first.source.partition("\n")[0]
    assert title.startswith("# ")
    assert title.endswith("?")
    assert last.cell_type == "markdown"
    assert "## The answer\n" in last.source


@each
def test_a_notebook_is_stored_with_the_outputs_of_one_run_in_order(path: Path) -> None:
    code = cells(path, "code")
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs)


@each
def test_a_stored_notebook_is_small_and_knows_no_path_of_the_machine(path: Path) -> None:
    assert path.stat().st_size < LARGEST
    for output in (output for cell in cells(path, "code") for output in cell.outputs):
        shown = output.get("text", "") + "".join(
            str(text) for form, text in output.get("data", {}).items() if form.startswith("text/")
        )
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|usr|opt|var|Users|private)/", shown)


def test_there_is_a_quickstart() -> None:
    assert "quickstart" in [path.stem for path in NOTEBOOKS]
