"""Standard input in place of a file: read once, and never without end."""

import io
import sys

import pytest

from models.input import documents, stdin
from models.input.documents import load_documents
from models.input.problems import InputError


def test_who_asks_again_gets_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: 1\n")))
    assert stdin.contents() == stdin.contents() == b"a: 1\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: 2\n")))
    assert stdin.contents() == b"a: 2\n"


class Endless(io.RawIOBase):
    """Gives as many bytes as are asked for, up to a megabyte in all."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self.given > 2**20:
            return 0
        buffer[:] = b"#" * len(buffer)
        self.given += len(buffer)
        return len(buffer)


def test_what_never_ends_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (documents, stdin):
        monkeypatch.setattr(module, "MAX_BYTES", 1000)
    source = Endless()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(source, 100)))
    with pytest.raises(InputError, match="<stdin>: larger than 0 MiB"):
        load_documents("-")
    assert source.given < 2000


def test_there_may_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="<stdin>: it is closed"):
        load_documents("-")
