"""Documents the experiment file: its fields, the registered policies, the time constants; and its JSON Schema."""

import ast
import dataclasses
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from experiments import presets
from experiments.file.described import as_written
from experiments.file.fields import FileModel, written_duration
from experiments.file.mistakes import schema_child, schema_node
from experiments.file.schema import ExperimentFile
from models.input.problems import did_you_mean
from models.timing import Timing

_OF_LAWS = (
    "A probability law: how long something lasts or takes. Durations are written 30d, 8m, 1h30m; `{preset: NAME}` "
    "stands for a law with a source (explain presets); `kubenines fit` finds the law of a log of outages."
)


class NothingToExplain(ValueError):
    """A path that no experiment file has; the message says what there is."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the experiment file, with the meaning of every field."""
    schema = ExperimentFile.model_json_schema()
    models = {model.__name__: model for model in _models(FileModel)}
    for name, node in (("ExperimentFile", schema), *schema.get("$defs", {}).items()):
        if name in models:
            meanings = _meanings(models[name])
            for alias, field in node.get("properties", {}).items():
                if alias in meanings:
                    field["description"] = meanings[alias]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "kubenines experiment", **schema}


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for narrower in model.__subclasses__():
        yield from _models(narrower)


def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """What the fields of a file model mean, by their names in the file."""
    docs: dict[str, str] = {}
    for ancestor in reversed(model.__mro__):
        if issubclass(ancestor, FileModel):
            described = ancestor.__dict__.get("described")
            for part in reversed((ancestor if described is None else described).__mro__):
                docs |= attribute_docs(part)
            docs |= {f.name: f.metadata["meaning"] for f in _fields(described) if "meaning" in f.metadata}
    return {field.alias or name: docs[name] for name, field in model.model_fields.items() if name in docs}


def _fields(described: Any) -> tuple[dataclasses.Field[Any], ...]:
    return () if described is None else dataclasses.fields(described)


