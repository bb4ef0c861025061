"""What is simulated at a point, as content ids: they are known before the point is made.

A cell depends on what the file says of its policy at the point, on what is in the files that this names, and on the
version. So points that come to the same share their cells, in one sweep and among all sweeps of a folder.
"""

import copy
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from experiments.design.sweep import Point, Sweep
from experiments.file.axes import places
from experiments.file.files import located, naming
from experiments.store.files import digest, sha256
from experiments.store.manifest import SCHEMA_VERSION
from models.input.patches import set_at
from models.manifests.reading import files_below

NOT_SIMULATED = ("sweep", "uncertain", "replications", "precision", "confidence", "objectives", "search", "policies")
"""What changes no cell; policies are taken one by one."""


class PointKeys:
    """The content ids of the cells of a sweep, but for their replication."""

    def __init__(self, spec: Mapping[str, Any], sweep: Sweep, folder: str, inputs: Iterable[Path] = ()) -> None:
        """`spec` as the file says it, its files relative to `folder`; those of `inputs` are as they are now."""
        self._document = {"spec": copy.deepcopy(dict(spec))}
        self._places = places(self._document, sweep)
        self._folder = folder
        self._inputs = {path: sha256(path) for path in inputs}
        self._sha: dict[str, list[str]] = {}
        self._base = [SCHEMA_VERSION, _version()]

    def at(self, point: Point, policies: Sequence[str]) -> dict[str, str]:
        """Policy -> content id of what is simulated under it at a point."""
        for place, value in zip(self._places, point.values, strict=True):
            set_at(self._document, place, copy.copy(value))
        spec = self._document["spec"]
        told = {of["name"]: of for of in spec.get("policies") or ()}
        common = {name: value for name, value in spec.items() if name not in NOT_SIMULATED}
        text = self._text(self._base, common)
        if spec.get("services") is None:  # then what is measured depends on every policy
            text += self._text([], {"policies": spec.get("policies")})
        return {policy: digest(text + self._text([], {"policies": _lineage(policy, told)})) for policy in policies}

    def _text(self, beside: Sequence[Any], spec: Mapping[str, Any]) -> str:
        """A part of the experiment, with what is in files instead of their names."""
        named = [(owner, field, owner[field]) for owner, field in naming({"spec": spec})]
        for owner, field, names in named:
            owner[field] = [
                each for name in (names if isinstance(names, list) else [names]) for each in self._files(name)
            ]
        try:
            return json.dumps([*beside, spec], sort_keys=True, default=str)
        finally:
            for owner, field, names in named:
                owner[field] = names

    def _files(self, name: Any) -> list[Any]:
        """The checksums of a file, or of all files of a directory; what is no name as it is."""
        if not isinstance(name, str):
            return [name]
        path = located(self._folder, name)
        if path not in self._sha:
            files = map(Path, files_below(path) if os.path.isdir(path) else [path])
            self._sha[path] = [self._inputs.get(file) or sha256(file) or str(file) for file in files]
        return self._sha[path]


@cache
def _version() -> str:
    """Looked up once: it is read from a file, and these keys are made anew at every point."""
    return metadata.version("kubenines")


def _lineage(policy: str, told: Mapping[str, Any]) -> list[Any]:
    """A policy and all that it extends."""
    lineage, new = [policy], [policy]
    while new:
        parents = [name for each in new for name in (told.get(each) or {}).get("extends") or ()]
        new = [name for name in parents if name not in lineage]
        lineage += new
    return [told.get(name, name) for name in lineage]
