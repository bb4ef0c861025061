"""`kubenines examples`."""

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from experiments.commands.console import FORMAT, PATH, say

PACKAGE = Path(__file__).parents[1]


@click.command()
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Copy them all into this folder.")
@FORMAT
def examples(output: str | None, form: str) -> None:
    """List the experiments and notebooks that come with kubenines, or copy them to be run and changed."""
    folders = _folders()
    if output is not None:
        _check_free(Path(output), folders)
    if form == "json":
        click.echo(json.dumps(_listed(folders), indent=2, ensure_ascii=False))
    else:
        _show(_listed(folders))
    if output is None:
        say("copy them with: kubenines examples -o FOLDER")
        return
    target = Path(output)
    for name, folder in folders.items():
        shutil.copytree(folder, target / name, ignore=shutil.ignore_patterns("*.py", "__pycache__", ".*"))
    say(f"run one with: kubenines run {target / 'configs' / 'quickstart.yaml'}")
    say(f"notebooks: jupyter lab {target / 'notebooks'} (pip install 'kubenines[notebooks]')")


def _check_free(target: Path, folders: Iterable[str]) -> None:
    """Nothing is overwritten: UsageError if a folder of one of these names is in `target`."""
    for name in folders:
        if (target / name).exists():
            raise click.UsageError(f"{target / name} exists: give another folder")


def _listed(folders: dict[str, Path]) -> dict[str, list[dict[str, str]]]:
    """What there is, and the question of each: `file` is below the folder that it is copied into."""

    def entries(folder: str, pattern: str, question: Callable[[Path], str]) -> list[dict[str, str]]:
        root, _, inside = folder.partition("/")
        paths = sorted((folders[root] / inside).glob(pattern))
        return [{"name": path.stem, "file": f"{folder}/{path.name}", "question": question(path)} for path in paths]

    return {
        "experiments": entries("configs", "*.yaml", _question),
        "gallery": entries("configs/gallery", "*.yaml", _question),
        "notebooks": entries("notebooks", "*.ipynb", _title),
    }


def _show(listed: dict[str, list[dict[str, str]]]) -> None:
    from experiments.report.terminal import Terminal

    terminal = Terminal()
    terminal.title("Experiments, in configs:")
    for of in listed["experiments"]:
        terminal.item(of["name"], of["question"])
    terminal.title("Failure modes and operations, one at a time, in configs/gallery:")
    for of in listed["gallery"]:
        terminal.item(of["name"], of["question"])
    terminal.title("Notebooks, in notebooks:")
    for of in listed["notebooks"]:
        terminal.item(of["name"], of["question"], column=35)


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
