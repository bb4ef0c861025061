"""How a command reads a log of outages: `--start`, `--end`, `--entity`, `--time-format` and `--delimiter`."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from experiments.file.outages import Format, OutageLog

Result = TypeVar("Result")
_NAMES = ("start", "end", "entities", "time_format", "delimiter")


def log_options(entity: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """The options by which a command is told what a log is like; it gets a `Format` as `written`.

    `entity`: what the help says that the column of `--entity` names.
    """

    def options(command: Callable[..., Result]) -> Callable[..., Result]:
        @click.option(
            "--start", metavar="COLUMN", help="The column with the start of an outage.  [default: by its name]"
        )
        @click.option(
            "--end", metavar="COLUMN", help="The column with its end; empty: not over yet.  [default: by its name]"
        )
        @click.option(
            "--entity",
            "entities",
            metavar="COLUMN",
            multiple=True,
            help=f"The column that names {entity}.  [default: by its name]",
        )
        @click.option(
            "--time-format", metavar="FORMAT", help="As in strptime: '%m/%d/%Y %H:%M'.  [default: ISO 8601, or seconds]"
        )
        @click.option("--delimiter", default=",", show_default=True, help="What separates fields.")
        @wraps(command)
        def told(
            *arguments: Any,
            start: str | None,
            end: str | None,
            entities: tuple[str, ...],
            time_format: str | None,
            delimiter: str,
            **others: Any,
        ) -> Result:
            from experiments.file.outages import Format

            if len(delimiter) != 1 or delimiter in '"\r\n ':
                raise click.BadParameter("expected one character", param_hint="--delimiter")
            return command(*arguments, written=Format(start, end, entities, time_format, delimiter), **others)

        return told

    return options


def refuse_log_options(why: str) -> None:
    """Raises a usage error if one of `log_options` is given, even with its default; `why`: it cannot act."""
    context = click.get_current_context()
    options = [one for one in context.command.params if one.name in _NAMES]
    given = [
        one.opts[0]
        for one in options
        if context.get_parameter_source(str(one.name)) not in (ParameterSource.DEFAULT, None)
    ]
    if given:
        raise click.UsageError(f"{', '.join(given)} cannot act: {why}")


def instant(written: "Format", log: "OutageLog", text: str, option: str) -> float:
    """An instant as the log writes them, in its seconds; bad input of this option if it is none of the log's clock."""
    try:
        seconds, clock = written.instant(text)
        if clock is not log.clock:
            raise ValueError(f"expected {log.clock}, as in the log (got {text!r})")
        return seconds
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None
