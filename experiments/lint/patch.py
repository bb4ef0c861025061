"""A mend as a change of one value of one object: for a file, and for a policy of an experiment."""

from dataclasses import dataclass
from typing import Any

from models.input.problems import Location, Path, dotted
from models.manifests.manifest import Manifest, without_nulls


@dataclass(frozen=True, slots=True)
class Patch:
    """Another value at a path of an object."""

    kind: str
    namespace: str
    name: str
    path: Path
    """In the object."""
    value: Any
    document: Location | None
    """Where the document begins that is to be changed. None: the object is not as it was read, or its owner decides."""
    at: Path
    """Where in that document the object stands."""

    @classmethod
    def of(cls, manifest: Manifest, path: Path, value: Any) -> "Patch":
        """A change of an object."""
        written: Any = manifest.document.value
        for step in manifest.path:
            written = written[step]
        is_as_written = without_nulls(written) == manifest.value
        document = manifest.document.where() if is_as_written else None
        return cls(manifest.kind, manifest.namespace, manifest.name, path, value, document, manifest.path)

    @classmethod
    def to_compare(cls, manifest: Manifest, path: Path, value: Any) -> "Patch":
        """A change that an experiment can try, and that no file is given before its owner has decided it."""
        return cls(manifest.kind, manifest.namespace, manifest.name, path, value, None, manifest.path)

    @property
    def in_document(self) -> Path:
        """The path in its document."""
        return self.at + self.path

    def as_policy(self) -> dict[str, Any]:
        """The change as an item of the `patches` of a policy, to compare in an experiment what it brings."""
        namespace = {"namespace": self.namespace} if self.namespace not in ("", "default") else {}
        target = {"kind": self.kind, "name": self.name, **namespace}
        return {"target": target, "set": {dotted(self.path): self.value}}
