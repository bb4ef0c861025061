"""The document of an experiment file: there is one, and it means to be an experiment."""

import os
import shlex

from models.input.documents import Document, file_name, parse_documents, read_documents
from models.input.problems import InputError, Location, Problem


def is_experiment(document: Document) -> bool:
    """Whether a document means to be an experiment file, of any version, or with its apiVersion misspelt or left out.

    Other kinds Experiment have a domain in their apiVersion.
    """
    value = document.value
    if not isinstance(value, dict):
        return False
    version = str(value.get("apiVersion", ""))
    return version.startswith("kubenines/") or (value.get("kind") == "Experiment" and "." not in version)


def load_experiment(path: str | os.PathLike[str], text: str | None = None) -> tuple[Document, list[Problem]]:
    """The one document of an experiment file, and what is wrong with its YAML; raises InputError if there is none.

    With `text` the file is not read: it says that.

    Equal keys, which are only odd in a manifest, are wrong here: people write these files, and can mend them.
    """
    documents, problems = (
        read_documents(path, y_is_text=True)
        if text is None
        else (parse_documents(text, file_name(path), y_is_text=True), [])
    )
    if os.path.isdir(path):
        message = f"this is a directory; expected an experiment file{_init(path)}"
        raise InputError([Problem(Location(file_name(path)), "", message)])
    if not documents:
        raise InputError(problems or [Problem(Location(file_name(path)), "", "the file is empty")])
    value = documents[0].value
    if (
        isinstance(value, dict)
        and "kind" in value
        and not is_experiment(documents[0])
        and value["kind"] != "Experiment"
    ):
        expected = "expected an experiment (apiVersion: kubenines/v1, kind: Experiment)"
        message = f"this is a {value['kind']}; {expected}{_init(path)}"
        raise InputError([*problems, documents[0].problem((), message)])
    problems += [document.problem((), "expected one document in an experiment file") for document in documents[1:]]
    return documents[0], [*problems, *documents[0].warnings]


def _init(path: str | os.PathLike[str]) -> str:
    """What makes an experiment of manifests, as an ending of a message."""
    return f"; `kubenines init {shlex.quote(os.fspath(path))}` writes one about manifests"
