"""Sphinx fills the pages (`pages.filled`) before it reads them, those with a mark anew in every build."""

from collections.abc import Iterable
from pathlib import Path

import pages
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def _fill(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = pages.filled(source[0])


def _of_code(app: Sphinx, env: BuildEnvironment, *changes: Iterable[str]) -> list[str]:
    """Pages that may be others though their files are the same."""
    return [page for page in env.found_docs if pages.has_marks(Path(env.doc2path(page)).read_text("utf-8"))]


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", _fill)
    app.connect("env-get-outdated", _of_code)
    return {"parallel_read_safe": True}
