"""How far a run is: a live bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["auto", "rich", "plain", "none"]
PLAIN_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


@dataclass(frozen=True)
class Progress:
    """Replications finished and at most to do, by policy, and by what further ones are for once that is known.

    A total never changes during a run; `done` never falls.
    """

    done: Mapping[str, int]
    total: Mapping[str, int]

    @property
    def share(self) -> float:
        """What is done of all, in [0, 1]."""
        return sum(self.done.values()) / max(sum(self.total.values()), 1)


Listener = Callable[[Progress], None]


@contextmanager
def reporter(mode: Mode = "auto") -> Iterator[Listener]:
    """A listener that shows progress on stderr while the context lasts; "auto" is rich on a terminal, else plain."""
    if mode == "auto":
        mode = "rich" if sys.stderr.isatty() else "plain"
    if mode == "none":
        yield lambda progress: None
    elif mode == "plain":
        yield _Lines()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("elapsed,"),
            TimeRemainingColumn(),
            TextColumn("remaining"),
        )
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
            tasks: dict[str, int] = {}

            def show(progress: Progress) -> None:
                for policy, total in progress.total.items():
                    if policy not in tasks:
                        tasks[policy] = bars.add_task(policy, total=total)
                    bars.update(tasks[policy], completed=progress.done.get(policy, 0))  # type: ignore[arg-type]

            yield show


@dataclass
class _Lines:
    """Writes "120/400 replications" every ten seconds."""

    last: float = field(default_factory=time.monotonic)

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self.last >= PLAIN_EVERY:
            self.last = time.monotonic()
            done, total = sum(progress.done.values()), sum(progress.total.values())
            print(f"{done}/{total} replications", file=sys.stderr, flush=True)  # noqa: T201
