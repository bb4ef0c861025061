"""A change of an object that there is: for a policy of an experiment, and for `kubectl patch`."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from experiments.lint.application import Place, Workload
from models.input.patches import json_merge, merge, set_at
from models.input.problems import Path, dotted
from models.manifests import Manifest

_BY_NAME = ("containers", "initContainers", "env", "volumes")
"""Lists whose items a strategic-merge patch finds by their names."""


@dataclass(frozen=True)
class Change:
    """A strategic-merge patch of one object; or another value at a `path` below a list whose items have no names.

    Such a path is about one item, where a patch can only give the whole list: changes of two items are then one on top
    of the other.
    """

    manifest: Manifest
    """The object as it is."""
    merge: Mapping[str, Any]
    path: Path = ()
    value: Any = None

    @classmethod
    def at(cls, manifest: Manifest, path: Path, value: Any) -> "Change":
        """Another value at a path of an object."""
        if any(isinstance(item, int) and of not in _BY_NAME for of, item in pairwise(path)):
            return cls(manifest, {}, path, value)
        return cls(manifest, _merge(manifest.value, path, value))

    @classmethod
    def of_pods(cls, workload: Workload, spec: Mapping[str, Any]) -> "Change":
        """A change of the spec of a workload's pods."""
        return cls(workload.manifest, _below(workload.pod, dict(spec)))

    @classmethod
    def of_container(cls, workload: Workload, place: Place, fields: Mapping[str, Any]) -> "Change":
        """A change of one container of a workload's pods."""
        return cls.of_pods(workload, {str(place.path[-2]): [{"name": place.means.name, **fields}]})

    def as_policy(self) -> dict[str, Any]:
        """The change as an item of the `patches` of a policy."""
        of = self.manifest
        namespace = {"namespace": of.namespace} if of.namespace not in ("", "default") else {}
        how = {"set": {dotted(self.path): self.value}} if self.path else {"merge": dict(self.merge)}
        return copy.deepcopy({"target": {"kind": of.kind, "name": of.name, **namespace}, **how})

    def as_patch(self, written: Any) -> dict[str, Any]:
        """The strategic-merge patch that makes the change of the object, which says `written` by now."""
        return dict(_merge(written, self.path, self.value) if self.path else self.merge)

    def on(self, written: Any) -> Any:
        """What the object then says, which says `written` by now."""
        if not self.path:
            return merge(written, self.merge)
        changed = copy.deepcopy(written)
        set_at(changed, self.path, self.value)
        return changed


def as_manifests(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    """Changes as `kubectl patch --patch-file` and kustomize take them, each on top of those before it.

    Each is an object with nothing but what changes.
    """
    by_now: dict[tuple[str, str, str], Any] = {}
    for change in changes:
        of = change.manifest
        key = of.kind, of.namespace, of.name
        written = by_now.get(key, of.value)
        namespace = {"namespace": of.namespace} if of.namespace not in ("", "default") else {}
        head = {"apiVersion": of.api_version, "kind": of.kind, "metadata": {"name": of.name, **namespace}}
        yield copy.deepcopy(json_merge(head, change.as_patch(written)))
        by_now[key] = change.on(written)


def _below(path: Path, value: Any) -> dict[str, Any]:
    for step in reversed(path):
        value = {step: value}
    return dict(value)


def _merge(written: Any, path: Path, value: Any, field: str = "") -> Any:
    """The strategic-merge patch that sets a value at a path below what is written, which stands in a `field`."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, str) and rest and isinstance(rest[0], int):
        items = written.get(step) if isinstance(written, dict) else None
        if isinstance(items, list) and rest[0] < len(items):
            item = items[rest[0]]
            if step in _BY_NAME:
                return {step: [{"name": item["name"], **_merge(item, rest[1:], value)}]}
            changed = merge(item, _merge(item, rest[1:], value)) if rest[1:] else value
            whole = [changed if i == rest[0] else one for i, one in enumerate(items)]
            if merge({step: items}, {step: whole}, field=field) != {step: whole}:  # told apart by what is another now
                whole = [*({**one, "$patch": "delete"} for one in items), *whole]
            return {step: whole}
    inner = written.get(step) if isinstance(written, dict) else None
    return {step: _merge(inner, rest, value, str(step))}
