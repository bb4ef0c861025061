"""A process that tries a range of mutants, one after another, each within bounds of time and memory.

What takes too long ends the process, by the default action of the timers' signals: neither a loop in C nor a caught
exception can get around that. So the number of the mutant under way stands in a shared file, and the parent (harness)
sees where to go on.
"""

import faulthandler
import hashlib
import importlib
import mmap
import os
import resource
import signal
import struct
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.target import Target

ROOT = Path(__file__).parents[2]
CPU_SECONDS, WALL_SECONDS = 5.0, 120.0
"""For one input. The machine may be busy, so the first is what counts; the second is for what waits for ever."""
MEMORY = 2**30
"""Bytes that may come on top of what the process has before its first input."""
NOT_STARTED = -1
_STATE = struct.Struct("qqq")


@dataclass(frozen=True)
class Batch:
    """The mutants that one process tries."""

    module: str
    """That of the target."""
    seed: int
    first: int
    last: int
    """The number after the last of them."""
    cpu_seconds: float

    def words(self) -> list[str]:
        """As arguments of a command."""
        return [self.module, *map(str, (self.seed, self.first, self.last, self.cpu_seconds))]

    @classmethod
    def of(cls, module: str, seed: str, first: str, last: str, cpu_seconds: str) -> "Batch":
        return cls(module, int(seed), int(first), int(last), float(cpu_seconds))


def load(module: str) -> Target:
    target = importlib.import_module(module).TARGET
    assert isinstance(target, Target)
    return target


def read_state(path: Path) -> tuple[int, int, int]:
    """(number of the mutant under way, how many were valid, how many refused)."""
    number, valid, refused = _STATE.unpack(path.read_bytes())
    return number, valid, refused


def write_state(path: Path, number: int) -> None:
    path.write_bytes(_STATE.pack(number, 0, 0))


def start_clocks(cpu: float, wall: float = WALL_SECONDS) -> None:
    signal.setitimer(signal.ITIMER_PROF, cpu)
    signal.setitimer(signal.ITIMER_REAL, wall)


def limit_memory(more: int = MEMORY) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, hard))


def where(error: BaseException) -> str:
    """What makes two findings one: the kind of the exception, the innermost line of ours, and what a check says."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(ROOT))]
    place = f"{Path(frames[-1].filename).relative_to(ROOT)}:{frames[-1].lineno}" if frames else ""
    said = f" ({str(error).partition(':')[0][:100]})" if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} at {place}{said}"


def keep(folder: Path, name: str, what: str, data: bytes, story: str) -> None:
    """A finding, once: its bytes, and beside them its story."""
    stem = f"{name}-{hashlib.sha256(what.encode()).hexdigest()[:12]}"
    path = folder / f"{stem}.txt"
    if path.exists():
        return
    (folder / f"{stem}.input").write_bytes(data)
    path.write_text(
        f"{what}\nrepeat: python -m tests.fuzz.harness {name} --repeat {path.with_suffix('.input')}\n\n{story}", "utf-8"
    )


def work(batch: Batch, scratch: Path, findings: Path, state_file: Path) -> None:
    target = load(batch.module)
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
        faulthandler.register(number, chain=True)
    scratch.mkdir(parents=True)
    seeds = target.seeds(scratch)
    for data in seeds[:3]:  # what is loaded once is no input's fault
        start_clocks(WALL_SECONDS)
        with suppress(Exception):  # the test of the seeds tells
            target.attempt(data, scratch)
    limit_memory()
    valid = refused = 0
    parent = os.getppid()
    with state_file.open("r+b") as stream, mmap.mmap(stream.fileno(), _STATE.size) as state:
        for number in range(batch.first, batch.last):
            if os.getppid() != parent:
                return  # nobody waits for it any more
            _STATE.pack_into(state, 0, number, valid, refused)
            data = target.mutant(batch.seed, number, seeds)
            start_clocks(batch.cpu_seconds)
            try:
                if target.attempt(data, scratch):
                    valid += 1
                else:
                    refused += 1
            except Exception as error:
                keep(findings, target.name, where(error), data, "".join(traceback.format_exception(error)))
            start_clocks(0, 0)
        _STATE.pack_into(state, 0, batch.last, valid, refused)


if __name__ == "__main__":
    *words, scratch, findings, state_file = sys.argv[1:]
    work(Batch.of(*words), Path(scratch), Path(findings), Path(state_file))
