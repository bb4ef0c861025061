"""What pages about the experiment file say of a node of its JSON Schema: type, default, meaning, how it is written."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from experiments.file.fields import written_duration
from experiments.file.schema_tree import children_of, item_of, kinds_of, schema_child, schema_node, values_of

_WRITTEN = ("Duration", "Seconds", "Percentage", "Probability", "Quantity", "Selector", "CountOrShare")
"""Titles of values with a form of their own, which a page shows."""


class FieldWords(NamedTuple):
    """What a page says of a field."""

    name: str
    type: str
    """In a word or two; of a union its kinds."""
    required: bool
    default: str
    """As a file would say it; "" where there is none to speak of."""
    meaning: str
    """The first paragraph of what is documented, or ""."""


def fields_of(whole: dict[str, Any], node: dict[str, Any]) -> Iterator[FieldWords]:
    """The fields of a node with properties: the tag first, then what is required."""
    required = node.get("required", ())
    order = sorted(node["properties"], key=lambda name: ("const" not in node["properties"][name], name not in required))
    for name in order:
        inner = schema_node(whole, node["properties"][name])
        meaning = (inner.get("description") or item_of(whole, inner).get("description") or "").split("\n\n")[0]
        needed = name in required and "const" not in inner
        yield FieldWords(name, type_of(whole, inner), needed, default_of(inner), meaning)


def type_of(whole: dict[str, Any], node: dict[str, Any]) -> str:
    """The type in a word or two."""
    if node.get("type") == "array":
        return f"list of {type_of(whole, schema_child(whole, node, 0))}"
    if tags := kinds_of(node):
        return "law" if "exponential" in tags else " | ".join(tags)
    if words := values_of(node):
        return " | ".join(words)
    if node.get("title") == "Names":
        return "text, or list of text"
    if node.get("title") in (*_WRITTEN, "Manifest", "Limit", "Value", "Bound"):
        return "count or percentage" if node["title"] == "CountOrShare" else str(node["title"]).lower()
    plain = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true | false"}
    return plain.get(str(node.get("type")), "mapping")


def default_of(node: dict[str, Any]) -> str:
    """The default as a file would say it; "" where there is none to speak of."""
    default = node.get("default")
    return "" if default in (None, [], {}) else _shown(default, node.get("title"))


def forms_of(whole: dict[str, Any], node: dict[str, Any]) -> str:
    """How the values of a thing, not a list, and of its fields are written that have a form of their own."""
    below = [*children_of(whole, node).values()]
    below += [
        field for kind in kinds_of(node) for field in children_of(whole, schema_child(whole, node, kind)).values()
    ]
    found = {}
    for one in (node, *below):
        inner = item_of(whole, one)
        if inner.get("title") in _WRITTEN:
            found[type_of(whole, inner)] = ", ".join(map(str, inner["examples"]))
    return "; ".join(f"a {name} {examples}" for name, examples in found.items())


def _shown(default: Any, title: str | None = None) -> str:
    """A value as a file would say it."""
    if isinstance(default, float):
        return written_duration(default) if title == "Duration" else f"{default:g}"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, dict):
        return "{" + ", ".join(f"{key}: {_shown(value)}" for key, value in default.items()) + "}"
    if isinstance(default, list):
        return "[" + ", ".join(map(_shown, default)) + "]"
    return str(default)
