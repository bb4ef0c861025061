"""Pages with what the code knows: a line `<!-- fill: columns runs -->` becomes what `columns("runs")` writes.

So fields, defaults, columns and options stand on the site as the code has them, and nowhere else.
"""

import re

import command_line
import excerpt
import experiment_file
import recordings
import registries
import unread

WRITERS = {
    name: write
    for module in (experiment_file, registries, command_line, recordings, unread, excerpt)
    for name, write in module.WRITERS.items()
}
_MARK = re.compile(r"^<!-- fill: (\w+)((?: \S+)*) -->$", re.MULTILINE)


def filled(text: str) -> str:
    """A page with what its marks ask for; KeyError if nothing is written under such a name."""
    return _MARK.sub(lambda mark: WRITERS[mark[1]](*mark[2].split()), text)
