"""The objects of an experiment: from files as far as they can be read, and the nodes of its pools."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from experiments.file.cluster import PoolFile
from experiments.file.files import located
from experiments.file.schema import SpecFile
from experiments.file.source import Source
from models.input import stdin
from models.input.documents import read_documents
from models.input.problems import InputError, Path, Problem
from models.manifests import Manifest, Manifests, read_manifests
from models.manifests.reading import files_below
from models.node import ARCH_LABEL, OS_LABEL, Node, Resources, Taint, TaintEffect
from models.node_pool import POOL_LABEL, PROVISIONING, NodePool

BETA_LABELS = {"beta.kubernetes.io/os": OS_LABEL, "beta.kubernetes.io/arch": ARCH_LABEL}
"""Old names that the node lifecycle controller still keeps equal to the new ones (labelReconcileInfo)."""


def node_pool(pool: PoolFile) -> NodePool:
    """The pool that a file describes."""
    size = pool.allocatable
    other = {"ephemeral-storage": size.ephemeral_storage, **(size.__pydantic_extra__ or {})}
    allocatable = Resources(size.cpu, size.memory, other)
    taints = tuple(Taint(taint.key, TaintEffect(taint.effect), taint.value) for taint in pool.taints)
    labels = {OS_LABEL: "linux", ARCH_LABEL: "amd64", POOL_LABEL: pool.name, **pool.labels}
    labels = {old: labels[new] for old, new in BETA_LABELS.items()} | labels
    return NodePool(
        pool.name,
        Node(pool.name, allocatable, size.pods, labels, taints),
        tuple(pool.zones),
        pool.count,
        pool.count if pool.min is None else pool.min,
        pool.count if pool.max is None else pool.max,
        pool.price or 0.0,
        PROVISIONING if pool.provisioning is None else pool.provisioning.value(),
    )


def pool_nodes(pool: NodePool) -> list[Node]:
    """The nodes of a pool at the start: `<name>-1`, `<name>-2`, ..., dealt over the zones in turn."""
    return [pool.node(number, pool.zone_of(number)) for number in range(1, pool.count + 1)]


@dataclass(frozen=True)
class ReadObjects:
    """Objects from files."""

    objects: tuple[Manifest, ...] = ()
    files: tuple[str, ...] = ()
    valid: bool = True
    """A cluster can be built of them."""
    complete: bool = True
    """No object is missing, so what is not among them does not exist."""
    warnings: tuple[Problem, ...] = ()


def base_files(spec: SpecFile, folder: str, source: Source, problems: list[Problem]) -> list[tuple[str, Path]]:
    """The files of every policy, and where the experiment names them."""
    if not spec.manifests and not any(problem.path.startswith("spec.manifests") for problem in problems):
        problems.append(source.problem(("spec", "manifests"), "expected at least one file or directory"))
    named: list[tuple[str, Path]] = [(file, ("spec", "manifests", i)) for i, file in enumerate(spec.manifests)]
    named += [(file, ("spec", "cluster", "nodes", i)) for i, file in enumerate(spec.cluster.nodes)]
    return [(located(folder, file), place) for file, place in named]


def read_objects(files: Sequence[tuple[str, Path]], source: Source, problems: list[Problem]) -> ReadObjects:
    """The objects of files; a file that is not there is a problem of the line that names it."""
    absent = {file: _absent(file, source) for file, _ in files}
    problems += [source.problem(place, absent[file]) for file, place in files if absent[file]]
    paths = [file for file, _ in files if not absent[file]]
    complete = len(paths) == len(files) > 0
    if not paths:
        return ReadObjects(valid=False, complete=False)
    try:
        came = any(map(stdin.is_stdin, paths))  # what comes by standard input has no stamp
        manifests = read_manifests(paths) if came else _manifests(tuple(paths), _stamps(paths))
    except InputError as error:
        problems += error.problems
        objects, readable = _as_far_as_readable(paths)
        return ReadObjects(objects, valid=False, complete=complete and readable)
    return ReadObjects(manifests.objects, manifests.files, complete, complete, manifests.warnings)


@lru_cache(maxsize=8)
def _manifests(paths: tuple[str, ...], stamps: tuple[object, ...]) -> Manifests:
    """What files hold: read once while they stay as they are, as the points of a sweep share them."""
    return read_manifests(paths)


def _stamps(paths: Iterable[str]) -> tuple[object, ...]:
    """What tells that files have changed."""
    stamps: list[object] = []
    for path in paths:
        for file in (path, *(files_below(path) if os.path.isdir(path) else ())):
            found = os.stat(file)
            stamps.append((file, found.st_mtime_ns, found.st_size, found.st_ino))
    return tuple(stamps)


def _absent(file: str, source: Source) -> str:
    """Why there is no such file; "" if there is one."""
    if not stdin.is_stdin(file):
        return "" if os.path.exists(file) else f"no such file or directory: {file}"
    taken = source.document.file == stdin.SHOWN
    return "the experiment itself is on stdin: give its manifests as files" if taken else ""


def _as_far_as_readable(paths: Iterable[str]) -> tuple[tuple[Manifest, ...], bool]:
    """The objects of files in which something is wrong, unchecked, and whether every file could be read."""
    objects: list[Manifest] = []
    complete = True
    for path in paths:
        documents, problems = read_documents(path)  # of a directory: none, and one problem
        complete = complete and not problems
        for document in documents:
            items = document.value.get("items") if isinstance(document.value, dict) else None
            values = items if isinstance(items, list) else [document.value]
            objects += [Manifest(value, document) for value in values if isinstance(value, dict)]
    return tuple(objects), complete
