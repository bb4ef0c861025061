"""Standard input under the name of a file: read once, and kept for whoever asks again."""

import os
import sys
from typing import Any

STDIN = "-"
"""What standard input is called where a file may be named."""
SHOWN = "<stdin>"
"""What people read in place of it."""

_kept: dict[str, Any] = {}
"""The stream that was read, and what it held: a process has one standard input, though a test may change it."""


def is_stdin(path: str | os.PathLike[str]) -> bool:
    """Whether the name of a file means standard input."""
    return os.fspath(path) == STDIN


def contents(most: int | None = None) -> bytes:
    """What standard input holds, or its first `most` bytes, whoever has read it before."""
    if _kept.get("stream") is not sys.stdin:
        _kept.update(stream=sys.stdin, held=sys.stdin.buffer.read())
    held: bytes = _kept["held"]
    return held[:most]
