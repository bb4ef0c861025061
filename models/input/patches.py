"""Patches: small changes to documents that stay as they are on disk.

A path addresses one value in a document: `spec.template.spec.containers[server].resources.requests.cpu`. Names are
separated by dots; brackets pick the item of a list by its name (or `topologyKey`, `containerPort`, ...; or by its
index), and any key of a mapping literally: `metadata.labels[app.kubernetes.io/name]`.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from models.input.problems import did_you_mean

Document = dict[str, Any]
Step = str | int

_NAME = re.compile(r"[^.\[\]]+")
_BRACKET = re.compile(r"""\[(["']?)([^\[\]"']+)\1\]""")

_NAMING = ("name", "service", "topologyKey", "containerPort", "port", "mountPath", "key")
"""The fields by which `[...]` finds an item of a list, in this order."""

_MERGE_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
"""The `patchMergeKey`s of the Kubernetes API types, as far as a simulation reads the fields."""

_ABSENT = object()


class PatchError(ValueError):
    """A patch that cannot be applied; the message says why and what there is instead."""


def parse_path(text: str) -> tuple[str, ...]:
    """Split a path into steps; a bracketed step keeps its opening bracket, so that it is told from a plain name."""
    steps: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            match = _BRACKET.match(text, at)
            step = match and "[" + match.group(2)
        else:
            at += 1 if text[at] == "." and steps else 0
            match = _NAME.match(text, at)
            step = match and match.group()
        if not match or not step:
            raise PatchError(f"cannot read the path {text!r} at character {at + 1}; expected like a.b[name].c")
        steps.append(step)
        at = match.end()
    if not steps:
        raise PatchError("the path is empty")
    return tuple(steps)


def set_path(document: Document, path: str, value: Any) -> tuple[Step, ...]:
    """Set one value in place (None removes it) and return its location; mappings on the way are made if absent."""
    place = locate(document, path)
    set_at(document, place, value)
    return place


def locate(document: Mapping[str, Any], path: str) -> tuple[Step, ...]:
    """The location of what a path addresses, which need not be there yet: keys, and indices of lists."""
    place: list[Step] = []
    node: Any = document
    for step in parse_path(path):
        key = _key_of(node, step, path)
        place.append(key)
        node = node[key] if isinstance(node, list) or node.get(key) is not None else {}
    return tuple(place)


def set_at(document: Document, place: Sequence[Step], value: Any) -> None:
    """Set one value at a location that `set_path` returned, whatever items of lists are called now; None removes it."""
    *before, last = place
    node: Any = document
    for step in before:
        if isinstance(node, dict) and node.get(step) is None:
            node[step] = {}
        node = node[step]
    if value is None and isinstance(node, dict):
        node.pop(last, None)
    else:
        node[last] = value


def _key_of(node: Any, step: str, path: str) -> Step:
    """Find the key or index in `node` that `step` means."""
    name = step.removeprefix("[")
    if isinstance(node, dict):
        return name
    if isinstance(node, list):
        if not step.startswith("["):
            raise PatchError(f"{path}: there is a list before {name!r}; pick an item like [{_names(node)[0]}]")
        for field in _NAMING:
            for index, item in enumerate(node):
                if isinstance(item, dict) and field in item and str(item[field]) == name:
                    return index
        if name.isdecimal() and int(name) < len(node):
            return int(name)
        names = _names(node)
        raise PatchError(f"{path}: no item {name!r}; there is {', '.join(map(repr, names))}{did_you_mean(name, names)}")
    raise PatchError(f"{path}: nothing can be set under {name!r}, there is the value {node!r} before it")


def _names(items: Sequence[Any]) -> list[str]:
    """List what `[...]` may say for each item."""
    return [
        next((str(item[f]) for f in _NAMING if f in item), str(i)) if isinstance(item, dict) else str(i)
        for i, item in enumerate(items)
    ] or ["name"]


def merge(original: Any, patch: Any, *, field: str = "", parent: str = "") -> Any:
    """Return `original` changed by a strategic-merge patch.

    Mappings are merged key by key and `null` removes a key. Lists whose items have a merge key (containers, env,
    volumes, ports, topologySpreadConstraints) are merged item by item, `$patch: delete` removes an item, items that
    are new come last. All other lists and values are replaced.
    """
    if isinstance(patch, dict):
        merged = dict(original) if isinstance(original, dict) else {}
        for key, value in patch.items():
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = merge(merged.get(key), value, field=key, parent=field)
        return merged
    keys = _merge_keys(field, parent)
    if isinstance(patch, list) and keys:
        return _merge_items(original if isinstance(original, list) else [], patch, keys, field)
    return copy.deepcopy(patch)


def _merge_keys(field: str, parent: str) -> tuple[str, ...]:
    if field == "ports":
        return ("port",) if parent == "spec" else ("containerPort",)
    return _MERGE_KEYS.get(field, ())


def _merge_items(original: list[Any], patch: list[Any], keys: tuple[str, ...], field: str) -> list[Any]:
    merged = list(original)
    for item in patch:
        if not isinstance(item, dict) or any(key not in item for key in keys):
            raise PatchError(f"every item to merge into {field} needs its {' and '.join(keys)}")
        identity = [item[key] for key in keys]
        index = next(
            (i for i, old in enumerate(merged) if isinstance(old, dict) and [old.get(k) for k in keys] == identity),
            len(merged),
        )
        if item.get("$patch") == "delete":
            del merged[index : index + 1]
        else:
            merged[index : index + 1] = [
                merge(merged[index] if index < len(merged) else None, item, field=f"{field}[]", parent=field)
            ]
    return merged


def json_merge(original: Any, patch: Any) -> Any:
    """The original with a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(original) if isinstance(original, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = json_merge(merged.get(key), value)
    return merged
