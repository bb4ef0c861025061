"""Shell completion: the scripts, and what is completed beside files and options."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from experiments.cli import cli, main

EXPERIMENT = "spec: {policies: [{name: as-shipped}, {name: two-replicas}]}\n"


def completed(*words: str) -> list[str]:
    *before, incomplete = words
    shell = ShellComplete(cli, {}, "kubenines", "_KUBENINES_COMPLETE")
    return [item.value for item in shell.get_completions(before, incomplete)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    manifest = {"policies": ["as-shipped", "two-replicas"], "services": ["cart", "frontend"]}
    (tmp_path / "shop" / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "shop.yaml").write_text(EXPERIMENT)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("why", "shop", "--service", ""), ["cart", "frontend"]),
        (("why", "shop", "--policy", "t"), ["two-replicas"]),
        (("show", "shop", "--service", "f"), ["frontend"]),
        (("compare", "shop", "--baseline", "a"), ["as-shipped"]),
        (("plot", "shop", "--service", "c"), ["cart"]),
        (("run", "shop.yaml", "--policy", ""), ["as-shipped", "two-replicas"]),
        (("run", "nowhere.yaml", "--policy", ""), []),
        (("why", "--policy", ""), []),
        (("lint", "--rule", "budget-b"), ["budget-blocks-drains"]),
        (("plot", "shop", "--kind", "nin"), ["nines"]),
        (("explain", "nodeCr"), ["nodeCrash"]),
        (("comple",), ["completion"]),
    ],
)
def test_names_are_completed_from_what_stands_before(words: tuple[str, ...], found: list[str]) -> None:
    assert completed(*words) == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_its_shell_takes(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_KUBENINES_COMPLETE={shell}_complete" in script
    if (program := shutil.which(shell)) is not None:
        subprocess.run([program, "-n"], input=script, text=True, check=True)
