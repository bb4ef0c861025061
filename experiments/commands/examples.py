"""`kubenines examples`."""

import json
import shutil
from pathlib import Path

import click

from experiments.commands.console import PATH, say

PACKAGE = Path(__file__).parents[1]


@click.command()
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Copy them all into this folder.")
def examples(output: str | None) -> None:
    """List the experiments and notebooks that come with kubenines, or copy them to be run and changed."""
    from experiments.report.terminal import Terminal

    terminal, folders = Terminal(), _folders()
    terminal.title("Experiments, in configs:")
    for path in sorted(folders["configs"].glob("*.yaml")):
        terminal.item(path.stem, _question(path))
    terminal.title("Failure modes and operations, one at a time, in configs/gallery:")
    for path in sorted((folders["configs"] / "gallery").glob("*.yaml")):
        terminal.item(path.stem, _question(path))
    terminal.title("Notebooks:")
    for path in sorted(folders["notebooks"].glob("*.ipynb")):
        terminal.item(path.name, _title(path))
    if output is None:
        say("copy them with: kubenines examples -o FOLDER")
        return
    target = Path(output)
    taken = [target / name for name in folders if (target / name).exists()]
    if taken:
        raise click.UsageError(f"{taken[0]} exists: give another folder")
    for name, folder in folders.items():
        shutil.copytree(folder, target / name, ignore=shutil.ignore_patterns("*.py", "__pycache__", ".*"))
    say(f"run one with: kubenines run {target / 'configs' / 'quickstart.yaml'}")
    say(f"notebooks: jupyter lab {target / 'notebooks'} (pip install 'kubenines[notebooks]')")


def _folders() -> dict[str, Path]:
    """What is copied, by name: experiment files, the manifests that they point to, and notebooks.

    The notebooks lie inside the installed package, or beside the packages in a checkout (`pyproject.toml`).
    """
    inside = PACKAGE / "notebooks"
    notebooks = inside if inside.is_dir() else PACKAGE.parent / "notebooks"
    return {"configs": PACKAGE / "configs", "manifests": PACKAGE / "manifests", "notebooks": notebooks}


def _question(experiment: Path) -> str:
    """What its first line asks."""
    return experiment.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


def _title(notebook: Path) -> str:
    """The heading that a notebook begins with."""
    first = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"]
    return "".join(first).partition("\n")[0].lstrip("# ")
