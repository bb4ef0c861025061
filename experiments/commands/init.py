"""`kubenines init`."""

import os
import shlex
from pathlib import Path

import click

from experiments.commands.console import PATH, say
from models.input.stdin import is_stdin


@click.command()
@click.argument("manifests", nargs=-1, required=True, type=PATH)
@click.option("-o", "--output", type=PATH, default="experiment.yaml", show_default=True, help="The file to write.")
def init(manifests: tuple[str, ...], output: str) -> None:
    """Write an experiment file about MANIFESTS (files, directories, or - for stdin) to begin with.

    It can be run at once; its comments say what was found and what to change.
    """
    from experiments.preflight.first import first_experiment
    from experiments.store.files import write
    from models.input.problems import InputError, Location, Problem

    path = Path(output)
    if path.exists():
        raise click.UsageError(f"{path} exists: give another name with -o")
    if missing := [file for file in manifests if not (is_stdin(file) or Path(file).exists())]:
        raise InputError(Problem(Location(file), "", "no such file or directory") for file in missing)
    named = [_from(path.parent, manifest) for manifest in manifests]
    write(path, first_experiment(manifests, named, str(path)))
    again = " < MANIFESTS" if any(map(is_stdin, manifests)) else ""
    say(f"wrote {path}; run it with: kubenines run {shlex.quote(str(path))}{again}")


def _from(folder: Path, manifest: str) -> str:
    """The manifest's path as the experiment file has to say it, which stands in `folder`."""
    return manifest if is_stdin(manifest) or Path(manifest).is_absolute() else os.path.relpath(manifest, folder)
