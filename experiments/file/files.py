"""The files that an experiment names: manifests, nodes, what policies add, traces of rates, logs of outages."""

import copy
import os
from collections.abc import Callable
from typing import Any

from models.input.patches import parse_path
from models.input.stdin import is_stdin


def located(folder: str, named: str) -> str:
    """The path of a file that an experiment in a folder names; standard input is where it is."""
    return named if is_stdin(named) else os.path.normpath(os.path.join(folder, named))


NAMED_BY = ("manifests", "nodes", "add", "path")
"""The fields that name files."""


def names_files(path: str) -> bool:
    """Whether what stands at a path of the file are names of files."""
    return any(step in NAMED_BY for step in parse_path(path)[-2:])


def with_files(experiment: Any, called: Callable[[str], list[str]]) -> Any:
    """A copy of an experiment (plain values) in which each file, or directory, has the names that it is `called`."""
    changed = copy.deepcopy(experiment)
    spec = changed.get("spec", {})
    policies = spec.get("policies", ())
    lists = [(spec, "manifests"), (spec.get("cluster", {}), "nodes"), *((policy, "add") for policy in policies)]
    for owner, field in lists:
        if field in owner:
            owner[field] = [
                name for named in owner[field] for name in (called(named) if isinstance(named, str) else [named])
            ]
    for traffic in (traffic for owner in (spec, *policies) for traffic in owner.get("traffic", ())):
        if "path" in traffic["rate"]:
            (traffic["rate"]["path"],) = called(traffic["rate"]["path"])
    for failure in (failure for owner in (spec, *policies) for failure in owner.get("failures", ())):
        if isinstance(failure, dict) and failure.get("path") is not None:
            (failure["path"],) = called(failure["path"])
    for axis in (*(spec.get("sweep") or {}).get("axes", ()), *spec.get("uncertain", ())):
        if names_files(axis["path"]):
            axis["values"] = [_called(value, called) for value in axis.get("values") or ()]
    return changed


def _called(value: Any, called: Callable[[str], list[str]]) -> Any:
    """A value of an axis with files in it, a name or a list of names, with the names that they are called."""
    if isinstance(value, list):
        return [name for each in value for name in (called(each) if isinstance(each, str) else [each])]
    names = called(value) if isinstance(value, str) else [value]
    return names[0] if len(names) == 1 else names