def attribute_docs(described: type) -> dict[str, str]:
    """The strings that stand below the fields of a class, by field; empty if the source cannot be read."""
    try:
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(described))).body
    except (OSError, TypeError, SyntaxError):
        return {}
    docs: dict[str, str] = {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, below in itertools.pairwise(statements):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = inspect.cleandoc(text)
    return docs


def explain(path: str = "") -> str:
    """The documentation of a path such as "spec.failures.nodeCrash.timeToFailure", of "timing", "presets" or "laws".

    Of the kinds of a union, the first that has a field stands for all that have it: "failures.timeToFailure". A path
    that does not begin at the top begins at the shallowest place that has its first name: "weibull", "drain.every".
    Raises NothingToExplain for a path that there is not.
    """
    if path == "timing":
        return _timing()
    if path.split(".")[0] == "presets":
        return _presets(path.partition(".")[2])
    whole = json_schema()
    top = schema_node(whole, whole)
    steps = [step for step in path.replace("[", ".").replace("]", "").split(".") if step and not step.isdecimal()]
    if steps[:1] == ["laws"]:
        _, law = _below(whole, top, ["spec", "failures", "nodeCrash", "timeToFailure"])
        _, node = _below(whole, {**law, "description": _OF_LAWS}, steps[1:])
        return _page(whole, ".".join(steps), node)
    if steps and steps[0] not in top["properties"]:
        steps = [*(_shallowest(whole, schema_child(whole, top, "spec"), steps[0]) or ["spec"]), *steps]
    done, node = _below(whole, top, steps)
    return _page(whole, ".".join(done) or "an experiment file", node)


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
            known = [*children, *([] if done[1:] else ["laws", "timing", "presets"])]
            where = f"{'.'.join(done)} has no" if done else "there is no"
            raise NothingToExplain(f"{where} {step!r}{did_you_mean(step, known)}\nthere is: {', '.join(known)}")
        node = children[step]
        done.append(step)
    return done, node


def _children(whole: dict[str, Any], node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields and kinds of a thing, or of the items of a list, by their names."""
    item = _item(whole, node)
    return {name: schema_child(whole, item, name) for name in (*item.get("properties", ()), *_kinds(item))}


def _shallowest(whole: dict[str, Any], spec: dict[str, Any], name: str) -> list[str]:
    """The way to the parent of what is called `name` in the spec, the shortest and first one; [] if nothing is."""
    level, seen = [(["spec"], spec)], list[dict[str, Any]]()
    while level:
        below = []
        for way, node in level:
            children = _children(whole, node)
            if name in children:
                return way
            if children not in seen:
                seen.append(children)
                below += [([*way, step], child) for step, child in children.items()]
        level = below
    return []


def _item(whole: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The items of a list, or the thing itself."""
    return schema_child(whole, node, 0) if node.get("type") == "array" else node


def _kinds(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The alternatives of a union by their tags; a registered policy that is the only one of its kind is one too."""
    if "const" in (only := node.get("properties", {}).get("type", {})):
        return {only["const"]: node}
    return {tag: {"$ref": to} for tag, to in node.get("discriminator", {}).get("mapping", {}).items()}


def _page(whole: dict[str, Any], title: str, node: dict[str, Any]) -> str:
    item = _item(whole, node)
    lines = [f"{title}: {_type(whole, node)}"]
    if "default" in node:
        lines[0] += f", by default {_shown(node['default'])}"
    texts = [node.get("description", ""), "" if _kinds(item) else item.get("description", "")]
    for text in dict.fromkeys(texts):
        lines += ["", *_wrapped(text, 100)] if text else []
    key = item.get("discriminator", {}).get("propertyName", "type")
    for tag, alternative in _kinds(item).items():
        kind = schema_node(whole, alternative)
        lines += ["", f"  {key}: {tag}"]
        lines += [f"    {line}" for line in _wrapped(kind.get("description", ""), 92)]
        lines += _table(whole, kind, indent=4)
    lines += ["", *_table(whole, item, indent=2)] if item.get("properties") and not _kinds(item) else []
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    """The paragraphs of a docstring, wrapped."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, width)]


def _table(whole: dict[str, Any], node: dict[str, Any], indent: int) -> list[str]:
    """A line per field: name, type, default or "required", meaning."""
    tag = node.get("properties", {}).get("kind" if "kind" in node.get("properties", {}) else "type", {})
    rows = []
    for name, field in node.get("properties", {}).items():
        if field is tag and "const" in field:
            continue
        inner = schema_node(whole, field)
        default = "required" if name in node.get("required", ()) else _shown(inner.get("default"), inner.get("title"))
        own = _description(whole, field)
        rows.append((name, _type(whole, inner), default, own))
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    margin = indent + sum(widths) + 6
    lines = []
    for *columns, meaning in rows:
        start = " " * indent + "  ".join(text.ljust(width) for text, width in zip(columns, widths, strict=True))
        wrapped = textwrap.wrap(meaning, max(120 - margin, 40)) or [""]
        lines += [f"{start}  {wrapped[0]}".rstrip(), *(" " * margin + line for line in wrapped[1:])]
    return lines


def _description(whole: dict[str, Any], field: dict[str, Any]) -> str:
    """What is said of a field: at the field, else of its type."""
    inner = schema_node(whole, field)
    return (
        (inner.get("description") or _item(whole, inner).get("description") or "").split("\n\n")[0].replace("\n", " ")
    )


def _type(whole: dict[str, Any], node: dict[str, Any]) -> str:
    """The type in a word or two."""
    if node.get("type") == "array":
        return f"list of {_type(whole, schema_child(whole, node, 0))}"
    if kinds := _kinds(node):
        return "law" if "exponential" in kinds else " | ".join(kinds)
    if "const" in node:
        return str(node["const"])
    if "enum" in node:
        return " | ".join(map(str, node["enum"]))
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true | false"}
    if node.get("title") in (
        "Duration",
        "Percentage",
        "Probability",
        "Quantity",
        "Selector",
        "Seconds",
        "Manifest",
        "Limit",
    ):
        return str(node["title"]).lower()
    return words.get(str(node.get("type")), "mapping")


def _shown(default: Any, title: str | None = None) -> str:
    """A default as a file would say it."""
    if isinstance(default, float):
        return written_duration(default) if title == "Duration" else f"{default:g}"
    if default is None or default in ([], {}):
        return "-"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, dict):
        return "{" + ", ".join(f"{key}: {_shown(value)}" for key, value in default.items()) + "}"
    return str(default)


def _presets(name: str) -> str:
    """All presets, or the file of one."""
    try:
        return presets.preset(name).text.rstrip("\n") if name else presets.listed()
    except presets.NoSuchPreset as error:
        raise NothingToExplain(str(error)) from None


def _timing() -> str:
    """The table of time constants."""
    rows = [("CONSTANT", "DEFAULT", "FLAG", "SOURCE", "MEANING")]
    written = as_written(Timing())
    for constant in dataclasses.fields(Timing):
        about, name = constant.metadata, to_camel(constant.name)
        rows.append((name, str(written.get(name, "-")), about["flag"], about["source"], about["meaning"]))
    widths = [*(max(len(row[i]) for row in rows) for i in range(4)), 0]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
