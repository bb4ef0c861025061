"""Sphinx fills the pages (`pages.filled`) before it reads them."""

import pages
from sphinx.application import Sphinx


def _fill(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = pages.filled(source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}
