"""The layout of tables: a terminal, plain lines, a notebook; the page is tested with the report."""

import io

import numpy as np

from experiments.attribution.stages import Stage
from experiments.findings.breakdown import SeenPart
from experiments.report import downtime
from experiments.report.table import Column, Table
from experiments.report.terminal import Terminal
from models.units import YEAR

COLUMNS = (
    Column("SERVICE", "its name", "name"),
    Column("CI", "an interval", "share"),
    Column("OUTAGES", "how many", gives_way=1),
    Column("WHY", "in words", "words", gives_way=2),
)
ROWS = (("cart", "[1, 2]", "7", "crash"), ("cart", "[10, 20]", "12", ""), ("<shop>", "[3, 4]", "1", "zone"))
TABLE = Table(COLUMNS, ROWS, 0.9, grouped=True)


def test_plain_lines_set_numbers_right_and_say_the_name_of_a_group_once() -> None:
    assert TABLE.lines() == [
        "SERVICE  90% CI    OUTAGES  WHY",
        "cart     [1, 2]          7  crash",
        "         [10, 20]       12",
        "<shop>   [3, 4]          1  zone",
    ]


def shown(table: Table, width: int | None) -> list[str]:
    Terminal(file := io.StringIO(), width).table(table)
    return file.getvalue().splitlines()


def test_a_terminal_that_is_wide_enough_and_a_file_show_the_lines() -> None:
    assert shown(TABLE, 100) == shown(TABLE, None) == TABLE.lines()


def test_where_it_is_narrow_columns_give_way_and_that_is_said() -> None:
    assert shown(TABLE, 26) == [
        "SERVICE  90% CI    OUTAGES",
        "cart     [1, 2]          7",
        "         [10, 20]       12",
        "<shop>   [3, 4]          1",
        "  (WHY: shown where there is more room",
        "    than 26 columns)",
    ]
    assert shown(TABLE, 5)[:2] == ["SERVICE  90% CI", "cart     [1, 2]"]


def test_a_wide_column_that_does_not_fit_makes_room_for_lesser_ones() -> None:
    columns = (COLUMNS[0], Column("VS", "", "name", gives_way=1), Column("CI", "", "share", gives_way=2))
    table = Table(columns, (("cart", "a long text about it", "[1, 2]"),), 0.9)
    assert [column.heading for column in table.narrowed(16).columns] == ["SERVICE", "CI"]
    assert [column.heading for column in table.narrowed(29).columns] == ["SERVICE", "VS"]


def test_what_a_table_is_read_for_is_told_below_it_where_it_does_not_fit() -> None:
    against = Column("vs baseline", "", "name", gives_way=1, retold=True)
    table = Table((*COLUMNS[:2], against), (("cart", "[1, 2]", "-"), ("shop", "[3, 4]", "12s [1s, 20s] ***")))
    wide = max(map(len, table.lines()))
    assert shown(table, wide)[0].endswith("vs baseline")
    assert shown(table, wide - 1) == [
        "SERVICE  95% CI",
        "cart     [1, 2]",
        "shop     [3, 4]",
        "  shop vs baseline: 12s [1s, 20s] ***",
    ]


def test_sentences_are_broken_between_words() -> None:
    Terminal(file := io.StringIO(), 40).say("a-name-that-is-long " * 3)
    assert file.getvalue().splitlines() == [
        "  a-name-that-is-long",
        "    a-name-that-is-long",
        "    a-name-that-is-long",
    ]
    Terminal(file := io.StringIO()).say("word " * 100)
    assert file.getvalue() == "  " + ("word " * 100).rstrip() + "\n"


def test_a_notebook_shows_every_text_escaped() -> None:
    assert Table(COLUMNS[:1], (("<shop>",),)).html() == (
        "<table><tr><th>SERVICE</th></tr><tr><td>&lt;shop&gt;</td></tr></table>"
    )


def test_headings_on_a_page_are_words() -> None:
    headings = [column.on_page(0.99) for column in (*COLUMNS, Column("vs baseline", ""), Column("P", ""))]
    assert headings == ["Service", "99% interval", "Outages", "Why", "vs baseline", "P"]


def test_only_a_grouped_table_leaves_out_what_is_said_above() -> None:
    assert [row[0] for group in TABLE.groups for row in group] == ["cart", "", "<shop>"]
    assert [row[0] for group in Table(COLUMNS, ROWS).groups for row in group] == ["cart", "cart", "<shop>"]


def test_a_table_without_rows_is_false_and_has_no_groups() -> None:
    assert TABLE
    assert not Table(COLUMNS, ())
    assert Table(COLUMNS, ()).groups == []
    assert Table(COLUMNS, ()).lines() == ["SERVICE  CI  OUTAGES  WHY".replace("CI", "95% CI")]


def test_downtime_by_stage_gives_up_the_stages_that_lost_least() -> None:
    lost = {Stage.UNDETECTED: 3.0, Stage.QUEUED: 1.0, Stage.START: 2.0}
    year, none = np.array([YEAR]), np.array([])
    whole = downtime.table([SeenPart("crash", stage, none, np.array([s]), year) for stage, s in lost.items()])
    wide = max(map(len, whole.lines()))
    assert "start" in whole.lines()[0]
    assert [c.heading for c in whole.columns if c not in whole.narrowed(wide - 1).columns] == ["queued"]
    assert "start" not in whole.narrowed(wide - 10).lines()[0]
    assert "undetected" in whole.narrowed(wide - 10).lines()[0]
    assert {"TOTAL", "SHARE"} <= {c.heading for c in whole.narrowed(10).columns}


def test_what_is_left_out_is_named_as_in_the_heading() -> None:
    table = Table((Column("NAME", "", "name"), Column("CI", "", "share", gives_way=1)), (("cart", "[1, 2]"),), 0.9)
    assert shown(table, 8)[2:] == ["  (90% CI: shown where there is more", "    room than 8 columns)"]
