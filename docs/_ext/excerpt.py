"""The first table of another page, or of a section of it."""

from collections.abc import Callable
from pathlib import Path

_PAGES = Path(__file__).parents[1]


def excerpt(page: str, *section: str) -> str:
    """The table as it stands there; IndexError if there is none."""
    text = (_PAGES / page).read_text("utf-8")
    if section:
        text = text.split(f"# {' '.join(section)}\n")[1].split("\n#")[0]
    return next(part for part in text.strip().split("\n\n") if part.startswith("|"))


WRITERS: dict[str, Callable[..., str]] = {"excerpt": excerpt}
