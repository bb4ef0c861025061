"""One Kubernetes object as it was written, and the cursor with which converters read it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from models.input.documents import Document
from models.input.problems import Location, Path, Problem, did_you_mean, dotted
from models.manifests.kinds import NAMESPACE_FREE

_T = TypeVar("_T")
_LARGEST = 2**63 - 1
"""The largest whole number that Go, and so the API server, reads."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object: its value with nulls dropped (as kubectl does), and where it was written.

    Never change `value`: copy it deeply, change the copy, and give that to `with_value`.
    """

    value: Mapping[str, Any]
    document: Document = field(repr=False)
    path: Path = ()
    """Where in the document it stands: () or, for an item of a List, ("items", 3)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", without_nulls(self.value))

    @property
    def api_version(self) -> str:
        """E.g. "apps/v1"."""
        return _text(self.value.get("apiVersion"))

    @property
    def kind(self) -> str:
        """E.g. "Deployment"."""
        return _text(self.value.get("kind"))

    @property
    def name(self) -> str:
        """metadata.name, or "" where it is missing."""
        return _text(self._metadata().get("name"))

    @property
    def namespace(self) -> str:
        """metadata.namespace, "default" where it is unset, "" for kinds that are in no namespace."""
        return "" if self.kind in NAMESPACE_FREE else _text(self._metadata().get("namespace")) or "default"

    @property
    def key(self) -> str:
        """For people: "Deployment/frontend", or "Deployment/shop/frontend" outside the default namespace."""
        middle = f"{self.namespace}/" if self.namespace not in ("", "default") else ""
        return f"{self.kind}/{middle}{self.name}"

    def with_value(self, value: Mapping[str, Any]) -> "Manifest":
        """A patched object, in place of this one; problems point to the nearest part of the original."""
        return replace(self, value=value)

    def where(self, path: Path = ()) -> Location:
        """The place of a part of the object, e.g. ("spec", "replicas"), or of its nearest ancestor."""
        return self.document.where(self.path + path)

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with a part of the object."""
        return Problem(self.where(path), self._named(path), message)

    def problem_at_key(self, path: Path, message: str) -> Problem:
        """A problem with the key of a part of the object."""
        return Problem(self.document.where_key(self.path + path), self._named(path), message)

    def _named(self, path: Path) -> str:
        name = self.key if self.name else self.kind
        return f"{name} {dotted(path)}".strip()

    def _metadata(self) -> Mapping[str, Any]:
        metadata = self.value.get("metadata")
        return metadata if isinstance(metadata, dict) else {}


def without_nulls(value: Any) -> Any:
    """A deep copy without the keys whose value is null, sharing nothing (YAML aliases become copies)."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


Reads: TypeAlias = dict[str | int, Any]
"""What has been read of a value: each key or index that was, with what was read below it."""

WITHDRAWN = -1
"""A key in `Reads`: the value was looked at, but decides nothing."""


