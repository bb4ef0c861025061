"""What is wrong with an input, and where: every reader reports the same way, everything at once."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""A place inside a document: keys and list indices, e.g. ("spec", "failures", 0, "timeToRepair")."""

LONGEST_LINE = 1000
"""Characters of a part of a problem that are shown."""
_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$-]*")


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; lines and columns count from 1, and 0 means that they are not known."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong (or odd), where it stands, and what was expected."""

    location: Location
    path: str
    """The field, dotted; "" if the problem is the file's."""
    message: str

    def __str__(self) -> str:
        path = f"{printable(self.path)}: " if self.path else ""
        return f"{printable(str(self.location))}: {path}{printable(self.message)}"


class Refusal(ValueError):
    """Something given cannot be used; the message says why, and what to do instead."""


class InputError(Exception):
    """An input that cannot be used. Carries every problem found, sorted by file and line, each once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` is most probably a misspelling of, upper and lower case aside; None if none is."""
    by_lower = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known word that is nearest to `word`, as an ending of a message: "; did you mean 'weibull'?"; or ""."""
    near = nearest(word, known)
    return f"; did you mean '{near}'?" if near is not None else ""


def dotted(path: Path) -> str:
    """The path as people write it: spec.failures[0].timeToRepair, metadata.labels["a.b/c"]."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f'["{printable(step)}"]'
    return text


def printable(text: str) -> str:
    """The text for a terminal: on one line, with escapes for what cannot be printed; of a very long one both ends."""
    if len(text) > LONGEST_LINE:
        text = f"{text[: LONGEST_LINE // 2]}...{text[-LONGEST_LINE // 2 :]}"
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shown(value: object) -> str:
    """The value as an error message shows it: short, in quotes if it is text."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}...{text[-1] if isinstance(value, str) else ''}"
