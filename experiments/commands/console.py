"""What the commands have in common: exit codes, options, lines for people."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from experiments.experiment import Experiment
    from models.manifests import Named

Command = TypeVar("Command", bound=Callable[..., Any])
BAD_INPUT, FAILED, INCONCLUSIVE, INTERRUPTED = 2, 3, 4, 130

PATH = click.Path(path_type=str)
SETTINGS = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Another value: failures[node-crash].select.labels=...",
)
FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print it."
)
STRICT = click.option(
    "--strict",
    is_flag=True,
    help="Exit with 2 if the manifests say anything that may matter and is not read, or refer to what is not there.",
)


def inconclusive_option(text: str) -> Callable[[Command], Command]:
    """`--inconclusive`, for `exit_code`; `text`: its help."""
    return click.option(
        "--inconclusive", type=click.Choice(["fail", "pass"]), default="fail", show_default=True, help=text
    )


def exit_code(code: int, inconclusive: str) -> int:
    """That of the command, by what it found and `--inconclusive`."""
    return 0 if code == INCONCLUSIVE and inconclusive == "pass" else code


def chosen(option: str, name: str | None, names: Sequence[str]) -> str | None:
    """The name given for an option, if it is one of `names`; a usage error with a suggestion if not."""
    if name is None or name in names:
        return name
    from models.input.problems import did_you_mean

    known = ", ".join(map(repr, names))
    raise click.BadParameter(f"{name!r} is none of {known}{did_you_mean(name, names)}", param_hint=option)


def say(line: str) -> None:
    """A line for people, on stderr; broken between words where the terminal is narrower."""
    from experiments.report.terminal import Terminal

    terminal = Terminal(sys.stderr)
    for each in line.splitlines() or [""]:
        terminal.say(each, indent="")


def warn(experiment: "Experiment") -> None:
    """What is odd in an experiment, on stderr."""
    for line in experiment.warnings:
        say(f"warning: {line}")


def refuse_unread(named: "Sequence[Named]") -> None:
    """With --strict: what the manifests say and the model does not read, or has not, is an error of input."""
    from models.input.problems import InputError

    if named:
        raise InputError(one.problem for one in named)
