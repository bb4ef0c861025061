"""What pydantic finds wrong with a value, in words."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from experiments.file.schema_tree import schema_child, schema_node
from models.input.problems import Path, did_you_mean, shown


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with a value."""

    path: Path
    message: str
    at_key: bool = False
    """The key itself is wrong, not the value."""
    inside: Path = ()
    """Where exactly below `path`."""
    missing: str | None = None
    """The field that is not there."""
    meant: str | None = None
    """The field that was probably meant by an unknown one."""


def mistakes_of(error: ValidationError, value: Any, model: type[BaseModel]) -> list[Mistake]:
    """Every error of validating `value` as `model`, with its path in the value."""
    mistakes = [_mistake(details, value, model) for details in error.errors(include_url=False)]
    misspelt = {(mistake.path[:-1], mistake.meant) for mistake in mistakes if mistake.meant is not None}
    return [mistake for mistake in mistakes if (mistake.path, mistake.missing) not in misspelt]


def _mistake(details: ErrorDetails, value: Any, model: type[BaseModel]) -> Mistake:
    path, kind, context = _path_in(value, details["loc"]), details["type"], details.get("ctx", {})
    given = details["input"]
    match kind:
        case "extra_forbidden":
            known = _known_fields(model, details["loc"][:-1])
            hint = did_you_mean(str(path[-1]), known)
            meant = next((name for name in known if repr(name) in hint), None)
            return Mistake(path, f"unknown field{hint}", at_key=True, meant=meant)
        case "missing":
            missing = str(details["loc"][-1])
            return Mistake(path, f"{missing!r} is required here", missing=missing)
        case "union_tag_invalid":
            field, word = context["discriminator"].strip("'"), context["tag"]
            expected = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
            return Mistake(path, _unknown_word(field, word, expected), inside=(field,))
        case "union_tag_not_found" | "model_attributes_type":
            kinds = _node(model, details["loc"]).get("discriminator", {}).get("mapping", {})
            if not isinstance(given, dict):
                return Mistake(path, _mapping(given) + (_A_LAW if "exponential" in kinds else ""))
            which = f"; expected one of {', '.join(map(repr, kinds))}" if kinds else ""
            return Mistake(path, f"{context['discriminator']} is required here{which}")
        case "literal_error" | "enum":
            expected = [word.strip(" '") for word in context["expected"].replace(" or ", ", ").split(",")]
            return Mistake(path[:-1], _unknown_word(str(path[-1]), given, expected), inside=path[-1:])
        case "inside":
            return Mistake(path, context["error"], inside=(context["field"],))
        case "value_error":
            return Mistake(path, _as_written(str(context["error"]), _known_fields(model, details["loc"])))
    say = _WORDS.get(kind)
    return Mistake(path, say(given, context) if say else f"{details['msg']} (got {shown(given)})")


def _unknown_word(field: str, word: object, expected: list[str]) -> str:
    if len(expected) == 1:
        return f"unknown {field!r} {shown(word)}; expected {expected[0]!r}"
    hint = did_you_mean(str(word), expected)
    return f"unknown {field!r} {shown(word)}; expected one of {', '.join(map(repr, expected))}{hint}"


_A_LAW = "; a law is written {kind: exponential, mean: 30d}"


def _mapping(given: object) -> str:
    return f"expected a mapping (got {shown(given)})"


def _bound(words: str) -> Callable[[Any, Mapping[str, Any]], str]:
    def say(given: object, context: Mapping[str, Any]) -> str:
        return f"expected a number {words} {next(iter(context.values()))} (got {shown(given)})"

    return say


def _text(given: object, context: Mapping[str, Any]) -> str:
    hint = f"; write it in quotes: '{given}'" if isinstance(given, int | float | bool) else ""
    return f"expected text (got {shown(given)}{hint})"


_WORDS: Mapping[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "string_type": _text,
    "string_pattern_mismatch": lambda given, _: f"expected letters, digits, '-', '_' and '.' only (got {shown(given)})",
    "int_type": lambda given, _: f"expected a whole number (got {shown(given)})",
    "float_type": lambda given, _: f"expected a number (got {shown(given)})",
    "finite_number": lambda given, _: f"expected a finite number (got {shown(given)})",
    "bool_type": lambda given, _: f"expected true or false (got {shown(given)})",
    "list_type": lambda given, _: f"expected a list (got {shown(given)})",
    "dict_type": lambda given, _: _mapping(given),
    "model_type": lambda given, _: _mapping(given),
    "string_too_long": lambda given, context: (
        f"expected at most {context['max_length']} characters (got {shown(given)})"
    ),
    "too_short": lambda _, context: f"expected at least {context['min_length']} of them",
    "greater_than_equal": _bound("not less than"),
    "greater_than": _bound("greater than"),
    "less_than_equal": _bound("not greater than"),
}


def _path_in(value: Any, loc: tuple[int | str, ...]) -> Path:
    """The path of an error without the union tags and missing fields that pydantic puts into it."""
    path: list[int | str] = []
    for step in loc:
        inside = step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
        if inside:
            path.append(step)
            value = value[step]
    return tuple(path)


def _as_written(message: str, known: Iterable[str]) -> str:
    """What a dataclass says of its fields, by the names that they have in a file: `maxConcurrent`."""
    for name in known:
        inside = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
        message = re.sub(rf"\b{re.escape(inside)}\b", name, message) if inside != name else message
    return message


def _known_fields(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The fields that a mapping at this place may have, by the model's JSON Schema."""
    return list(_node(model, loc).get("properties", ()))


def _node(model: type[BaseModel], loc: tuple[int | str, ...]) -> dict[str, Any]:
    """The JSON Schema of a place, by the model; what pydantic adds to its path stands for the place itself."""
    whole = _schema(model)
    node = schema_node(whole, whole)
    for step in loc:
        node = schema_child(whole, node, step) or node
    return node


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema: making it takes a quarter of a second, and a file may have many mistakes."""
    return model.model_json_schema()
