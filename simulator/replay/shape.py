"""What a recording looks like: recording.yaml, and what does not agree with it."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path as FilePath

from models.input.documents import Document, load_documents
from models.input.problems import Path, Problem, did_you_mean, shown
from models.manifests.schema import Shape


@cache
def _shapes() -> tuple[Shape, tuple[str, ...]]:
    """(what a recording and each action look like, the names of the actions)."""
    (document,) = load_documents(FilePath(__file__).with_name("recording.yaml"))
    definitions, actions = document.value["definitions"], document.value["actions"]
    every = definitions["action"]
    for name, action in actions.items():
        definitions[name] = {
            "type": "object",
            "required": [*every["required"], *action.get("required", ())],
            "properties": {**every["properties"], **action.get("properties", {})},
            "additionalProperties": False,
        }
    return Shape(definitions), tuple(actions)


def problems_of(document: Document, name: str, value: object, at: Path = ()) -> Iterator[Problem]:
    """Where the value at a place of the document is not what recording.yaml says under this name."""
    for path, message, at_key in _shapes()[0].errors(name, value):
        yield (document.problem_at_key if at_key else document.problem)((*at, *path), message)


def shape_problems(document: Document) -> Iterator[Problem]:
    """Where the document does not look like a recording."""
    yield from problems_of(document, "recording", document.value)
    actions = document.value.get("actions") if isinstance(document.value, dict) else None
    for i, action in enumerate(actions if isinstance(actions, list) else ()):
        if any(problems_of(document, "action", action)):
            continue
        do, known = action["do"], _shapes()[1]
        if do in known:
            yield from problems_of(document, do, action, ("actions", i))
        else:
            message = f"unknown action {shown(do)}; expected one of {', '.join(known)}{did_you_mean(do, known)}"
            yield document.problem(("actions", i, "do"), message)
