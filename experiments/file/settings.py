"""`path=value` settings over what an experiment file says."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from models.input.documents import parse_documents
from models.input.patches import PatchError, parse_path, set_path
from models.input.problems import InputError, Location, Problem, dotted


def from_top(path: str) -> str:
    """The path with its leading `spec.`, which may be left out."""
    return path if parse_path(path)[0] in ("apiVersion", "kind", "metadata", "spec") else f"spec.{path}"


def with_settings(value: Any, settings: Iterable[str]) -> tuple[Any, dict[str, str]]:
    """The document after `path=value` settings; and the place of each setting in it."""
    places: dict[str, str] = {}
    problems = []
    for setting in settings:
        value = copy.deepcopy(value)
        path, equals, text = setting.partition("=")
        try:
            if not equals:
                raise PatchError("expected path=value")
            given = _parsed(text)
            if isinstance(value, dict):
                places[dotted(set_path(value, from_top(path.strip()), given))] = setting
        except PatchError as error:
            problems.append(Problem(Location(f"--set {setting}"), "", str(error)))
        except InputError as error:
            problems += [Problem(Location(f"--set {setting}"), "", problem.message) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return value, places


def _parsed(text: str) -> Any:
    """The value of a setting, in YAML; nothing after the equals sign removes the field."""
    documents = parse_documents(text, y_is_text=True)
    if documents and documents[0].warnings:
        raise InputError(documents[0].warnings)
    return documents[0].value if documents else None


def at_settings(problems: Iterable[Problem], places: Mapping[str, str]) -> list[Problem]:
    """The problems; those with a value from the command line are placed there."""
    return [
        next(
            (
                Problem(Location(f"--set {setting}"), problem.path, problem.message)
                for path, setting in places.items()
                if problem.path == path or problem.path.startswith((f"{path}.", f"{path}["))
            ),
            problem,
        )
        for problem in problems
    ]
