"""What the commands have in common: exit codes, options, lines for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from experiments.experiment import Experiment

BAD_INPUT, FAILED, INTERRUPTED = 2, 3, 130

PATH = click.Path(path_type=str)
SETTINGS = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Another value: failures[node-crash].select.labels=...",
)


def chosen(option: str, name: str | None, names: Sequence[str]) -> str | None:
    """The name given for an option, if it is one of `names`; a usage error with a suggestion if not."""
    if name is None or name in names:
        return name
    from models.input.problems import did_you_mean

    known = ", ".join(map(repr, names))
    raise click.BadParameter(f"{name!r} is none of {known}{did_you_mean(name, names)}", param_hint=option)


def say(line: str) -> None:
    """A line for people, on stderr."""
    click.echo(line, err=True)


def warn(experiment: "Experiment") -> None:
    """What is odd in an experiment, and what of it is not simulated, on stderr."""
    from models.manifests import describe_not_modelled

    for line in experiment.warnings:
        say(f"warning: {line}")
    if left_out := describe_not_modelled(experiment.not_modelled):
        say(left_out)
