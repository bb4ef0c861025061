"""YAML text to plain values, with the place of each.

PyYAML as it comes reads 12:30:45 as 45045, 2001-01-01 as a date, and its C composer recurses without a limit (a few
kilobytes of "[" crash the interpreter). So values are built here, from the parser's events. They are read as kubectl
reads them (sigs.k8s.io/yaml over go-yaml v2): YAML 1.1 booleans, y and n among them; neither dates nor sexagesimals;
keys are always text; of equal keys the last counts.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # a PyYAML without libyaml

    class _Parser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):  # type: ignore[no-redef]
        def __init__(self, stream: str) -> None:
            yaml.reader.Reader.__init__(self, stream)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)


_MAX_DEPTH = 100
_MAX_VALUES = 3_000_000
_MAX_ODDITIES = 100

HELM_TEMPLATE = "this is a Helm template; run `helm template` first and give its output"

Mark = tuple[int, int]
"""(line, column), counted from 1."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the members of a mapping or list stand: member -> (its key, what to show for its value, places in it)."""

    members: dict[str | int, "tuple[Mark, Mark, Places | None]"]


Note = Callable[[Mark, str, Mark | None], None]
"""Takes what is legal but odd: its place, what to say of it, and the place of what it repeats, if it does."""


def yaml_values(text: str, note: Note, *, y_is_text: bool = False) -> Iterator[tuple[Any, Mark, Places | None]]:
    """(value, start, places) of each document that is not empty; equal keys and plain y and n go to `note`.

    With `y_is_text` a plain y or n is text, and not worth a word. Raises `Unreadable` or yaml.YAMLError (see
    `syntax_error`) where reading cannot go on.
    """
    return _Builder(text, note, y_is_text).documents()


class Unreadable(Exception):
    """The document cannot be read further."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark = mark


def _mark(mark: Any) -> Mark:
    return mark.line + 1, mark.column + 1


class _Builder:
    """Builds values and places from the parser's events."""

    def __init__(self, text: str, note: Note, y_is_text: bool) -> None:
        self.text, self._note, self.y_is_text = text, note, y_is_text
        self.next: Callable[[], Any] = _Parser(text).get_event
        self.anchors: dict[str, tuple[Any, Places | None, int] | None] = {}
        self.count = self.oddities = 0

    def documents(self) -> Iterator[tuple[Any, Mark, Places | None]]:
        while True:
            event = self.next()
            kind = type(event)
            if kind is yaml.StreamEndEvent:
                return
            if kind is yaml.DocumentStartEvent:
                self.anchors = {}
                first = self.next()
                value, places = self.build(first, 0)
                if value is not None:
                    yield value, _mark(first.start_mark), places

    def build(self, event: Any, depth: int) -> tuple[Any, Places | None]:
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self.alias(event)
        before = self.count
        self.count += 1
        if self.count > _MAX_VALUES:
            raise Unreadable(_mark(event.start_mark), f"more than {_MAX_VALUES:,} values")
        if event.anchor:
            self.anchors[event.anchor] = None
        if kind is yaml.ScalarEvent:
            value, places = self.scalar(event), None
        elif depth >= _MAX_DEPTH:
            raise Unreadable(_mark(event.start_mark), f"nested more than {_MAX_DEPTH} levels deep")
        elif kind is yaml.MappingStartEvent:
            value, places = self.mapping(event, depth + 1)
        else:
            value, places = self.sequence(event, depth + 1)
        if event.anchor:
            self.anchors[event.anchor] = value, places, self.count - before
        return value, places

    def alias(self, event: Any) -> tuple[Any, Places | None]:
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            inside = event.anchor in self.anchors
            reason = "refers to itself" if inside else "has no anchor before it"
            raise Unreadable(_mark(event.start_mark), f"the alias *{event.anchor} {reason}")
        value, places, size = anchored
        self.count += size  # aliases of aliases can stand for more than memory holds
        if self.count > _MAX_VALUES:
            raise Unreadable(_mark(event.start_mark), f"its aliases stand for more than {_MAX_VALUES:,} values")
        return value, places

    def sequence(self, event: Any, depth: int) -> tuple[list[Any], Places]:
        values: list[Any] = []
        members: dict[str | int, tuple[Mark, Mark, Places | None]] = {}
        while type(item := self.next()) is not yaml.SequenceEndEvent:
            value, places = self.build(item, depth)
            mark = _mark(item.start_mark)
            members[len(values)] = mark, mark, places
            values.append(value)
        return values, Places(members)

    def mapping(self, event: Any, depth: int) -> tuple[dict[str, Any], Places]:
        values: dict[str, Any] = {}
        members: dict[str | int, tuple[Mark, Mark, Places | None]] = {}
        merged: list[tuple[dict[str, Any], Places]] = []
        while type(key_event := self.next()) is not yaml.MappingEndEvent:
            key_mark = _mark(key_event.start_mark)
            merge = type(key_event) is yaml.ScalarEvent and key_event.value == "<<" and key_event.implicit[0]
            key = self.key(key_event)
            item = self.next()
            value, places = self.build(item, depth)
            if merge:
                merged.extend(_mappings_to_merge(value, places, key_mark))
                continue
            if key in values:
                counts = "" if self.y_is_text else ": the last one counts, as in kubectl"
                self.note(key_mark, f"duplicate key {key!r}{counts}", members[key][0])
            block = isinstance(value, dict | list) and value and not getattr(item, "flow_style", True)
            values[key] = value
            members[key] = key_mark, key_mark if block else _mark(item.start_mark), places
        for source, source_places in merged:
            for key, value in source.items():
                if key not in values:
                    values[key], members[key] = value, source_places.members[key]
        return values, Places(members)

    def note(self, mark: Mark, message: str, first: Mark | None = None) -> None:
        self.oddities += 1
        if self.oddities <= _MAX_ODDITIES:
            self._note(mark, message, first)
        elif self.oddities == _MAX_ODDITIES + 1:
            self._note(mark, f"and more of this kind, after {_MAX_ODDITIES} in this file", None)

    def key(self, event: Any) -> str:
        if type(event) is yaml.AliasEvent:
            value = self.alias(event)[0]
        elif type(event) is yaml.ScalarEvent:
            value = self.build(event, 0)[0]
        else:
            line = self.text.splitlines()[event.start_mark.line]
            if "{{" in line:
                raise Unreadable(_mark(event.start_mark), HELM_TEMPLATE)
            raise Unreadable(_mark(event.start_mark), "a key must be text, not a mapping or list")
        if value is None or isinstance(value, dict | list):
            raise Unreadable(_mark(event.start_mark), "a key must be text")
        if isinstance(value, str):
            return value
        return str(value).lower() if isinstance(value, bool) else str(value)

    def scalar(self, event: Any) -> Any:
        text, tag = event.value, event.tag
        if tag is None:
            if not event.implicit[0]:
                return text
            value = plain_scalar(text)
            if text in _EASILY_MISTAKEN:
                if self.y_is_text:
                    return text
                word = "true" if value else "false"
                self.note(_mark(event.start_mark), f'a plain {text} is {word}, as in kubectl; for text write "{text}"')
            return value
        if tag in ("!", "tag:yaml.org,2002:str"):
            return text
        value = plain_scalar(text)
        expected = _TAGS.get(tag)
        if expected is None or not isinstance(value, expected):
            raise Unreadable(_mark(event.start_mark), f"the YAML tag {tag!r} is not supported here")
        return value


