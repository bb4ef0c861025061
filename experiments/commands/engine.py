"""On which engine a command runs an experiment: `--engine`, `-j` and `--scheduler`."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from experiments.runner.engines import Engine


@dataclass(frozen=True)
class EngineChoice:
    """The workers of a Dask scheduler, if there is one, or else so many processes of this machine."""

    workers: int
    scheduler: str | None

    @contextmanager
    def opened(self) -> "Iterator[Engine]":
        """The engine, for as long as this lasts; a `NoCluster` if the scheduler or its workers are of no use."""
        if self.scheduler is None:
            from experiments.runner.engines.local import LocalEngine

            yield LocalEngine(self.workers)
        else:
            from experiments.runner.engines.dask import DaskEngine

            with DaskEngine.connect(self.scheduler) as engine:
                yield engine


def engine_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options by which a command is told where to run; it gets an `EngineChoice` as `engine`."""

    @click.option(
        "-j",
        "--workers",
        default="auto",
        show_default=True,
        metavar="N|auto",
        callback=_processes,
        help="Processes of this machine; auto: all cores.",
    )
    @click.option(
        "--engine",
        "name",
        type=click.Choice(["local", "dask"]),
        default="local",
        show_default=True,
        help="Processes of this machine, or the workers of a Dask scheduler.",
    )
    @click.option("--scheduler", metavar="ADDRESS", help="Of --engine dask: tcp://HOST:PORT or tls://HOST:PORT.")
    @wraps(command)
    def chosen(*arguments: Any, workers: int, name: str, scheduler: str | None, **options: Any) -> int:
        if (name == "dask") != (scheduler is not None):
            raise click.UsageError("--engine dask and --scheduler ADDRESS belong together")
        asked = click.get_current_context().get_parameter_source("workers")
        if scheduler is not None and asked is ParameterSource.COMMANDLINE:
            raise click.UsageError("-j is for --engine local: with dask, workers are those that its scheduler has")
        return command(*arguments, engine=EngineChoice(workers, scheduler), **options)

    return chosen


def _processes(context: click.Context, option: click.Parameter, number: str) -> int:
    if number == "auto":
        return os.cpu_count() or 1
    if not number.isdecimal() or int(number) < 1:
        raise click.BadParameter(f"{number!r} is neither a number of processes nor 'auto'", param_hint="-j")
    return int(number)
