"""Plugin arguments as a KubeSchedulerConfiguration writes them, and in the short forms that an experiment may use.

Source: pkg/scheduler/apis/config/types_pluginargs.go. The short forms: `scoringStrategy: MostAllocated`, with its
`resources: {cpu: 1}` and its `shape: {0: 0, 100: 10}` beside it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

from models.input.documents import Document
from models.input.problems import did_you_mean, shown
from models.manifests.affinity import node_affinity, topology_spread
from models.manifests.manifest import Field, Findings, Manifest

T = TypeVar("T")

Arguments = Mapping[str, Any]
"""By name, `likeThis` or like_this; values as they are written, or as the plugin takes them."""


def read_arguments(plugin: str, written: Arguments) -> dict[str, Any]:
    """What the plugin is made with. Raises ValueError for what cannot be."""
    read = {_snake(name): value for name, value in written.items()}
    if plugin in _READERS:
        _READERS[plugin](read)
    return {name: _frozen(value) for name, value in read.items()}


def check_arguments(made_of: type, read: Arguments) -> None:
    """Raises ValueError for an argument that is none of the plugin's fields, or not of the type of that field."""
    kinds = {name: kind for name, kind in get_type_hints(made_of).items() if get_origin(kind) is not ClassVar}
    for name, value in read.items():
        if name not in kinds:
            raise ValueError(f"there is no argument {_camel(name)!r}{did_you_mean(_camel(name), map(_camel, kinds))}")
        if not _is(value, kinds[name]):
            raise ValueError(f"unexpected value of {_camel(name)}: {shown(value)}")


def _is(value: object, kind: Any) -> bool:
    inside = get_args(kind)
    if get_origin(kind) is tuple:
        if not isinstance(value, tuple):
            return False
        if inside[-1] is Ellipsis:
            return all(_is(item, inside[0]) for item in value)
        return len(value) == len(inside) and all(map(_is, value, inside))
    if inside:  # a union, or a type of whose parameters nothing is known
        return any(_is(value, each) for each in inside) if get_origin(kind) in (Union, UnionType) else True
    if kind is Any:
        return True
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)


_STRATEGY = ("type", "resources", "requestedToCapacityRatio")


def _fit(read: dict[str, Any]) -> None:
    strategy = read.get("scoring_strategy")
    if isinstance(strategy, Mapping):
        if unknown := strategy.keys() - _STRATEGY:
            raise ValueError(f"there is no scoringStrategy.{min(unknown)}{did_you_mean(min(unknown), _STRATEGY)}")
        ratio = strategy.get("requestedToCapacityRatio", {})
        read["scoring_strategy"] = strategy.get("type", "LeastAllocated")
        read |= {"resources": strategy["resources"]} if "resources" in strategy else {}
        read |= {"shape": [(p["utilization"], p["score"]) for p in ratio["shape"]]} if "shape" in ratio else {}
    if _are_mappings(read.get("resources")):
        read["resources"] = [(resource["name"], resource.get("weight", 1)) for resource in read["resources"]]


def _balanced(read: dict[str, Any]) -> None:
    if _are_mappings(read.get("resources")):
        if any(resource.get("weight", 1) != 1 for resource in read["resources"]):
            raise ValueError("the weight of a resource must be 1")
        read["resources"] = [resource["name"] for resource in read["resources"]]


def _node_affinity(read: dict[str, Any]) -> None:
    if isinstance(read.get("added_affinity"), Mapping):
        read["added_affinity"] = _converted(node_affinity, "addedAffinity", read["added_affinity"])


def _spread(read: dict[str, Any]) -> None:
    if _are_mappings(read.get("default_constraints")):
        read["default_constraints"] = _converted(topology_spread, "defaultConstraints", read["default_constraints"])


def _converted(convert: Callable[[Field], T], name: str, written: Any) -> T:
    """What the converter of objects makes of a part that they have too."""
    findings = Findings()
    converted = convert(Field(written, Manifest({}, Document(name, {})), findings, (name,)))
    if findings.problems:
        raise ValueError("; ".join(f"{problem.path}: {problem.message}" for problem in findings.problems))
    return converted


_READERS: dict[str, Callable[[dict[str, Any]], None]] = {
    "NodeResourcesFit": _fit,
    "NodeResourcesBalancedAllocation": _balanced,
    "NodeAffinity": _node_affinity,
    "PodTopologySpread": _spread,
}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name)


def _are_mappings(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) > 0 and all(isinstance(item, Mapping) for item in value)


def _frozen(value: Any) -> Any:
    """Lists and mappings as tuples: plugins are values that can be compared and hashed."""
    if isinstance(value, Mapping):
        return tuple((key, _frozen(item)) for key, item in value.items())
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
