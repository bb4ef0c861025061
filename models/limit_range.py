"""LimitRanges: what containers of a namespace get where they say nothing, and what they and pods may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class LimitType(StrEnum):
    """What a limit is about."""

    CONTAINER = "Container"
    POD = "Pod"


@dataclass(frozen=True, slots=True)
class Limit:
    """A LimitRangeItem; amounts by resource, in the units of `Resources`, defaults filled in."""

    type: LimitType
    minimum: Mapping[str, int] = field(default_factory=dict)
    maximum: Mapping[str, int] = field(default_factory=dict)
    default: Mapping[str, int] = field(default_factory=dict)
    """Limits of containers that have none."""
    default_request: Mapping[str, int] = field(default_factory=dict)
    """Requests of containers that have none."""
    max_ratio: Mapping[str, Decimal] = field(default_factory=dict)
    """Of limit to request, at most."""


@dataclass(frozen=True, slots=True)
class LimitRange:
    """Applied to pods when they are made: those that exist already are left alone."""

    name: str
    limits: tuple[Limit, ...]
    namespace: str = "default"
