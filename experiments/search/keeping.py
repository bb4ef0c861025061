"""Where finished replications of candidates are: those of sweeps and those of single experiments have each their place.

A search over a sweep shares its replications with runs of that sweep, and of every other in the folder that has a point
in common; a search without one with runs of the experiment.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeAlias

from experiments.store.cell import Cell
from experiments.store.folder import ResultFolder
from experiments.store.kept import SAVE_EVERY, Kept

Name: TypeAlias = tuple[str, int]
"""Content id of what is simulated, and the replication."""


class Keeping(Protocol):
    """Finished replications, read and kept."""

    def read(self, names: Iterable[Name]) -> Iterator[tuple[Name, Cell]]:
        """Those of these that are there."""
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

    def __init__(self, folder: ResultFolder, keys: Iterable[str], skipped: Callable[[Path], None]) -> None:
        """Damaged files are `skipped`."""
        self._folder, self._new = folder, list[Cell]()
        self._saved = time.monotonic()
        self._there: dict[str, set[int]] = defaultdict(set)
        for cell in folder.cells(keys, skipped):
            self._there[cell.scenario].add(cell.replication)

    def read(self, names: Iterable[Name]) -> Iterator[tuple[Name, Cell]]:
        wanted = {(key, replication) for key, replication in names if replication in self._there[key]}
        for cell in self._folder.cells({key for key, _ in wanted}):
            if (name := (cell.scenario, cell.replication)) in wanted:
                yield name, cell

    def keep(self, cell: Cell) -> None:
        self._new.append(cell)
        self._there[cell.scenario].add(cell.replication)
        if time.monotonic() - self._saved > SAVE_EVERY:
            self.save()

    def save(self) -> None:
        if self._new:
            self._folder.save_chunk(self._new)
            self._new = []
        self._saved = time.monotonic()
