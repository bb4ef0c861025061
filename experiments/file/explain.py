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
from experiments.file.json_schema import json_schema
from experiments.file.schema_tree import BESIDE, children_of, item_of, kinds_of, schema_child, schema_node, values_of
from experiments.file.schema_words import default_of, fields_of, forms_of, type_of
from models.input.problems import did_you_mean
from models.manifests.conversion import converters
from models.timing import Timing

WIDTH = 100
"""Columns that a page takes where nothing else is known."""
_OF_LAWS = (
    "A probability law: how long something lasts or takes. `{preset: NAME}` stands for a law with a source (explain "
    "presets); `kubenines fit` finds the law of a log of outages."
)
_OF_METRICS = "What an objective may be about: `objectives: [{service: web, metric: outagesPerYear, atMost: 4}]`."
_OF_TIMING = "Time constants of the control plane: `behaviour: {timing: {nodeMonitorGracePeriod: 20s}}`."
_OF_KINDS = (
    "Objects of manifests that act. What becomes of each of their fields, and of other kinds: `kubenines validate "
    "--fields PATH`."
)


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
    steps = ["laws", *steps] if steps and steps[0] in kinds_of(law) else steps
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
        children = children_of(whole, node)
        for kind in () if step in children else kinds_of(item_of(whole, node)):
            if step in (fields := children_of(whole, children[kind])):
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
            children = children_of(whole, node)
            if children in seen:
                continue
            seen.append(children)
            for name, child in children.items():
                ways.setdefault(name, (*way, name))
                for value in values_of(item_of(whole, child)):
                    values.setdefault(value, (*way, name))
                below.append(((*way, name), child))
        level = below
    return values | ways


def _page(whole: dict[str, Any], title: str, node: dict[str, Any], width: int) -> str:
    item = item_of(whole, node)
    lines = _wrapped(f"{title}: {type_of(whole, node)}{_by_default(default_of(node))}", width, "", "  ")
    union = item.get("discriminator", {}).get("mapping", {})
    texts = [text for text in (node.get("description"), None if union else item.get("description")) if text]
    for text in dict.fromkeys(texts):
        lines += ["", *_wrapped(text, width)]
    for alternative in [schema_child(whole, item, kind) for kind in union] or [item]:
        lines += ["", *_fields(whole, alternative, width, texts)] if alternative.get("properties") else []
    for alternative in item.get(BESIDE, ()):
        lines += ["", "or", *_fields(whole, alternative, width)]
    if forms := forms_of(whole, item):
        lines += ["", *_wrapped(f"Written: {forms}.", width)]
    return "\n".join(lines)


def _wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """The paragraphs of a docstring, wrapped."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    wrap = textwrap.TextWrapper(width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
    return [line for paragraph in paragraphs for line in wrap.wrap(paragraph)]


def _fields(whole: dict[str, Any], node: dict[str, Any], width: int, said: Sequence[str] = ()) -> Iterator[str]:
    """Of each field: its name and type, "required" or its default; below them what it means, unless that was `said`."""
    for field in fields_of(whole, node):
        needed = ", required" if field.required else ""
        yield from _wrapped(f"{field.name}: {field.type}{needed}{_by_default(field.default)}", width, "  ", "      ")
        if not any(text.startswith(field.meaning) for text in said):
            yield from _wrapped(field.meaning, width, "      ", "      ")


def _by_default(default: str) -> str:
    """The default as an ending."""
    return f", by default {default}" if default else ""


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
