"""From files to manifests."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.input.documents import Document, file_name, read_documents
from models.input.problems import InputError, Location, Path, Problem, nearest, shown
from models.input.stdin import is_stdin
from models.manifests.cluster import build_cluster
from models.manifests.manifest import Manifest

_ENDINGS = (".yaml", ".yml", ".json")
_MAX_PROBLEMS = 100
_KUSTOMIZATION = ("kustomization.yaml", "kustomization.yml")
_CHART = "Chart.yaml"
_HOOK = "helm.sh/hook"


@dataclass(frozen=True, slots=True)
class Manifests:
    """What the files hold: every object, also those of kinds without a model, in the order read."""

    objects: tuple[Manifest, ...]
    files: tuple[str, ...]
    """Every file read, in order."""
    warnings: tuple[Problem, ...] = ()
    """What is legal but odd, seen from these objects alone."""


def read_manifests(paths: Sequence[str | os.PathLike[str]]) -> Manifests:
    """The objects of the given files, directories (*.yaml, *.yml, *.json below them, sorted) and "-" (stdin).

    Everything is read and checked; raises InputError with all problems of all files.
    """
    reading = _Reading.of(paths)
    warnings: tuple[Problem, ...] = ()
    try:
        warnings = build_cluster(reading.objects).warnings
    except InputError as error:
        reading.problems.extend(error.problems)
    if reading.problems:
        raise InputError(reading.problems)
    return Manifests(tuple(reading.objects), tuple(reading.files), (*reading.warnings, *warnings))


def read_objects(paths: Sequence[str | os.PathLike[str]]) -> Manifests:
    """The objects as they are written, from the same places as `read_manifests`: whether they are right is not asked.

    Raises InputError for what cannot be read, or is no object.
    """
    reading = _Reading.of(paths)
    if reading.problems:
        raise InputError(reading.problems)
    return Manifests(tuple(reading.objects), tuple(reading.files), tuple(reading.warnings))


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self.objects: list[Manifest] = []
        self.files: list[str] = []
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    @classmethod
    def of(cls, paths: Sequence[str | os.PathLike[str]]) -> "_Reading":
        """All that stands in the given places."""
        reading = cls()
        for path in paths:
            reading.read(os.fspath(path))
        return reading

    def read(self, path: str) -> None:
        """A file, a directory or "-"."""
        if is_stdin(path) or not os.path.isdir(path):
            self.read_file(path)
            return
        before = len(self.objects), len(self.problems)
        for file in files_below(path):
            self.read_file(file, in_directory=True)
        if before == (len(self.objects), len(self.problems)):
            message = f"no Kubernetes object in the files below it that end in {', '.join(_ENDINGS)}"
            self.problems.append(Problem(Location(path), "", message))

    def read_file(self, file: str, *, in_directory: bool = False) -> None:
        """One file. Beside manifests, directories may hold other files (values.yaml): these are left out."""
        documents, problems = read_documents(file)
        self.files.append(file)
        self.problems += problems
        if not documents and not problems and not in_directory:
            self.problems.append(Problem(Location(file_name(file)), "", "the file is empty: no YAML document in it"))
        most = len(self.problems) + _MAX_PROBLEMS
        for document in documents:
            self.warnings += document.warnings
            if len(self.problems) == most:
                self.problems.append(document.problem((), "too many problems: giving up on this file"))
                return
            is_mapping = isinstance(document.value, dict)
            named = is_mapping and document.value.keys() & {"apiVersion", "kind"}
            if not named and os.path.basename(file) in _KUSTOMIZATION:  # kustomize does without apiVersion and kind
                (self.warnings if in_directory else self.problems).append(document.problem((), _build_first(file)))
            elif not named and in_directory:
                message = "not a Kubernetes object (it has neither apiVersion nor kind): left out"
                self.warnings.append(document.problem((), message))
            else:
                self.add(document.value, document, ())

    def add(self, value: object, document: Document, path: Path) -> None:
        """The object, or the items of a List (also the output of `kubectl get -o yaml`)."""
        if not isinstance(value, dict):
            expected = "expected a Kubernetes object (a mapping with apiVersion and kind)"
            self.problems.append(document.problem(path, f"{expected}, got {shown(value)}"))
            return
        if os.path.basename(document.file) == _CHART and "kind" not in value and not path:
            self.problems.append(document.problem((), _render_first(document.file)))
            return
        missing = [key for key in ("apiVersion", "kind") if not (isinstance(value.get(key), str) and value[key])]
        if len(missing) == 2 and not value.keys() & set(missing):
            self.problems.append(document.problem(path, "not a Kubernetes object: apiVersion and kind are missing"))
            return
        for key in missing:
            wrong = (
                f"expected text, got {shown(value[key])}" if value.get(key) is not None else "required value is missing"
            )
            written = nearest(key, value.keys() - {key})
            hint = f"; misspelt as '{written}'?" if written is not None else ""
            self.problems.append(document.problem((*path, key), wrong + hint))
        if missing:
            return
        if value["kind"].endswith("List") and isinstance(value.get("items", []), list | None):
            for i, item in enumerate(value.get("items") or ()):
                if isinstance(item, dict) and value["kind"] != "List":  # items of a typed list may leave out their type
                    item = {"apiVersion": value["apiVersion"], "kind": value["kind"].removesuffix("List"), **item}
                self.add(item, document, (*path, "items", i))
            return
        if value["apiVersion"].startswith("kustomize.config.k8s.io/"):
            self.warnings.append(document.problem(path, _build_first(document.file)))
        if (hook := _hook(value)) is not None:
            message = (
                f"a hook of Helm ({hook}): here it is there like all else; `helm template --no-hooks` leaves them out"
            )
            self.warnings.append(document.problem((*path, "metadata", "annotations", _HOOK), message))
        self.objects.append(Manifest(value, document, path))


def _hook(value: dict[str, Any]) -> str | None:
    """When Helm makes an object that is a hook: "pre-install,pre-upgrade"; None of any other object."""
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    hook = annotations.get(_HOOK) if isinstance(annotations, dict) else None
    return hook if isinstance(hook, str) else None


def _render_first(file: str) -> str:
    """What to do with a Helm chart, once for its directory."""
    command = f"helm template {shlex.quote(os.path.dirname(file) or '.')}"
    return f"this is a Helm chart, which is not rendered here: run `{command} > app.yaml` and give app.yaml instead"


def _build_first(file: str) -> str:
    """What to do with a kustomization, once for its directory."""
    command = f"kubectl kustomize {shlex.quote(os.path.dirname(file) or '.')} > app.yaml"
    return f"this is a kustomization, which is not applied here: run `{command}` and give app.yaml instead"


def files_below(folder: str) -> list[str]:
    """The files of manifests in the folder and those in it, hidden ones left out, in a stable order."""
    paths = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [os.path.join(parent, name) for name in names if name.endswith(_ENDINGS) and name[0] != "."]
    return sorted(paths)
