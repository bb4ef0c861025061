"""A change of an object that there is: for a policy of an experiment, and for `kubectl patch`."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.lint.application import Place, Workload
from models.input.patches import merge
from models.input.problems import Path
from models.manifests import Manifest

_BY_NAME = ("containers", "initContainers", "env", "volumes")
"""Lists whose items a strategic-merge patch finds by their names."""


@dataclass(frozen=True)
class Change:
    """A strategic-merge patch of one object."""

    manifest: Manifest
    """The object as it is."""
    merge: Mapping[str, Any]

    @classmethod
    def at(cls, manifest: Manifest, path: Path, value: Any) -> "Change":
        """Another value at a path of an object.

        Where a list is on the way whose items have no names, the whole list is given.
        """
        return cls(manifest, _merge(manifest.value, path, value))

    @classmethod
    def of_pods(cls, workload: Workload, spec: Mapping[str, Any]) -> "Change":
        """A change of the spec of a workload's pods."""
        return cls(workload.manifest, _below(workload.pod, dict(spec)))

    @classmethod
    def of_container(cls, workload: Workload, place: Place, fields: Mapping[str, Any]) -> "Change":
        """A change of one container of a workload's pods."""
        return cls.of_pods(workload, {str(place.path[-2]): [{"name": place.means.name, **fields}]})

    @property
    def changes_anything(self) -> bool:
        """Whether the object says something else with it."""
        return bool(merge(self.manifest.value, self.merge) != self.manifest.value)

    def as_policy(self) -> dict[str, Any]:
        """The change as an item of the `patches` of a policy."""
        of = self.manifest
        namespace = {"namespace": of.namespace} if of.namespace not in ("", "default") else {}
        return {"target": {"kind": of.kind, "name": of.name, **namespace}, "merge": copy.deepcopy(dict(self.merge))}

    def as_manifest(self) -> dict[str, Any]:
        """The change as `kubectl patch --patch-file` and kustomize take it: an object with nothing but what changes."""
        of = self.manifest
        namespace = {"namespace": of.namespace} if of.namespace not in ("", "default") else {}
        head = {"apiVersion": of.api_version, "kind": of.kind, "metadata": {"name": of.name, **namespace}}
        merged: dict[str, Any] = merge(head, self.merge)
        return copy.deepcopy(merged)


def _below(path: Path, value: Any) -> dict[str, Any]:
    for step in reversed(path):
        value = {step: value}
    return dict(value)


def _merge(written: Any, path: Path, value: Any) -> Any:
    """The strategic-merge patch that sets a value at a path below what is written."""
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
            return {step: [changed if i == rest[0] else one for i, one in enumerate(items)]}
    inner = written.get(step) if isinstance(written, dict) else None
    return {step: _merge(inner, rest, value)}
