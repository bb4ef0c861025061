"""What is given on a command line: files and directories, told apart into experiments and manifests."""

import os
from collections.abc import Iterable

from experiments.experiment import Experiment
from experiments.file.document import is_experiment
from experiments.preflight.first import first_experiment
from models.input.documents import read_documents
from models.input.stdin import is_stdin

_ENDINGS = (".yaml", ".yml", ".json")


def experiment_at(path: str, settings: Iterable[str] = ()) -> Experiment:
    """The experiment of a file; of plain manifests on stdin, the one that `init` writes about them.

    Raises InputError.
    """
    if is_stdin(path) and not told_apart([path])[0]:
        return Experiment.from_yaml("<init ->", settings, text=first_experiment([path], [path], path))
    return Experiment.from_yaml(path, settings)


def told_apart(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """(experiment files, files and directories of manifests), in order; what is neither is among the manifests."""
    experiments, manifests = list[str](), list[str]()
    for path in paths:
        files = _files(path)
        found = [file for file in files if _is_experiment(file)]
        experiments += found
        if not found:
            manifests.append(path)
        elif os.path.isdir(path):
            manifests += [file for file in files if file not in found and _has_objects(file)]
    return experiments, manifests


def _files(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    files = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [os.path.join(folder, name) for name in names if name.endswith(_ENDINGS) and name[0] != "."]
    return sorted(files)


def _is_experiment(file: str) -> bool:
    return any(map(is_experiment, read_documents(file)[0]))


def _has_objects(file: str) -> bool:
    documents, problems = read_documents(file)
    return bool(problems) or any(
        isinstance(d.value, dict) and {"apiVersion", "kind"} & d.value.keys() for d in documents
    )
