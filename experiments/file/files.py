"""The files that an experiment names: manifests, nodes, what policies add, traces of rates, logs of outages."""

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from experiments.file.settings import from_top
from models.input.patches import parse_path, set_path
from models.input.stdin import is_stdin


def located(folder: str, named: str) -> str:
    """The path of a file that an experiment in a folder names; standard input is where it is."""
    return named if is_stdin(named) else os.path.normpath(os.path.join(folder, named))


_NAMED_BY = ("manifests", "nodes", "add", "path")
"""The fields that name files."""


def axis_names_files(axis: Mapping[str, Any]) -> bool:
    """Whether values of an axis, as the file has it, may name files: by where they stand, or by what is in them."""
    values = axis.get("values") or ()
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return any(step in _NAMED_BY for step in parse_path(axis["path"])[-2:]) or any(isinstance(i, dict) for i in items)


def named_files(experiment: Any) -> list[str]:
    """The files and directories that an experiment (plain values, right or wrong) names, those of axes aside."""
    return [
        name
        for owner, field in naming(experiment)
        for name in (owner[field] if isinstance(owner[field], list) else [owner[field]])
        if isinstance(name, str)
    ]


def with_files(experiment: Any, called: Callable[[str], list[str]]) -> Any:
    """A copy of an experiment (plain values) in which each file, or directory, has the names that it is `called`."""
    changed = _called(experiment, called)
    spec = changed.get("spec", {})
    for axis in (*(spec.get("sweep") or {}).get("axes", ()), *spec.get("uncertain", ())):
        if axis_names_files(axis):
            axis["values"] = [_in_place(experiment, axis["path"], value, called) for value in axis.get("values") or ()]
    return changed


def _in_place(experiment: Any, path: str, value: Any, called: Callable[[str], list[str]]) -> Any:
    """A value of an axis with its files as they are called: its place in the experiment tells which it names."""
    at = copy.deepcopy(experiment)
    place = set_path(at, from_top(path), copy.deepcopy(value))
    found: Any = _called(at, called)
    for step in place:
        found = found.get(step) if isinstance(found, dict) else found[step]
    return found


def _called(experiment: Any, called: Callable[[str], list[str]]) -> Any:
    changed = copy.deepcopy(experiment)
    for owner, field in naming(changed):
        if isinstance(owner[field], list):
            owner[field] = [
                name for named in owner[field] for name in (called(named) if isinstance(named, str) else [named])
            ]
        else:
            (owner[field],) = called(owner[field])
    return changed


def naming(experiment: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """(mapping, field): where files are named, by a text or a list."""
    spec = experiment.get("spec", {})
    policies = _mappings(spec.get("policies"))
    owners = [spec, *policies]
    places = [(spec, "manifests"), *((cluster, "nodes") for cluster in _mappings([spec.get("cluster")]))]
    places += [(policy, "add") for policy in policies]
    traffic = [one for owner in owners for one in _mappings(owner.get("traffic"))]
    places += [(rate, "path") for rate in _mappings([one.get("rate") for one in traffic])]
    places += [(failure, "path") for owner in owners for failure in _mappings(owner.get("failures"))]
    yield from ((owner, field) for owner, field in places if isinstance(owner.get(field), str | list))


def _mappings(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list | tuple) else []
