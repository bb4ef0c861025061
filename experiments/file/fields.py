"""How single values are written in files: durations, percentages, quantities, selectors."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from models.deployment import Percent
from models.input.problems import shown
from models.labels import LabelSelector, parse_selector, wrong_label_key, wrong_label_value
from models.units import (
    format_cpu,
    format_memory,
    format_percent,
    parse_amount,
    parse_cpu,
    parse_duration,
    parse_int_or_share,
    parse_percent,
)

LARGEST_WHOLE = 2**53
"""Beyond it whole numbers are not exact in floating point; and machine code has 64 bits for them."""
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def written_duration(seconds: float) -> str:
    """The shortest text in one unit that parses back to exactly these seconds: "7d", "90s", "0.4s"."""
    for unit, size in _UNITS:
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{Decimal(repr(float(seconds))):f}s" if seconds else "0s"


def _seconds(value: object) -> float:
    """Seconds as a plain number, as Kubernetes writes fields that end in `Seconds`, or a duration with its unit."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value < float("inf"):
            raise ValueError(f"expected seconds, not negative (got {value!r})")
        return float(value)
    return parse_duration(value)


def _positive(seconds: float) -> float:
    if seconds <= 0:
        raise ValueError("expected a duration longer than 0s")
    return seconds


_DURATION = WithJsonSchema(
    {"type": "string", "title": "Duration", "examples": ["30s", "5m", "12h", "7d", "1y", "1h30m"]}
)
_WRITTEN = PlainSerializer(written_duration, return_type=str)
Duration = Annotated[float, BeforeValidator(parse_duration), _WRITTEN, _DURATION]
PositiveDuration = Annotated[float, BeforeValidator(lambda v: _positive(parse_duration(v))), _WRITTEN, _DURATION]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    PlainSerializer(lambda v: int(v) if v == int(v) else v),
    WithJsonSchema({"type": ["number", "string"], "title": "Seconds", "examples": [300, "5m", "7d"]}),
]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[
    float,
    BeforeValidator(lambda v: parse_percent(v) if isinstance(v, str) else v),
    Field(ge=0, le=1, allow_inf_nan=False),
    WithJsonSchema({"type": ["number", "string"], "title": "Probability", "examples": ["2%", 0.02]}),
]
Percentage = Annotated[
    float,
    BeforeValidator(parse_percent),
    PlainSerializer(format_percent, return_type=str),
    WithJsonSchema({"type": "string", "title": "Percentage", "examples": ["80%", "99.95%"]}),
]


def _strictly_between(share: float) -> float:
    if not 0 < share < 1:
        raise ValueError(f"expected more than 0% and less than 100% (got {format_percent(share)})")
    return share


def _at_most_all(share: float) -> float:
    if share > 1:
        raise ValueError(f"expected at most 100% (got {format_percent(share)})")
    return share


Share = Annotated[Percentage, AfterValidator(_at_most_all)]
"""At most 100%."""
PartialPercentage = Annotated[Percentage, AfterValidator(_strictly_between)]
"""More than 0% and less than 100%."""


def _not_negative(amount: int) -> int:
    if amount < 0:
        raise ValueError("a quantity must not be negative here")
    return amount


_QUANTITY = WithJsonSchema({"type": ["string", "number"], "title": "Quantity", "examples": ["250m", "4", "16Gi"]})
Cpu = Annotated[
    int, BeforeValidator(lambda v: _not_negative(parse_cpu(v))), PlainSerializer(format_cpu, return_type=str), _QUANTITY
]
Amount = Annotated[
    int,
    BeforeValidator(lambda v: _not_negative(parse_amount(v))),
    PlainSerializer(format_memory, return_type=str),
    _QUANTITY,
]


class FileModel(BaseModel):
    """A mapping in a file: camelCase keys, nothing unknown, nothing converted in silence."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True, alias_generator=to_camel)


_COUNT_OR_SHARE = WithJsonSchema({"type": ["integer", "string"], "title": "CountOrShare", "examples": [1, "50%"]})
WrittenCountOrShare = Annotated[int | str, _COUNT_OR_SHARE]
"""As it stands in the file: what of it makes sense is for others to say."""
CountOrShare = Annotated[
    int | Percent,
    BeforeValidator(parse_int_or_share),
    PlainSerializer(lambda v: v if isinstance(v, int) else str(v)),
    _COUNT_OR_SHARE,
]


def _selector_text(value: object) -> str:
    """A selector as text, given as text or as the labels that must be there."""
    if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        value = ",".join(f"{key}={label}" for key, label in value.items())
    if not isinstance(value, str):
        raise ValueError(f"expected a selector like app=web,tier in (a,b), or labels (got {value!r})")
    parse_selector(value)
    return value


Labels = Annotated[
    str,
    BeforeValidator(_selector_text),
    WithJsonSchema({"type": ["string", "object"], "title": "Selector", "examples": ["app=web,tier in (a,b),!canary"]}),
]


class Select(FileModel):
    """Which things are meant; without `labels`, all of them."""

    labels: Labels = ""
    """A selector: `app=web,tier in (a,b),!canary`, or a mapping of labels that must all be there."""

    def value(self) -> LabelSelector:
        """The selector itself."""
        return parse_selector(self.labels)


def _names(value: object) -> object:
    several = isinstance(value, list) and all(isinstance(item, str) for item in value)
    if not several and not isinstance(value, str):
        raise ValueError(f"expected a name or a list of names (got {shown(value)})")
    return value


Names = Annotated[
    str | list[str],
    BeforeValidator(_names),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "title": "Names"}),
]
"""A name, or a list of names."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$", max_length=100)]


def _right(check: Callable[[str], str]) -> AfterValidator:
    """Refuses a text of which `check` says what is wrong with it."""

    def validate(text: str) -> str:
        if wrong := check(text):
            raise ValueError(wrong)
        return text

    return AfterValidator(validate)


def _unprintable(name: str) -> str:
    return "" if name.isprintable() and 0 < len(name) <= 100 else "expected 1 to 100 characters that can be printed"


StoryName = Annotated[str, _right(_unprintable)]
"""Of a failure mode or an operation: for people, in whatever script."""
LabelKey = Annotated[str, _right(wrong_label_key)]
LabelValue = Annotated[str, _right(wrong_label_value)]
Count = Annotated[int, Field(ge=1, le=LARGEST_WHOLE)]
