"""Fills pages at build time: a line `<!-- fill: columns runs -->` becomes what `registries.columns("runs")` writes.

So whatever the code knows (fields, defaults, columns, options) stands on the site as the code has it, and nowhere else.
"""

import re

import command_line
import experiment_file
import recordings
import registries
from sphinx.application import Sphinx

_MARK = re.compile(r"^<!-- fill: (\w+)((?: \S+)*) -->$", re.MULTILINE)
WRITERS = experiment_file.WRITERS | registries.WRITERS | command_line.WRITERS | recordings.WRITERS


def filled(text: str) -> str:
    """A page with what its marks ask for; KeyError if nothing is written under such a name."""
    return _MARK.sub(lambda mark: WRITERS[mark[1]](*mark[2].split()), text)


def _fill(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = filled(source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}