@dataclass(slots=True)
class Findings:
    """What converters have found so far."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    reads: dict[int, Reads] = field(default_factory=dict)
    """id() of a manifest -> what has been read of it."""

    def reads_of(self, manifest: Manifest) -> Reads:
        """What has been read of this manifest: at first, what `Manifest` itself reads."""
        reads = self.reads.get(id(manifest))
        if reads is None:
            reads = self.reads[id(manifest)] = {"apiVersion": {}, "kind": {}, "metadata": {"name": {}, "namespace": {}}}
        return reads


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a manifest: a cursor that reads values, and notes what is wrong with them.

    A value of the wrong type reads as absent: the schema has already reported it. So converters need no checks of
    type, and go on after a problem in order to find the others.

    What is read is taken to act in the model, and all that was never read is accounted for (models.manifests.account).
    So read what only has to be right through `checked`, and what turns out to decide nothing take back with `withdraw`.
    """

    value: Any
    manifest: Manifest
    findings: Findings
    path: Path = ()
    reads: Reads | None = None
    """What has been read of the value; None: nobody keeps account."""

    @classmethod
    def whole(cls, manifest: Manifest, findings: Findings) -> "Field":
        """The object as a whole; what is read of it is kept in the findings."""
        return cls(manifest.value, manifest, findings, (), findings.reads_of(manifest))

    def __getitem__(self, key: str) -> "Field":
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        reads = None if self.reads is None or inner is None else self.reads.setdefault(key, {})
        return Field(inner, self.manifest, self.findings, (*self.path, key), reads)

    def __iter__(self) -> Iterator["Field"]:
        """The items, if it is a list."""
        for i, item in enumerate(self.value if isinstance(self.value, list) else ()):
            reads = None if self.reads is None else self.reads.setdefault(i, {})
            yield Field(item, self.manifest, self.findings, (*self.path, i), reads)

    @property
    def checked(self) -> "Field":
        """Itself, for reads that only check: they do not count as such."""
        return Field(self.value, self.manifest, self.findings, self.path)

    def read_all(self) -> None:
        """Read everything that is written there: all of it acts."""
        for _, item in self.entries():
            item.read_all()
        for item in self:
            item.read_all()

    def withdraw(self) -> None:
        """Take back that it was read: what is written here decides nothing."""
        if self.reads is not None:
            self.reads[WITHDRAWN] = {}

    def entries(self) -> Iterator[tuple[str, "Field"]]:
        """The keys and values, if it is a mapping."""
        for key in self.value if isinstance(self.value, dict) else ():
            yield key, self[key]

    @property
    def present(self) -> bool:
        """Whether anything is written there ({} and [] count)."""
        return self.value is not None

    def problem(self, message: str) -> None:
        """Note that the value is wrong."""
        self.findings.problems.append(self.manifest.problem(self.path, message))

    def warn(self, message: str) -> None:
        """Note that the value is legal, but odd or not simulated."""
        self.findings.warnings.append(self.manifest.problem(self.path, message))

    def required(self) -> "Field":
        """Itself; notes a problem if nothing is written there."""
        if self.value in (None, "", [], {}):
            self.problem("required value is missing")
        return self

    def text(self, default: str = "") -> str:
        """The text."""
        return self.value if isinstance(self.value, str) else default

    def texts(self) -> tuple[str, ...]:
        """The list of texts."""
        return tuple(item.value for item in self if isinstance(item.value, str))

    def labels(self) -> dict[str, str]:
        """The mapping of texts to texts."""
        return {key: item.value for key, item in self.entries() if isinstance(item.value, str)}

    def flag(self, default: bool = False) -> bool:
        """The boolean."""
        return self.value if isinstance(self.value, bool) else default

    def integer(self, default: int, *, at_least: int = 0, at_most: int = _LARGEST) -> int:
        """The whole number; notes a problem if it is out of range."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or self.value % 1:
            return default
        number = int(self.value)
        if number < at_least:
            self.problem(f"must be greater than or equal to {at_least} (got {number})")
            return default
        if number > at_most:
            self.problem(f"must be less than or equal to {at_most} (got {number})")
            return default
        return number

    def choice(self, default: str, allowed: Iterable[str]) -> str:
        """One of the allowed words; notes a problem for another."""
        word = self.text(default)
        options = list(allowed)
        if word in options or not isinstance(self.value, str):
            return word
        listed = ", ".join(f'"{option}"' for option in options)
        self.problem(f'unsupported value: "{word}": supported values: {listed}{did_you_mean(word, options)}')
        return default

    def parsed(self, parse: Callable[[object], _T], default: _T) -> _T:
        """What `parse` makes of the value; a ValueError becomes a problem."""
        if self.value is None or isinstance(self.value, dict | list | bool):
            return default
        try:
            return parse(self.value)
        except ValueError as error:
            self.problem(str(error))
            return default
