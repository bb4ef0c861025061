"""Whether an object has the fields that its kind allows, and values of the right types.

The schemas are a subset of Kubernetes' own (models/schemas/generate.py). The validator is one company's young wheel
(jsonschema-rs), so it stays behind `schema_errors`: any other can replace it there.
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
    path = FilePath(__file__).parents[1] / "schemas" / "kubernetes.json"
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


@cache
def _validator(root: str) -> Any:
    import jsonschema_rs  # costs 30 ms: only who validates pays

    return jsonschema_rs.validator_for({"$defs": schemas()["definitions"], "$ref": f"#/$defs/{root}"})


def schema_errors(api_version: str, kind: str, value: Mapping[str, Any]) -> Iterator[tuple[Path, str, bool]]:
    """Every way in which the object breaks its kind's schema: (path, message, whether the key itself is wrong).

    Nothing for kinds whose schema is not kept.
    """
    root = schemas()["roots"].get(f"{api_version}/{kind}")
    if root is None:
        return
    for error in _validator(root).iter_errors(value):
        path: Path = tuple(error.instance_path)
        details = error.kind.as_dict()
        match error.kind.name:
            case "additionalProperties":
                known = _properties(root, path)
                for name in details["unexpected"]:
                    yield (*path, name), f"unknown field{did_you_mean(name, known)}", True
            case "required":
                yield (*path, details["property"]), "required value is missing", False
            case "type":
                yield path, _type_message(details["types"], error.instance), False
            case _:
                yield path, error.message, False


_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def _type_message(types: list[str], value: object) -> str:
    hint = ""
    if types == ["string"] and isinstance(value, bool | int | float):
        hint = f'; put it in quotes: "{str(value).lower() if isinstance(value, bool) else value}"'
    elif types == ["integer"] and isinstance(value, str) and value.isdigit():
        hint = "; remove the quotes"
    return f"expected {' or '.join(_WORDS[name] for name in types)} (got {shown(value)}{hint})"


def _properties(root: str, path: Path) -> set[str]:
    """The fields that the schema allows at `path`."""
    definitions = schemas()["definitions"]
    schema: dict[str, Any] = definitions[root]
    for step in path:
        if isinstance(step, int):
            schema = schema.get("items", {})
        else:
            schema = schema.get("properties", {}).get(step) or schema.get("additionalProperties") or {}
        if "$ref" in schema:
            schema = definitions[schema["$ref"].rsplit("/", 1)[-1]]
    return set(schema.get("properties", ()))
