"""A target with every fault that the harness must find, for the harness' own test."""

import random
from pathlib import Path

from tests.fuzz.target import Target

FAULTS = [b"fine", b"refused", b"raises", b"fine", b"takes memory", b"dies", b"takes time", b"raises", b"fine"]


def _attempt(data: bytes, folder: Path) -> bool:
    match data:
        case b"raises":
            raise KeyError("unexpected")
        case b"takes memory":
            return len(bytearray(2 * 2**30)) > 0
        case b"dies":
            import os

            os.abort()
        case b"takes time":
            while True:
                pass
    return data != b"refused"


def _mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    return generator.choice(FAULTS)


TARGET = Target("faulty", lambda folder: [b"fine"], _mutate, _attempt)