_TAGS: dict[str, tuple[type, ...]] = {
    "tag:yaml.org,2002:int": (int,),
    "tag:yaml.org,2002:float": (float, int),
    "tag:yaml.org,2002:bool": (bool,),
    "tag:yaml.org,2002:null": (type(None),),
}

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{w: True for word in ("y", "yes", "true", "on") for w in (word, word.title(), word.upper())},
    **{w: False for word in ("n", "no", "false", "off") for w in (word, word.title(), word.upper())},
}
_EASILY_MISTAKEN = {"y", "Y", "n", "N"}
"""Booleans to kubectl, text to other readers of YAML (YAML 1.2, PyYAML)."""
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0b_*[01][01_]*|0o?_*[0-7][0-7_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def plain_scalar(text: str) -> Any:
    """What an unquoted scalar means: None, a bool, an int, a float, or the text itself."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "0123456789+-.":
        return text
    if len(text) < 400 and _INT.fullmatch(text):
        digits = text.replace("_", "").lstrip("+")
        octal = re.fullmatch(r"(-?)0([0-7]+)", digits)
        return int(f"{octal[1]}0o{octal[2]}", 0) if octal else int(digits, 0)
    if _FLOAT.fullmatch(text) and not text.lstrip("+-").isdigit():
        number = float(text.replace("_", ""))
        return number if abs(number) != float("inf") else text
    return text


def json_value(text: str) -> Any:
    """The value of a JSON text, its numbers as in YAML; raises ValueError, or RecursionError, where it is none.

    Within the same bounds: as deep as YAML may be, and without half a surrogate pair, which nothing can write.
    """
    value = json.loads(text, parse_constant=plain_scalar, parse_int=plain_scalar, parse_float=plain_scalar)
    json.dumps(value, ensure_ascii=False).encode()
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        members = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [item for inner in members for item in inner]
    if level:
        raise ValueError(f"nested more than {_MAX_DEPTH} levels deep")
    return value


def _mappings_to_merge(value: Any, places: Places | None, mark: Mark) -> list[tuple[dict[str, Any], Places]]:
    if isinstance(value, dict) and places:
        return [(value, places)]
    if isinstance(value, list) and places and all(isinstance(item, dict) for item in value):
        inner = [member[2] for member in places.members.values()]
        return [(item, place) for item, place in zip(value, inner, strict=True) if place]
    raise Unreadable(mark, "a merge key (<<) needs a mapping or a list of mappings")


def syntax_error(error: yaml.YAMLError, text: str) -> tuple[Mark, str]:
    """(place, message) of what the YAML parser raised."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        mark = before.count("\n") + 1, error.position - before.rfind("\n")
        return mark, f"not a YAML text file: {error.reason}"
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if place is None:
        return (0, 0), f"not valid YAML: {error}"
    lines = text.splitlines()
    context_mark = getattr(error, "context_mark", None)
    near = {place.line, place.line - 1} | ({context_mark.line} if context_mark else set())
    if any("{{" in lines[i] for i in near if 0 <= i < len(lines)):
        return _mark(place), HELM_TEMPLATE
    message = f"not valid YAML: {getattr(error, 'problem', None) or error}"
    if context := getattr(error, "context", None):
        message += f" ({context} at line {context_mark.line + 1})" if context_mark else f" ({context})"
    if 0 <= place.line < len(lines) and lines[place.line][: place.column + 1].strip(" ").startswith("\t"):
        message += "; YAML indents with spaces, not tabs"
    if any(re.match(r"\s*\{\{-? *(if|range|include|with|define|end|template)\b", line) for line in lines):
        message += f"; if {HELM_TEMPLATE}"
    return _mark(place), message
