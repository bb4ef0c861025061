"""Tries many mutants of a target in processes of their own, and keeps the inputs that are findings.

`python -m tests.fuzz.harness NAME --count 10000` tries mutants; with `--repeat FILE` it tries that one input, and shows
what happens.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.fuzz import worker
from tests.fuzz.target import Target
from tests.fuzz.worker import Batch

SEED = 20261129
CHUNK = 20_000
"""Mutants that one process tries before another takes over: what it has gathered ends with it."""

_ENVIRONMENT = {
    "PYTHONPATH": str(worker.ROOT),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "NUMBA_DISABLE_JIT": "1",  # to compile takes longer than an input may, and Python looks at every index
}


@dataclass
class Outcome:
    """What became of the mutants of one target."""

    name: str
    valid: int = 0
    refused: int = 0
    findings: list[Path] = field(default_factory=list)
    """The stories of what was found; the input lies beside each."""

    def __str__(self) -> str:
        tried = self.valid + self.refused
        share = self.valid / tried if tried else 0.0
        return (
            f"{self.name}: {self.valid:,} valid ({share:.0%}), {self.refused:,} refused, {len(self.findings)} findings"
        )

    def stories(self) -> str:
        return "\n".join(path.read_text("utf-8")[-3000:] for path in self.findings)


def module_of(name: str) -> str:
    return name if "." in name else f"tests.fuzz.targets.{name}"


def run(
    name: str,
    count: int,
    findings: Path,
    *,
    seed: int = SEED,
    first: int = 0,
    workers: int = 2,
    cpu_seconds: float = worker.CPU_SECONDS,
) -> Outcome:
    """Try `count` mutants of a target; `name` is that of its module. What it had in `findings` is forgotten."""
    outcome = Outcome(name.rpartition(".")[2])
    findings.mkdir(parents=True, exist_ok=True)
    for old in findings.glob(f"{outcome.name}-*"):
        old.unlink()
    size = min(CHUNK, max(1, -(-count // workers)))
    end = first + count
    waiting = deque(
        Batch(module_of(name), seed, begin, min(begin + size, end), cpu_seconds) for begin in range(first, end, size)
    )
    running: list[_Process] = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    running.append(_Process.start(waiting.popleft(), Path(scratch), findings))
                ended = [one for one in running if one.process.poll() is not None]
                if not ended:
                    time.sleep(0.02)
                for one in ended:
                    running.remove(one)
                    waiting.extendleft(one.finish(outcome))
        finally:
            for one in running:
                one.process.kill()
                one.process.wait()
    outcome.findings = sorted(findings.glob(f"{outcome.name}-*.txt"))
    return outcome


@dataclass
class _Process:
    """A worker under way."""

    process: subprocess.Popen[bytes]
    batch: Batch
    folder: Path
    """Its own."""
    findings: Path

    @classmethod
    def start(cls, batch: Batch, scratch: Path, findings: Path) -> "_Process":
        folder = scratch / str(batch.first)
        folder.mkdir()
        worker.write_state(folder / "state", worker.NOT_STARTED)
        paths = map(str, (folder / "inputs", findings, folder / "state"))
        environment = os.environ | _ENVIRONMENT
        with (folder / "errors").open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.worker", *batch.words(), *paths],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=environment,
                cwd=worker.ROOT,
            )
        return cls(process, batch, folder, findings)

    def finish(self, outcome: Outcome) -> list[Batch]:
        """Count what was tried, keep the mutant that ended the process; the mutants that are left, if any are."""
        code = self.process.wait()
        number, valid, refused = worker.read_state(self.folder / "state")
        errors = (self.folder / "errors").read_text("utf-8", errors="replace")
        shutil.rmtree(self.folder)
        outcome.valid += valid
        outcome.refused += refused
        if code == 0:
            return []
        if code > 0 or number == worker.NOT_STARTED:
            raise RuntimeError(f"the worker of {self.batch} failed by itself:\n{errors}")
        target = worker.load(self.batch.module)
        with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
            data = target.mutant(self.batch.seed, number, target.seeds(Path(scratch)))
        story = f"mutant {number} of seed {self.batch.seed}\n{errors}"
        worker.keep(self.findings, target.name, _ending(-code, errors), data, story)
        return [replace(self.batch, first=number + 1)] if number + 1 < self.batch.last else []


def _ending(number: int, errors: str) -> str:
    """Why a signal ended a process, and in which line of ours."""
    why = {
        signal.SIGPROF: "too much CPU time",
        signal.SIGALRM: "no end",
    }.get(signal.Signals(number), signal.Signals(number).name)
    ours = [line.strip() for line in errors.splitlines() if f'File "{worker.ROOT}' in line and "/tests/" not in line]
    return f"{why} at {ours[0] if ours else 'an unknown place'}"


def repeat(target: Target, data: bytes) -> bool:
    """Try one input here, within the same bounds."""
    worker.limit_memory()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        worker.start_clocks(worker.CPU_SECONDS)
        try:
            return target.attempt(data, Path(scratch))
        finally:
            worker.start_clocks(0, 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.harness")
    parser.add_argument("name")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--findings", type=Path, default=Path("results") / "fuzz")
    parser.add_argument("--repeat", type=Path)
    given = parser.parse_args()
    if given.repeat:
        os.environ.update(_ENVIRONMENT)
        print("valid" if repeat(worker.load(module_of(given.name)), given.repeat.read_bytes()) else "refused")
        return 0
    findings = given.findings.resolve()
    outcome = run(given.name, given.count, findings, seed=given.seed, first=given.first, workers=given.workers)
    print(outcome)
    print(outcome.stories())
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
