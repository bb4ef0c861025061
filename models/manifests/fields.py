"""What a field that no converter reads does to the answer: the reviewed list, laid over the schemas.

The list is models/schemas/fields.yaml, which says how it is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from models.input.documents import load_documents
from models.manifests.kinds import is_built_in
from models.manifests.schema import schemas


class Effect(StrEnum):
    """What an availability comes out as, for want of a thing that the model does not read."""

    TOO_GOOD = "too good"
    UNKNOWN = "unknown"
    TOO_BAD = "too bad"


@dataclass(frozen=True, slots=True)
class Review:
    """What was found about a field or kind that is not read."""

    effect: Effect | None
    """None: it cannot matter for availability or placement."""
    sentence: str
    """The reason why it cannot matter; or what Kubernetes does with it, and the model does not."""
    unless: tuple[Any, ...] = ()
    """Values without effect; of a mapping, those that have these values by these keys."""
    only: tuple[Any, ...] = ()
    """The only values with an effect; empty: all but those of `unless`."""
    settled_by: str = ""
    """The field beside it which, when written, takes its effect away."""

    def is_void(self, value: object, beside: Mapping[str, Any]) -> bool:
        """Whether this value, with these fields beside it, has no effect."""
        if self.settled_by in beside:
            return True
        if self.only:
            return not any(_holds(value, pattern) for pattern in self.only)
        return value is False or value in ("", [], {}) or any(_holds(value, pattern) for pattern in self.unless)


def _holds(value: object, pattern: object) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_holds(value.get(key), part) for key, part in pattern.items())
    return type(value) is type(pattern) and value == pattern


UNREVIEWED = Review(Effect.UNKNOWN, "not in the reviewed list")
"""For fields that the schemas do not have."""


@dataclass(slots=True, eq=False)
class Place:
    """A place in the objects of one kind, as the schema has it; the items of a list stand where the list stands."""

    schema: Mapping[str, Any]
    """The definition of what stands there; empty where the schema says nothing."""
    sections: tuple[str, ...]
    """The sections of the list that may speak about its fields: the first that does decides."""
    _fields: dict[str, "tuple[Review | None, Place]"] = field(default_factory=dict, repr=False)

    def at(self, key: str) -> "tuple[Review | None, Place]":
        """(what the list says of a field, or None; its place)."""
        found = self._fields.get(key)
        if found is None:
            found = self._fields[key] = self._review(key), self._below(key)
        return found

    @property
    def is_free(self) -> bool:
        """Whether its keys are free: it is a mapping such as that of labels."""
        return "properties" not in self.schema and "additionalProperties" in self.schema

    def _review(self, key: str) -> Review | None:
        listed = _listed()[0]
        if any(f"{section}.{key}" in listed for section in self.sections):
            return None
        spoken = [listed[section] for section in self.sections if section in listed]
        return next((section[name] for name in (key, "*") for section in spoken if name in section), None)

    def _below(self, key: str) -> "Place":
        inner = self.schema.get("properties", {}).get(key) or self.schema.get("additionalProperties") or {}
        schema, name = _resolved(inner if isinstance(inner, dict) else {})
        return Place(schema, (*(f"{section}.{key}" for section in self.sections), *([name] if name else [])))


@cache
def root(api_version: str, kind: str) -> Place:
    """The place of the objects of this kind as a whole."""
    name = schemas()["roots"].get(f"{api_version}/{kind}", "")
    return Place(schemas()["definitions"].get(name, {}), (kind,))


def review_of_kind(api_version: str, kind: str) -> Review | None:
    """What the list says of a kind as a whole; None if it is reviewed field by field."""
    kinds = _listed()[1]
    if is_built_in(api_version, kind):
        return kinds.get(kind)
    group = api_version.partition("/")[0]
    return next(kinds[name] for name in (f"{kind}.{group}", f"*.{group}", "*") if name in kinds)


def fields_below(place: Place, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Review | None]]:
    """Every field that the schema has from there on, (path, what the list says of it).

    What is below a field of which the list speaks is left out, and so are fields that only hold others.
    """
    free = ["*"] if place.is_free else []
    for key in (*place.schema.get("properties", ()), *free):
        review, below = place.at(key)
        inner = fields_below(below, (*path, key)) if review is None else iter(())
        first = next(inner, None)
        if first is None:
            yield (*path, key), review
        else:
            yield first
            yield from inner


def _resolved(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """(the definition behind references and lists, the name of its type or "")."""
    name = ""
    while True:
        if "$ref" in schema:
            full = schema["$ref"].rsplit("/", 1)[-1]
            schema, name = schemas()["definitions"][full], full.rsplit(".", 1)[-1]
        elif isinstance(schema.get("items"), dict):
            schema = schema["items"]
        else:
            return schema, name


@cache
def _listed() -> tuple[dict[str, dict[str, Review]], dict[str, Review]]:
    """(reviews by section and field, reviews by kind)."""
    (document,) = load_documents(Path(__file__).parents[1] / "schemas" / "fields.yaml")
    sections = {
        section: {name: review(entry) for name, entry in entries.items()}
        for section, entries in document.value["fields"].items()
    }
    return sections, {kind: review(entry) for kind, entry in document.value["kinds"].items()}


def review(entry: str | dict[str, Any]) -> Review:
    """An entry of a reviewed list: a reason, or an effect with its sentence and the values that it is about."""
    if isinstance(entry, str):
        return Review(None, entry)
    ((effect, sentence),) = ((effect, entry[effect]) for effect in Effect if effect in entry)
    return Review(
        effect=effect,
        sentence=sentence,
        unless=_values(entry.get("unless", [])),
        only=_values(entry.get("only", [])),
        settled_by=entry.get("settled by", ""),
    )


def _values(written: Any) -> tuple[Any, ...]:
    return tuple(written) if isinstance(written, list) else (written,)
