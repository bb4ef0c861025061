"""Documents the experiment file: its fields, the registered policies, laws, metrics, presets and time constants.

And the kinds of objects that manifests may hold.
"""

import dataclasses
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pydantic.alias_generators import to_camel

from experiments import presets
from experiments.design.objective import METRICS
from experiments.file.described import as_written
from experiments.file.fields import written_duration
from experiments.file.json_schema import json_schema
from experiments.file.schema_tree import BESIDE, schema_child, schema_node
from models.input.problems import did_you_mean
from models.manifests.conversion import converters
from models.timing import Timing

WIDTH = 100
"""Columns that a page takes where nothing else is known."""
_OF_LAWS = (
    "A probability law: how long something lasts or takes. `{preset: NAME}` stands for a law with a source (explain "
    "presets); `kubenines fit` finds the law of a log of outages."
)
_OF_METRICS = (
    "What an objective may be about: `objectives: [{service: web, metric: outagesPerYear, atMost: 4}]`, or on the "
    "command line `kubenines check --threshold 'web outages <= 4 a year'`."
)
_OF_TIMING = "Time constants of the control plane: `behaviour: {timing: {nodeMonitorGracePeriod: 20s}}`."
_OF_KINDS = (
    "Objects of manifests that act. What becomes of each of their fields, and of other kinds: `kubenines validate "
    "--fields PATH`."
)
_WRITTEN = ("Duration", "Seconds", "Percentage", "Probability", "Quantity", "Selector", "CountOrShare")
"""Titles of values with a form of their own, which a page shows."""


class NothingToExplain(ValueError):
    """A path that no experiment file has; the message says what there is."""


def explain(path: str = "", width: int = WIDTH) -> str:
    """The documentation of a path such as "spec.failures.nodeCrash.timeToFailure", or of any name in a file.

    Also of "timing", "presets", "laws", "metrics", "kinds" and each kind of object that acts. Of the kinds of a union,
    the first that has a field stands for all that have it: "failures.timeToFailure". A path that does not begin at the
    top begins at the shallowest place that has its first name ("weibull", "drain.every") or may have it as a value
    ("zone"). No line is longer than `width`, but for those of a preset's file. Raises NothingToExplain for a path that
    there is not.
    """
    first, _, rest = path.partition(".")
    if path == "timing":
        return _timing(width)
    if path == "metrics":
        return _metrics(width)
    if first == "presets" or path in presets.names():
        return _presets(rest if first == "presets" else path, width)
    if path == "kinds" or path in converters():
        return _objects(sorted(converters()) if path == "kinds" else [path], width)
    done, node = _found(path)
    return _page(json_schema(), done or "an experiment file", node, width)


def plain(path: str = "") -> dict[str, Any]:
    """What `explain` says, for other programs: the page, and for a part of the file its path and its JSON Schema.

    References in the schema are into that of the whole file (`kubenines schema experiment`).
    """
    text = explain(path)
    try:
        found, node = _found(path)
    except NothingToExplain:  # a list that is of no place in a file
        return {"asked": path, "path": None, "schema": None, "text": text}
    return {"asked": path, "path": found, "schema": node, "text": text}


def _found(path: str) -> tuple[str, dict[str, Any]]:
    """The path in full of what is meant by a path, and its schema."""
    whole = json_schema()
    top = schema_node(whole, whole)
    steps = [step for step in path.replace("[", ".").replace("]", "").split(".") if step and not step.isdecimal()]
    _, law = _below(whole, top, ["spec", "failures", "nodeCrash", "timeToFailure"])
    steps = ["laws", *steps] if steps and steps[0] in _kinds(law) else steps
    if steps[:1] == ["laws"]:
        _, node = _below(whole, {**law, "description": _OF_LAWS}, steps[1:])
        return ".".join(steps), node
    if steps and steps[0] not in top["properties"]:
        steps = [*_ways().get(steps[0], ("spec", steps[0])), *steps[1:]]
    done, node = _below(whole, top, steps)
    return ".".join(done), node


