"""The templates of pages, which lie in `page/`."""

from functools import cache
from typing import TYPE_CHECKING

from experiments.report import sortable

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def template(name: str) -> "Template":
    """One of them by the name of its file; what it is given is escaped, and nothing that it asks for may be missing."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("experiments.report", "page")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    pages.filters |= {"groups": sortable.groups, "signs": _signs}
    return pages.get_template(name)


def _signs(text: str) -> str:
    """A text with the signs that a terminal may not have."""
    return text.replace(">=", "≥").replace("<=", "≤")
