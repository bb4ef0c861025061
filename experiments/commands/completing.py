"""What the shell may complete beside files and options: names that stand in what is given before them.

Whatever cannot be read completes nothing: a shell in the middle of a line is no place for messages.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from models.input.stdin import is_stdin

Completer = Callable[[click.Context, click.Parameter, str], list[str]]
_ARGUMENTS = ("results", "path", "paths", "experiment")
"""What commands call the result folder, or the experiment file, that they are about."""


def names_in(field: str) -> Completer:
    """Completes with the `policies` or `services` of the result folder, or experiment file, that is given before."""
    return _completer(lambda context: _names(_given(context), field))


def points_in() -> Completer:
    """Completes with the points of the sweep whose result folder is given before."""

    def names(context: click.Context) -> Iterable[str]:
        from experiments.sweep_results import SweepResults

        return (label.replace(" ", ",") for label in SweepResults.open(_given(context)).points["label"])

    return _completer(names)


def axes_in() -> Completer:
    """Completes with the axes of the sweep whose result folder is given before."""

    def names(context: click.Context) -> Iterable[str]:
        from experiments.sweep_results import SweepResults

        return SweepResults.open(_given(context)).axes

    return _completer(names)


def kinds_in_files() -> Completer:
    """Completes with every name that an experiment file may contain."""

    def names(context: click.Context) -> Iterable[str]:
        from experiments.file.explain import names

        return names()

    return _completer(names)


def lint_rules() -> Completer:
    """Completes with the rules of lint."""

    def names(context: click.Context) -> Iterable[str]:
        from experiments.lint.rule import rules

        return rules()

    return _completer(names)


def _completer(names: Callable[[click.Context], Iterable[str]]) -> Completer:
    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [name for name in names(context) if name.startswith(incomplete)]
        except Exception:
            return []

    return complete


def _given(context: click.Context) -> Path:
    found = [context.params[name] for name in _ARGUMENTS if context.params.get(name)]
    first: Any = found[0] if found else context.args  # where arguments are as long as an option lacks its value
    return Path(first if isinstance(first, str) else first[0])


def _names(path: Path, field: str) -> list[str]:
    if is_stdin(path):  # that is what is typed
        return []
    if path.is_dir():
        names: list[str] = json.loads((path / "manifest.json").read_text(encoding="utf-8"))[field]
        return names
    from models.input.documents import load_documents

    return [item["name"] for item in load_documents(path)[0].value["spec"][field]]
