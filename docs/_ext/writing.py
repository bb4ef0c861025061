"""Docstrings as Markdown, and definition lists."""

import inspect
import re


def prose(text: str) -> str:
    """A docstring as Markdown: paragraphs without their line breaks, and only what is in backticks as code."""
    paragraphs = [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]
    return "\n\n".join(escaped(part) for part in paragraphs)


def escaped(text: str) -> str:
    """Text as Markdown that means nothing but what is in backticks."""
    parts = re.split(r"(`+[^`]*`+)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_<\[\]|])", r"\\\1", part) for part in parts)


def entry(name: str, aside: str, *definitions: str) -> list[str]:
    """An item of a definition list: a name, what is said beside it (or ""), and below it what is not empty."""
    below = [text.replace("\n\n", "\n\n  ") for text in definitions if text] or ["-"]
    lines = [f"`{name}` {aside and '-'} {aside}".strip()]
    for text in below:
        lines += [f": {text}", ""]
    return lines
