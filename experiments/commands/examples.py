"""`kubenines examples`."""

import shutil
from pathlib import Path

import click

from experiments.commands.console import PATH, say

PACKAGE = Path(__file__).parents[1]
FOLDERS = ("configs", "manifests")
"""Experiment files, and the manifests that they are about: a file of the first points to files of the second."""


@click.command()
@click.option("-o", "--out", type=PATH, help="Copy them all into this folder.")
def examples(out: str | None) -> None:
    """List the experiments that come with kubenines, or copy them to where they can be run and changed."""
    for path in sorted((PACKAGE / "configs").glob("*.yaml")):
        question = path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        click.echo(f"{path.stem:<20}{question}")
    if out is None:
        say("copy them with: kubenines examples -o FOLDER")
        return
    target = Path(out)
    taken = [target / folder for folder in FOLDERS if (target / folder).exists()]
    if taken:
        raise click.UsageError(f"{taken[0]} exists: give another folder")
    for folder in FOLDERS:
        shutil.copytree(PACKAGE / folder, target / folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    say(f"run one with: kubenines run {target / 'configs' / 'quickstart.yaml'}")
