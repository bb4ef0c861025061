"""Experiment files with their manifests: validated, and of those that are valid some run, for a short time."""

import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from experiments.experiment import Experiment
from experiments.rare.replication import RareSpec, run_rare_cell
from experiments.rare.settings import FAILURES_PER_PERIOD, RareSettings
from experiments.runner.replication import CellSpec, run_cell
from experiments.store.cell import Cell
from experiments.store.rare_cell import RareCell
from models.input.problems import InputError
from models.manifests.account import in_words
from tests.fuzz import bundle
from tests.fuzz.mutations import bytes_mutant, dumped, parsed, tree_mutant
from tests.fuzz.target import Target, kept, refused
from tests.sources import ROOT

LONGEST = 600.0
"""Seconds of a simulated run, and as many of its warm-up: a storm of retries is slow to work out."""
MOST_REQUESTS = 5_000
RUN_ONE_OF = 10
"""Of so many valid inputs one is run."""
LOOKING = RareSettings(FAILURES_PER_PERIOD, looks=2)
"""For rare outages, where they are asked for: a few degraded periods."""
_FOLDERS = (ROOT / "experiments" / "configs", ROOT / "tests" / "data" / "cases")


def seeds(folder: Path) -> list[bytes]:
    return [*kept("experiments"), *_of_the_repository()]


def _of_the_repository() -> list[bytes]:
    """The experiments of the repository, each with the manifests that it names."""
    found = []
    for path in sorted(path for folder in _FOLDERS for path in folder.rglob("*.yaml")):
        text = path.read_bytes()
        if b"kind: Experiment" not in text:
            continue
        text = re.sub(rb"(?m)^ *#.*\n", b"", text)
        files = {"experiment.yaml": re.sub(rb"(\.\./)+manifests/", b"", text)}
        for named in re.finditer(rb"[\w./-]+\.yaml", text):
            manifest = path.parent / named[0].decode()
            if manifest.is_file():
                files[manifest.name] = manifest.read_bytes()
        data = bundle.pack(files)
        if len(data) < 6_000:
            found.append(data)
    return found


def mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    files = dict(bundle.unpack(generator.choice(seeds)))
    name = generator.choice(list(files)) if generator.random() < 0.4 else "experiment.yaml"
    documents = parsed(files[name])
    if documents is None or generator.random() < 0.1:
        files[name] = bytes_mutant(generator, files[name], seeds)
    else:
        donor = parsed(bundle.unpack(generator.choice(seeds))["experiment.yaml"]) or []
        files[name] = dumped(generator, tree_mutant(generator, documents, donor, mildness=0.5))
    return bundle.pack(files)


def attempt(data: bytes, folder: Path) -> bool:
    home = bundle.write(data, folder)
    file = home / "experiment.yaml"
    if not file.exists():
        return False
    try:
        experiment = Experiment.from_yaml(file)
    except InputError as error:
        return refused(error.problems)
    for line in (*experiment.warnings, *in_words(experiment.named)):
        assert line.isprintable(), f"a line that cannot be printed as it is: {line!r}"
    if zlib.crc32(data) % RUN_ONE_OF == 0:
        _run(experiment)
    return True


def _run(experiment: Experiment) -> None:
    """One replication of every policy, short: of at most `LONGEST`, and of at most some thousand requests."""
    for scenario in experiment.scenarios():
        followed = max((traffic.followed(LONGEST) for traffic in scenario.traffic), default=0.0)
        longest = LONGEST / max(1.0, followed / MOST_REQUESTS)
        short = replace(scenario, duration=min(scenario.duration, longest), warmup=min(scenario.warmup, longest))
        cells: list[Cell | RareCell] = [run_cell(CellSpec(short, "", 0))]
        if short.services and experiment.precision is not None and experiment.precision.method != "plain":
            looking = {goal.name: LOOKING for goal in short.services}
            cells.append(run_rare_cell(RareSpec(short, "main", looking, 0)))
        for cell in cells:
            assert cell.status != "failed", cell.error
            for text in _texts(asdict(cell)):
                assert text.isprintable(), f"a text that cannot be printed as it is: {text!r}"


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain values, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


TARGET = Target("experiments", seeds, mutate, attempt)
