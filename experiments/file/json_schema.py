"""The JSON Schema of the experiment file: with the meaning of every field, and as editors want it."""

import ast
import dataclasses
import inspect
import itertools
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from experiments.file.fields import FileModel
from experiments.file.schema import ExperimentFile
from experiments.file.schema_tree import meant

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:kubenines:v1:Experiment"
_NAME = (
    "What results call it. Its luck depends on its name, so what has one name under several policies meets the same."
)


@cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema of the experiment file, with the meaning of every field; made once, so never change it."""
    schema = ExperimentFile.model_json_schema()
    models = {model.__name__: model for model in _models(FileModel)}
    for name, node in (("ExperimentFile", schema), *schema.get("$defs", {}).items()):
        meanings = _meanings(models[name]) if name in models else {}
        for alias, field in node.get("properties", {}).items():
            if alias in meanings:
                field["description"] = meanings[alias]
            elif "const" in field:
                field["description"] = node.get("description", "").split("\n\n")[0]
    return {"$schema": _DIALECT, "$id": _ID, "title": "kubenines experiment", **schema}


def for_editors() -> dict[str, Any]:
    """The JSON Schema that tells a validator which alternative was meant, so that it names what is wrong with that one.

    Of alternatives that are all tried, a validator can only say that none is right.
    """
    schema: dict[str, Any] = _decided(json_schema())
    return schema


def _decided(node: Any) -> Any:
    """The schema with every union as a decision."""
    if isinstance(node, list):
        return [_decided(item) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {key: _decided(value) for key, value in node.items() if key not in ("anyOf", "oneOf", "discriminator")}
    if "discriminator" in node:
        tag, kinds = node["discriminator"]["propertyName"], node["discriminator"]["mapping"]
        decisions = [_if(_is(tag, kind), {"$ref": to}) for kind, to in kinds.items()]
        which = {"enum": [*kinds], "description": "Which of these it is; it decides what else may be given."}
        return {"type": "object", "required": [tag], "properties": {tag: which}, "allOf": decisions} | rest
    alternatives = node.get("anyOf") or node.get("oneOf") or []
    if not alternatives:
        return rest
    *special, whole = sorted(alternatives, key=_order)
    decided = _decided(whole)
    for alternative in special:
        decided = _if(meant(alternative), _decided(alternative), decided)
    return {**rest, **({"allOf": [decided]} if rest.keys() & decided.keys() else decided)}


def _order(alternative: Mapping[str, Any]) -> int:
    """What can be told from the others by a word comes before them."""
    return 0 if meant(alternative) else 1


def _is(tag: str, kind: str) -> dict[str, Any]:
    return {"type": "object", "required": [tag], "properties": {tag: {"const": kind}}}


def _if(condition: dict[str, Any], then: Any, otherwise: Any = None) -> dict[str, Any]:
    return {"if": condition, "then": then} | ({} if otherwise is None else {"else": otherwise})


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
            docs |= {"name": _NAME} if described is not None else {}
            for part in (ancestor,) if described is None else reversed(described.__mro__):
                docs |= attribute_docs(part)
            docs |= {f.name: f.metadata["meaning"] for f in _fields(described) if "meaning" in f.metadata}
    return {field.alias or name: docs[name] for name, field in model.model_fields.items() if name in docs}


def _fields(described: Any) -> tuple[dataclasses.Field[Any], ...]:
    return () if described is None else dataclasses.fields(described)


@cache
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
