"""An account of what manifests say: each field acts in the model, cannot matter, or is named."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from models.input.problems import Location, Path, Problem, dotted, printable
from models.manifests.fields import UNREVIEWED, Effect, Place, Review, review_of_kind, root
from models.manifests.manifest import WITHDRAWN, Manifest, Reads

_EFFECTS = list(Effect)
_INDEX = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Named:
    """Something that manifests say, that may matter, and that the model does not have."""

    field: str
    """Kind and path, as "Pod spec.volumes[].nfs" (whatever makes the pods); a kind alone if none of it is read.

    Or an object that is referred to and not given, as "Secret/shop/db", or a key of it, as "Secret/shop/db[user]".
    """
    effect: Effect
    """What the answer is for want of it."""
    sentence: str
    """What Kubernetes does with it, and the model does not."""
    count: int
    """How often it is written."""
    first: Location
    """Where it is written first."""
    why: str = "not read"
    """What keeps it out of the model."""

    def __str__(self) -> str:
        times = "once" if self.count == 1 else f"{self.count} times, first"
        return printable(f"{self.effect}: {self.field} ({times} at {self.first}): {self.sentence}")

    @property
    def problem(self) -> Problem:
        """It as something wrong with the input, where it is written first."""
        times = "once" if self.count == 1 else f"{self.count} times"
        return Problem(self.first, self.field, f"{self.why} ({times}): {self.effect}: {self.sentence}")

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for `from_json`."""
        place = {name: getattr(self.first, name) for name in ("file", "line", "column")}
        return {
            "field": self.field,
            "effect": str(self.effect),
            "sentence": self.sentence,
            "count": self.count,
            "why": self.why,
            **place,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Named":
        """From what `to_json` made."""
        place = Location(values["file"], values["line"], values["column"])
        effect = Effect(values["effect"])
        return cls(values["field"], effect, values["sentence"], values["count"], place, values["why"])


class Fate(NamedTuple):
    """What becomes of one field of one object."""

    path: Path
    review: Review | None
    """None: it acts."""
    void: bool
    """The review names it, but this value has no effect."""


class Written(NamedTuple):
    """A field, or a kind of which nothing is read, and what becomes of it."""

    field: str
    effect: Effect | None
    """None: it acts, or it cannot matter."""
    sentence: str
    """"" if it acts; else as in `Review`."""
    is_absent: bool = False
    """It is an object that is referred to and not given."""

    @property
    def fate(self) -> str:
        """In words."""
        if self.effect is not None:
            return "is named"
        return "cannot matter" if self.sentence else "acts"


def fates(manifest: Manifest, reads: Reads) -> Iterator[Fate]:
    """What becomes of each field of an object, of which converters have read what `reads` has."""
    return _mapping(manifest.value, reads, root(manifest.api_version, manifest.kind), ())


def _mapping(
    value: Mapping[str, Any], reads: Reads | None, place: Place, path: Path, whole: Review | None = None
) -> Iterator[Fate]:
    """The fields of a mapping; `whole` is what the list says of all of it."""
    for key, item in value.items():
        review, below = place.at(key)
        review = review or whole
        read = reads.get(key) if reads is not None else None
        here = (*path, key)
        if read is not None and WITHDRAWN not in read:
            yield from _read(item, read, review, below, here)
        elif review is not None:
            yield Fate(here, review, _is_void(review, item, value))
        else:
            yield from _unread(item, below, here)


def _read(value: Any, reads: Reads, review: Review | None, place: Place, path: Path) -> Iterator[Fate]:
    """What was read; below it there may be what was not."""
    if isinstance(value, dict) and value:
        yield from _mapping(value, reads, place, path, review)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for i, item in enumerate(value):
            read = reads.get(i)
            if read is not None and WITHDRAWN not in read:
                yield from _read(item, read, review, place, (*path, i))
            elif review is not None:
                yield Fate((*path, i), review, _is_void(review, item, {}))
            else:
                yield from _unread(item, place, (*path, i))
    else:
        yield Fate(path, None, False)


def _unread(value: Any, place: Place, path: Path) -> Iterator[Fate]:
    """What was not read and is not reviewed as a whole."""
    if isinstance(value, dict):
        yield from _mapping(value, None, place, path)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for i, item in enumerate(value):
            yield from _unread(item, place, (*path, i))
    else:
        yield Fate(path, UNREVIEWED, UNREVIEWED.is_void(value, {}))


def _is_void(review: Review, value: Any, beside: Mapping[str, Any]) -> bool:
    return review.effect is not None and review.is_void(value, beside)


def describe(manifest: Manifest, path: Path) -> str:
    """The field for people, with the kind and without indices; pods are "Pod", whatever makes them."""
    kind = manifest.kind
    if path[:2] == ("spec", "jobTemplate"):
        kind, path = "Job", path[2:]
    if path[:2] == ("spec", "template"):
        kind, path = "Pod", path[2:]
    return f"{kind} {_INDEX.sub('[]', dotted(path))}".replace('["*"]', ".*")


_IDENTITY = {("apiVersion",), ("kind",)}
_FREE = {(name,) for name in ("annotations", "labels", "matchLabels", "selector", "nodeSelector")}
"""The mappings with free keys that have many."""


class Account:
    """What becomes of everything that the given objects say."""

    def __init__(self, absent: Iterable[Named] = ()) -> None:
        self._absent = tuple(absent)
        """What is referred to and not given."""
        self._read: list[tuple[Manifest, Reads]] = []
        self._unread: list[tuple[Manifest, str, Review]] = []

    def add(self, manifest: Manifest, reads: Reads) -> None:
        """An object, and what converters have read of it."""
        self._read.append((manifest, reads))

    def add_unread(self, manifest: Manifest, label: str) -> None:
        """An object of a kind that is not read, as `label` calls it."""
        review = review_of_kind(manifest.api_version, manifest.kind)
        if review is None:
            self.add(manifest, {"apiVersion": {}, "kind": {}, "metadata": {"name": {}}})
        else:
            self._unread.append((manifest, label, review))

    @cached_property
    def named(self) -> tuple[Named, ...]:
        """Everything that may matter and is not in the model: by effect, the most frequent first."""
        found: dict[str, Named] = {}
        for manifest, path, label, review in self._all():
            if review is None or review.effect is None:
                continue
            field = label or describe(manifest, path)
            known = found.get(field)
            if known is not None:
                found[field] = replace(known, count=known.count + 1)
            else:
                found[field] = Named(field, review.effect, review.sentence, 1, manifest.where(path))
        return in_order((*found.values(), *self._absent))

    def fields(self) -> Counter[Written]:
        """Every field or kind -> how often it is written.

        "*" stands for the keys of mappings whose keys are free, but for those that are named.
        """
        counts = Counter({Written(one.field, one.effect, one.sentence, True): one.count for one in self._absent})
        for manifest, path, label, review in self._all():
            if path in _IDENTITY:
                continue
            if path[-2:-1] in _FREE and (review is None or review.effect is None):
                path = (*path[:-1], "*")
            effect, sentence = (review.effect, review.sentence) if review is not None else (None, "")
            counts[Written(label or describe(manifest, path), effect, sentence)] += 1
        return counts

    def _all(self) -> Iterator[tuple[Manifest, Path, str, Review | None]]:
        """(object, field, label of an object that is not read at all, review); values without effect are left out."""
        for manifest, reads in self._read:
            for path, review, void in fates(manifest, reads):
                if not void:
                    yield manifest, path, "", review
        for manifest, label, review in self._unread:
            yield manifest, (), label, review


def in_order(named: Iterable[Named]) -> tuple[Named, ...]:
    """By effect, the most frequent first."""
    return tuple(sorted(named, key=lambda one: (_EFFECTS.index(one.effect), -one.count, one.field)))


def in_words(named: Sequence[Named], most: int = 10) -> list[str]:
    """What is named in lines for people; beyond `most` only how many there are."""
    lines = [f"{one.why}, {one}" for one in named[:most]]
    if len(named) > most:
        lines.append(f"and {len(named) - most} more like these: kubenines validate --fields lists them")
    return lines


def together(accounts: Iterable[Iterable[Named]]) -> tuple[Named, ...]:
    """What several inputs that have much in common name (the policies of an experiment): as the first says it."""
    found: dict[tuple[str, str], Named] = {}
    for account in accounts:
        for one in account:
            found.setdefault((one.field, one.why), one)
    return in_order(found.values())
