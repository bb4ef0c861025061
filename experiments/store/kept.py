"""Values under ids that are kept in a folder as they come: what is there after a crash is whole.

Some of them share a file: its first line lists their ids, each further line is one value as JSON, and it is named by
the digest of all, so that a damaged file is known as such. A folder of 10,000 values is opened by the first lines.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from experiments.store.files import contents, digest, write

SAVE_EVERY = 0.5
"""Seconds of work that a crash may cost: values are kept together, because each file must reach the disk."""
FILES_AT_HAND = 8
"""So many files are in memory at a time."""


class Kept:
    """The values of a folder, and those that come."""

    def __init__(self, folder: Path, skipped: Callable[[Path], None] = lambda file: None) -> None:
        """Opens what is there; a damaged file is `skipped`."""
        self._folder = folder
        self._file: dict[str, str] = {}
        self._new: dict[str, str] = {}
        self._saved = time.monotonic()
        self._at_hand: OrderedDict[str, dict[str, bytes]] = OrderedDict()
        for file in sorted(folder.glob("*.jsonl")):
            try:
                text = contents(file)
            except OSError:
                text = b""
            if digest(text) == file.stem:
                self._file |= dict.fromkeys(json.loads(text[: text.index(b"\n")]), file.stem)
            else:
                skipped(file)

    def __len__(self) -> int:
        return len(self._file) + len(self._new)

    def __contains__(self, name: str) -> bool:
        return name in self._file or name in self._new

    def __getitem__(self, name: str) -> Any:
        """The value of an id; KeyError if there is none, ValueError or OSError if its file is not as it was."""
        if name in self._new:
            return json.loads(self._new[name])
        return json.loads(self._lines(self._file[name])[name])

    def keep(self, name: str, value: Any) -> None:
        """Keep a value, together with those that come until `save`."""
        self._new[name] = json.dumps(value, default=np.generic.item)

    @property
    def due(self) -> bool:
        """Whether it is time to save."""
        return bool(self._new) and time.monotonic() - self._saved > SAVE_EVERY

    def save(self) -> None:
        """Write what came since the last time: all of it, or nothing."""
        if self._new:
            text = "\n".join([json.dumps(list(self._new)), *self._new.values()]).encode()
            name = digest(text)
            write(self._folder / f"{name}.jsonl", text)
            self._file |= dict.fromkeys(self._new, name)
            self._new = {}
        self._saved = time.monotonic()

    def _lines(self, file: str) -> dict[str, bytes]:
        if file not in self._at_hand:
            text = contents(path := self._folder / f"{file}.jsonl")
            if digest(text) != file:
                raise ValueError(f"{path} is not as it was written")
            names, *lines = text.split(b"\n")
            self._at_hand[file] = dict(zip(json.loads(names), lines, strict=True))
            if len(self._at_hand) > FILES_AT_HAND:
                self._at_hand.popitem(last=False)
        self._at_hand.move_to_end(file)
        return self._at_hand[file]
