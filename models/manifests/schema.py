"""Whether an object has the fields that its kind allows, and values of the right types.

The schemas are a subset of Kubernetes' own (models/schemas/generate.py), and those of Argo Rollouts. The validator is
one company's young wheel (jsonschema-rs), so it stays behind `Shape`: any other can replace it there.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from models.input.problems import Path, did_you_mean, shown


@cache
def schemas() -> dict[str, Any]:
    """The stored subset: "version", "kinds" by apiVersion, "roots" by apiVersion/kind, "definitions"."""
    folder = FilePath(__file__).parents[1] / "schemas"
    document: dict[str, Any] = json.loads((folder / "kubernetes.json").read_text("utf-8"))
    custom: dict[str, Any] = json.loads((folder / "argo-rollouts.json").read_text("utf-8"))
    for part in ("roots", "definitions"):
        document[part] |= custom[part]
    return document


class Shape:
    """What values may look like: definitions in the words of JSON Schema, by name, that may refer to each other."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._validators: dict[str, Any] = {}

    def errors(self, name: str, value: object) -> Iterator[tuple[Path, str, bool]]:
        """Every way in which the value breaks a definition: (path, message, whether the key itself is wrong)."""
        for error in self._validator(name).iter_errors(value):
            path: Path = tuple(error.instance_path)
            details = error.kind.as_dict()
            match error.kind.name:
                case "additionalProperties":
                    known = self._properties(name, path)
                    for key in details["unexpected"]:
                        yield (*path, key), f"unknown field{did_you_mean(key, known)}", True
                case "required":
                    yield (*path, details["property"]), "required value is missing", False
                case "type":
                    yield path, _type_message(details["types"], error.instance), False
                case "enum":
                    options = ", ".join(map(repr, details["options"]))
                    hint = did_you_mean(str(error.instance), map(str, details["options"]))
                    yield path, f"expected one of {options} (got {shown(error.instance)}){hint}", False
                case _:
                    yield path, error.message, False

    def _validator(self, name: str) -> Any:
        if name not in self._validators:
            import jsonschema_rs  # costs 30 ms: only who validates pays

            whole = {"$defs": self._definitions, "$ref": f"#/$defs/{name}"}
            self._validators[name] = jsonschema_rs.validator_for(whole)
        return self._validators[name]

    def _properties(self, name: str, path: Path) -> set[str]:
        """The fields that a definition allows at `path`."""
        schema: dict[str, Any] = self._definitions[name]
        for step in path:
            if isinstance(step, int):
                schema = schema.get("items", {})
            else:
                schema = schema.get("properties", {}).get(step) or schema.get("additionalProperties") or {}
            if "$ref" in schema:
                schema = self._definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return set(schema.get("properties", ()))


@cache
def _kubernetes() -> Shape:
    return Shape(schemas()["definitions"])


def schema_errors(api_version: str, kind: str, value: Mapping[str, Any]) -> Iterator[tuple[Path, str, bool]]:
    """Every way in which the object breaks its kind's schema: (path, message, whether the key itself is wrong).

    Nothing for kinds whose schema is not kept.
    """
    root = schemas()["roots"].get(f"{api_version}/{kind}")
    if root is not None:
        yield from _kubernetes().errors(root, value)


_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _type_message(types: list[str], value: object) -> str:
    hint = ""
    if types == ["string"] and isinstance(value, bool | int | float):
        hint = f'; put it in quotes: "{str(value).lower() if isinstance(value, bool) else value}"'
    elif types == ["integer"] and isinstance(value, str) and value.isdigit():
        hint = "; remove the quotes"
    return f"expected {' or '.join(_WORDS[name] for name in types)} (got {shown(value)}{hint})"
