"""What is simulated at a point, as content ids: they are known before the point is made.

A cell depends on what the file says of its policy at the point, on the contents of every file that is read, and on the
version. So points that come to the same share their cells, in one sweep and among all sweeps of a folder.
"""

import copy
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from experiments.design.sweep import Point, Sweep
from experiments.file.files import located, names_files
from experiments.file.settings import from_top
from experiments.store.files import digest, sha256
from experiments.store.manifest import SCHEMA_VERSION
from models.input.patches import set_path
from models.input.stdin import is_stdin
from models.manifests.reading import files_below

NOT_SIMULATED = ("sweep", "uncertain", "replications", "precision", "confidence", "objectives", "search", "policies")
"""What changes no cell; policies are taken one by one."""


class PointKeys:
    """The content ids of the cells of a sweep, but for their replication."""

    def __init__(self, spec: Mapping[str, Any], sweep: Sweep, folder: str, inputs: Iterable[Path]) -> None:
        """`spec` as the file says it, its files relative to `folder`; `inputs` are those that it reads by itself."""
        self._document = {"spec": copy.deepcopy(dict(spec))}
        self._folder = folder
        self._paths = [from_top(axis.path) for axis in sweep.axes]
        self._of_files = [names_files(axis.path) for axis in sweep.axes]
        self._sha: dict[str, str] = {}
        self._base = [SCHEMA_VERSION, metadata.version("kubenines"), sorted(sha256(path) for path in inputs)]

    def at(self, point: Point, policies: Sequence[str]) -> dict[str, str]:
        """Policy -> content id of what is simulated under it at a point."""
        for path, value in zip(self._paths, point.values, strict=True):
            set_path(self._document, path, copy.copy(value))
        spec = self._document["spec"]
        told = {of["name"]: of for of in spec.get("policies") or ()}
        common = {name: value for name, value in spec.items() if name not in NOT_SIMULATED}
        files = [
            self._contents(name)
            for value, of_files in zip(point.values, self._of_files, strict=True)
            if of_files
            for name in (value if isinstance(value, list) else [value])
        ]
        text = json.dumps([self._base, files, common], sort_keys=True, default=str)
        if spec.get("services") is None:  # then what is measured depends on every policy
            text += json.dumps(spec.get("policies"), sort_keys=True, default=str)
        return {policy: digest(text + _lineage(policy, told)) for policy in policies}

    def _contents(self, name: Any) -> str:
        """The checksum of a file, or of all files of a directory, that a value names; "" of what is no file."""
        path = located(self._folder, str(name))
        if path not in self._sha:
            files = files_below(path) if os.path.isdir(path) else [path]
            self._sha[path] = digest("".join(sha256(Path(file)) for file in files if not is_stdin(file)))
        return self._sha[path]


def _lineage(policy: str, told: Mapping[str, Any]) -> str:
    """A policy and all that it extends, as text."""
    lineage, new = [policy], [policy]
    while new:
        parents = [name for each in new for name in (told.get(each) or {}).get("extends") or ()]
        new = [name for name in parents if name not in lineage]
        lineage += new
    return json.dumps([told.get(name, name) for name in lineage], sort_keys=True, default=str)
