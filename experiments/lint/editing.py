"""A value of a YAML or JSON text is set, and every other character stays as it is: comments, order, blank lines.

The parser tells where everything stands, and only there the text is changed. Then it is read again: if it does not say
what it said before, but for the one value, the edit is refused. So what is written in a way that no single place can
change (an alias, a merge key) is left alone.
"""

import json
import math
import textwrap
from typing import Any

import yaml

from models.input.documents import parse_documents
from models.input.problems import InputError, Path, dotted

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # a PyYAML without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


class CannotEdit(ValueError):
    """The text cannot be changed in one place so that it says this; the message says why."""


def with_value(text: str, number: int, path: Path, value: Any) -> str:
    """The text with another value at a path of one of its documents, which are numbered from 0, empty ones left out.

    Mappings on the way that are missing are made. Raises CannotEdit.
    """
    try:
        before = [one.value for one in parse_documents(text)]
        wanted = [_set(one, path, value) if i == number else one for i, one in enumerate(before)]
        if wanted == before:
            return text
        changed = _with_value(text, _roots(text)[number], path, value)
        after = [one.value for one in parse_documents(changed)]
    except (yaml.YAMLError, InputError, IndexError):
        raise CannotEdit(f"{dotted(path)}: the file cannot be read as plain YAML or JSON") from None
    if after != wanted:
        raise CannotEdit(f"{dotted(path)}: it stands for several places (an alias or a merge key): change it by hand")
    return changed


def beginnings(text: str) -> list[tuple[int, int]]:
    """(line, column) at which each document begins, empty ones left out."""
    try:
        return [(root.start_mark.line + 1, root.start_mark.column + 1) for root in _roots(text)]
    except yaml.YAMLError:
        return []


def _with_value(text: str, node: yaml.Node, path: Path, value: Any) -> str:
    for number, step in enumerate(path):
        inner = _child(node, step)
        if inner is None:
            made: Any = value
            for further in reversed(path[number + 1 :]):
                made = {further: made}
            return _insert(text, node, step, made, path)
        node = inner
    if not isinstance(node, yaml.ScalarNode):
        raise CannotEdit(f"{dotted(path)}: it is no single value")
    if node.style in ("|", ">"):
        raise CannotEdit(f"{dotted(path)}: it is a text of several lines")
    if node.start_mark.index == node.end_mark.index:  # nothing is written there
        return text[: node.start_mark.index] + f" {_written(value, text)}" + text[node.start_mark.index :]
    return text[: node.start_mark.index] + _written(value, text) + text[node.end_mark.index :]


def _roots(text: str) -> list[yaml.Node]:
    nodes = yaml.compose_all(text, Loader=_Loader)
    return [node for node in nodes if node is not None and not _is_null(node)]


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in ("", "~", "null")


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    """The value of a key, or an item; None if there is none."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in reversed(node.value) if key.value == step), None)
    return None


def _insert(text: str, node: yaml.Node, key: str | int, value: Any, path: Path) -> str:
    """The text with one key more at the end of a mapping."""
    if _is_null(node):
        start, end = node.start_mark.index, node.end_mark.index
        return f"{text[:start]}{'' if start < end else ' '}{_written({key: value}, text)}{text[end:]}"
    if not isinstance(node, yaml.MappingNode) or not isinstance(key, str):
        raise CannotEdit(f"{dotted(path)}: there is no mapping that it could be put into")
    if node.flow_style:
        return _insert_in_flow(text, node, key, value)
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * node.value[0][0].start_mark.column
    block = yaml.safe_dump({key: value}, sort_keys=False, default_flow_style=False, allow_unicode=True)
    lines = textwrap.indent(block, indent).splitlines()
    at = _end_of_line(text, _last(node))
    before = text[:at] if text[:at].endswith("\n") else text[:at] + newline
    return before + "".join(line + newline for line in lines) + text[at:]


def _insert_in_flow(text: str, node: yaml.MappingNode, key: str, value: Any) -> str:
    inner = _written({key: value}, text)[1:-1]
    if not node.value:
        return f"{text[: node.start_mark.index]}{{{inner}}}{text[node.end_mark.index :]}"
    at = node.value[-1][1].end_mark.index
    return f"{text[:at]}, {inner}{text[at:]}"


def _last(node: Any) -> int:
    """Where the last thing that is written in a node ends."""
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        key, value = node.value[-1]
        return max(int(key.end_mark.index), _last(value))
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        return _last(node.value[-1])
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.index) - 1
    return int(node.end_mark.index)


def _end_of_line(text: str, index: int) -> int:
    """Where the line ends that has this character, its line break included."""
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _written(value: Any, text: str) -> str:
    """A value on one line, in the language of the text."""
    return json.dumps(value) if text.lstrip().startswith("{") else _flow(value)


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=math.inf).partition("\n")[0]


def _set(value: Any, path: Path, new: Any) -> Any:
    """The value with another part; what it shares with other parts of the document stays as it is there."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(step, int):
        return [_set(item, rest, new) if i == step else item for i, item in enumerate(value)]
    mapping = value if isinstance(value, dict) else {}
    return {**mapping, step: _set(mapping.get(step), rest, new)}
