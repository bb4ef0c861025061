"""Frozen dataclasses in files: any failure mode, operation or table of constants, by its fields.

`file_model(cls)` makes the pydantic model of a dataclass from its fields, and `as_written` turns a value back into
what a file would say. So a new failure mode is usable from YAML without an edit here.
"""

import dataclasses
import types
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, Discriminator, Field, Strict, Tag, create_model, model_validator
from pydantic.alias_generators import to_camel

from experiments.file.fields import (
    LARGEST_WHOLE,
    Amount,
    CountOrShare,
    Duration,
    FileModel,
    Names,
    Number,
    Probability,
    Seconds,
    Select,
    StoryName,
    written_duration,
)
from experiments.file.laws import KINDS, AnyLaw, Law
from models.deployment import IntOrPercent, Percent
from models.distributions import Distribution, Scaled
from models.labels import LabelSelector, Operator, Requirement
from models.units import Bytes, format_memory
from simulator import registry
from simulator.stories.repair import ByPeople, Repair

_NUMBERS = {
    *("bound", "factor", "most", "jitter", "probability", "rate", "shape", "share", "sigma", "size"),
    *("threshold", "tolerance", "weight", "objective", "ratio"),
}
"""Floats whose name ends in one of these words are plain numbers; every other float is a duration."""
_SHARES = ("share", "objective")
"""Floats of these names are written as a percentage, or from 0 to 1, as those whose name ends in `probability`."""
SOONEST_FAILURE = 1.0
"""Seconds from one failure to the next, in the mean, that a file may ask for at least."""

SOONEST_AGAIN = 1.0
"""Seconds from one beginning of an operation to the next that a file may ask for at least."""


class PartialModel(FileModel):
    """A file model of what may be different in a dataclass (`described`)."""

    described: ClassVar[type]


class DescribedModel(FileModel):
    """A file model made from a dataclass (`described`)."""

    described: ClassVar[type]

    def value(self) -> Any:
        """The dataclass instance that the mapping stands for; raises ValueError as the dataclass does."""
        return self.described(**{f.name: value_of(getattr(self, f.name)) for f in dataclasses.fields(self.described)})

    @model_validator(mode="after")
    def _makes_a_value(self) -> "DescribedModel":
        self.value()
        return self


def value_of(written: Any) -> Any:
    """The value that a field of a file model stands for."""
    if isinstance(written, DescribedModel | Law | Select):
        return written.value()
    if isinstance(written, list):
        return tuple(value_of(item) for item in written)
    return written


def as_written(value: Any) -> Any:
    """What a file would say for a value: a law, a selector, a dataclass; the inverse of `file_model(...).value`."""
    if isinstance(value, LabelSelector):
        return {"labels": ",".join(map(_written_requirement, value.requirements))} if value.requirements else {}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Percent):
        return str(value)
    if isinstance(value, Scaled):
        law = as_written(value.of)
        return law | {"factor": law.get("factor", 1) * value.factor}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = {"kind": KINDS[type(value)]} if type(value) in KINDS else {}
        return kind | {
            to_camel(f.name): _written_field(f.name, f.type, getattr(value, f.name))
            for f in dataclasses.fields(value)
            if getattr(value, f.name) is not None
        }
    if isinstance(value, tuple | list):
        return [as_written(item) for item in value]
    return value


def _written_field(name: str, annotation: Any, value: Any) -> Any:
    if isinstance(value, float):
        if _is_number(name):
            return value
        if name.endswith("seconds"):
            return int(value) if value == int(value) else value
        return written_duration(value)
    if annotation == Bytes:
        return format_memory(value)
    if name == "values":
        return [written_duration(item) if isinstance(item, float) else item for item in value]  # or those of a label
    return as_written(value)


@cache
def file_model(described: type, tag: str | None = None) -> type[DescribedModel]:
    """The file model of a dataclass: the same fields in camelCase; with a tag, also `type: <tag>`."""
    fields: dict[str, Any] = {}
    hints = get_type_hints(described, include_extras=True)
    if tag is not None:
        fields["type"] = (Literal[tag], ...)
    for field in dataclasses.fields(described):
        default: Any = ...
        if field.default is not dataclasses.MISSING:
            default = field.default
        elif field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        if default not in (..., None):
            default = _written_field(field.name, field.type, default)
        fields[field.name] = (
            _annotation(field.name, hints[field.name]),
            Field(default, validate_default=default not in (..., None)),
        )
    model = create_model(described.__name__, __base__=DescribedModel, __doc__=described.__doc__, **fields)
    model.described = described
    return model


