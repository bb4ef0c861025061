"""YAML and JSON files as plain values that remember where everything was written."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from models.input import stdin
from models.input.problems import InputError, Location, Path, Problem, dotted
from models.input.yaml_values import Mark, Places, Unreadable, json_value, syntax_error, yaml_values

MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: plain dicts, lists and scalars, and the place of each. Treat `value` as read-only."""

    file: str
    """The file's name as shown to people; "<stdin>" for standard input."""
    value: Any
    warnings: tuple[Problem, ...] = field(default=(), repr=False, compare=False)
    """What is odd in how it is written: equal keys of one mapping, a plain y or n that is a boolean."""
    _start: Mark = field(default=(0, 0), repr=False, compare=False)
    _places: Places | None = field(default=None, repr=False, compare=False)
    _origin: Mark = field(default=(1, 1), repr=False, compare=False)
    """Where in the file the text begins that its marks are counted in."""

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
        return Location(self.file, *_from(self._origin, mark))


def load_documents(path: str | os.PathLike[str]) -> list[Document]:
    """The documents of one file ("-": standard input); empty ones are left out.

    Raises InputError with all problems: missing, unreadable, not text, too large, syntax, nothing in it. No message
    takes long: what is larger than `MAX_BYTES` is not parsed.
    """
    documents, problems = read_documents(path)
    if not documents and not problems:
        problems = [Problem(Location(file_name(path)), "", "the file is empty: no YAML document in it")]
    if problems:
        raise InputError(problems)
    return documents


def parse_documents(text: str, file: str = "<string>", *, y_is_text: bool = False) -> list[Document]:
    """The documents of a text, as `load_documents`; an empty text gives none.

    With `y_is_text` a plain y or n is text, as in YAML 1.2, and not a boolean, as for kubectl.
    """
    documents, problems = _parse(text, file, y_is_text)
    if problems:
        raise InputError(problems)
    return documents


def read_documents(path: str | os.PathLike[str], *, y_is_text: bool = False) -> tuple[list[Document], list[Problem]]:
    """(what could be read, all problems): for who reads several files and reports everything at once.

    With `y_is_text` a plain y or n is text, as in YAML 1.2, and not a boolean, as for kubectl.
    """
    file = file_name(path)
    try:
        data = _read(path)
    except OSError as error:
        reason = "no such file or directory" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        return [], [Problem(Location(file), "", reason[0].lower() + reason[1:])]
    try:
        return _parse(decoded(data, file, "YAML or JSON"), file, y_is_text)
    except InputError as error:
        return [], list(error.problems)


def file_name(path: str | os.PathLike[str]) -> str:
    """The file's name for people."""
    return stdin.SHOWN if stdin.is_stdin(path) else os.fspath(path)


def _read(path: str | os.PathLike[str]) -> bytes:
    if stdin.is_stdin(path):
        return stdin.contents(MAX_BYTES + 1)
    with open(path, "rb") as stream:
        return stream.read(MAX_BYTES + 1)


def decoded(data: bytes, file: str, expected: str) -> str:
    """The text of a file; raises InputError if it is none, or larger than `MAX_BYTES`."""
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise InputError([Problem(Location(file), "", f"larger than {limit} MiB: split it, or keep what is needed")])
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # what `>` writes in PowerShell
    if b"\0" in data and not utf16:
        raise InputError([Problem(Location(file), "", f"not a text file (it has NUL bytes); expected {expected}")])
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        place = Location(file)
        if not utf16:
            line = data.count(b"\n", 0, error.start) + 1
            place = Location(file, line, error.start - data.rfind(b"\n", 0, error.start))
        raise InputError([Problem(place, "", f"not UTF-8 text; expected {expected}")]) from None


def _parse(text: str, file: str, y_is_text: bool) -> tuple[list[Document], list[Problem]]:
    documents: list[Document] = []
    problems: list[Problem] = []
    origin: Mark = (1, 1)
    for piece in _json_stream(text):
        _parse_piece(_Piece(piece, origin, file), y_is_text, documents, problems)
        lines = piece.count("\n")
        origin = origin[0] + lines, len(piece) - piece.rfind("\n") if lines else origin[1] + len(piece)
    return documents, problems


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text that begins somewhere in a file."""

    text: str
    origin: Mark
    file: str

    def problem(self, mark: Mark, message: str) -> Problem:
        return Problem(self.place(mark), "", message)

    def place(self, mark: Mark) -> Location:
        return Location(self.file, *_from(self.origin, mark))


def _json_stream(text: str) -> Iterator[str]:
    """The text, cut where one JSON object ends and another begins, as kubectl's YAMLOrJSONDecoder reads a stream.

    Together the pieces are the whole text. What is not JSON, or after it, is one piece: the last.
    """
    begin, decoder = 0, json.JSONDecoder()
    while (start := _first_brace(text, begin)) is not None:
        try:
            end = decoder.raw_decode(text, start)[1]
        except (ValueError, RecursionError):
            break
        if _first_brace(text, end) is None and not text[end:].lstrip().startswith("---"):
            break
        yield text[begin:end]
        begin = end
    yield text[begin:]


def _first_brace(text: str, begin: int) -> int | None:
    """Where the next thing after white space is, if that is the beginning of a JSON object."""
    found = re.compile(r"\s*(\{)").match(text, begin)
    return found.start(1) if found else None


def _parse_piece(piece: _Piece, y_is_text: bool, documents: list[Document], problems: list[Problem]) -> None:
    """Appends the documents of a piece, and what ends its reading before its end."""
    warnings: list[Problem] = []

    def odd(mark: Mark, message: str, first: Mark | None) -> None:
        warnings.append(piece.problem(mark, f"{message} (first at {piece.place(first)})" if first else message))

    text, before = piece.text, len(documents)
    try:
        for value, start, places in yaml_values(text, odd, y_is_text=y_is_text):
            documents.append(Document(piece.file, value, tuple(warnings), start, places, piece.origin))
            warnings.clear()
    except Unreadable as error:
        problems.append(piece.problem(error.mark, str(error)))
    except yaml.YAMLError as error:
        if text.lstrip().startswith(("{", "[")):
            try:  # JSON that YAML does not allow (tabs, escapes): read it without the places of its parts
                value = json_value(text)
            except (ValueError, RecursionError):
                pass
            else:
                documents[before:] = [Document(piece.file, value, (), _beginning(text), None, piece.origin)]
                return
        problems.append(piece.problem(*syntax_error(error, text)))


def _beginning(text: str) -> Mark:
    """The place of the first thing in a text."""
    before = text[: len(text) - len(text.lstrip())]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _from(origin: Mark, mark: Mark) -> Mark:
    """The place in the file of a place in a text that begins at `origin`; (0, 0), which is not known, stays so."""
    if mark == (0, 0):
        return mark
    line, column = mark
    return origin[0] + line - 1, column + (origin[1] - 1 if line == 1 else 0)
