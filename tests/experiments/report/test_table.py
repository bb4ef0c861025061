"""The layout of tables: a terminal, plain lines, a notebook; the page is tested with the report."""

import io

from experiments.report.table import Column, Table, console_for

COLUMNS = (
    Column("SERVICE", "its name", "name"),
    Column("CI", "an interval", "share"),
    Column("OUTAGES", "how many"),
    Column("WHY", "in words", "words"),
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


def test_a_terminal_shows_the_same_texts_and_folds_what_is_too_wide() -> None:
    file = io.StringIO()
    console_for(file, 100).print(TABLE.rich())
    assert [" ".join(line.split()) for line in file.getvalue().splitlines()] == [
        " ".join(line.split()) for line in TABLE.lines()
    ]
    console_for(file := io.StringIO(), 20).print(TABLE.rich())
    assert max(map(len, file.getvalue().splitlines())) <= 20
    assert "…" not in file.getvalue()


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
