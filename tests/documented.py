"""What README and the pages of docs/ show: their fenced blocks, the commands in them, and how those are run.

A `console` block has commands after `$ `, and below each what it prints; a `sh` block has commands only. A block of
YAML or text below "... `NAME`:" is the file of that name. The blocks of a page are a session in one folder. A comment
`<!-- not run: REASON -->` above a block says why its commands cannot be run, `<!-- not run (pip): REASON -->` why those
of this name cannot.

`python -m tests.documented docs/tutorial.md` goes through a page, puts what its commands print now in place of what it
shows, and the pictures that they draw into docs/_static. Sentences that quote a number are left to people.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tests.sources import ROOT

PAGES = sorted(
    path
    for path in (ROOT / "README.md", ROOT / "README.zh-CN.md", *(ROOT / "docs").rglob("*.md"))
    if "_build" not in path.parts
)
_FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run(?: \((\w+)\))?: (.+) -->\n\Z")
_FILE = re.compile(r"`([\w./-]+\.\w+)`[:：]\n\n\Z")


class Command(NamedTuple):
    """A line for a shell, and what the page shows of what it prints."""

    line: str
    shown: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """What a shell makes of it."""
        return shlex.split(self.line, comments=True)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    not_run: tuple[str, str] | None
    """(the name of the commands that cannot be run, "" for all of them; the reason), if there are any."""
    file: str
    """The name of the file that it is; "" if it is none."""

    @property
    def run(self) -> list[Command]:
        """The commands that are run."""
        return [one for one in self.commands if self.not_run is None or self.not_run[0] not in ("", one.words[0])]

    @property
    def commands(self) -> Iterator[Command]:
        """The commands of a `console` or `sh` block, in order; none of others."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "sh":
            yield from (Command(line, ()) for line in lines if line.split("#")[0].strip())
        elif self.language == "console":
            starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
            for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
                yield Command(lines[start][2:], tuple(lines[start + 1 : end]))


@dataclass(frozen=True)
class Page:
    """README or a page of docs/."""

    path: Path

    @property
    def name(self) -> str:
        """Its path in the tree."""
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """As it is written."""
        return self.path.read_text("utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        """Its fenced blocks, in order."""
        found = []
        for fence in _FENCE.finditer(self.text):
            above = self.text[: fence.start()]
            reason, name = _NOT_RUN.search(above), _FILE.search(above)
            skipped = (reason[1] or "", reason[2]) if reason else None
            found.append(Block(fence[1], fence[2], skipped, name[1] if name else ""))
        return found

    @property
    def session(self) -> Iterator[Command]:
        """The commands that are run."""
        for block in self.blocks:
            yield from block.run

    @property
    def shows(self) -> bool:
        """Whether it shows what commands print: these are run as they are, else small."""
        return any(command.shown for command in self.session)


PAGES_SHOWN = [Page(path) for path in PAGES]


def steps(page: Page, folder: Path) -> Iterator[Command]:
    """The commands of a page that are run, in order; before each the files above it are written into `folder`."""
    for block in page.blocks:
        if block.file:
            target = folder / block.file
            if target.parent != folder:  # a folder that the page makes is its own
                shutil.rmtree(target.parent, ignore_errors=True)
                target.parent.mkdir()
            target.write_text(block.text, "utf-8")
        yield from block.run


def arguments(words: Sequence[str], small: bool) -> list[str]:
    """What the command `kubenines` is given: quietly, in one process; if `small`, two replications of what is run."""
    _, *given = words
    if given[:1] not in (["run"], ["check"], ["sensitivity"]) or not Path(given[1]).is_file():
        return given
    few = ["-n", "2"] if small and "-n" not in given else []
    few += ["--runs", "160"] if small and given[0] == "sensitivity" else []
    return [*given, "-j", "1", "-q", *few]


def unlike(shown: Sequence[str], printed: str) -> list[str]:
    """Lines that a page shows and that were not printed, in this order; "..." stands for anything, also for lines."""
    lines, missing = iter(printed.splitlines()), []
    for line in shown:
        pattern = ".*".join(map(re.escape, line.rstrip().split("...")))
        if line.strip() not in ("", "...") and not any(re.fullmatch(pattern, other.rstrip()) for other in lines):
            missing.append(line)
            break
    return missing


def renewed(shown: Sequence[str], printed: str) -> list[str]:
    """What a page shows, as it is printed now: in place of each line the one most like it, as short as it was."""
    lines, found = [line.rstrip() for line in printed.splitlines()], []
    for line in shown:
        if line.strip() in ("", "..."):
            found.append(line)
            continue
        near = max(lines, key=lambda other: SequenceMatcher(None, line, other, autojunk=False).ratio())
        found.append(near[: len(line) - 3].rsplit(" ", 1)[0] + " ..." if line.endswith(" ...") else near)
    return found


def main(page: Page) -> None:
    """Go through a page as it is, and put what comes out into it."""
    text = page.text
    with tempfile.TemporaryDirectory() as name:
        for command in steps(page, Path(name)):
            words = [sys.executable, "-m", "kubenines", *arguments(command.words, small=False)]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            ran = subprocess.run(words, cwd=name, check=False, env=environment, capture_output=True, text=True)
            if command.shown:
                new = renewed(command.shown, ran.stdout + ran.stderr)
                text = text.replace("\n".join(command.shown), "\n".join(new), 1)
        for picture in Path(name).glob("*.svg"):
            shutil.copy(picture, ROOT / "docs" / "_static" / picture.name)
    page.path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Page(ROOT / sys.argv[1]))