def names() -> list[str]:
    """What `explain` may be asked for by one word: every name of a file, and the kinds of objects that act."""
    return sorted({"laws", "metrics", "timing", "presets", "kinds", *presets.names(), *_ways(), *converters()})


def _below(whole: dict[str, Any], node: dict[str, Any], steps: list[str]) -> tuple[list[str], dict[str, Any]]:
    """What is at `steps` below a node, and the way there in full, the kinds that were passed over included."""
    done: list[str] = []
    for step in steps:
        children = _children(whole, node)
        for kind in () if step in children else _kinds(_item(whole, node)):
            if step in (fields := _children(whole, children[kind])):
                children = fields
                done.append(kind)
                break
        if step not in children:
            known = [*children, *([] if done[1:] else ["laws", "metrics", "timing", "presets", "kinds"])]
            where = f"{'.'.join(done)} has no" if done else "there is no"
            near = [*known, *([] if done[1:] else [*_ways(), *converters()])]
            raise NothingToExplain(f"{where} {step!r}{did_you_mean(step, near)}\nthere is: {', '.join(known)}")
        node = children[step]
        done.append(step)
    return done, node


def _children(whole: dict[str, Any], node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields and kinds of a thing, or of the items of a list, by their names; those of its alternatives, too."""
    item = _item(whole, node)
    beside = [name for alternative in item.get(BESIDE, ()) for name in alternative.get("properties", ())]
    names = (*item.get("properties", ()), *_kinds(item), *beside)
    return {name: schema_child(whole, item, name) for name in names}


@cache
def _ways() -> dict[str, tuple[str, ...]]:
    """Where each name of a file stands, the shallowest place first found: fields and kinds, and values of fields."""
    whole = json_schema()
    ways: dict[str, tuple[str, ...]] = {}
    values: dict[str, tuple[str, ...]] = {}
    level: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), schema_node(whole, whole))]
    seen: list[dict[str, Any]] = []
    while level:
        below = []
        for way, node in level:
            children = _children(whole, node)
            if children in seen:
                continue
            seen.append(children)
            for name, child in children.items():
                ways.setdefault(name, (*way, name))
                for value in _values(_item(whole, child)):
                    values.setdefault(value, (*way, name))
                below.append(((*way, name), child))
        level = below
    return values | ways


def _values(node: dict[str, Any]) -> list[str]:
    """The words that a field may have as its value."""
    return [str(word) for word in node.get("enum", [node["const"]] if "const" in node else [])]


def _item(whole: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The items of a list, or the thing itself."""
    return schema_child(whole, node, 0) if node.get("type") == "array" else node


def _kinds(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The alternatives of a union by their tags; a registered policy that is the only one of its kind is one too."""
    if "const" in (only := node.get("properties", {}).get("type", {})):
        return {only["const"]: node}
    return {tag: {"$ref": to} for tag, to in node.get("discriminator", {}).get("mapping", {}).items()}


def _page(whole: dict[str, Any], title: str, node: dict[str, Any], width: int) -> str:
    item = _item(whole, node)
    lines = _wrapped(f"{title}: {_type(whole, node)}{_default(node)}", width, "", "  ")
    union = item.get("discriminator", {}).get("mapping", {})
    texts = [text for text in (node.get("description"), None if union else item.get("description")) if text]
    for text in dict.fromkeys(texts):
        lines += ["", *_wrapped(text, width)]
    for alternative in [schema_child(whole, item, kind) for kind in union] or [item]:
        lines += ["", *_fields(whole, alternative, width, texts)] if alternative.get("properties") else []
    for alternative in item.get(BESIDE, ()):
        lines += ["", "or", *_fields(whole, alternative, width)]
    if forms := _forms(whole, item):
        lines += ["", *_wrapped(f"Written: {forms}.", width)]
    return "\n".join(lines)


def _wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """The paragraphs of a docstring, wrapped."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    wrap = textwrap.TextWrapper(width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
    return [line for paragraph in paragraphs for line in wrap.wrap(paragraph)]


def _fields(whole: dict[str, Any], node: dict[str, Any], width: int, said: Sequence[str] = ()) -> Iterator[str]:
    """Of each field: its name and type, "required" or its default; below them what it means, unless that was `said`.

    The tag comes first, then what is required.
    """
    required = node.get("required", ())
    order = sorted(node["properties"], key=lambda name: ("const" not in node["properties"][name], name not in required))
    for name in order:
        inner = schema_node(whole, node["properties"][name])
        needed = ", required" if name in required and "const" not in inner else ""
        meaning = (inner.get("description") or _item(whole, inner).get("description") or "").split("\n\n")[0]
        yield from _wrapped(f"{name}: {_type(whole, inner)}{needed}{_default(inner)}", width, "  ", "      ")
        if not any(text.startswith(meaning) for text in said):
            yield from _wrapped(meaning, width, "      ", "      ")


def _forms(whole: dict[str, Any], item: dict[str, Any]) -> str:
    """How the values of a thing and of its fields are written that have a form of their own."""
    children = [*_children(whole, item).values()]
    children += [field for kind in _kinds(item) for field in _children(whole, schema_child(whole, item, kind)).values()]
    found = {}
    for node in (item, *children):
        inner = _item(whole, node)
        if inner.get("title") in _WRITTEN:
            found[_type(whole, inner)] = ", ".join(map(str, inner["examples"]))
    return "; ".join(f"a {name} {examples}" for name, examples in found.items())


def _type(whole: dict[str, Any], node: dict[str, Any]) -> str:
    """The type in a word or two."""
    if node.get("type") == "array":
        return f"list of {_type(whole, schema_child(whole, node, 0))}"
    if kinds := _kinds(node):
        return "law" if "exponential" in kinds else " | ".join(kinds)
    if words := _values(node):
        return " | ".join(words)
    if node.get("title") == "Names":
        return "text, or list of text"
    if node.get("title") in (*_WRITTEN, "Manifest", "Limit"):
        return "count or percentage" if node["title"] == "CountOrShare" else str(node["title"]).lower()
    plain = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true | false"}
    return plain.get(str(node.get("type")), "mapping")


def _default(node: dict[str, Any]) -> str:
    """The default as a file would say it, as an ending; "" where there is none to speak of."""
    default = node.get("default")
    return "" if default in (None, [], {}) else f", by default {_shown(default, node.get('title'))}"


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


def _metrics(width: int) -> str:
    """What objectives may be about."""
    lines = _wrapped(_OF_METRICS, width)
    for name, metric in METRICS.items():
        limit = metric.written or ("atLeast" if metric.good == "at_least" else "atMost")
        lines += ["", f"  {name}: {limit}", *_wrapped(metric.words.format("LIMIT"), width, "      ", "      ")]
    return "\n".join(lines)


def _objects(kinds: Sequence[str], width: int) -> str:
    """What is made of objects of these kinds."""
    lines = _wrapped(_OF_KINDS, width)
    for kind in kinds:
        lines += ["", f"  {kind}", *_wrapped(inspect.getdoc(converters()[kind]) or "", width, "      ", "      ")]
    return "\n".join(lines)


def _presets(name: str, width: int) -> str:
    """All presets, or the file of one."""
    try:
        if name:
            return presets.preset(name).text.rstrip("\n")
    except presets.NoSuchPreset as error:
        raise NothingToExplain(str(error)) from None
    return "\n".join(
        wrapped
        for line in presets.listed().splitlines()
        for wrapped in _wrapped(line.strip(), width, " " * (len(line) - len(line.lstrip())), "       ") or [""]
    )


def _timing(width: int) -> str:
    """The time constants."""
    written = as_written(Timing())
    lines = _wrapped(_OF_TIMING, width)
    for constant in dataclasses.fields(Timing):
        about, name = constant.metadata, to_camel(constant.name)
        origin = "; ".join(text for text in (about["flag"], about["source"]) if text not in ("", "-"))
        lines += ["", f"  {name}: {written.get(name, '-')}", *_wrapped(about["meaning"], width, "      ", "      ")]
        lines += _wrapped(origin, width, "      ", "      ")
    return "\n".join(lines)
