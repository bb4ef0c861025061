"""A page as tests read it: its structure by a parser of HTML, without a browser."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Cell:
    """A cell of a table: its text, and where it stands when its column is sorted."""

    text: str = ""
    place: int | None = None


@dataclass
class Table:
    """A table of the page: what it is called, its headings, its rows."""

    label: str
    style: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)

    def sorted_by(self, heading: str) -> list[str]:
        """The texts of a column as they stand when it is sorted upwards."""
        at = self.headings.index(heading)
        cells = [row[at] for row in self.rows]
        return [cell.text for cell in sorted(cells, key=lambda cell: (cell.place is None, cell.place))]


class Page(HTMLParser):
    """Ids, references, elements that are open at the end, tables and the text of a page but for its script and style.

    AssertionError where an element is closed that is not open.
    """

    VOID = ("meta", "link", "br", "hr", "img", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.open: list[str] = []
        self.tables: list[Table] = []
        self.pages: list[str] = []
        """What labels each section: an id or a label."""
        self.text = ""
        self._label = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.text += " "
        if tag not in self.VOID:
            self.open.append(tag)
        given = {name: value or "" for name, value in attributes}
        if "id" in given:
            self.ids.append(given["id"])
        self.references += [given[name] for name in ("href", "src") if name in given]
        self.references += [place for value in given.values() for place in re.findall(r"url\(([^)]*)\)", value)]
        if tag == "section":
            self.pages.append(given.get("aria-labelledby", given.get("id", "")))
        if given.get("role") == "region":
            self._label = given["aria-label"]
        if tag == "table":
            self.tables.append(Table(self._label, given.get("class", "")))
        if tag == "tr" and "tbody" in self.open:
            self.tables[-1].rows.append([])
        if tag in ("td", "th") and "tbody" in self.open:
            place = given.get("data-place")
            self.tables[-1].rows[-1].append(Cell(place=None if place is None else int(place)))
        if tag == "th" and "thead" in self.open:
            self.tables[-1].headings.append("")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] in (["script"], ["style"]):
            return
        self.text += data
        if "thead" in self.open and "th" in self.open:
            self.tables[-1].headings[-1] += data
        if "tbody" in self.open and {"td", "th"} & set(self.open):
            self.tables[-1].rows[-1][-1].text += data

    @property
    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())

    def table(self, label: str) -> Table:
        """The table that is called so; ValueError if there is not one."""
        (found,) = (table for table in self.tables if table.label == label)
        return found
