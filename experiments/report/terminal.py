"""Tables and sentences where a person reads them: fitted to a terminal, at full length in a file or pipe."""

import textwrap
from typing import IO

from experiments.report.table import Table


class Terminal:
    """Prints to `file` (stdout), as wide as the terminal or `width`; where there is neither, nothing is fitted.

    Names are never broken. Where a table is too wide its least important columns give way, and that is said, or what
    stood in them is; sentences are broken between words.
    """

    def __init__(self, file: IO[str] | None = None, width: int | None = None) -> None:
        from rich.console import Console

        self._console = Console(file=file, highlight=False, markup=False, emoji=False)
        self.width = width or (self._console.width if self._console.is_terminal else None)

    def title(self, text: str) -> None:
        """A line in bold."""
        self._console.print(self._broken(text, "", "  "), style="bold", soft_wrap=True)

    def say(self, text: str, indent: str = "  ") -> None:
        """A sentence."""
        self._console.print(self._broken(text, indent, indent + "  "), soft_wrap=True)

    def verbatim(self, text: str) -> None:
        """Lines to be pasted: not broken."""
        self._console.print(text.rstrip("\n"), soft_wrap=True)

    def item(self, name: str, text: str, column: int = 20) -> None:
        """An entry of a list: its name, and a sentence that begins in a column."""
        self._console.print(self._broken(text, f"{name:<{column - 1}} ", " " * column), soft_wrap=True)

    def table(self, table: Table) -> None:
        """A table, its headings in bold; nothing if it has no row."""
        if not table:
            return
        shown = table if self.width is None else table.narrowed(self.width)
        first, *lines = shown.lines()
        self._console.print(first, style="bold", soft_wrap=True)
        for line in lines:
            self._console.print(line, soft_wrap=True)
        left_out = [column for column in table.columns if column not in shown.columns]
        for column in left_out:
            for sentence in table.told(column) if column.retold else ():
                self.say(sentence)
        if headings := ", ".join(column.on_terminal(table.confidence) for column in left_out if not column.retold):
            self.say(f"({headings}: shown where there is more room than {self.width} columns)")

    def _broken(self, text: str, first: str, others: str) -> str:
        if self.width is None or not text:
            return (first + text).rstrip()
        return textwrap.fill(
            text,
            max(self.width, 40),
            initial_indent=first,
            subsequent_indent=others,
            break_long_words=False,
            break_on_hyphens=False,
        )
