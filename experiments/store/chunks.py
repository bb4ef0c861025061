"""Finished replications as runs keep them: some to a file of JSON, which is named by the digest of what it holds.

So a damaged file is known as such, and what is read under a name never changes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.store.files import contents, digest, write


@dataclass(frozen=True)
class Chunks:
    """The chunks of a folder, which need not exist yet."""

    folder: Path

    def save(self, values: Sequence[Mapping[str, Any]]) -> str:
        """Keep these, all or none of them; the name of their chunk."""
        text = json.dumps(values, default=np.generic.item)
        write(self._file(name := digest(text)), text)
        return name

    def read(self, name: str) -> list[dict[str, Any]]:
        """What a chunk holds; ValueError or OSError if it is not as it was written."""
        text = contents(self._file(name)).decode()
        if digest(text) != name:
            raise ValueError(f"{self._file(name)} is not as it was written")
        found: list[dict[str, Any]] = json.loads(text)
        return found

    def all(self, skipped: Callable[[Path], None]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Each chunk by its name, one in memory at a time; a damaged one is `skipped`."""
        for file in sorted(self.folder.glob("*.json")):
            try:
                yield file.stem, self.read(file.stem)
            except (OSError, ValueError):
                skipped(file)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.json"
