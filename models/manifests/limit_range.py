"""LimitRanges."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from models.limit_range import Limit, LimitRange, LimitType
from models.manifests.container import amounts
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.units import parse_quantity

_T = TypeVar("_T", int, Decimal)


@converts("LimitRange")
def limit_range(field: Field, admission: Admission) -> LimitRange:
    """A LimitRange: containers get requests and limits, and pods are refused. Its limits on claims are not read."""
    limits = [_limit(item) for item in field["spec"]["limits"] if item.checked["type"].text() in list(LimitType)]
    return LimitRange(field.manifest.name, tuple(limits), field.manifest.namespace)


def _limit(field: Field) -> Limit:
    """With the defaults of the API server (pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem)."""
    kind = LimitType(field["type"].text())
    minimum, maximum = amounts(field["min"]), amounts(field["max"])
    _check_order(field["min"], minimum, field["max"], maximum)
    _check_ratios(field["maxLimitRequestRatio"])
    ratios = {name: item.parsed(parse_quantity, Decimal(1)) for name, item in field["maxLimitRequestRatio"].entries()}
    if kind is LimitType.POD:
        for name in ("default", "defaultRequest"):
            if field.checked[name].value:
                field[name].problem("may not be specified when `type` is 'Pod'")
        return Limit(kind, minimum, maximum, max_ratio=ratios)
    for name in ("default", "defaultRequest"):
        _check_order(field["min"], minimum, field[name], amounts(field[name].checked))
        _check_order(field[name], amounts(field[name].checked), field["max"], maximum)
    default = {**maximum, **amounts(field["default"])}
    default_request = {**minimum, **default, **amounts(field["defaultRequest"])}
    _check_order(field["defaultRequest"], default_request, field["default"], default)
    return Limit(kind, minimum, maximum, default, default_request, ratios)


def _check_ratios(field: Field) -> None:
    """A limit is never less than the request."""
    for _, item in field.entries():
        if item.checked.parsed(parse_quantity, Decimal(1)) < 1:
            item.problem(f"ratio {item.value} is less than 1")


def _check_order(field: Field, lower: Mapping[str, int], other: Field, upper: Mapping[str, int]) -> None:
    for name in sorted(lower.keys() & upper.keys()):
        if lower[name] > upper[name] and field[name].present:
            field[name].problem(f"is greater than {other.path[-1]} of {name}")
