"""Standard input under the name of a file: read once, and kept for whoever asks again."""

import errno
import os
import sys
from typing import Any

from models.size import MAX_BYTES

STDIN = "-"
"""What standard input is called where a file may be named."""
SHOWN = "<stdin>"
"""What people read in place of it."""

_kept: dict[str, Any] = {}
"""The stream that was read, and what it held: a process has one standard input, though a test may change it."""


def is_stdin(path: str | os.PathLike[str]) -> bool:
    """Whether the name of a file means standard input."""
    return os.fspath(path) == STDIN


def give(held: bytes) -> None:
    """Let standard input of this process hold what another one has read, for which it works."""
    _kept.update(stream=sys.stdin, held=held)


def contents() -> bytes:
    """What standard input holds, whoever has read it before; what is too large for a file is cut after one byte more.

    An OSError if it is closed.
    """
    if not _kept or _kept["stream"] is not sys.stdin:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "it is closed", SHOWN)
        _kept.update(stream=sys.stdin, held=sys.stdin.buffer.read(MAX_BYTES + 1))
    held: bytes = _kept["held"]
    return held