def registered_model(kind: str) -> Any:
    """Any policy registered under this kind, told apart by `type`."""
    return one_of(registry.classes(kind))


def one_of(classes: Mapping[str, type]) -> Any:
    """Any of these dataclasses, told apart by `type`."""
    models = [file_model(described, tag) for tag, described in classes.items()]
    if len(models) < 2:
        return models[0] if models else FileModel
    return Annotated[reduce(or_, models[1:], models[0]), Field(discriminator="type")]


@cache
def partial_model(described: type) -> type[FileModel]:
    """The file model of a dataclass, every field optional: what is not given stays as it is elsewhere (`changed`)."""
    fields: dict[str, Any] = {
        name: (_annotation(name, hint) | None, None) for name, hint in get_type_hints(described).items()
    }
    model = create_model(f"{described.__name__}Changes", __base__=PartialModel, __doc__=described.__doc__, **fields)
    model.described = described
    return model


def changed(original: Any, changes: FileModel | None) -> Any:
    """The dataclass instance with the fields that a partial model gives."""
    names = {f.name for f in dataclasses.fields(original)}
    given = {name: getattr(changes, name) for name in names if getattr(changes, name, None) is not None}
    return dataclasses.replace(original, **{name: value_of(value) for name, value in given.items()})


def _annotation(name: str, hint: Any) -> Any:
    """The type that a file writes for a dataclass field of this type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is float:
        if name.endswith("probability") or name in _SHARES:
            return Probability
        if _is_number(name):
            return Number
        if name == "every":
            return Annotated[Duration, AfterValidator(_not_too_often)]
        return Seconds if name.endswith("seconds") else Duration
    if hint == Bytes:
        return Amount
    if hint is int:
        return Annotated[int, Field(ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)]
    if hint == IntOrPercent:
        return CountOrShare
    if hint is Distribution:
        return Annotated[AnyLaw, AfterValidator(_takes_time)] if name.endswith("to_failure") else AnyLaw
    if hint == Repair:
        return _repair()
    if hint is LabelSelector:
        return Select
    if origin in (Union, types.UnionType) and {str, tuple} <= {get_origin(a) or a for a in map(_bare, arguments)}:
        return Names
    if hint is str and name == "name":
        return StoryName
    if origin in (Union, types.UnionType):
        return Union[tuple(_annotation(name, a) for a in arguments)]  # noqa: UP007
    if origin in (tuple, Sequence):
        return list[_annotation(name, arguments[0])]  # type: ignore[misc]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Annotated[hint, Strict(False)]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return file_model(hint)
    return hint


@cache
def _repair() -> Any:
    """A law, or the response of people. The tags are no words of files, so that no field is taken for one."""
    people = file_model(ByPeople)
    return Annotated[
        Annotated[AnyLaw, Tag("a law")] | Annotated[people, Tag("by people")],
        Discriminator(_law_or_people),
    ]


def _law_or_people(written: Any) -> str:
    by_people = isinstance(written, dict) and "response" in written
    return "by people" if by_people or getattr(written, "described", None) is ByPeople else "a law"


def _bare(hint: Any) -> Any:
    """The type without what annotates it."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _takes_time(law: Law) -> Law:
    """What fails again at once leaves a simulation no time to go on."""
    if law.value().mean < SOONEST_FAILURE:
        raise ValueError(f"failures must be {SOONEST_FAILURE:g} s apart in the mean, or more")
    return law


def _not_too_often(every: float) -> float:
    """What begins again at once leaves a simulation no time to go on either."""
    if every < SOONEST_AGAIN:
        raise ValueError(f"must be {SOONEST_AGAIN:g} s or more")
    return every


def _is_number(name: str) -> bool:
    return name.rsplit("_", 1)[-1] in _NUMBERS


def _written_requirement(requirement: Requirement) -> str:
    key, values = requirement.key, requirement.values
    match requirement.operator:
        case Operator.IN:
            return f"{key}={values[0]}" if len(values) == 1 else f"{key} in ({','.join(values)})"
        case Operator.NOT_IN:
            return f"{key} notin ({','.join(values)})"
        case Operator.EXISTS:
            return key
        case Operator.DOES_NOT_EXIST:
            return f"!{key}"
    raise ValueError(f"a selector in text cannot say {requirement.operator}")
