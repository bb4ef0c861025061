"""Writes the patches of findings into their files: of each file all, or nothing."""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from experiments.lint.editing import CannotEdit, beginnings, with_value
from experiments.lint.finding import Finding
from experiments.store.files import write
from models.input.problems import Location, Problem

_BOM = "\ufeff"


@dataclass
class Fixed:
    """What came of it."""

    findings: list[Finding] = field(default_factory=list)
    """Those whose patch is in its file now."""
    refused: list[Problem] = field(default_factory=list)
    """Files that are as they were, and why."""


def fix(findings: Iterable[Finding]) -> Fixed:
    """Has the files say what the patches of the findings say.

    Two findings about one value: the first wins, and whether the other is still there the next look tells.
    """
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.patch is not None and finding.patch.document is not None:
            by_file.setdefault(finding.patch.document.file, []).append(finding)
    fixed = Fixed()
    for file, own in by_file.items():
        try:
            text = _read(file)
            _write(file, _edited(text, own))
        except (CannotEdit, OSError, UnicodeDecodeError) as error:
            reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            fixed.refused.append(Problem(Location(file), "", f"not fixed: {reason}"))
        else:
            fixed.findings += own
    return fixed


def _edited(text: str, findings: Sequence[Finding]) -> str:
    body = text.removeprefix(_BOM)
    numbers = {place: number for number, place in enumerate(beginnings(body))}
    done = set()
    for finding in findings:
        patch = finding.patch
        assert patch is not None
        assert patch.document is not None
        place = patch.document.line, patch.document.column
        if place not in numbers:
            raise CannotEdit("it is no plain YAML or JSON, or it has changed since it was read")
        if (place, patch.in_document) not in done:
            body = with_value(body, numbers[place], patch.in_document, patch.value)
            done.add((place, patch.in_document))
    return _BOM + body if text.startswith(_BOM) else body


def _read(file: str) -> str:
    with open(file, encoding="utf-8", newline="") as stream:
        return stream.read()


def _write(file: str, text: str) -> None:
    """The file is the old one or the new one, whatever happens; a link stays one, and so do its permissions."""
    target = Path(os.path.realpath(file))
    mode = stat.S_IMODE(target.stat().st_mode)
    write(target, text)
    target.chmod(mode)
