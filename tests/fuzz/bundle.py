"""Several small files in one input: each after a line with its name."""

import re
from collections.abc import Mapping
from pathlib import Path

_HEAD = re.compile(rb"^#===== ([\w.-]{1,60})\n", re.MULTILINE)


def pack(files: Mapping[str, bytes]) -> bytes:
    return b"".join(b"#===== %s\n%s\n" % (name.encode(), text.removesuffix(b"\n")) for name, text in files.items())


def unpack(data: bytes) -> dict[str, bytes]:
    """The files by name; what comes before the first name is lost."""
    pieces = _HEAD.split(data)[1:]
    return {name.decode(): text for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def write(data: bytes, folder: Path) -> Path:
    """The folder, empty before, with the files and no others."""
    home = folder / "bundle"
    home.mkdir(exist_ok=True)
    for old in home.iterdir():
        old.unlink()
    for name, text in unpack(data).items():
        if name not in (".", ".."):
            (home / name).write_bytes(text)
    return home
