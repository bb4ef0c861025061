"""Recordings of a control plane: read, and of those that can be read a sample is acted out."""

import json
import random
import zlib
from pathlib import Path
from typing import Any

from models.input.problems import InputError
from simulator.replay import replay
from simulator.replay.reading import Recording, read
from tests.fuzz.mutations import bytes_mutant, tree_mutant
from tests.fuzz.target import Target, kept, refused
from tests.sources import ROOT

ONE_IN = 4
"""Of the recordings that can be read one in so many is acted out."""
MOST_PODS, MOST_SECONDS = 100, 1000.0
"""What is acted out has about so many pods, and lasts so long: a larger one may take its time."""
_PLACED = 6
"""Placements kept of a recording: reading many says no more than reading few."""


def seeds(folder: Path) -> list[bytes]:
    recorded = (json.loads(path.read_bytes()) for path in sorted((ROOT / "tests/data/recordings").glob("*/*.json")))
    return [*kept("recordings"), *(json.dumps(_shortened(value)).encode() for value in recorded)]


def _shortened(recording: dict[str, Any]) -> dict[str, Any]:
    """The recording without what was observed, which a replay of anything but placements does not read."""
    if "placements" not in recording:
        return {key: value for key, value in recording.items() if key not in ("observed", "real_vs_real")}
    placements = recording["placements"][:_PLACED]
    pods = {placement["pod"] for placement in placements}
    for action in recording["actions"]:
        if "objects" in action:
            action["objects"] = [o for o in action["objects"] if o["metadata"]["name"] in pods or o["kind"] != "Pod"]
    observed = [seen for seen in recording["observed"] if seen.get("name") in pods]
    return recording | {"placements": placements, "observed": observed}


def mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    data = generator.choice(seeds)
    if generator.random() < 0.2:
        return bytes_mutant(generator, data, seeds)
    try:
        tree, donor = json.loads(data), json.loads(generator.choice(seeds))
    except ValueError:
        return bytes_mutant(generator, data, seeds)
    return json.dumps(tree_mutant(generator, tree, donor, mildness=0.3)).encode()


def attempt(data: bytes, folder: Path) -> bool:
    path = folder / "recording.json"
    path.write_bytes(data)
    try:
        recording = read(path)
        if zlib.crc32(data) % ONE_IN == 0 and _is_small(recording):
            json.dumps(replay(path))
    except InputError as error:
        return refused(error.problems)
    return True


def _is_small(recording: Recording) -> bool:
    applied = [spec for specs in (recording.created, *recording.applied.values()) for spec in specs]
    pods = sum(getattr(spec, "replicas", 1) for spec in applied)
    most = max((getattr(spec, "max_replicas", 0) for spec in applied), default=0)
    return pods + most <= MOST_PODS and recording.value["until"] <= MOST_SECONDS


TARGET = Target("recordings", seeds, mutate, attempt)
