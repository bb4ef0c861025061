"""Kubernetes manifests: read, checked, converted, accounted for, and built into a cluster."""

import random
from pathlib import Path

from experiments.preflight.validation import text, validate
from models.input.problems import InputError
from models.manifests import build_cluster, read_manifests
from models.node import Node, Resources
from models.reference import References
from tests.fuzz.mutations import bytes_mutant, dumped, parsed, tree_mutant
from tests.fuzz.target import Target, kept, refused
from tests.sources import ROOT

_FOLDERS = (ROOT / "tests" / "data" / "cases", ROOT / "experiments" / "manifests", ROOT.parent / "shared" / "data")
_NODES = [Node(f"n{i}", Resources(4000, 2**34), 110) for i in range(3)]


def seeds(folder: Path) -> list[bytes]:
    paths = [path for folder in _FOLDERS for path in sorted(folder.rglob("*.yaml"))]
    texts = (path.read_bytes() for path in paths)
    return [*kept("manifests"), *(text for text in texts if len(text) < 20_000 and b"kind: Experiment" not in text)]


def mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    data = generator.choice(seeds)
    documents = parsed(data)
    if not documents or generator.random() < 0.1:
        return bytes_mutant(generator, data[: generator.choice((500, 2_000, 20_000))], seeds)
    first = generator.randrange(len(documents))
    some = documents[first : first + generator.choice((1, 1, 2, 3))]
    donor = parsed(generator.choice(seeds)) or documents
    return dumped(generator, tree_mutant(generator, some, donor, mildness=0.2))


def attempt(data: bytes, folder: Path) -> bool:
    file = folder / "input.yaml"
    file.write_bytes(data)
    report = validate([str(file)])
    if report.problems:
        return refused(report.problems)
    for line in (*text(report), *report.warnings):
        assert line.isprintable(), f"a line that cannot be printed as it is: {line!r}"
    try:
        build_cluster(read_manifests([file]).objects, _NODES, references=References.STRICT, missing_images=["web*"])
    except InputError as error:
        return refused(error.problems)
    return True


TARGET = Target("manifests", seeds, mutate, attempt)
