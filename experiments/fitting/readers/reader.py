"""What a reader is, and the values that it reads: objects of Kubernetes, answers of Prometheus."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from experiments.fitting.observations import Observations, literal
from experiments.fitting.shapes import SHAPES, misshapen
from models.discovery import import_files
from models.input.documents import Document, decoded, read_documents
from models.input.problems import InputError, Location, Path, Problem
from models.input.stdin import is_stdin
from models.manifests.reading import files_below
from models.size import MAX_BYTES

_ANSWER = re.compile(rb'\s*\{\s*"(status|data)"')
ENDINGS = (".json", ".yaml", ".yml")


class Record(NamedTuple):
    """A value, and where it stands."""

    value: Mapping[str, Any]
    document: Document
    path: Path

    def problem(self, message: str, *path: str | int) -> Problem:
        """A problem with a part of it."""
        return self.document.problem((*self.path, *path), message)


@dataclass(frozen=True)
class Reader:
    """Reads values of some kind."""

    name: str
    recognises: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Sequence[Record], Observations], None]


_READERS: dict[str, Reader] = {}


def reads(name: str, recognises: Callable[[Mapping[str, Any]], bool]) -> Callable[[Any], Any]:
    """Decorator of the function that adds what the recognised values tell to the observations."""

    def add(read: Callable[[Sequence[Record], Observations], None]) -> Any:
        _READERS[name] = Reader(name, recognises, read)
        return read

    return add


@cache
def readers() -> tuple[Reader, ...]:
    """All readers; imports the files of this package, once a process."""
    import_files(__name__.rpartition(".")[0])
    return tuple(_READERS.values())


def is_live_log(path: str) -> bool:
    """Whether it is for these readers, by its name: a directory, JSON or YAML, standard input."""
    return is_stdin(path) or os.path.isdir(path) or path.endswith(ENDINGS)


def read_live_logs(paths: Sequence[str]) -> Observations:
    """What the files tell, and those below directories; raises InputError, also if nothing of it is of use."""
    records, problems = [], []
    for path in paths:
        for file in files_below(path) if os.path.isdir(path) else [path]:
            documents, wrong = _read(file)
            problems += wrong
            records += [one for document in documents for one in _values(document.value, document, ())]
    problems += [problem for one in records for problem in _misshapen(one)]
    if problems:
        raise InputError(problems)
    found, unread = Observations(), Counter[str]()
    for reader in readers():
        if of_its_kind := [one for one in records if reader.recognises(one.value)]:
            reader.read(of_its_kind, found)
    for one in records:
        if not any(reader.recognises(one.value) for reader in readers()):
            unread[str(one.value.get("kind") or "values of another form")] += 1
    for kind, count in unread.items():
        found.remarks[f"{literal(kind)}: {{}} left out, no reader knows them"] += count
    if found.end < found.start:
        expected = "expected Events, Nodes or Pods of Kubernetes, or answers of Prometheus to a range query"
        raise InputError([Problem(Location(paths[0]), "", f"nothing of use in it; {expected}")])
    return found


def _read(file: str) -> tuple[list[Document], list[Problem]]:
    """(what could be read, all problems). Of answers of Prometheus, which may be large, no places are kept."""
    if file.endswith(".json") and os.path.isfile(file):
        with open(file, "rb") as stream:
            head = stream.read(100)
            if _ANSWER.match(head):
                try:
                    text = decoded(head + stream.read(MAX_BYTES), file, "JSON")
                    return [Document(file, json.loads(text))], []
                except (ValueError, RecursionError):
                    pass  # said with its place below
                except InputError as error:
                    return [], list(error.problems)
    return read_documents(file)


def _values(value: Any, document: Document, path: Path) -> Iterator[Record]:
    """The values of a document: the items of lists, of whatever form, one by one."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _values(item, document, (*path, i))
    elif isinstance(value, dict) and (items := _items(value)) is not None:
        kind = str(value["kind"]).removesuffix("List")
        for i, item in enumerate(items):
            typed = {"apiVersion": value.get("apiVersion", "v1"), "kind": kind, **item} if kind else item
            yield from _values(typed, document, (*path, "items", i))
    else:
        yield Record(value if isinstance(value, dict) else {}, document, path)  # no reader knows {}: it is counted


def _items(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The items of a list of objects; None if it is none, or a broken one."""
    if not str(value.get("kind", "")).endswith("List") or "items" not in value:
        return None
    items = value["items"] or []
    return items if isinstance(items, list) and all(isinstance(one, dict) for one in items) else None


def _misshapen(record: Record) -> Iterator[Problem]:
    """What of an object is of another form than any API server gives it."""
    value, kind = record.value, str(record.value.get("kind", ""))
    if kind.endswith("List") and "items" in value:  # else its items were taken apart
        yield record.problem("expected a list of mappings", "items")
    for path, expected in misshapen(value, SHAPES.get(kind, {})):
        yield record.problem(expected, *path)
