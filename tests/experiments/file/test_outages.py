import gzip
import lzma
from pathlib import Path

import pytest

from experiments.file.outages import Format, Outage, read_outages
from models.input.problems import InputError

HEAD = "node,start,end\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "log.csv"
    path.write_text(text)
    return path


def problems(folder: Path, text: str, form: Format | None = None) -> list[str]:
    with pytest.raises(InputError) as error:
        read_outages(written(folder, text), form or Format())
    return [str(problem).removeprefix(f"{folder}/") for problem in error.value.problems]


def test_a_log_with_seconds_and_usual_names_needs_no_options(tmp_path: Path) -> None:
    log = read_outages(written(tmp_path, HEAD + "a,10,20\nb,5.5,\n\na,30,30\n"))
    assert log.outages == (Outage("a", 10.0, 20.0, 2), Outage("b", 5.5, None, 3), Outage("a", 30.0, 30.0, 5))
    assert log.remarks == ()


@pytest.mark.parametrize(
    ("time", "start", "end", "lasting"),
    [
        (None, "2005-06-21T10:54", "2005-06-21T11:00", 360.0),
        (None, "2005-06-21 10:54:30", "2005-06-21 10:55", 30.0),
        (None, "2005-06-21T10:54Z", "2005-06-21T12:54+02:00", 0.0),
        ("%m/%d/%Y %H:%M", "6/21/2005 10:54", "6/22/2005 10:54", 86400.0),
    ],
)
def test_times_are_iso_8601_or_in_a_format_that_is_given(
    tmp_path: Path, time: str | None, start: str, end: str, lasting: float
) -> None:
    (outage,) = read_outages(written(tmp_path, f"{HEAD}a,{start},{end}\n"), Format(time=time)).outages
    assert outage.end is not None
    assert outage.end - outage.start == lasting


def test_columns_may_be_named_and_several_name_an_entity(tmp_path: Path) -> None:
    text = 'System,when,note,back,no\n1,1,"a, b",2,7\n1,3,,4,\n'
    form = Format("when", "back", ("System", "no"))
    log = read_outages(written(tmp_path, text), form)
    assert [outage.entity for outage in log.outages] == ["1/7", "1/"]
    (remark,) = log.remarks
    assert remark.startswith("1 rows have an empty 'no'")


@pytest.mark.parametrize(("suffix", "pack"), [(".xz", lzma.compress), (".gz", gzip.compress)])
def test_packed_files_are_read(tmp_path: Path, suffix: str, pack: object) -> None:
    path = tmp_path / f"log.csv{suffix}"
    path.write_bytes(pack(f"{HEAD}a,1,2\n".encode()))  # type: ignore[operator]
    assert len(read_outages(path).outages) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "log.csv: the file is empty: expected a line with the columns' names"),
        (HEAD, "log.csv: there are no outages in it, only the columns' names"),
        (HEAD + "a,1,soon\n", "log.csv:2:5: end: expected a time like 2005-06-21T10:54 or seconds as a number"),
        (HEAD + "a,7,5\n", "log.csv:2:5: end: the outage ends before it starts (7)"),
        (HEAD + ",7,8\n", "log.csv:2:1: node: expected what failed"),
        (HEAD + "a,7\n", "log.csv:2:1: expected 3 fields, as in the first line (got 2)"),
        (HEAD + "a,nan,5\n", "log.csv:2:3: start: expected a time like 2005-06-21T10:54 or seconds as a number"),
        (HEAD + "a,1,1e400\n", "log.csv:2:5: end: expected a time like 2005-06-21T10:54 or seconds as a number"),
        (HEAD + "a,1,2\na,2005-06-21,\n", "log.csv:3:3: start: expected seconds as a number, as before it"),
        (HEAD + "a,2005-06-21T01:00,2005-06-21T01:00Z\n", "log.csv:2:20: end: expected a time without a zone"),
        ("node,start,end,start\na,1,2,3\n", "log.csv:1:1: 2 columns have the name 'start'"),
        (
            "x,y\n1,2\n",
            "log.csv:1:1: no column looks like the end of an outage: say with --end which is; there is x, y",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert any(problem.startswith(said) for problem in problems(tmp_path, text))


def test_what_is_of_another_clock_is_not_compared(tmp_path: Path) -> None:
    assert len(problems(tmp_path, HEAD + "a,2005-06-21T01:00,7\n")) == 1


def test_a_misspelt_column_is_guessed(tmp_path: Path) -> None:
    assert problems(tmp_path, HEAD + "a,1,2\n", Format(start="strat")) == [
        "log.csv:1:1: there is no column 'strat'; there is node, start, end; did you mean 'start'?"
    ]


def test_a_time_in_another_format_than_given_is_a_problem(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, HEAD + "a,6/21/2005,\n", Format(time="%Y-%m-%d"))
    assert said == "log.csv:2:3: start: expected a time like %Y-%m-%d (got '6/21/2005')"


def test_all_problems_are_counted_and_the_first_twenty_listed(tmp_path: Path) -> None:
    said = problems(tmp_path, HEAD + "a,x,1\n" * 100)
    assert len(said) == 21
    assert said[-1].endswith("and 80 more")


def test_a_file_that_is_not_there_or_no_text_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_outages(tmp_path / "none.csv")
    (tmp_path / "log.csv.xz").write_bytes(b"not xz")
    with pytest.raises(InputError, match=r"log\.csv\.xz"):
        read_outages(tmp_path / "log.csv.xz")
    (tmp_path / "log.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_outages(tmp_path / "log.csv")
