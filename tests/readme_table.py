"""`python -m tests.readme_table FOLDER` puts what `kubenines show FOLDER` prints into both READMEs, shortened.

Of the table of rare outages and of that of operations only some columns are shown, and notes end where the line does.
`make picture` does it with the results of `make run`.
"""

import contextlib
import io
import re
import sys

from experiments.cli import main
from tests.sources import ROOT

WIDTH = 120
_BLOCK = re.compile(r"(?<=^```text\n)replica-strategies   .*?(?=^```$)", re.MULTILINE | re.DOTALL)
_LEFT_OUT = {"UNAVAILABILITY": ("REPLICATIONS", "BEGUN OTHERWISE"), "ASKED": ("EMPTY AFTER", "LAST REFUSAL")}
"""A column that tells of which table a head is -> the first and the last column that are left out."""


def shortened(printed: str) -> str:
    """The block of the README."""
    lines, cut = [], slice(0, 0)
    for line in printed.splitlines():
        if re.match(r"(SERVICE|OPERATION) +POLICY ", line):
            cut = _cut(line)
        if re.match(r"  \S", line):
            lines.append(_sentence(line))
        else:
            row = f"{line[: cut.start].rstrip():<{cut.start}}...{line[cut.stop :]}" if cut.stop else line
            lines.append(row.rstrip())
    return "\n".join(lines) + "\n"


def _cut(head: str) -> slice:
    """What of the lines below this head is left out."""
    for column, (first, last) in _LEFT_OUT.items():
        if f" {column} " in head:
            return slice(head.index(first), head.index(last) + len(last))
    return slice(0, 0)


def _sentence(line: str) -> str:
    """A note in one line, and the folder of results as `make run` calls it."""
    line = re.sub(r"(results|report): \S*?(/report\.html)?(?= |$)", r"\1: results/replica-strategies\2", line)
    return line if len(line) <= WIDTH else line[: WIDTH - 4].rsplit(" ", 1)[0] + " ..."


if __name__ == "__main__":
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["show", *sys.argv[1:]]) == 0
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text("utf-8")
        block = shortened(said.getvalue())
        (ROOT / name).write_text(_BLOCK.sub(lambda _, block=block: block, text), "utf-8")
