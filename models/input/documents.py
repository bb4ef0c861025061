"""YAML and JSON files as plain values that remember where everything was written."""

import json
import os
import sys
from dataclasses import dataclass, field
from typing import Any

import yaml

from models.input.problems import InputError, Location, Path, Problem, dotted
from models.input.yaml_values import Mark, Places, Unreadable, syntax_error, yaml_values

MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: plain dicts, lists and scalars, and the place of each. Treat `value` as read-only."""

    file: str
    """The file's name as shown to people; "<stdin>" for standard input."""
    value: Any
    _start: Mark = field(default=(0, 0), repr=False, compare=False)
    _places: Places | None = field(default=None, repr=False, compare=False)

    def where(self, path: Path = ()) -> Location:
        """The place of the value (of its key, for a block under a key), or of its nearest ancestor that exists."""
        return self._locate(path, at_key=False)

    def where_key(self, path: Path) -> Location:
        """The place of the key itself, or of its nearest ancestor that exists."""
        return self._locate(path, at_key=True)

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with the value at `path`."""
        return Problem(self.where(path), dotted(path), message)

    def problem_at_key(self, path: Path, message: str) -> Problem:
        """A problem with the key at `path`."""
        return Problem(self.where_key(path), dotted(path), message)

    def _locate(self, path: Path, *, at_key: bool) -> Location:
        mark, places = self._start, self._places
        for i, step in enumerate(path):
            member = places.members.get(step) if places else None
            if member is None:
                break
            key, value, places = member
            mark = key if at_key and i == len(path) - 1 else value
        return Location(self.file, *mark)


def load_documents(path: str | os.PathLike[str]) -> list[Document]:
    """The documents of one file ("-": standard input); empty ones are left out.

    Raises InputError with all problems: missing, unreadable, not text, too large, syntax, duplicate keys, nothing in
    it. No message takes long: what is larger than `MAX_BYTES` is not parsed.
    """
    documents, problems = read_documents(path)
    if not documents and not problems:
        problems = [Problem(Location(file_name(path)), "", "the file is empty: no YAML document in it")]
    if problems:
        raise InputError(problems)
    return documents


def parse_documents(text: str, file: str = "<string>") -> list[Document]:
    """The documents of a text, as `load_documents`; an empty text gives none."""
    documents, problems = _parse(text, file)
    if problems:
        raise InputError(problems)
    return documents


def read_documents(path: str | os.PathLike[str]) -> tuple[list[Document], list[Problem]]:
    """(what could be read, all problems): for who reads several files and reports everything at once."""
    file = file_name(path)
    try:
        data = _read(path)
    except OSError as error:
        reason = "no such file or directory" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        return [], [Problem(Location(file), "", reason[0].lower() + reason[1:])]
    try:
        return _parse(_decode(data, file), file)
    except InputError as error:
        return [], list(error.problems)


def file_name(path: str | os.PathLike[str]) -> str:
    """The file's name for people."""
    return "<stdin>" if os.fspath(path) == "-" else os.fspath(path)


def _read(path: str | os.PathLike[str]) -> bytes:
    if os.fspath(path) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with open(path, "rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _decode(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise InputError([Problem(Location(file), "", f"larger than {limit} MiB: split it, or keep what is needed")])
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # what `>` writes in PowerShell
    if b"\0" in data and not utf16:
        raise InputError([Problem(Location(file), "", "not a text file (it has NUL bytes); expected YAML or JSON")])
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        place = Location(file)
        if not utf16:
            line = data.count(b"\n", 0, error.start) + 1
            place = Location(file, line, error.start - data.rfind(b"\n", 0, error.start))
        raise InputError([Problem(place, "", "not UTF-8 text; expected YAML or JSON")]) from None


def _parse(text: str, file: str) -> tuple[list[Document], list[Problem]]:
    documents: list[Document] = []
    problems: list[Problem] = []

    def note(mark: Mark, message: str) -> None:
        problems.append(Problem(Location(file, *mark), "", message))

    try:
        for value, start, places in yaml_values(text, note):
            documents.append(Document(file, value, start, places))
    except Unreadable as error:
        note(error.mark, str(error))
    except yaml.YAMLError as error:
        if text.lstrip().startswith(("{", "[")):
            try:  # JSON that YAML does not allow (tabs, escapes): read it without places
                return [Document(file, json.loads(text))], problems
            except (ValueError, RecursionError):
                pass
        note(*syntax_error(error, text))
    return documents, problems
