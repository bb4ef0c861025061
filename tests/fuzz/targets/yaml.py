"""YAML and JSON text: read to plain values, each with its place."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.input.documents import load_documents
from models.input.problems import InputError
from models.input.problems import Path as Place
from tests.fuzz.mutations import ODD_TEXTS, bytes_mutant, dumped, parsed, tree_mutant
from tests.fuzz.target import Target, kept, refused
from tests.sources import ROOT

_PIECES = [
    b"a: ",
    b"b: ",
    b"- ",
    b"  ",
    b"\n",
    b"\n",
    b"\n  ",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"&x ",
    b"*x",
    b"<<: *x\n",
]
_PIECES += [
    b"? ",
    b": ",
    b"'",
    b'"',
    b"|\n",
    b">-\n",
    b"---\n",
    b"...\n",
    b"# c\n",
    b"!!str ",
    b"!!int ",
    b"!t ",
    b"\t",
]
_PIECES += [
    b"1",
    b"y",
    b"null",
    b"0o17",
    b"017",
    b"1_0",
    b"1.5e3",
    b"\\x41",
    b"\\ud83d",
    b"%YAML 1.1\n",
    b"\t",
    b"<<: *x\n",
]


def seeds(folder: Path) -> list[bytes]:
    files = sorted(path for pattern in ("*.yaml", "*.json") for path in (ROOT / "tests" / "data").rglob(pattern))
    presets = sorted((ROOT / "experiments" / "presets").glob("*.yaml"))
    texts = (path.read_bytes() for path in (*files, *presets))
    return [*kept("yaml"), *(text for text in texts if len(text) < 1_500)]


def mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    data = generator.choice(seeds)
    match generator.randrange(8):
        case 0:
            return b"".join(generator.choices(_PIECES, k=generator.randrange(1, 30)))
        case 1:
            text = generator.choice(ODD_TEXTS).encode("utf-8", "surrogatepass")
            return generator.choice((b"a: ", b"- ", b"? ", b"", b"a: !!float ", b"[a, ")) + text
        case 2:
            return generator.choice(_PIECES) * generator.choice((2, 50, 101, 1_000, 20_000)) + data[:200]
        case 3 if (documents := parsed(data)) is not None:
            return dumped(generator, tree_mutant(generator, documents, documents))
    return bytes_mutant(generator, data, seeds)


def attempt(data: bytes, folder: Path) -> bool:
    file = folder / "input.yaml"
    file.write_bytes(data)
    try:
        documents = load_documents(file)
    except InputError as error:
        return refused(error.problems)
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + data.count(b"\xe2\x80") + 2  # and its end
    for document in documents:
        refused([document.problem((), "there"), *document.warnings])
        for place in _places(document.value, ()):
            at = document.where(place)
            assert 0 <= at.line <= lines, f"a place after the end: {place} in line {at.line} of {lines}"
    return True


def _places(value: Any, path: Place) -> Iterator[Place]:
    """The places of the values, level by level, the first hundred of each."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items)[:100]:
        yield (*path, key)
        if len(path) < 3:
            yield from _places(item, (*path, key))


TARGET = Target("yaml", seeds, mutate, attempt)
