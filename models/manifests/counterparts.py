"""What manifests say that has no counterpart in another control plane than Kubernetes: the reviewed lists.

The list of a control plane is models/schemas/counterparts/NAME.yaml, written as that of the fields that are not read
(models/schemas/fields.yaml): a field as accounts call it, without brackets, or a kind, and what the answer is for want
of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path as File
from typing import Any

from models.input.documents import load_documents
from models.input.problems import Path
from models.manifests.account import Named, describe, in_order
from models.manifests.fields import Review, review
from models.manifests.manifest import Manifest

NO_COUNTERPART = "no counterpart in"
"""What begins the reason of all that is named here."""


def without_counterpart(objects: Iterable[Manifest], control_plane: str) -> tuple[Named, ...]:
    """What each of the objects says that the control plane of this name has no counterpart for, and where it does."""
    reviews = _reviews(control_plane)
    found: dict[str, Named] = {}
    for manifest in objects:
        where = f"{manifest.kind}/{'' if manifest.namespace == 'default' else f'{manifest.namespace}/'}{manifest.name}"
        for path, field, said in _said(manifest, reviews):
            assert said.effect is not None
            name = where if field == manifest.kind else f"{field} of {where}"
            count = found[name].count + 1 if name in found else 1
            first = found[name].first if name in found else manifest.where(path)
            why = f"{NO_COUNTERPART} {control_plane}"
            found[name] = Named(name, said.effect, said.sentence, count, first, why)
    return in_order(found.values())


def _said(manifest: Manifest, reviews: Mapping[str, Review]) -> Iterator[tuple[Path, str, Review]]:
    if manifest.kind in reviews:
        yield (), manifest.kind, reviews[manifest.kind]
        return
    for path, value, beside in _fields(manifest.value, ()):
        field = describe(manifest, tuple(step for step in path if isinstance(step, str)))
        said = reviews.get(field)
        if said is not None and not said.is_void(value, beside):
            yield path, field, said


def _fields(value: Any, path: Path) -> Iterator[tuple[Path, Any, Mapping[str, Any]]]:
    """Every field below a value: its path, what it says, and the mapping that it stands in; of lists each item."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(item, list) and item and isinstance(item[0], dict)):
                yield (*path, key), item, value
            yield from _fields(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, dict):
                yield (*path, number), item, {}
            yield from _fields(item, (*path, number))


@cache
def _reviews(control_plane: str) -> dict[str, Review]:
    (document,) = load_documents(File(__file__).parents[1] / "schemas" / "counterparts" / f"{control_plane}.yaml")
    return {field: review(entry) for field, entry in document.value.items()}
