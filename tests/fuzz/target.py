"""What is fuzzed: a reader of files, where its inputs come from, and how they are made worse."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_BY_ACCIDENT = ("invalid literal", "could not convert", "Exceeds the limit", "cannot convert", "not enough values")
CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Target:
    """One reader, and the inputs that it is given."""

    name: str
    """That of its module in tests/fuzz/targets."""
    seeds: Callable[[Path], list[bytes]]
    """The inputs that all others are made from, in an order that does not change; the path is a scratch folder."""
    mutate: Callable[[random.Random, list[bytes]], bytes]
    """Another input, made from the seeds; equal generators give equal bytes."""
    attempt: Callable[[bytes, Path], bool]
    """Whether the input is valid; False if it is refused by located problems. Any exception is a finding."""

    def mutant(self, seed: int, number: int, seeds: list[bytes]) -> bytes:
        """The input with this number of the stream with this seed: always the same."""
        return self.mutate(random.Random(f"{self.name}/{seed}/{number}"), seeds)


def refused(problems: Iterable[object]) -> bool:
    """False, after a look at what people would read: each problem printable, and not longer than a page."""
    messages = [str(problem) for problem in problems]
    assert messages, "refused without a word"
    for message in messages:
        assert message.strip(), "refused without a word"
        assert len(message) < 4000, f"a message of {len(message)} characters: {message[:200]!r}"
        assert message.isprintable(), f"a message that cannot be printed as it is: {message!r}"
        assert not message.startswith(_BY_ACCIDENT), f"a message of Python's own: {message!r}"
    return False


def kept(name: str) -> list[bytes]:
    """The inputs in the corpus of a target, by name of file."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*")) if path.is_file()]
