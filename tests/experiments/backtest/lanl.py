"""`python -m tests.experiments.backtest.lanl` writes the table of docs/backtest-lanl.md anew from the log."""

import re
from collections.abc import Iterator

from experiments.backtest import page
from experiments.backtest.backtest import Backtest, backtest, foretold
from experiments.backtest.coverage import coverages
from experiments.backtest.halves import halves
from experiments.commands.backtest import systems
from experiments.file.outages import Format
from tests.sources import ROOT

LOG = ROOT.parent / "shared" / "data" / "failures" / "lanl" / "LA-UR-05-7318-failure-data-1996-2005.csv.xz"
FORMAT = Format("Prob Started", "Prob Fixed", ("nodenum",), "%m/%d/%Y %H:%M")
PAGE = ROOT / "docs" / "backtest-lanl.md"
_TABLE = re.compile(r"(?<=<!-- table -->\n\n).*?(?=\n\n<!-- end of table -->)", re.DOTALL)


def backtests(*names: str) -> Iterator[Backtest]:
    """Of the systems of these names, or of all, as the command line has them."""
    for name, log in systems([str(LOG)], "System", FORMAT):
        if not names or name in names:
            cut = halves(log)
            yield backtest(name, cut, foretold(cut, 1), 0.95)


def table(found: list[Backtest]) -> str:
    """The table, and below it how many intervals held."""
    held = [f"- {page.held(each)}." for each in coverages(found)]
    return "\n".join([*page.markdown(found), "", *held])


def shown() -> str:
    """What stands on the page."""
    found = _TABLE.search(PAGE.read_text("utf-8"))
    assert found is not None
    return found[0]


if __name__ == "__main__":
    PAGE.write_text(_TABLE.sub(lambda _: table(list(backtests())), PAGE.read_text("utf-8")), "utf-8")
