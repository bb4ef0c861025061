"""The reference of the experiment file in Markdown, from where `kubenines explain` has it: its JSON Schema."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from writing import entry, escaped, prose

from experiments.commands.examples import PACKAGE
from experiments.file.json_schema import json_schema
from experiments.file.schema_tree import BESIDE, children_of, item_of, kinds_of, schema_child, schema_node
from experiments.file.schema_words import fields_of, forms_of

Node = Mapping[str, Any]

WHOLE = json_schema()
TOP = schema_node(WHOLE, WHOLE)
SPEC = schema_node(WHOLE, TOP["properties"]["spec"])
PAGES = {"failures": "failure modes", "operations": "operations"}
"""Unions that have a page of their own, and what their kinds are called."""


def anchor(path: str) -> str:
    """The name of the place where a path of the experiment file is described."""
    return "field-" + re.sub(r"\W+", "-", path).lower()


class Place(NamedTuple):
    """A mapping, or a union of mappings, that has a section of its own: each shape once, where it comes first."""

    path: str
    node: Node
    below: Node

    @property
    def item(self) -> Node:
        """The items of a list, or the thing itself."""
        return item_of(WHOLE, self.node)

    @property
    def union(self) -> list[str]:
        """The kinds of a union; [] for a mapping."""
        return list(kinds_of(self.item)) if self.item.get("discriminator") else []


def _walk(path: str, node: Node, found: list[Place]) -> list[Place]:
    below = children_of(WHOLE, node)
    place = Place(path, node, below)
    if (not place.item.get("properties") and not place.union) or "exponential" in below:
        return found
    if any(below == known.below for known in found):
        return found
    page = path.removeprefix("spec.")
    if page not in PAGES:
        found.append(place)
    for name, child in below.items():
        inner = children_of(WHOLE, child) if name in place.union else {"": child}
        for field, grandchild in inner.items():
            way = (page if page in PAGES else path, name, field)
            _walk(".".join(part for part in way if part), grandchild, found)
    return found


@cache
def places() -> list[Place]:
    """All of the file: failure modes and operations only for what is below their fields; laws have their own page."""
    return _walk("", TOP, [])


def experiment_file() -> str:
    """Every mapping of the file with its fields, but for what is below failure modes and operations."""
    shown = [place for place in places() if place.path.split(".")[0] not in PAGES]
    return "\n".join(line for place in shown for line in _section(place, 2 if place.path.count(".") < 2 else 3))


def _section(place: Place, level: int) -> Iterator[str]:
    """What is said of a place, under a heading."""
    title = f"`{place.path}{'[]' if place.node.get('type') == 'array' else ''}`" if place.path else "The file"
    yield from (f"({anchor(place.path)})=", f"{'#' * level} {title}", "")
    texts = (place.node.get("description"), None if place.union else place.item.get("description"))
    yield from (prose(text) + "\n" for text in dict.fromkeys(texts) if text)
    elsewhere = place.path.split(".")[-1] in PAGES
    for kind in () if elsewhere else place.union:
        alternative = schema_child(WHOLE, place.item, kind)
        yield from (f"**`{kind}`**: {prose(alternative.get('description', ''))}", "", *_fields(alternative))
    if elsewhere:
        yield from ("One as under `spec`, or a change of one that is there:", "")
    if elsewhere or not place.union:
        yield from _fields(place.item)
        for alternative in place.item.get(BESIDE, ()):
            yield from ("" if elsewhere else "Or:", "", *_fields(alternative)) if alternative.get("properties") else ()
    yield from _forms(place.item)


def _fields(node: Node) -> Iterator[str]:
    """The fields of a mapping as a definition list."""
    if not node.get("properties"):
        return
    for field in fields_of(WHOLE, dict(node)):
        inner = schema_node(WHOLE, node["properties"][field.name])
        if "const" in inner:
            yield from entry(f"{field.name}: {field.type}", "", "Says that it is this one.")
            continue
        default = f", by default `{field.default}`" if field.default else ""
        beside = f"{_linked(field.type, inner)}{', required' * field.required}{default}"
        yield from entry(field.name, beside, prose(field.meaning))


def _linked(words: str, node: Node) -> str:
    """The type of a field, with a link to where it is described."""
    below = children_of(WHOLE, node)
    of = "list of " if node.get("type") == "array" else ""
    if words == "law":
        return "[law](laws.md)"
    for path, name in PAGES.items():
        if below == children_of(WHOLE, schema_child(WHOLE, SPEC, path)):
            return f"{of}[{name}]({path}.md)"
    place = next((place for place in places() if below and below == place.below), None)
    if place is None:
        return escaped(words)
    named = " or ".join(place.union) if 0 < len(place.union) < 7 else place.path.rsplit(".", 1)[-1]
    return f"{of}[{named}](#{anchor(place.path)})"


def _forms(node: Node) -> list[str]:
    """How values with a form of their own are written."""
    written = forms_of(WHOLE, dict(node))
    return [f"Written: {escaped(written)}.", ""] if written else []


def failures() -> str:
    """Every failure mode with its fields and its experiment in the gallery."""
    return _kinds("failures")


def operations() -> str:
    """Every operation, likewise."""
    return _kinds("operations")


def _kinds(field: str) -> str:
    union = schema_child(WHOLE, SPEC, field)
    lines: list[str] = []
    for kind in kinds_of(item_of(WHOLE, union)):
        node = schema_child(WHOLE, item_of(WHOLE, union), kind)
        lines += [f"## `{kind}`", "", prose(node["description"]), "", *_fields(node), *_forms(node)]
        shown = PACKAGE / "configs" / "gallery" / f"{kind}.yaml"
        if shown.exists():
            question = shown.read_text("utf-8").partition("\n")[0].lstrip("# ")
            lines += [f"In the gallery (`configs/gallery/{kind}.yaml`): {escaped(question)}", ""]
        inner = [place for place in places() if place.path.startswith(f"{field}.{kind}.")]
        lines += [line for place in inner for line in _section(place, 3)]
    return "\n".join(lines)


def laws() -> str:
    """Every law with its parameters, and what may stand in place of one."""
    crash = children_of(WHOLE, schema_child(WHOLE, item_of(WHOLE, schema_child(WHOLE, SPEC, "failures")), "nodeCrash"))
    law = crash["timeToRepair"]
    lines: list[str] = []
    for kind in kinds_of(law):
        node = schema_child(WHOLE, law, kind)
        lines += [f"## `{kind}`", "", prose(node.get("description", "")), "", *_fields(node), *_forms(node)]
    lines += ["## In place of a law", ""]
    lines += [line for alternative in law[BESIDE] for line in _fields(alternative)]
    return "\n".join(lines)


WRITERS: dict[str, Callable[..., str]] = {
    "experiment_file": experiment_file,
    "failures": failures,
    "operations": operations,
    "laws": laws,
}
