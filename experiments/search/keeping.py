"""Where finished replications of candidates are: those of sweeps and those of single experiments have each their place.

A search over a sweep shares its replications with runs of that sweep, and of every other in the folder that has a point
in common; a search without one with runs of the experiment.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeAlias

from experiments.store.cell import Cell
from experiments.store.folder import ResultFolder
from experiments.store.kept import FILES_AT_HAND, SAVE_EVERY, Kept

Name: TypeAlias = tuple[str, int]
"""Content id of what is simulated, and the replication."""


class Keeping(Protocol):
    """Finished replications, read and kept."""

    def read(self, names: Iterable[Name]) -> Iterator[tuple[Name, Cell]]:
        """Those of these that were there, or were saved since."""
        ...

    def keep(self, cell: Cell) -> None:
        """Keep one more, soon."""
        ...

    def save(self) -> None:
        """Keep all that came until now."""
        ...


class OfSweep:
    """Where sweeps keep their replications."""

    def __init__(self, folder: ResultFolder, skipped: Callable[[Path], None]) -> None:
        """Damaged files are `skipped`."""
        self._kept = Kept(folder.sweep_cells, skipped)

    def read(self, names: Iterable[Name]) -> Iterator[tuple[Name, Cell]]:
        for key, replication in names:
            if (name := f"{key}/{replication}") in self._kept:
                yield (key, replication), Cell.from_json(self._kept[name])

    def keep(self, cell: Cell) -> None:
        self._kept.keep(f"{cell.scenario}/{cell.replication}", cell.to_json())
        if self._kept.due:
            self.save()

    def save(self) -> None:
        self._kept.save()


class OfRun:
    """Where runs of a single experiment keep theirs."""

    def __init__(self, folder: ResultFolder, keys: Collection[str], skipped: Callable[[Path], None]) -> None:
        """Damaged files are `skipped`."""
        self._folder, self._new = folder, list[Cell]()
        self._saved = time.monotonic()
        self._chunk: dict[Name, str] = {}
        """Which chunk holds it: a chunk is read when one of its replications is wanted."""
        self._at_hand = lru_cache(FILES_AT_HAND)(self._cells)
        for chunk, values in folder.chunks.all(skipped):
            cells = map(Cell.from_json, values)
            self._chunk |= {_name(cell): chunk for cell in cells if cell.scenario in keys and cell.status == "done"}

    def read(self, names: Iterable[Name]) -> Iterator[tuple[Name, Cell]]:
        there = [name for name in names if name in self._chunk]
        for name in sorted(there, key=self._chunk.__getitem__):  # each chunk is read once, however many there are
            try:
                cells = self._at_hand(self._chunk[name])
            except (OSError, ValueError):  # damaged since it was found; it may be saved again
                continue
            yield name, cells[name]

    def _cells(self, chunk: str) -> Mapping[Name, Cell]:
        """What a chunk holds; ValueError or OSError if it is not as it was written."""
        return {_name(cell): cell for cell in map(Cell.from_json, self._folder.chunks.read(chunk))}

    def keep(self, cell: Cell) -> None:
        self._new.append(cell)
        if time.monotonic() - self._saved > SAVE_EVERY:
            self.save()

    def save(self) -> None:
        if self._new:
            self._chunk |= dict.fromkeys(map(_name, self._new), self._folder.save_chunk(self._new))
            self._new = []
        self._saved = time.monotonic()


def _name(cell: Cell) -> Name:
    return cell.scenario, cell.replication
