"""The reference of the command line in Markdown, from click."""

import inspect
from collections.abc import Callable, Iterator

import click
from writing import entry, escaped, prose

from experiments.cli import cli


def commands() -> str:
    """Every command with its arguments and options, from click."""
    return "\n".join(
        line for command in cli.commands.values() for line in _command(f"kubenines {command.name}", command)
    )


def _command(path: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    yield from (f"{'##' if path.count(' ') < 2 else '###'} `{path}`", "")
    text, layout, example = (command.help or "").partition("\b\n")
    yield from (prose(text), "")
    yield from ("```text", command.get_usage(context).removeprefix("Usage: "), "```", "")
    for option in command.params:
        if isinstance(option, click.Option):
            said = option.get_help_record(context)
            assert said is not None
            yield from entry(said[0], "", escaped(" ".join(said[1].split())))
    if layout:
        yield from ("```text", inspect.cleandoc(example), "```", "")
    for inner in getattr(command, "commands", {}).values():
        yield from _command(f"{path} {inner.name}", inner)


WRITERS: dict[str, Callable[..., str]] = {"commands": commands}
