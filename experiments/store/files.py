"""Files that are there completely or not at all, and checksums of them."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from models.input import stdin

if TYPE_CHECKING:
    import pandas as pd

UNFINISHED = ".tmp"
"""How hidden files end that are not all there yet."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet computes."""


def write(path: Path, contents: str | bytes | Callable[[Path], None]) -> None:
    """Write a file that is there completely or not at all: `contents` is what it holds, or writes to the path given.

    An OSError names this file, not the temporary one.
    """
    if path.is_dir():  # "." has no name that a temporary file could be called by
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        if isinstance(contents, str):
            contents = contents.encode()
        if isinstance(contents, bytes):
            temporary.write_bytes(contents)
        else:
            contents(temporary)
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):  # what went wrong before says more
            temporary.unlink()


@contextmanager
def located(where: Path | str) -> Iterator[None]:
    """While this lasts an OSError of Arrow's says where it is, as those of Python do."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(where)) from error


def contents(path: Path) -> bytes:
    """What a file, or standard input, holds. An OSError, and no wait for ever, for a pipe or a device in its place."""
    if stdin.is_stdin(path):
        return stdin.contents()
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    return path.read_bytes()


def csv_text(frame: "pd.DataFrame") -> str:
    """The frame as CSV. A text that a spreadsheet would take for a formula has an apostrophe in front."""
    harmless = frame.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell)
    return harmless.to_csv(index=False, lineterminator="\n")


def digest(content: str | bytes) -> str:
    """A short content id."""
    content = content.encode() if isinstance(content, str) else content
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def remove(path: Path) -> None:
    """Whatever is there is gone afterwards: a file, a directory with all below it, a link but not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """The checksum of a file, empty if it is gone."""
    try:
        return hashlib.sha256(contents(path)).hexdigest()
    except OSError:
        return ""
