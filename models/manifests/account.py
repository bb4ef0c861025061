"""An account of what manifests say: each field acts in the model, cannot matter, or is named."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from models.input.problems import Location, Path, dotted
from models.manifests.fields import UNREVIEWED, Effect, Place, Review, review_of_kind, root
from models.manifests.manifest import WITHDRAWN, Manifest, Reads

_EFFECTS = list(Effect)


@dataclass(frozen=True, slots=True)
class Named:
    """Something that manifests say, that may matter, and that the model does not read."""

    field: str
    """Kind and path, as "Pod spec.volumes[].nfs" (whatever makes the pods); a kind alone if none of it is read."""
    effect: Effect
    """What the answer is for want of it."""
    sentence: str
    """What Kubernetes does with it, and the model does not."""
    count: int
    """How often it is written."""
    first: Location
    """Where it is written first."""

    def __str__(self) -> str:
        return f"{self.first}: {self.field} ({self.count}): {self.effect}: {self.sentence}"


class Fate(NamedTuple):
    """What becomes of one field of one object."""

    path: Path
    review: Review | None
    """None: it acts."""
    void: bool
    """The review names it, but this value has no effect."""


Given = frozenset[tuple[str, str, str]]
"""(kind, namespace, name) of every object of the input."""


def fates(manifest: Manifest, reads: Reads, given: Given) -> Iterator[Fate]:
    """What becomes of each field of an object, of which converters have read what `reads` has."""
    place = root(manifest.api_version, manifest.kind)
    return _Walk(manifest.namespace, given).mapping(manifest.value, reads, place, ())


class _Walk(NamedTuple):
    namespace: str
    given: Given

    def mapping(self, value: Mapping[str, Any], reads: Reads | None, place: Place, path: Path) -> Iterator[Fate]:
        for key, item in value.items():
            review, below = place.at(key)
            read = reads.get(key) if reads is not None else None
            here = (*path, key)
            if read is not None and WITHDRAWN not in read:
                yield from self.read(item, read, review, below, here)
            elif review is not None:
                yield Fate(here, review, self.is_void(review, item, value))
            else:
                yield from self.unread(item, below, here)

    def read(self, value: Any, reads: Reads, review: Review | None, place: Place, path: Path) -> Iterator[Fate]:
        """What was read; below it there may be what was not."""
        if isinstance(value, dict) and value:
            yield from self.mapping(value, reads, place, path)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for i, item in enumerate(value):
                read = reads.get(i)
                if read is not None and WITHDRAWN not in read:
                    yield from self.read(item, read, None, place, (*path, i))
                elif review is not None:
                    yield Fate((*path, i), review, self.is_void(review, item, {}))
                else:
                    yield from self.unread(item, place, (*path, i))
        else:
            yield Fate(path, None, False)

    def unread(self, value: Any, place: Place, path: Path) -> Iterator[Fate]:
        """What was not read and is not reviewed as a whole."""
        if isinstance(value, dict):
            yield from self.mapping(value, None, place, path)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for i, item in enumerate(value):
                yield from self.unread(item, place, (*path, i))
        else:
            yield Fate(path, UNREVIEWED, UNREVIEWED.is_void(value, {}))

    def is_void(self, review: Review, value: Any, beside: Mapping[str, Any]) -> bool:
        return review.effect is not None and (review.is_void(value, beside) or self.is_given(review, value))

    def is_given(self, review: Review, value: Any) -> bool:
        if not review.given:
            return False
        name = value.get("name", value.get("secretName")) if isinstance(value, dict) else value
        return (review.given, self.namespace, name) in self.given


def describe(manifest: Manifest, path: Path) -> str:
    """The field for people, with the kind and without indices; pods are "Pod", whatever makes them."""
    kind = manifest.kind
    if path[:2] == ("spec", "template"):
        kind, path = "Pod", path[2:]
    return f"{kind} {_INDEX.sub('[]', dotted(path))}"


_INDEX = re.compile(r"\[[0-9]+\]")


class Account:
    """Counts what is named, object by object."""

    def __init__(self, objects: Iterable[Manifest]) -> None:
        self._given: Given = frozenset((m.kind, m.namespace, m.name) for m in objects)
        self._named: dict[str, Named] = {}

    def add(self, manifest: Manifest, reads: Reads) -> None:
        """An object that is read."""
        for path, review, void in fates(manifest, reads, self._given):
            if review is not None and review.effect is not None and not void:
                self._count(describe(manifest, path), review, manifest, path)

    def add_unread(self, manifest: Manifest, label: str) -> None:
        """An object of a kind that is not read, as `label` calls it."""
        review = review_of_kind(manifest.api_version, manifest.kind)
        if review is None:
            self.add(manifest, {"apiVersion": {}, "kind": {}, "metadata": {"name": {}}})
        elif review.effect is not None:
            self._count(label, review, manifest, ())

    @property
    def named(self) -> tuple[Named, ...]:
        """Everything named: by effect, the most frequent first."""
        return tuple(sorted(self._named.values(), key=lambda n: (_EFFECTS.index(n.effect), -n.count, n.field)))

    def _count(self, field: str, review: Review, manifest: Manifest, path: Path) -> None:
        known = self._named.get(field)
        if known is not None:
            self._named[field] = replace(known, count=known.count + 1)
        elif review.effect is not None:
            self._named[field] = Named(field, review.effect, review.sentence, 1, manifest.where(path))
