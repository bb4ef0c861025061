"""Reads an experiment document: what is right in it, and everything that is wrong, each with its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from experiments.file.mistakes import Mistake, mistakes_of
from experiments.file.schema import ExperimentFile
from models.input.documents import Document
from models.input.problems import Path, Problem, dotted

_STAND_INS: Mapping[Path, Any] = {
    ("apiVersion",): "kubenines/v1",
    ("kind",): "Experiment",
    ("metadata",): {"name": "unnamed"},
    ("spec", "duration"): "1d",
    ("spec", "cluster"): {"pools": [{"name": "unknown", "count": 1, "allocatable": {"cpu": 1, "memory": 1}}]},
    ("spec", "manifests"): [],
}
"""What stands for a required field that is wrong, while the rest of the file is checked."""


@dataclass(frozen=True)
class Source:
    """A document, the part of it that can be used, and what is wrong with the other part."""

    document: Document
    file: ExperimentFile | None
    """None if too little is right to check the rest."""
    problems: tuple[Problem, ...]
    _indices: Mapping[Path, list[int]] = field(default_factory=dict, repr=False)

    def path(self, *path: str | int) -> Path:
        """The place in the document of a place in `file`, whose lists lack the wrong items."""
        return _original(path, self._indices)

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with a value of `file`."""
        return self.document.problem(self.path(*path), message)

    def mistake(self, path: Path, mistake: Mistake) -> Problem:
        """A mistake in a value of `file` that stands at `path`."""
        return _problem(self.document, self.path(*path, *mistake.path), mistake)

    def names(self, field: str) -> list[Any]:
        """The names in a list of the spec as written, those of wrong items too."""
        items = self.document.value["spec"].get(field)
        return [item.get("name") for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def read(document: Document) -> Source:
    """Checks every field. Wrong parts are cut out and the rest is checked again, until the rest is right."""
    removed: set[Path] = set()
    problems: list[Problem] = []
    while True:
        indices: dict[Path, list[int]] = {}
        value = _without(document.value, removed, (), (), indices)
        if removed:
            _stand_in(value)
        try:
            return Source(document, ExperimentFile.model_validate(value), tuple(problems), indices)
        except ValidationError as error:
            mistakes = mistakes_of(error, value, ExperimentFile)
        before = set(removed)
        for mistake in mistakes:
            place = _original(mistake.path, indices)
            if not any(cut[: len(place)] == place for cut in before):
                problems.append(_problem(document, place, mistake))
            required = (*place, mistake.missing or "")
            removed.add(required if required in _STAND_INS else place + mistake.inside)
        if removed == before or () in removed or ("spec",) in removed:
            return Source(document, None, tuple(problems))


def _problem(document: Document, place: Path, mistake: Mistake) -> Problem:
    at = document.where_key(place) if mistake.at_key else document.where(place + mistake.inside)
    return Problem(at, dotted(place), mistake.message)


def _original(path: Path, indices: Mapping[Path, list[int]]) -> Path:
    original: Path = ()
    for i, step in enumerate(path):
        kept = indices.get(path[:i]) if isinstance(step, int) else None
        original += (kept[step] if kept and isinstance(step, int) else step,)
    return original


def _without(value: Any, removed: set[Path], path: Path, new: Path, indices: dict[Path, list[int]]) -> Any:
    """The value without the removed parts; notes which items of each list are left."""
    if isinstance(value, dict):
        return {
            key: _without(item, removed, (*path, key), (*new, key), indices)
            for key, item in value.items()
            if (*path, key) not in removed
        }
    if isinstance(value, list):
        kept = [i for i in range(len(value)) if (*path, i) not in removed]
        indices[new] = kept
        return [_without(value[i], removed, (*path, i), (*new, position), indices) for position, i in enumerate(kept)]
    return value


def _stand_in(value: Any) -> None:
    for path, instead in _STAND_INS.items():
        node = value
        for step in path[:-1]:
            node = node.get(step) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.setdefault(path[-1], instead)
